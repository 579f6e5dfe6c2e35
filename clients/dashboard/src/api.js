// The server's REST API, as far as the dashboard needs it. Every call either gives the parsed answer
// or throws: Unreachable where the server did not answer, Problem where it answered with an error.

const TIMEOUT_MS = 8000;

export class Unreachable extends Error {}

export class Problem extends Error {
  constructor(status, body) {
    super(body?.detail || body?.title || `The server answered ${status}`);
    this.status = status;
  }
}

async function request(path, options = {}) {
  const { answer, body } = await exchange(path, options);
  if (!answer.ok) throw new Problem(answer.status, body);
  if (body === undefined) throw new Unreachable(`${path} did not answer with JSON`);
  return body;
}

async function exchange(path, options) {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const answer = await fetch(path, { cache: "no-store", signal, ...options });
    const text = await answer.text();
    return { answer, body: parse(text) };
  } catch (error) {
    throw new Unreachable(error.message);
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function query(parameters) {
  const given = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined);
  return given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
}

const job = (id) => `/v1/jobs/${encodeURIComponent(id)}`;

export const api = {
  info: () => request("/v1/info"),
  models: (parameters = {}) => request(`/v1/models${query(parameters)}`),
  datasets: (parameters = {}) => request(`/v1/datasets${query(parameters)}`),
  jobs: (parameters = {}) => request(`/v1/jobs${query(parameters)}`),
  job: (id) => request(job(id)),
  metrics: (id, parameters) => request(`${job(id)}/metrics${query(parameters)}`),
  act: (link) => request(link, { method: "POST" }),
};
