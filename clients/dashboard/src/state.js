// What the page knows, in one object with one way to change it. Views read it, the poller writes it.

export function createState() {
  const listeners = new Set();
  const state = {
    connection: { status: "connecting", retryInMs: 0, lastAnswerAt: null },
    info: null,
    models: { items: [], more: false, loaded: false },
    datasets: { items: [], more: false, loaded: false },
    jobs: { items: [], next: null, loaded: false, page: 0 },
    selection: { id: null, pinned: false, job: null, curve: null, problem: null },
  };
  return {
    get: () => state,
    set(patch) {
      Object.assign(state, patch);
      for (const listener of listeners) listener(state);
    },
    subscribe: (listener) => listeners.add(listener),
  };
}

// The states of a job: how each is shown, and what can be done in it.
export const JOB_STATES = {
  queued: { mark: "○", active: true, cancellable: true },
  running: { mark: "▶", active: true, cancellable: true },
  paused: { mark: "‖", active: false, cancellable: true },
  succeeded: { mark: "✓", active: false, cancellable: false },
  failed: { mark: "✕", active: false, cancellable: false },
  cancelled: { mark: "■", active: false, cancellable: false },
};

const UNKNOWN = { mark: "?", active: false, cancellable: false };
export const describeState = (job) => JOB_STATES[job.state] ?? UNKNOWN;
export const isActive = (job) => describeState(job).active;
export const isTerminal = (job) => ["succeeded", "failed", "cancelled"].includes(job.state);

// Without a chosen job the page follows what happens: what runs, else what ran last, else what waits.
export function jobToFollow(jobs) {
  return jobs.find((job) => job.state === "running") ??
    jobs.find((job) => job.state !== "queued") ?? jobs[0] ?? null;
}

export function jobFromHash(hash) {
  const match = /^#\/jobs\/(\d{1,19})$/.exec(hash);
  return match ? match[1] : null;
}
