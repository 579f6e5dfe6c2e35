// Debian's Chromium without a screen, and pages that notice what must not happen.

import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { chromium } from "playwright-core";

import { ROOT } from "./daemon.js";

const SCREENSHOTS = join(ROOT, "build/screenshots");
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];

// Its profile is a fresh folder that goes away when it is closed.
export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
}

// A page, with its console's errors, its uncaught exceptions and the origins it asked.
export async function openPage(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 850 }, reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(60000);
  const seen = { errors: [], origins: new Set(), requests: [] };
  page.on("console", (message) => message.type() === "error" && seen.errors.push(message.text()));
  page.on("pageerror", (error) => seen.errors.push(error.message));
  page.on("request", (request) => note(seen, request.url()));
  await page.goto(url);
  return { page, seen };
}

function note(seen, url) {
  if (url.startsWith("data:")) return;
  seen.origins.add(new URL(url).origin);
  seen.requests.push(url);
}

export async function screenshot(page, name, options = {}) {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), ...options });
}

export const drawnPoints = (page) =>
  page.locator("#chart").evaluate((chart) => Number(chart.dataset.points ?? 0));
