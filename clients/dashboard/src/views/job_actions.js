// The buttons of what can be done with a job now, shown in the list and in the detail, and what the
// server said where it refused.

import { h, setAttribute, setHidden, setText } from "../dom.js";
import { JOB_ACTIONS, isPossible } from "../state.js";

// `shown(action)`: which actions this place has at all.
export function createJobActions(actions, shown = () => true) {
  const view = { job: null, refocus: false };
  const buttons = JOB_ACTIONS.filter(shown).map((action) => createButton(action, view, actions));
  const node = h("div", { class: "actions" }, ...buttons.map((button) => button.node));
  const refusal = h("p", { class: "error", role: "alert" });
  const update = (job, request = {}, tellsRefusal = true) => {
    view.job = job;
    const focused = buttons.some((button) => button.node === document.activeElement);
    for (const button of buttons) button.update(job, Boolean(request.pending));
    setHidden(node, buttons.every((button) => button.node.hidden));
    setText(refusal, (tellsRefusal && request.refusal) || "");
    setHidden(refusal, refusal.textContent === "");
    if (focused) view.refocus = true;
    if (!request.pending) keepFocus(view, buttons);
  };
  return { node, refusal, update };
}

function createButton(action, view, actions) {
  const onclick = () => actions.act(view.job, action.name);
  const node = h("button", { type: "button", "data-action": action.name, title: action.hint, onclick }, action.label);
  const update = (job, pending) => {
    setHidden(node, !isPossible(job, action));
    node.disabled = pending;
    setAttribute(node, "aria-label", `${action.label} job ${job.id}`);
  };
  return { node, update };
}

// Pause gives its place to Resume: who works with the keyboard goes on from there, unless they have left.
function keepFocus(view, buttons) {
  const usable = buttons.map((button) => button.node).filter((node) => !node.hidden);
  const { activeElement } = document;
  const lost = activeElement === document.body || buttons.some(({ node }) => node === activeElement && node.hidden);
  if (view.refocus && lost) usable[0]?.focus({ preventScroll: true });
  view.refocus = false;
}
