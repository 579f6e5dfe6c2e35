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
    requests: {}, // by job: { pending, refusal } of the last action asked for
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

// The states of a job, and how each is shown.
export const JOB_STATES = {
  queued: { mark: "○", active: true },
  running: { mark: "▶", active: true },
  paused: { mark: "‖", active: false },
  succeeded: { mark: "✓", active: false },
  failed: { mark: "✕", active: false },
  cancelled: { mark: "■", active: false },
};

const UNKNOWN = { mark: "?", active: false };
export const describeState = (job) => JOB_STATES[job.state] ?? UNKNOWN;
export const isActive = (job) => describeState(job).active;
export const isTerminal = (job) => ["succeeded", "failed", "cancelled"].includes(job.state);

// What the page can ask of a job, in the order of the buttons. `everywhere`: in the list too.
export const JOB_ACTIONS = [
  { name: "step", label: "Step", hint: "Train one minibatch", everywhere: false },
  { name: "pause", label: "Pause", everywhere: true },
  { name: "resume", label: "Resume", everywhere: true },
  { name: "cancel", label: "Cancel", everywhere: true },
];

// The server knows what is possible in which state: it links it.
export const isPossible = (job, action) => Boolean(job.links?.[action.name]);

// Without a chosen job the page follows what happens: what runs, else what ran last, else what waits.
export function jobToFollow(jobs) {
  return jobs.find((job) => job.state === "running") ??
    jobs.find((job) => job.state !== "queued") ?? jobs[0] ?? null;
}

export function jobFromHash(hash) {
  const match = /^#\/jobs\/(\d{1,19})$/.exec(hash);
  return match ? match[1] : null;
}
