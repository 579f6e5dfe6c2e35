// The jobs, newest first, a page at a time: a server may hold thousands.

import { h, keyedList, setAttribute, setHidden, setText } from "../dom.js";
import { formatDuration, formatLoss, formatRate } from "../format.js";
import { createJobActions } from "./job_actions.js";
import { createBadge, createProgress } from "./progress.js";

export function createJobList(root, actions) {
  const count = h("span", { class: "muted" });
  const list = h("ul", { class: "jobs" });
  const newer = h("button", { type: "button", onclick: () => actions.turnPage(-1) }, "← Newer");
  const older = h("button", { type: "button", onclick: () => actions.turnPage(+1) }, "Older →");
  const pages = h("nav", { class: "pages", "aria-label": "Pages of jobs" }, newer, older);
  const empty = h("p", { class: "muted" }, "No jobs yet.");
  root.append(h("div", { class: "title" }, h("h2", { id: "jobs-title" }, "Jobs"), count), list, empty, pages);

  const update = keyedList(list, (job) => job.id, () => createRow(actions));
  return ({ jobs, info, selection, requests }) => {
    const isChosen = (job) => String(job.id) === String(selection.id);
    update(jobs.items.map((job) => ({ id: job.id, job, chosen: isChosen(job), request: requests[job.id] })));
    setText(count, summarize(info));
    setHidden(list, jobs.items.length === 0);
    setHidden(empty, !jobs.loaded || jobs.items.length > 0 || jobs.page > 0);
    setHidden(pages, jobs.page === 0 && jobs.next === null);
    newer.disabled = jobs.page === 0;
    older.disabled = jobs.next === null;
  };
}

function summarize(info) {
  if (!info) return "";
  const counts = [[info.jobs_running, "running"], [info.jobs_queued, "queued"]];
  return counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`).join(", ");
}

function createRow(actions) {
  const badge = createBadge();
  const progress = createProgress();
  const link = h("a");
  const figures = h("p", { class: "figures" });
  const buttons = createJobActions(actions, ({ everywhere }) => everywhere);
  const node = h("li", { class: "job" },
    h("div", { class: "job-head" }, link, badge.node), progress.node,
    h("div", { class: "job-foot" }, figures, buttons.node), buttons.refusal);
  const update = ({ job, chosen, request }) => {
    badge.update(job);
    progress.update(job);
    buttons.update(job, request, !chosen); // of the chosen job the detail tells it
    setText(link, `${job.id} · ${job.model} on ${job.dataset}`);
    setAttribute(link, "href", `#/jobs/${job.id}`);
    setAttribute(link, "aria-current", chosen ? "true" : null);
    setAttribute(node, "data-job", job.id);
    setText(figures, describe(job));
  };
  return { node, update };
}

function describe(job) {
  if (job.state === "queued") {
    return job.queue_position ? `number ${job.queue_position} in the queue` : "waiting";
  }
  const parts = [`epoch ${job.epoch}/${job.epochs}`, `loss ${formatLoss(job.train_loss)}`];
  if (job.samples_per_second) parts.push(`${formatRate(job.samples_per_second)} samples/s`);
  if (job.state === "running") parts.push(`${formatDuration(job.eta_seconds)} left`);
  return parts.map((part) => part.replaceAll(" ", "\u00a0")).join(" · "); // a figure stays with its unit
}
