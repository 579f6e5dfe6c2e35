// The loss history of one job as the chart needs it: bounded in size whatever the number of epochs,
// and with every spike kept. Pure: no page, no network.

const LOSSES = ["train_loss", "validation_loss"];

// At most about 4 * buckets points: from each stretch of epochs the first, and those with the smallest and
// the largest of each loss. The last point of all stays too.
export function thin(points, buckets) {
  if (points.length <= buckets * 4) return points;
  const first = points[0].epoch;
  const span = points[points.length - 1].epoch - first + 1;
  const kept = new Set([0, points.length - 1]);
  let begin = 0;
  while (begin < points.length) {
    const bucket = bucketOf(points[begin], first, span, buckets);
    let end = begin + 1;
    while (end < points.length && bucketOf(points[end], first, span, buckets) === bucket) end++;
    for (const loss of LOSSES) keepExtremes(points, begin, end, loss, kept);
    begin = end;
  }
  return [...kept].sort((a, b) => a - b).map((index) => points[index]);
}

function bucketOf(point, first, span, buckets) {
  return Math.floor(((point.epoch - first) / span) * buckets);
}

function keepExtremes(points, begin, end, loss, kept) {
  let lowest = -1;
  let highest = -1;
  for (let i = begin; i < end; i++) {
    const value = points[i][loss];
    if (typeof value !== "number") continue;
    if (lowest < 0 || value < points[lowest][loss]) lowest = i;
    if (highest < 0 || value > points[highest][loss]) highest = i;
  }
  if (lowest >= 0) kept.add(lowest).add(highest);
}

// The columns of the chart: epochs, then each loss; null where there is nothing to draw. On a
// logarithmic scale that is also a loss of zero.
export function columns(points, logarithmic) {
  const drawable = (value) =>
    typeof value === "number" && Number.isFinite(value) && (!logarithmic || value > 0) ? value : null;
  return [
    points.map((point) => point.epoch),
    ...LOSSES.map((loss) => points.map((point) => drawable(point[loss]))),
  ];
}

// Where the epoch axis ends: the whole job where that is readable, else twice what is done.
export function lastEpochShown(reached, planned, running) {
  if (!running || !planned) return Math.max(reached, 2);
  return Math.max(Math.min(planned, Math.max(50, 2 * reached)), 2);
}

// A history that grows by appending what the server reports after `lastEpoch`.
export class Curve {
  constructor(buckets = 1000) {
    this.buckets = buckets;
    this.points = [];
    this.lastEpoch = 0;
  }

  append(points) {
    const fresh = points.filter((point) => point.epoch > this.lastEpoch);
    if (fresh.length === 0) return false;
    this.points = this.points.concat(fresh);
    this.lastEpoch = fresh[fresh.length - 1].epoch;
    if (this.points.length > this.buckets * 8) this.points = thin(this.points, this.buckets);
    return true;
  }
}

// One sentence for those who do not see the chart.
export function describe(points, format, ended = false) {
  if (points.length === 0) return ended ? "No epoch was finished." : "No epoch is finished yet.";
  const first = points[0];
  const last = points[points.length - 1];
  const sentence = `Train loss ${format(first.train_loss)} at epoch ${first.epoch}, ` +
    `${format(last.train_loss)} at epoch ${last.epoch}`;
  if (typeof last.validation_loss !== "number") return `${sentence}.`;
  return `${sentence}; validation loss ${format(last.validation_loss)}.`;
}
