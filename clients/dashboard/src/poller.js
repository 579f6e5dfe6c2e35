// Keeps the state as fresh as it needs to be: about twice a second while a job runs, slower when the
// server is idle, not at all while the tab is hidden, and ever more patiently while nobody answers.

import { Unreachable } from "./api.js";
import { Curve } from "./curve.js";
import { isActive, isTerminal, jobToFollow } from "./state.js";

const BUSY_MS = 500;
const IDLE_MS = 2000;
const CATALOGUE_MS = 3000;
const RETRY_MS = [1000, 2000, 4000, 8000];
const JOBS_PER_PAGE = 50;
// Of one job's history in one round, so that a long history does not hold up the rest of the page.
const PAGES_PER_ROUND = 20;
const POINTS_PER_ANSWER = 2000;
const REFUSAL_MS = 10000;

export class Poller {
  constructor(api, state) {
    this.api = api;
    this.state = state;
    this.cursors = [null];
    this.failures = 0;
    this.catalogueAt = -Infinity;
    this.timer = null;
    this.round = null;
    document.addEventListener("visibilitychange", () => this.poke());
  }

  // Polls now; a round that is under way is followed by another.
  async poke() {
    clearTimeout(this.timer);
    if (this.round) {
      this.again = true;
      return;
    }
    if (document.hidden) return;
    this.again = false;
    this.round = this.refresh();
    const delay = await this.round;
    this.round = null;
    this.timer = setTimeout(() => this.poke(), this.again ? 0 : delay);
  }

  select(id) {
    this.state.set({ selection: { id, pinned: id !== null, job: null, curve: null, problem: null } });
    this.poke();
  }

  turnPage(step) {
    const { jobs } = this.state.get();
    if (step > 0) this.cursors.push(jobs.next);
    else this.cursors.pop();
    this.poke();
  }

  // Asks for what a link of the job names, once at a time. A refusal is shown for a while.
  async act(job, name) {
    if (this.state.get().requests[job.id]?.pending) return;
    this.note(job.id, { pending: true });
    try {
      this.show(await this.api.act(job.links[name]));
      this.note(job.id, {});
    } catch (error) {
      const refused = { refusal: error.message };
      this.note(job.id, refused);
      setTimeout(() => this.state.get().requests[job.id] === refused && this.note(job.id, {}), REFUSAL_MS);
    }
    this.poke();
  }

  note(id, request) {
    this.state.set({ requests: { ...this.state.get().requests, [id]: request } });
  }

  // One job that was read by itself: the list tells the same of it.
  show(job) {
    const { jobs, selection } = this.state.get();
    const items = jobs.items.map((item) => (item.id === job.id ? job : item));
    const chosen = selection.job?.id === job.id ? { ...selection, job } : selection;
    this.state.set({ jobs: { ...jobs, items }, selection: chosen });
  }

  // One round; gives the milliseconds until the next.
  async refresh() {
    try {
      await Promise.all([this.refreshInfo(), this.refreshJobs(), this.refreshCatalogue()]);
      await this.refreshSelection();
      this.failures = 0;
      this.state.set({ connection: { status: "online", retryInMs: 0, lastAnswerAt: Date.now() } });
      return this.isBusy() ? BUSY_MS : IDLE_MS;
    } catch (error) {
      return this.fail(error);
    }
  }

  fail(error) {
    const retryInMs = RETRY_MS[Math.min(this.failures++, RETRY_MS.length - 1)];
    const status = error instanceof Unreachable ? "offline" : "refused";
    const { lastAnswerAt } = this.state.get().connection;
    this.state.set({ connection: { status, retryInMs, lastAnswerAt, message: error.message } });
    this.catalogueAt = -Infinity;
    return retryInMs;
  }

  isBusy() {
    const { info, jobs, selection } = this.state.get();
    const counted = (info?.jobs_running ?? 0) + (info?.jobs_queued ?? 0) > 0;
    return counted || jobs.items.some(isActive) || (selection.job !== null && isActive(selection.job));
  }

  async refreshInfo() {
    this.state.set({ info: await this.api.info() });
  }

  async refreshJobs() {
    const cursor = this.cursors[this.cursors.length - 1];
    const before = this.state.get().jobs.items.map((job) => job.state).join();
    const answer = await this.api.jobs({ limit: JOBS_PER_PAGE, after: cursor });
    const jobs = { items: answer.jobs, next: answer.next ?? null, loaded: true, page: this.cursors.length - 1 };
    this.state.set({ jobs });
    // A job that changed its state changed its model too: its loss, its version.
    if (before !== jobs.items.map((job) => job.state).join()) this.catalogueAt = -Infinity;
  }

  async refreshCatalogue() {
    if (performance.now() - this.catalogueAt < CATALOGUE_MS) return;
    const [models, datasets] = await Promise.all([this.api.models(), this.api.datasets()]);
    this.catalogueAt = performance.now();
    this.state.set({
      models: { items: models.models, more: Boolean(models.next), loaded: true },
      datasets: { items: datasets.datasets, more: Boolean(datasets.next), loaded: true },
    });
  }

  async refreshSelection() {
    const { jobs, selection } = this.state.get();
    const followed = selection.pinned ? selection.id : jobToFollow(jobs.items)?.id ?? null;
    if (followed === null) {
      this.state.set({ selection: { ...selection, id: null, job: null, curve: null } });
      return;
    }
    try {
      await this.refreshJob(followed);
    } catch (error) {
      if (error.status !== 404) throw error;
      if (this.isStale(followed)) return;
      this.state.set({ selection: { ...selection, id: followed, job: null, curve: null, problem: error.message } });
    }
  }

  // True where the user has chosen another job while an answer was under way.
  isStale(id) {
    const { selection } = this.state.get();
    return selection.pinned && String(selection.id) !== String(id);
  }

  async refreshJob(id) {
    const job = await this.api.job(id);
    if (this.isStale(id)) return;
    const selection = this.state.get().selection;
    const curve = sameJob(selection.job, job) ? selection.curve : new Curve();
    await this.extend(curve, job);
    if (this.isStale(id)) return;
    const { pinned } = this.state.get().selection;
    this.state.set({ selection: { id: job.id, pinned, job, curve, problem: null } });
    this.show(job);
  }

  // A job that had ended when it was read, and whose history gave nothing new after that, is complete.
  async extend(curve, job) {
    for (let page = 0; page < PAGES_PER_ROUND && !curve.complete; page++) {
      const { points } = await this.api.metrics(job.id, { after: curve.lastEpoch, max_points: POINTS_PER_ANSWER });
      if (!curve.append(points)) {
        curve.complete = isTerminal(job);
        return;
      }
    }
  }
}

// A server that lost its data gives the same ids to other jobs.
function sameJob(known, job) {
  return known !== null && known.id === job.id && known.created_at === job.created_at;
}
