// The loss curve: uPlot fed with a job's history. The node tells what is drawn in its data attributes
// (data-job, data-points, data-validation-points), set by the draw itself: tests read them.

import uPlot from "uplot";

import { columns, describe, lastEpochShown } from "./curve.js";
import { h, setAttribute, setText } from "./dom.js";
import { formatCount, formatLoss } from "./format.js";
import { isTerminal } from "./state.js";

const HEIGHT = { wide: 320, narrow: 240 };
const LINEAR = 1;
const LOGARITHMIC = 3;

export function createChart() {
  const toggle = h("button", { type: "button", "aria-pressed": "false", class: "toggle" }, "Log scale");
  const place = h("div", { class: "plot", role: "img" });
  const waiting = h("p", { class: "muted plot-note" });
  const node = h("figure", { class: "chart", id: "chart" },
    h("figcaption", {}, h("span", {}, "Loss by epoch"), toggle), place, waiting);
  const view = { node, place, waiting, plot: null, drawn: null, logarithmic: false, job: null, curve: null };

  toggle.addEventListener("click", () => {
    view.logarithmic = !view.logarithmic;
    setAttribute(toggle, "aria-pressed", String(view.logarithmic));
    draw(view);
  });
  new ResizeObserver(() => view.plot?.setSize(sizeOf(place))).observe(place);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => rebuild(view));

  const update = (job, curve) => {
    view.job = job;
    view.curve = curve;
    draw(view);
  };
  return { node, update };
}

// Nothing is drawn twice: the picture is a function of these.
function signature({ job, curve, logarithmic }) {
  return [job.id, job.created_at, job.epochs, isTerminal(job), curve.lastEpoch, logarithmic].join();
}

function draw(view) {
  if (!view.job || !view.curve || signature(view) === view.drawn) return;
  const data = columns(view.curve.points, view.logarithmic);
  const shape = [view.job.id, view.logarithmic, data[2].some((value) => value !== null)].join();
  if (view.plot && shape === view.shape) view.plot.setData(data);
  else build(view, data, shape);
  view.drawn = signature(view);
  const description = describe(view.curve.points, formatLoss, isTerminal(view.job));
  setAttribute(view.place, "aria-label", description);
  setText(view.waiting, view.curve.points.length > 0 ? "" : description);
}

function rebuild(view) {
  view.shape = null;
  view.drawn = null;
  draw(view);
}

function build(view, data, shape) {
  view.plot?.destroy();
  view.shape = shape;
  view.plot = new uPlot(optionsOf(view, data), data, view.place);
}

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function sizeOf(place) {
  const width = Math.max(place.clientWidth, 200);
  return { width, height: width < 500 ? HEIGHT.narrow : HEIGHT.wide };
}

function optionsOf(view, data) {
  return {
    ...sizeOf(view.place),
    scales: {
      x: { time: false, range: () => rangeOfEpochs(view) },
      y: view.logarithmic ? { distr: LOGARITHMIC } : { distr: LINEAR, range: rangeOfLosses },
    },
    axes: [axis({ size: 34, incrs: epochIncrements(), values: (_, ticks) => ticks.map(formatCount) }),
      axis({ size: 52, values: (_, ticks) => ticks.map(formatTick) })],
    series: [
      { label: "Epoch", value: (plot, epoch) => formatCount(epoch ?? lastOf(plot, 0)) },
      series("Train loss", "--train", true),
      series("Validation loss", "--validation", data[2].some((value) => value !== null), [6, 4]),
    ],
    cursor: { drag: { x: true, y: false }, points: { size: 7 } },
    legend: { live: true },
    hooks: { draw: [(plot) => report(view, plot)] },
  };
}

function series(label, name, show, dash) {
  const value = (plot, loss, index) => formatLoss(loss ?? lastOf(plot, index));
  return { label, stroke: colour(name), width: 2, dash, show, value, spanGaps: false, points: { size: 5 } };
}

// Without a pointer on the chart the legend shows the latest values.
function lastOf(plot, index) {
  return plot.cursor.idx === null || plot.cursor.idx === undefined ? plot.data[index]?.at(-1) : null;
}

function axis(options) {
  const line = { stroke: colour("--line"), width: 1 };
  return { stroke: colour("--muted"), font: "12px system-ui, sans-serif", grid: line, ticks: { ...line, size: 5 }, ...options };
}

function epochIncrements() {
  return [0, 1, 2, 3, 4, 5, 6].flatMap((power) => [1, 2, 5].map((step) => step * 10 ** power));
}

function rangeOfEpochs({ job, curve }) {
  return [Math.min(1, curve.points[0]?.epoch ?? 1), lastEpochShown(curve.lastEpoch, job.epochs, !isTerminal(job))];
}

// From zero, so that the height of the curve is the loss.
function rangeOfLosses(_, lowest, highest) {
  if (lowest === null || highest === null) return [0, 1];
  return [Math.min(0, lowest), highest > 0 ? highest * 1.05 : 1];
}

function formatTick(value) {
  if (value === null) return "";
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e5) ? value.toExponential(0) : String(Number(value.toPrecision(3)));
}

function report(view, plot) {
  const drawn = (index) => (plot.series[index].show ? plot.data[index].filter((value) => value !== null).length : 0);
  setAttribute(view.node, "data-job", view.job.id);
  setAttribute(view.node, "data-points", drawn(1));
  setAttribute(view.node, "data-validation-points", drawn(2));
}
