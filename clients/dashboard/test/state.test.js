import assert from "node:assert/strict";
import test from "node:test";

import { JOB_ACTIONS, createState, describeState, isActive, isPossible, isTerminal, jobFromHash, jobToFollow } from "../src/state.js";

const job = (id, state) => ({ id, state });

test("the page follows what runs, else what ran last, else what waits", () => {
  assert.equal(jobToFollow([job(3, "queued"), job(2, "running"), job(1, "succeeded")]).id, 2);
  assert.equal(jobToFollow([job(3, "queued"), job(2, "failed"), job(1, "succeeded")]).id, 2);
  assert.equal(jobToFollow([job(3, "queued"), job(2, "queued")]).id, 3);
  assert.equal(jobToFollow([]), null);
});

test("only a job's address names a job", () => {
  assert.equal(jobFromHash("#/jobs/3"), "3");
  for (const hash of ["", "#", "#/jobs/", "#/jobs/x", "#/jobs/3/", "#/jobs/-1", "#/models/3", "#main"]) {
    assert.equal(jobFromHash(hash), null, hash);
  }
});

test("a state the page does not know is shown as such", () => {
  assert.deepEqual(describeState(job(1, "dreaming")), { mark: "?", active: false });
  assert.equal(isTerminal(job(1, "dreaming")), false);
  assert.equal(isActive(job(1, "queued")), true);
  assert.equal(isTerminal(job(1, "cancelled")), true);
});

test("what can be done with a job is what its links name, whatever its state", () => {
  const possible = (links, state = "dreaming") =>
    JOB_ACTIONS.filter((action) => isPossible({ ...job(1, state), links }, action)).map(({ name }) => name);
  const fork = "/v1/jobs/1/fork";
  assert.deepEqual(possible({ cancel: "/v1/jobs/1/cancel", pause: "/v1/jobs/1/pause", fork }), ["pause", "cancel"]);
  assert.deepEqual(possible({ resume: "/a", step: "/b", cancel: "/c", rewind: "/d" }), ["step", "resume", "cancel"]);
  assert.deepEqual(possible({ fork }, "running"), []);
  assert.deepEqual(possible(undefined, "running"), []);
});

test("every change is told to the listeners", () => {
  const state = createState();
  let told = 0;
  state.subscribe(() => told++);
  state.set({ info: { version: "1" } });
  assert.equal(told, 1);
  assert.equal(state.get().info.version, "1");
});
