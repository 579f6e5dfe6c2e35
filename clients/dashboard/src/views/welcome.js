// What a new server shows instead of empty lists: the three calls that start a first training.

import { h, setHidden, setText } from "../dom.js";

const STEPS = [
  ["Send data", (origin) =>
    `curl -T clients/data/digits-train.csv '${origin}/v1/datasets/digits?target=digit'`],
  ["Describe a model", (origin) =>
    `curl ${origin}/v1/models -d '{"name": "digits", "loss": "cross_entropy", "seed": 1,\n` +
    `  "layers": [{"units": 128, "activation": "relu"}, {"units": 10, "activation": "softmax"}]}'`],
  ["Train it", (origin) =>
    `curl ${origin}/v1/jobs -d '{"model": "digits", "dataset": "digits", "epochs": 20}'`],
];

export function createWelcome(root) {
  const steps = STEPS.map(([title, command]) => createStep(title, command(location.origin)));
  root.append(
    h("div", { class: "title" }, h("h2", { id: "welcome-title" }, "Train a first model")),
    h("p", {}, "Three calls from a shell in the project's folder; this page follows along."),
    h("ol", { class: "steps" }, ...steps));
  return ({ jobs }) => setHidden(root, !jobs.loaded || jobs.items.length > 0 || jobs.page > 0);
}

function createStep(title, command) {
  const code = h("code", {}, command);
  const button = h("button", { type: "button", onclick: () => copy(code, button) }, "Copy");
  return h("li", {}, h("div", { class: "step" }, h("strong", {}, title), button),
    h("pre", { tabindex: "0", role: "group", "aria-label": title }, code));
}

// Without a secure context (http from another machine) there is no clipboard: the text is selected then.
async function copy(code, button) {
  try {
    await navigator.clipboard.writeText(code.textContent);
    setText(button, "Copied");
  } catch {
    getSelection().selectAllChildren(code);
    setText(button, "Selected");
  }
  setTimeout(() => setText(button, "Copy"), 2000);
}
