// A stand-in for the daemon while working on the page: dist/ and the few routes it polls, with jobs that
// pretend to train.   Usage: npm run mock [JOBS]    (then open the printed address)

import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const dist = new URL("../dist/", import.meta.url);
const PAGE_POLICY = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
  "connect-src 'self'; img-src 'self' data:";
const FILES = {
  "/": ["index.html", "text/html; charset=utf-8"],
  "/assets/app.js": ["app.js", "text/javascript; charset=utf-8"],
  "/assets/app.css": ["app.css", "text/css; charset=utf-8"],
};
const EPOCHS = 30;
const SECONDS = 30;
const started = Date.now() / 1000;

const model = { name: "digits", inputs: 64, loss: "cross_entropy", parameters: 9610, version: 0,
  layers: [{ units: 128, activation: "relu" }, { units: 10, activation: "softmax" }] };
const dataset = { name: "digits", rows: 1438, features: 64, targets: ["digit"],
  classes: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"] };

function point(epoch) {
  return { epoch, step: epoch * 41, train_loss: 2.3 * Math.exp(-epoch / 6) + 0.01,
    validation_loss: 2.2 * Math.exp(-epoch / 6) + 0.07 + 0.01 * Math.sin(epoch),
    validation_accuracy: 0.98 - 0.5 * Math.exp(-epoch / 3), learning_rate: 0.1, elapsed_seconds: epoch };
}

// The newest job runs, the one before it failed, the others succeeded.
function stateOf(id) {
  if (id === jobs) return Date.now() / 1000 - started < SECONDS ? "running" : "succeeded";
  return id === jobs - 1 ? "failed" : "succeeded";
}

function epochOf(id) {
  if (stateOf(id) === "failed") return 4;
  if (stateOf(id) === "succeeded") return EPOCHS;
  return Math.floor(((Date.now() / 1000 - started) / SECONDS) * EPOCHS);
}

// The buttons are there; a press is refused.
const linksOf = (id, state) => (state === "running" ? { pause: `/v1/jobs/${id}/pause`, cancel: `/v1/jobs/${id}/cancel` } : {});

function job(id) {
  const [state, epoch] = [stateOf(id), epochOf(id)];
  const last = point(epoch);
  const error = { code: "diverged", message: "the loss is not finite", epoch: 5, step: 173 };
  return { id, model: "digits", dataset: "digits", state, progress: epoch / EPOCHS, epoch, epochs: EPOCHS,
    step: last.step, steps_total: EPOCHS * 41, samples_per_second: 152340, elapsed_seconds: epoch,
    eta_seconds: state === "running" ? EPOCHS - epoch : null, learning_rate: 0.1, train_loss: last.train_loss,
    validation_loss: last.validation_loss, metrics: { validation_accuracy: last.validation_accuracy },
    links: linksOf(id, state), ended_by: state === "succeeded" ? "epochs" : null, forked_from: null,
    best: { epoch, metric: "validation_loss", value: last.validation_loss }, threads: 2, seed: 1, warnings: [],
    phase_seconds: { gather: 0.02 * epoch, forward: 0.4 * epoch, backward: 0.5 * epoch, update: 0.08 * epoch },
    created_at: new Date(started * 1000).toISOString(), error: state === "failed" ? error : null };
}

function listJobs(query) {
  const newest = Number(query.get("after") ?? jobs + 1) - 1;
  const count = Math.min(Number(query.get("limit") ?? 100), newest);
  const page = Array.from({ length: count }, (_, i) => job(newest - i));
  return { jobs: page, next: newest > count ? String(newest - count + 1) : null };
}

function history(id, query) {
  const after = Number(query.get("after") ?? 0);
  return { points: Array.from({ length: Math.max(0, epochOf(id) - after) }, (_, i) => point(after + 1 + i)) };
}

const ROUTES = [
  [/^\/v1\/info$/, () => ({ version: "0.0.0", isa: "mock", threads: 2, jobs_running: Number(jobs > 0 && stateOf(jobs) === "running") })],
  [/^\/v1\/models$/, () => ({ models: jobs ? [model] : [], next: null })],
  [/^\/v1\/datasets$/, () => ({ datasets: jobs ? [dataset] : [], next: null })],
  [/^\/v1\/jobs$/, (_, query) => listJobs(query)],
  [/^\/v1\/jobs\/(\d+)$/, ([, id]) => job(Number(id))],
  [/^\/v1\/jobs\/(\d+)\/metrics$/, ([, id], query) => history(Number(id), query)],
];

function answer(request, response) {
  const { pathname, searchParams } = new URL(request.url, "http://localhost");
  if (FILES[pathname]) {
    const [file, type] = FILES[pathname];
    response.writeHead(200, { "Content-Type": type, "Content-Security-Policy": PAGE_POLICY });
    return response.end(readFileSync(new URL(file, dist)));
  }
  const route = ROUTES.find(([pattern]) => pattern.test(pathname));
  response.writeHead(route ? 200 : 404, { "Content-Type": "application/json" });
  return response.end(JSON.stringify(route ? route[1](route[0].exec(pathname), searchParams) : { detail: "not found" }));
}

const jobs = Number(process.argv[2] ?? 3);
const server = createServer(answer);
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/`));
