// The chosen job: its state, its figures, what went wrong, and its loss curve.

import { createChart } from "../chart.js";
import { h, keyedList, setAttribute, setHidden, setText } from "../dom.js";
import * as format from "../format.js";
import { isTerminal } from "../state.js";
import { createJobActions } from "./job_actions.js";
import { createBadge, createProgress } from "./progress.js";

// Each figure: its name, its value for a job, and where it leads.
const FIGURES = [
  ["Epoch", (job) => `${format.formatCount(job.epoch)} / ${format.formatCount(job.epochs)}${ending(job)}`],
  ["Train loss", (job) => format.formatLoss(job.train_loss)],
  ["Validation loss", (job) => format.formatLoss(job.validation_loss)],
  ["Validation accuracy", (job) => format.formatPercent(metric(job, "accuracy"))],
  ["Validation R²", (job) => format.formatLoss(metric(job, "r2"))],
  ["Best", (job) => (job.best?.epoch ? `${bestValue(job.best)} at epoch ${job.best.epoch}` : format.MISSING)],
  ["Samples/s", (job) => format.formatRate(job.samples_per_second)],
  ["Elapsed", (job) => format.formatDuration(job.elapsed_seconds)],
  ["Gather / forward / backward / update", (job) => format.formatShares(job.phase_seconds)],
  ["Time left", (job) => (isTerminal(job) ? format.MISSING : format.formatDuration(job.eta_seconds))],
  ["Step", (job) => `${format.formatCount(job.step)} / ${format.formatCount(job.steps_total)}`],
  ["Optimizer", (job) => [job.optimizer?.type ?? format.MISSING, job.schedule?.type].filter(Boolean).join(", ").replaceAll("_", " ")],
  ["Learning rate", (job) => (job.learning_rate > 0 ? String(Number(job.learning_rate.toPrecision(4))) : format.MISSING)],
  ["Threads", (job) => format.formatCount(job.threads)],
  ["Seed", (job) => String(job.seed ?? format.MISSING)],
  ["Created", (job) => format.formatTime(job.created_at)],
  ["Forked from", (job) => `job ${job.forked_from}`, (job) => `#/jobs/${job.forked_from}`],
];

function metric(job, name) {
  return job.metrics[`validation_${name}`];
}

// Why it ended before its last epoch.
const ENDINGS = {
  early_stopping: "stopped early",
  converged: "converged",
  seconds: "time budget spent",
  samples: "sample budget spent",
};

function ending({ ended_by: reason }) {
  return reason && reason !== "epochs" ? `, ${ENDINGS[reason] ?? reason.replaceAll("_", " ")}` : "";
}

// A share is told as such; losses and R² as numbers.
function bestValue({ metric: name, value }) {
  return name === "validation_accuracy" ? format.formatPercent(value) : format.formatLoss(value);
}

export function createJobDetail(root, actions) {
  const title = h("h2", { id: "detail-title" });
  const badge = createBadge();
  const buttons = createJobActions(actions);
  const progress = createProgress();
  const error = h("p", { class: "error", id: "job-error" });
  const note = h("p", { class: "muted" });
  const warnings = h("ul", { class: "warnings" });
  const figures = h("dl", { class: "grid" });
  const chart = createChart();
  const body = h("div", {}, buttons.refusal, progress.node, error, warnings, chart.node, figures);
  root.append(h("div", { class: "title" }, title, badge.node, buttons.node), note, body);

  const updateWarnings = keyedList(warnings, (text) => text, createLine);
  const updateFigures = keyedList(figures, (figure) => figure.name, createFigure);
  return (state) => {
    const { job, curve, problem, id } = state.selection;
    const request = state.requests[id];
    setHidden(root, !job && !problem);
    setHidden(body, !job);
    for (const part of [badge, buttons]) setHidden(part.node, !job);
    setText(note, problem ?? "");
    setHidden(note, !problem);
    setText(title, job ? `Job ${job.id}: ${job.model} on ${job.dataset}` : `Job ${id}`);
    if (!job) return;
    for (const part of [badge, progress]) part.update(job);
    buttons.update(job, request);
    setText(error, job.error ? explain(job.error) : "");
    setHidden(error, !job.error);
    updateWarnings([...new Set(job.warnings ?? [])]);
    updateFigures(visibleFigures(job));
    chart.update(job, curve);
  };
}

// A figure that a job of this kind never has is left out; one that is not known yet shows a dash.
function visibleFigures(job) {
  const absent = { "Validation R²": metric(job, "accuracy") != null || metric(job, "r2") == null,
    "Validation accuracy": metric(job, "r2") != null, "Forked from": !job.forked_from };
  return FIGURES.filter(([name]) => !absent[name])
    .map(([name, show, lead]) => ({ name, value: show(job), href: lead?.(job) }));
}

// The message, then what it does not say itself.
function explain({ code, message, field, epoch, step, layer }) {
  const place = [["epoch", epoch], ["step", step], ["layer", layer], ["field", field]]
    .filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([name, value]) => `${name} ${value}`)
    .filter((part) => !message.includes(part));
  const details = [code, ...place].filter(Boolean).join(", ");
  return details ? `${message} (${details})` : message;
}

function createFigure() {
  const name = h("dt");
  const value = h("a"); // plain text where it leads nowhere
  const update = (figure) => {
    setText(name, figure.name);
    setText(value, figure.value);
    setAttribute(value, "href", figure.href);
  };
  return { node: h("div", {}, name, h("dd", {}, value)), update };
}

function createLine() {
  const node = h("li");
  return { node, update: (text) => setText(node, text) };
}
