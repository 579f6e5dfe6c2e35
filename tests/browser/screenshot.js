// Makes the README's picture, clients/dashboard/screenshot.png, from a real server that has trained on
// the digits and trains on them again.   Usage: BACKPROPD=build/release/backpropd npm run screenshot

import { statSync } from "node:fs";
import { join } from "node:path";

import { drawnPoints, launch, openPage } from "./lib/browser.js";
import { Daemon, ROOT } from "./lib/daemon.js";

const PICTURE = join(ROOT, "clients/dashboard/screenshot.png");
const MOST_BYTES = 150 * 1024;

// One job that diverged, one that succeeded, one two thirds through.
async function train(daemon) {
  await daemon.prepareDigits();
  const failing = await daemon.startJob({ epochs: 20, optimizer: { type: "sgd", learning_rate: 1e30, momentum: 0.9 } });
  await daemon.waitForJob(failing, (job) => job.state === "failed");
  const first = await daemon.startJob({ epochs: 30 });
  await daemon.waitForJob(first, (job) => job.state === "succeeded");
  const layers = [{ units: 1024, activation: "relu" }, { units: 1024, activation: "relu" }, { units: 10, activation: "softmax" }];
  await daemon.call("POST", "/v1/models", { name: "digits-deep", inputs: 64, layers, loss: "cross_entropy", seed: 1 });
  const optimizer = { type: "sgd", learning_rate: 0.0008, momentum: 0.5 };
  return daemon.startJob({ model: "digits-deep", epochs: 40, batch_size: 32, optimizer });
}

async function main() {
  const daemon = await new Daemon().start();
  const browser = await launch();
  try {
    const running = await train(daemon);
    const { page } = await openPage(browser, daemon.url, { viewport: { width: 1200, height: 1000 } });
    await page.locator(`#chart[data-job="${running}"]`).waitFor();
    while ((await drawnPoints(page)) < 24) await page.waitForTimeout(50);
    await page.screenshot({ path: PICTURE, fullPage: true });
  } finally {
    await browser.close();
    await daemon.remove();
  }
  const { size } = statSync(PICTURE);
  console.log(`${PICTURE}: ${size} bytes`);
  if (size > MOST_BYTES) throw new Error(`more than ${MOST_BYTES} bytes`);
}

await main();
