// A job's state badge and progress bar, shown in the list and in the detail.

import { h, setAttribute, setText } from "../dom.js";
import { describeState } from "../state.js";

export function createBadge() {
  const mark = h("span", { "aria-hidden": "true" });
  const name = h("span");
  const node = h("span", { class: "badge" }, mark, " ", name);
  const update = (job) => {
    setText(mark, describeState(job).mark);
    setText(name, job.state);
    setAttribute(node, "data-state", job.state);
  };
  return { node, update };
}

export function createProgress() {
  const bar = h("div", { class: "bar" });
  const node = h("div", { class: "progress", role: "progressbar", "aria-valuemin": "0", "aria-valuemax": "100" }, bar);
  const update = (job) => {
    const percent = Math.min(100, Math.max(0, (job.progress ?? 0) * 100));
    bar.style.width = `${percent.toFixed(2)}%`;
    setAttribute(node, "aria-valuenow", Math.floor(percent));
    setAttribute(node, "aria-label", `Progress of job ${job.id}`);
    setAttribute(node, "aria-valuetext", `epoch ${job.epoch} of ${job.epochs}, ${job.state}`);
    setAttribute(node, "data-state", job.state);
  };
  return { node, update };
}
