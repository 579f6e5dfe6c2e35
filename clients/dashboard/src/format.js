// Numbers and times as people read them. Pure functions: no page, no clock but the one given.

export const MISSING = "–";

const known = (value) => typeof value === "number" && Number.isFinite(value);

export function formatCount(value) {
  return known(value) ? Math.round(value).toLocaleString("en-US") : MISSING;
}

// Losses span many orders of magnitude: four significant digits, an exponent where zeros would fill
// the column.
export function formatLoss(value) {
  if (!known(value)) return MISSING;
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return value.toExponential(2);
  return value.toPrecision(4);
}

// A ratio as a percentage. Never rounds up to 100 %: that figure is for a perfect score.
export function formatPercent(value, digits = 1) {
  if (!known(value)) return MISSING;
  const scale = 10 ** digits;
  const percent = Math.round(value * 100 * scale) / scale;
  const shown = percent >= 100 && value < 1 ? 100 - 1 / scale : percent;
  return `${shown.toFixed(digits)} %`;
}

// What each part is of their sum: 2 / 43 / 54 / 1 %.
export function formatShares(parts) {
  const values = Object.values(parts ?? {});
  const total = values.reduce((sum, value) => sum + value, 0);
  if (!values.every(known) || !(total > 0)) return MISSING;
  return `${values.map((value) => Math.round((100 * value) / total)).join(" / ")} %`;
}

export function formatRate(value) {
  if (!known(value)) return MISSING;
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`;
  if (value >= 1e4) return `${(value / 1e3).toFixed(0)} k`;
  return formatCount(value);
}

export function formatDuration(seconds) {
  if (!known(seconds) || seconds < 0) return MISSING;
  if (seconds < 0.95) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const total = Math.round(seconds);
  if (total < 60) return `${total} s`;
  const pad = (value) => String(value).padStart(2, "0");
  if (total < 3600) return `${Math.floor(total / 60)} min ${pad(total % 60)} s`;
  if (total < 86400) return `${Math.floor(total / 3600)} h ${pad(Math.floor((total % 3600) / 60))} min`;
  return `${Math.floor(total / 86400)} d ${Math.floor((total % 86400) / 3600)} h`;
}

// The server's times are RFC 3339 text or wall-clock seconds.
export function parseTime(value) {
  if (value === null || value === undefined || value === 0) return null;
  const time = new Date(typeof value === "number" ? value * 1000 : value);
  return Number.isNaN(time.getTime()) ? null : time;
}

// Local time, the larger unit first: 2024-05-06 07:08.
export function formatTime(value) {
  const time = parseTime(value);
  if (!time) return MISSING;
  const two = (number) => String(number).padStart(2, "0");
  const date = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join("-");
  return `${date} ${[time.getHours(), time.getMinutes()].map(two).join(":")}`;
}

// 64-128-10, with a question mark for a size that the first training will fix.
export function formatLayers(inputs, layers) {
  return [inputs, ...layers.map((layer) => layer.units)].map((units) => units || "?").join("-");
}

// The first of `total` items, of which the server may have sent only the first.
export function formatList(items, limit, total = items.length) {
  const shown = items.slice(0, limit);
  return shown.length === total ? shown.join(", ") : `${shown.join(", ")} and ${formatCount(total - shown.length)} more`;
}
