// Bundles src/ into dist/, which is committed so that building the server needs no node.
// With --check it writes nothing and fails where dist/ is not what src/ gives.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, "dist");

async function bundle() {
  const licence = readFileSync(join(root, "node_modules/uplot/LICENSE"), "utf8").trim();
  const banner = `/*! backpropd's dashboard. It contains uPlot:\n\n${licence}\n*/`;
  const { outputFiles } = await build({
    entryPoints: { app: join(root, "src/main.js") },
    outdir: dist,
    bundle: true,
    write: false,
    minify: true,
    lineLimit: 160,
    charset: "utf8",
    format: "esm",
    target: ["es2022"],
    legalComments: "none",
    banner: { js: banner, css: banner },
    logLevel: "warning",
  });
  const index = { path: join(dist, "index.html"), contents: readFileSync(join(root, "src/index.html")) };
  return [index, ...outputFiles].map(({ path, contents }) => ({ path, contents: Buffer.from(contents) }));
}

function isCurrent({ path, contents }) {
  try {
    return contents.equals(readFileSync(path));
  } catch {
    return false;
  }
}

const files = await bundle();
if (process.argv.includes("--check")) {
  const stale = files.filter((file) => !isCurrent(file));
  for (const { path } of stale) console.error(`${path} is not what src/ gives: npm run build`);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  mkdirSync(dist, { recursive: true });
  for (const { path, contents } of files) writeFileSync(path, contents);
}
