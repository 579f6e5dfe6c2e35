import assert from "node:assert/strict";
import test from "node:test";

import { Curve, columns, describe, lastEpochShown, thin } from "../src/curve.js";

const point = (epoch, train_loss, validation_loss = null) => ({ epoch, train_loss, validation_loss });
const falling = (count) => Array.from({ length: count }, (_, i) => point(i + 1, 1 / (i + 1)));

test("a short history is not thinned", () => {
  const points = falling(40);
  assert.equal(thin(points, 10), points);
});

test("thinning keeps the ends and every spike, in order, within its bound", () => {
  const points = falling(100000);
  points[54321].train_loss = 99;
  points[12345].validation_loss = -7;
  const kept = thin(points, 100);
  assert.ok(kept.length <= 4 * 100 + 2, `${kept.length}`);
  assert.ok(kept.length >= 100);
  assert.equal(kept[0], points[0]);
  assert.equal(kept[kept.length - 1], points[99999]);
  assert.ok(kept.includes(points[54321]));
  assert.ok(kept.includes(points[12345]));
  for (let i = 1; i < kept.length; i++) assert.ok(kept[i - 1].epoch < kept[i].epoch);
});

test("points without any loss do not break thinning", () => {
  const points = Array.from({ length: 1000 }, (_, i) => point(i + 1, null));
  assert.deepEqual(thin(points, 10), [points[0], points[999]]);
});

test("a curve appends what is new and ignores what it has", () => {
  const curve = new Curve();
  assert.equal(curve.append(falling(3)), true);
  assert.equal(curve.append(falling(3)), false);
  assert.equal(curve.append(falling(5)), true);
  assert.deepEqual(curve.points.map((each) => each.epoch), [1, 2, 3, 4, 5]);
  assert.equal(curve.lastEpoch, 5);
});

test("a curve stays bounded however long the job", () => {
  const curve = new Curve(10);
  for (let epoch = 1; epoch <= 5000; epoch++) curve.append([point(epoch, 1 / epoch)]);
  assert.ok(curve.points.length <= 80);
  assert.equal(curve.points[0].epoch, 1);
  assert.equal(curve.points[curve.points.length - 1].epoch, 5000);
});

test("columns hold null for what cannot be drawn", () => {
  const points = [point(1, 2, 0), point(2, 0, null), point(3, null, NaN)];
  assert.deepEqual(columns(points, false), [[1, 2, 3], [2, 0, null], [0, null, null]]);
  assert.deepEqual(columns(points, true), [[1, 2, 3], [2, null, null], [null, null, null]]);
});

test("the epoch axis shows a short job whole and a long one as it grows", () => {
  assert.equal(lastEpochShown(3, 20, true), 20);
  assert.equal(lastEpochShown(3, 100000, true), 50);
  assert.equal(lastEpochShown(400, 100000, true), 800);
  assert.equal(lastEpochShown(7, 20, false), 7);
  assert.equal(lastEpochShown(1, 1, true), 2);
  assert.equal(lastEpochShown(0, 0, false), 2);
});

test("the sentence that stands for the chart", () => {
  const format = (value) => value.toFixed(2);
  assert.equal(describe([], format), "No epoch is finished yet.");
  assert.equal(describe([], format, true), "No epoch was finished.");
  assert.equal(describe([point(1, 2), point(4, 0.5)], format),
    "Train loss 2.00 at epoch 1, 0.50 at epoch 4.");
  assert.equal(describe([point(1, 2, 3), point(4, 0.5, 1)], format),
    "Train loss 2.00 at epoch 1, 0.50 at epoch 4; validation loss 1.00.");
});
