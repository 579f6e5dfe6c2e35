// The dashboard as its users have it: the daemon's own page in Chromium.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { drawnPoints, launch, openPage, screenshot } from "./lib/browser.js";
import { Daemon } from "./lib/daemon.js";

let browser;
let daemon;

before(async () => {
  browser = await launch();
});
after(() => browser.close());
beforeEach(async () => {
  daemon = await new Daemon().start();
});
afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  await daemon.remove();
});

function assertQuiet({ errors, origins }) {
  assert.deepEqual(errors, [], "errors on the console");
  assert.deepEqual([...origins], [daemon.url], "requests to another origin");
}

async function assertFits(page) {
  const widths = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(widths[0] <= widths[1], `${widths}`);
}

const row = (page, id) => page.locator(`.job[data-job="${id}"]`);
const stateShown = (page) => page.locator("#detail .badge").getAttribute("data-state");

function setTabHidden(page, hidden) {
  return page.evaluate((value) => {
    Object.defineProperty(document, "hidden", { value, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
}

// Watches the chart until the job has ended; gives each number of points seen while it ran.
async function watchCurve(page) {
  const counts = new Set();
  for (let state = "running"; state === "running"; state = await stateShown(page)) {
    counts.add(await drawnPoints(page));
    await sleep(100);
  }
  return [...counts];
}

test("a job appears, its curve grows, it succeeds", async () => {
  await daemon.prepareDigits(512);
  // Long enough that an idle page, which asks every two seconds, sees it run; few enough epochs that
  // no answer is thinned.
  const pace = { batch_size: 1, optimizer: { type: "sgd", learning_rate: 0.0002, momentum: 0 } };
  const epochs = await daemon.epochsFor(8, pace);
  const { page, seen } = await openPage(browser, daemon.url);
  await row(page, 1).waitFor();

  const id = await daemon.startJob({ ...pace, epochs });
  await row(page, id).locator('.badge[data-state="running"]').waitFor();
  await page.locator(`#chart[data-job="${id}"]`).waitFor();
  const counts = await watchCurve(page);
  assert.ok(counts.length >= 4, `the curve had ${counts} points`);
  assert.deepEqual(counts, [...counts].sort((a, b) => a - b), "the curve shrank");
  assert.equal(await stateShown(page), "succeeded");

  await page.locator(`#chart[data-points="${epochs}"][data-validation-points="${epochs}"]`).waitFor();
  const job = await daemon.call("GET", `/v1/jobs/${id}`);
  const all = epochs.toLocaleString("en-US");
  await page.getByText(`${all} / ${all}`, { exact: true }).waitFor();
  assert.equal(await row(page, id).getByRole("progressbar").getAttribute("aria-valuenow"), "100");
  const accuracy = await page.locator("#detail dl div", { hasText: "Validation accuracy" }).locator("dd").textContent();
  assert.ok(Math.abs(parseFloat(accuracy) - 100 * job.metrics.validation_accuracy) <= 0.1, accuracy);
  await screenshot(page, "dashboard-light", { fullPage: true });
  assertQuiet(seen);
});

test("models and data sets are listed with what they are", async () => {
  await daemon.prepareDigits();
  const { page, seen } = await openPage(browser, daemon.url);
  const model = await page.locator("#models tbody tr").textContent();
  const dataset = await page.locator("#datasets tbody tr").textContent();
  for (const part of ["digits", "-128-10", "relu, softmax", "cross entropy", "not yet"]) assert.ok(model.includes(part), model);
  const { rows } = await daemon.call("GET", "/v1/datasets/digits");
  for (const part of ["digits", rows.toLocaleString("en-US"), "64", "digit", "0, 1, 2"]) assert.ok(dataset.includes(part), dataset);

  const id = await daemon.startJob({ epochs: 1 });
  await daemon.waitForJob(id, (job) => job.state === "succeeded");
  await page.locator("#models tbody tr", { hasText: /64-128-10.*9,610.*version \d+/ }).waitFor();
  assertQuiet(seen);
});

test("a server without anything says how to start", async () => {
  const { page, seen } = await openPage(browser, daemon.url);
  await page.getByText("Train a first model").waitFor();
  const commands = await page.locator("#welcome code").allTextContents();
  assert.equal(commands.length, 3);
  for (const command of commands) assert.ok(command.includes(daemon.url), command);
  await screenshot(page, "dashboard-empty");
  assertQuiet(seen);
});

test("a server that has gone is told, and found again", async () => {
  const { page } = await openPage(browser, daemon.url);
  const { port } = daemon;
  await page.locator('#connection[data-status="online"]').waitFor();
  assert.equal(await page.locator("#banner").isVisible(), false);

  await daemon.stop("SIGKILL");
  await page.getByRole("alert").filter({ hasText: "The server does not answer" }).waitFor();
  assert.equal(await page.locator("#connection").textContent(), "no answer");
  await screenshot(page, "dashboard-offline");

  await daemon.start(port);
  await page.locator('#connection[data-status="online"]').waitFor();
  assert.equal(await page.locator("#banner").isVisible(), false);
});

test("a job that diverged shows what went wrong", async () => {
  await daemon.prepareDigits();
  const id = await daemon.startJob({ epochs: 20, optimizer: { type: "sgd", learning_rate: 1e30, momentum: 0.9 } });
  const { error } = await daemon.waitForJob(id, (job) => job.state === "failed");
  const { page, seen } = await openPage(browser, `${daemon.url}/#/jobs/${id}`);
  assert.ok(error.message.length > 0);
  await page.locator("#job-error", { hasText: error.message }).waitFor();
  assert.equal(await stateShown(page), "failed");
  await screenshot(page, "dashboard-failed");
  assertQuiet(seen);
});

test("a job that ended before its last epoch says why", async () => {
  await daemon.prepareDigits();
  const optimizer = { type: "adamw", learning_rate: 0.003 };
  const early_stopping = { metric: "validation_accuracy", patience: 4 };
  const id = await daemon.startJob({ epochs: 1000, optimizer, early_stopping, schedule: { type: "inverse_scaling" } });
  const job = await daemon.waitForJob(id, ({ state }) => state === "succeeded");
  const { page, seen } = await openPage(browser, `${daemon.url}/#/jobs/${id}`);
  await page.getByText(`${job.epoch} / 1,000, stopped early`, { exact: true }).waitFor();
  await page.getByText(new RegExp(`^\\d+\\.\\d % at epoch ${job.best.epoch}$`)).waitFor();
  await page.getByText("adamw, inverse scaling", { exact: true }).waitFor();
  await screenshot(page, "dashboard-stopped");
  assertQuiet(seen);
});

test("a link leads to a job, the keyboard to another, and an unknown one is told", async () => {
  await daemon.prepareDigits();
  const first = await daemon.startJob({ epochs: 3 });
  const second = await daemon.startJob({ epochs: 5 });
  await daemon.waitForJob(second, (job) => job.state === "succeeded");
  const { page, seen } = await openPage(browser, `${daemon.url}/#/jobs/${first}`);
  await page.locator(`#chart[data-job="${first}"][data-points="3"]`).waitFor();
  assert.equal(await row(page, first).locator("a").getAttribute("aria-current"), "true");

  await row(page, second).locator("a").focus();
  await page.keyboard.press("Enter");
  await page.locator(`#chart[data-job="${second}"][data-points="5"]`).waitFor();
  assert.ok(page.url().endsWith(`#/jobs/${second}`));
  await page.goBack();
  await page.locator(`#chart[data-job="${first}"]`).waitFor();
  assertQuiet(seen);

  await page.goto(`${daemon.url}/#/jobs/4711`);
  await page.locator("#detail h2", { hasText: "Job 4711" }).waitFor();
  assert.equal(await page.locator("#chart").isVisible(), false);
  assert.equal(await page.locator("#banner").isVisible(), false);
});

test("the log scale is a toggle that keeps the curve", async () => {
  await daemon.prepareDigits();
  const id = await daemon.startJob({ epochs: 8 });
  await daemon.waitForJob(id, (job) => job.state === "succeeded");
  const { page, seen } = await openPage(browser, daemon.url);
  await page.locator('#chart[data-points="8"]').waitFor();
  const toggle = page.getByRole("button", { name: "Log scale" });
  const linear = await page.locator(".plot canvas").screenshot();
  await toggle.click();
  assert.equal(await toggle.getAttribute("aria-pressed"), "true");
  assert.equal(await drawnPoints(page), 8);
  assert.notDeepEqual(await page.locator(".plot canvas").screenshot(), linear);
  await toggle.click();
  assert.equal(await toggle.getAttribute("aria-pressed"), "false");
  assertQuiet(seen);
});

test("a running job is cancelled from the page", async () => {
  await daemon.prepareDigits();
  const id = await daemon.startEndlessJob();
  const { page, seen } = await openPage(browser, daemon.url);
  await row(page, id).getByRole("button", { name: `Cancel job ${id}` }).click();
  await row(page, id).locator('.badge[data-state="cancelled"]').waitFor();
  assert.equal((await daemon.call("GET", `/v1/jobs/${id}`)).state, "cancelled");
  await row(page, id).getByRole("button").waitFor({ state: "hidden" });
  assertQuiet(seen);
});

test("a job is paused, taken a step on, and resumed from the page", async () => {
  await daemon.prepareDigits();
  const id = await daemon.startEndlessJob();
  const { page, seen } = await openPage(browser, daemon.url);
  const detail = page.locator("#detail");
  const button = (name) => detail.getByRole("button", { name: `${name} job ${id}` });
  await page.locator(`#chart[data-job="${id}"]:not([data-points="0"]):not([data-points="1"])`).waitFor();
  assert.equal(await button("Step").isVisible(), false);

  await row(page, id).getByRole("button", { name: `Pause job ${id}` }).click();
  await row(page, id).locator('.badge[data-state="paused"]').waitFor();
  await detail.locator('.badge[data-state="paused"]').waitFor();
  assert.deepEqual(await row(page, id).locator("button:visible").allTextContents(), ["Resume", "Cancel"]);
  const paused = await daemon.call("GET", `/v1/jobs/${id}`);
  assert.equal(paused.state, "paused");
  assert.ok((await drawnPoints(page)) >= 2, "the curve stays");
  await screenshot(page, "dashboard-paused", { fullPage: true });
  await page.setViewportSize({ width: 400, height: 800 });
  await assertFits(page);
  await screenshot(page, "dashboard-paused-400", { fullPage: true });

  await button("Step").click();
  await page.getByText(`${(paused.step + 1).toLocaleString("en-US")} / `).waitFor();
  await detail.locator('.badge[data-state="paused"]').waitFor();
  assert.equal((await daemon.call("GET", `/v1/jobs/${id}`)).step, paused.step + 1);

  await button("Resume").focus();
  await page.keyboard.press("Enter");
  await detail.locator('.badge[data-state="running"]').waitFor();
  await page.waitForFunction((name) => document.activeElement.getAttribute("aria-label") === name, `Pause job ${id}`);
  assert.equal(await button("Resume").isVisible(), false);
  await daemon.waitForJob(id, (job) => job.state === "running" && job.step > paused.step + 1);
  assertQuiet(seen);
});

test("a button waits for its answer, and a refusal is told", async () => {
  await daemon.prepareDigits();
  const id = await daemon.startEndlessJob();
  const { page, seen } = await openPage(browser, `${daemon.url}/#/jobs/${id}`);
  const pause = page.locator("#detail").getByRole("button", { name: `Pause job ${id}` });
  await pause.waitFor();
  await setTabHidden(page, true); // the page does not learn what happens meanwhile
  await sleep(500); // what was under way
  await daemon.call("POST", `/v1/jobs/${id}/cancel`);
  let release;
  const held = new Promise((resolve) => { release = resolve; });
  await page.route("**/pause", async (route) => {
    await held;
    await route.continue();
  });

  await pause.click();
  await page.locator('#detail button[data-action="pause"]:disabled').waitFor();
  assert.equal(await row(page, id).getByRole("button", { name: `Pause job ${id}` }).isDisabled(), true);
  release();
  await page.getByRole("alert").filter({ hasText: /job \d+ is cancelled: no pause then/ }).waitFor();
  assert.equal(await pause.isEnabled(), true);
  await screenshot(page, "dashboard-refused");

  await setTabHidden(page, false);
  await page.locator('#detail .badge[data-state="cancelled"]').waitFor();
  await page.locator("#detail .actions").waitFor({ state: "hidden" });
  assert.ok(seen.errors.length === 1 && seen.errors[0].includes("409"), `${seen.errors}`);
});

test("a spent budget is told, and a fork leads to where it came from", async () => {
  await daemon.prepareDigits();
  const id = await daemon.startJob({ epochs: 1000, budget: { samples: 5000 }, checkpoint: { every_steps: 50 } });
  const job = await daemon.waitForJob(id, ({ state }) => state === "succeeded");
  const fork = (await daemon.call("POST", `/v1/jobs/${id}/fork`, { model: "other" })).id;
  const { page, seen } = await openPage(browser, `${daemon.url}/#/jobs/${fork}`);
  await page.getByRole("link", { name: `job ${id}`, exact: true }).click();
  await page.getByText(`${job.epoch} / 1,000, sample budget spent`, { exact: true }).waitFor();
  assert.equal(await page.getByText("Forked from").isVisible(), false);
  assertQuiet(seen);
});

test("many jobs come in pages", async () => {
  const jobs = process.env.BP_TEST_FULL ? 1000 : 120;
  await daemon.prepareDigits();
  const running = await daemon.startEndlessJob();
  for (let queued = 1; queued < jobs; queued++) await daemon.startJob({ epochs: 1 });
  const { page, seen } = await openPage(browser, daemon.url);
  await row(page, jobs).waitFor();
  assert.ok((await page.locator(".job").count()) <= 100);
  await page.getByText(`1 running, ${jobs - 1} queued`).waitFor();
  const older = page.getByRole("button", { name: "Older" });
  while (await older.isEnabled()) {
    const oldest = await page.locator(".job").last().getAttribute("data-job");
    await older.click();
    await row(page, oldest).waitFor({ state: "detached" });
  }
  await row(page, running).locator('.badge[data-state="running"]').waitFor();
  await page.locator(`#chart[data-job="${running}"]`).waitFor();
  assertQuiet(seen);
});

test("markup in the data stays text", async () => {
  const label = '<img src=x onerror="document.title=1">';
  const quoted = `"${label.replaceAll('"', '""')}"`;
  await daemon.call("PUT", "/v1/datasets/labels?target=kind", `x,kind\n1,${quoted}\n2,<b>b</b>\n3,${quoted}\n`);
  const { page, seen } = await openPage(browser, daemon.url);
  await page.locator("#datasets td", { hasText: label }).waitFor();
  assert.equal(await page.locator("#datasets img, #datasets b").count(), 0);
  assert.equal(await page.title(), "backpropd");
  assertQuiet(seen);
});

test("a hidden tab asks nothing", async () => {
  await daemon.prepareDigits();
  await daemon.startEndlessJob();
  const { page, seen } = await openPage(browser, daemon.url);
  await page.locator('#detail .badge[data-state="running"]').waitFor();
  await setTabHidden(page, true);
  await sleep(500); // what was under way
  const before = seen.requests.length;
  await sleep(1500);
  assert.equal(seen.requests.length, before);
  await setTabHidden(page, false);
  await page.waitForRequest(/\/v1\/jobs/);
  assertQuiet(seen);
});

for (const colorScheme of ["light", "dark"]) {
  test(`nothing overflows at 400 px, ${colorScheme}`, async () => {
    await daemon.prepareDigits();
    const id = await daemon.startJob({ epochs: 10 });
    await daemon.waitForJob(id, (job) => job.state === "succeeded");
    const { page, seen } = await openPage(browser, daemon.url, { colorScheme, viewport: { width: 400, height: 800 } });
    await page.locator('#chart[data-points="10"]').waitFor();
    await assertFits(page);
    await screenshot(page, `dashboard-400-${colorScheme}`, { fullPage: true });
    await page.setViewportSize({ width: 1200, height: 850 });
    await page.waitForFunction(() => document.querySelector(".plot canvas").clientWidth > 500);
    await screenshot(page, `dashboard-1200-${colorScheme}`, { fullPage: true });
    assertQuiet(seen);
  });
}

test("the page may run its own script and nothing else", async () => {
  const page = await fetch(daemon.url);
  const policy = page.headers.get("content-security-policy");
  for (const rule of ["default-src 'none'", "script-src 'self'", "connect-src 'self'"]) assert.ok(policy?.includes(rule), policy);
  for (const [asset, type] of [["app.js", "javascript"], ["app.css", "text/css"]]) {
    const answer = await fetch(`${daemon.url}/assets/${asset}`);
    assert.equal(answer.status, 200);
    assert.ok(answer.headers.get("content-type").includes(type));
  }
  assert.equal((await fetch(`${daemon.url}/assets/other.js`)).status, 404);
});
