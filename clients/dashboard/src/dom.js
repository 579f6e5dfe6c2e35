// Building and changing the page. Text goes in as text nodes only, so that nothing the server reports
// can become markup.

// h("a", { href: "#", class: "name" }, "text", node): a property that begins with "on" is a listener.
export function h(tag, properties = {}, ...children) {
  return furnish(document.createElement(tag), properties, children);
}

function furnish(node, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else setAttribute(node, name, value);
  }
  node.append(...children);
  return node;
}

// Writes only what differs: a selection or a screen reader's place survives the polling.
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function setAttribute(node, name, value) {
  if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, String(value));
}

export function setHidden(node, hidden) {
  if (node.hidden !== hidden) node.hidden = hidden;
}

// A list whose items live on between updates, by key. create(item) gives { node, update(item) }.
export function keyedList(parent, key, create) {
  let rows = new Map();
  return (items) => {
    const next = new Map();
    for (const item of items) {
      const row = rows.get(key(item)) ?? create(item);
      row.update(item);
      next.set(key(item), row);
    }
    for (const [id, row] of rows) if (!next.has(id)) row.node.remove();
    place(parent, [...next.values()].map((row) => row.node));
    rows = next;
  };
}

function place(parent, nodes) {
  nodes.forEach((node, index) => {
    if (parent.children[index] !== node) parent.insertBefore(node, parent.children[index] ?? null);
  });
}
