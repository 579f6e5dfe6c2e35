import assert from "node:assert/strict";
import test from "node:test";

import { createState, describeState, isActive, isTerminal, jobFromHash, jobToFollow } from "../src/state.js";

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

test("a state the page does not know is shown and cannot be acted on", () => {
  assert.deepEqual(describeState(job(1, "dreaming")), { mark: "?", active: false, cancellable: false });
  assert.equal(isTerminal(job(1, "dreaming")), false);
  assert.equal(isActive(job(1, "queued")), true);
  assert.equal(isTerminal(job(1, "cancelled")), true);
});

test("every change is told to the listeners", () => {
  const state = createState();
  let told = 0;
  state.subscribe(() => told++);
  state.set({ info: { version: "1" } });
  assert.equal(told, 1);
  assert.equal(state.get().info.version, "1");
});
