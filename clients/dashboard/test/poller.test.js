import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";

import { Poller } from "../src/poller.js";
import { createState } from "../src/state.js";

const running = { id: 7, state: "running", links: { pause: "/v1/jobs/7/pause" } };
const paused = { id: 7, state: "paused", links: { resume: "/v1/jobs/7/resume" } };
const other = { id: 6, state: "queued" };

let state;
let calls;

// A hidden page: nothing is polled, what is seen comes from the action alone.
beforeEach(() => {
  globalThis.document = { hidden: true, addEventListener() {} };
  state = createState();
  const { jobs, selection } = state.get();
  state.set({ jobs: { ...jobs, items: [running, other] }, selection: { ...selection, id: 7, job: running } });
  calls = [];
});

function pollerAnswering(act) {
  return new Poller({ act: (link) => (calls.push(link), act()) }, state);
}

test("an action goes where its link leads, once at a time, and its answer is shown", async () => {
  let answer;
  const poller = pollerAnswering(() => new Promise((resolve) => { answer = resolve; }));
  const first = poller.act(running, "pause");
  assert.equal(state.get().requests[7].pending, true);
  await poller.act(running, "pause");
  assert.deepEqual(calls, ["/v1/jobs/7/pause"]);

  answer(paused);
  await first;
  assert.deepEqual(state.get().requests[7], {});
  assert.equal(state.get().selection.job, paused);
  assert.deepEqual(state.get().jobs.items, [paused, other]);
});

test("a refusal is told for a while", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const poller = pollerAnswering(() => Promise.reject(new Error("job 7 is failed: no pause then")));
  await poller.act(running, "pause");
  assert.deepEqual(state.get().requests[7], { refusal: "job 7 is failed: no pause then" });
  assert.equal(state.get().selection.job, running);
  t.mock.timers.tick(60000);
  assert.deepEqual(state.get().requests[7], {});
});

test("an old refusal's time does not end a newer one's", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const poller = pollerAnswering(() => Promise.reject(new Error("no")));
  await poller.act(running, "pause");
  t.mock.timers.tick(9000);
  await poller.act(running, "pause");
  t.mock.timers.tick(9000);
  assert.deepEqual(state.get().requests[7], { refusal: "no" });
});
