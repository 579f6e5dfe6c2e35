// The real daemon on a port of its own choice, and its API as the tests use it.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export const ROOT = resolve(fileURLToPath(import.meta.url), "../../../..");
const BINARY = resolve(process.env.BACKPROPD ?? join(ROOT, "build/release/backpropd"));
const DIGITS = join(ROOT, "clients/data/digits-train.csv");
const READY = /listening on (http:\/\/127\.0\.0\.1:(\d+))/;
// There to catch a hang: sanitizers make the daemon several times slower.
const PATIENCE_MS = 60000;

export class Daemon {
  constructor(dataDir = mkdtempSync(join(tmpdir(), "backpropd-browser-"))) {
    this.dataDir = dataDir;
  }

  async start(port = 0) {
    const flags = ["--listen", `127.0.0.1:${port}`, "--data-dir", this.dataDir, "--threads", "2"];
    this.process = spawn(BINARY, flags, { stdio: ["ignore", "ignore", "pipe"] });
    this.ended = once(this.process, "exit");
    this.ended.catch(() => {}); // a missing binary: reported below
    const [, url, chosen] = await this.awaitReady();
    this.url = url;
    this.port = Number(chosen);
    return this;
  }

  awaitReady() {
    const log = [];
    return new Promise((fulfil, reject) => {
      const give = () => reject(new Error(`${BINARY} did not start:\n${log.join("\n")}`));
      const timer = setTimeout(give, PATIENCE_MS);
      this.process.once("error", (error) => log.push(error.message) && give());
      this.process.once("exit", give);
      createInterface({ input: this.process.stderr }).on("line", (line) => {
        log.push(line);
        const ready = READY.exec(line);
        if (!ready) return;
        clearTimeout(timer);
        fulfil(ready);
      });
    });
  }

  async stop(signal = "SIGTERM") {
    if (this.process?.exitCode === null && this.process.signalCode === null) {
      this.process.kill(signal);
      await this.ended;
    }
  }

  async remove() {
    await this.stop();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  async call(method, path, body) {
    const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
    const type = typeof body === "string" ? "text/csv" : "application/json";
    const answer = await fetch(this.url + path, { method, body: text, headers: text ? { "Content-Type": type } : {} });
    const answered = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${answered}`);
    return answered ? JSON.parse(answered) : null;
  }

  // Uploads the shipped digits and makes an untrained 64-units-10 for them.
  async prepareDigits(units = 128) {
    await this.call("PUT", "/v1/datasets/digits?target=digit", readFileSync(DIGITS, "utf8"));
    const layers = [{ units, activation: "relu" }, { units: 10, activation: "softmax" }];
    await this.call("POST", "/v1/models", { name: "digits", layers, loss: "cross_entropy", seed: 1 });
  }

  async startJob(more = {}) {
    const sgd = { type: "sgd", learning_rate: 0.01, momentum: 0.5 };
    const body = { model: "digits", dataset: "digits", optimizer: sgd, validation: { fraction: 0.1 }, seed: 1, ...more };
    return (await this.call("POST", "/v1/jobs", body)).id;
  }

  // A job that runs until it is cancelled.
  startEndlessJob(more = {}) {
    return this.startJob({ epochs: 1000000, batch_size: 8, ...more });
  }

  async waitForJob(id, condition) {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const job = await this.call("GET", `/v1/jobs/${id}`);
      if (condition(job)) return job;
      const ended = ["succeeded", "failed", "cancelled"].includes(job.state);
      if (ended || Date.now() > deadline) throw new Error(`job ${id} stayed as ${JSON.stringify(job)}`);
      await sleep(50);
    }
  }

  // How many epochs of `more` take about `seconds` here, within limits: trials until one can be measured.
  async epochsFor(seconds, more) {
    for (let epochs = 10; ; epochs *= 4) {
      const trial = await this.startJob({ ...more, epochs });
      const { elapsed_seconds } = await this.waitForJob(trial, (job) => job.state === "succeeded");
      if (elapsed_seconds > 0.5) return Math.min(1500, Math.max(10, Math.round((seconds * epochs) / elapsed_seconds)));
    }
  }
}
