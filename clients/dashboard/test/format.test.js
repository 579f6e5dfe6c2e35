import assert from "node:assert/strict";
import test from "node:test";

import * as format from "../src/format.js";

function table(name, cases) {
  test(name, () => {
    for (const [args, expected] of cases) {
      assert.equal(format[name](...args), expected, `${name}(${JSON.stringify(args)})`);
    }
  });
}

table("formatLoss", [
  [[2.302585], "2.303"], [[0.01234], "0.01234"], [[0.000123], "1.23e-4"], [[123456], "1.23e+5"],
  [[0], "0.000"], [[null], "–"], [[undefined], "–"], [[NaN], "–"], [[Infinity], "–"], [["1"], "–"],
]);
table("formatPercent", [
  [[0.975], "97.5 %"], [[1], "100.0 %"], [[0.9999], "99.9 %"], [[0], "0.0 %"], [[null], "–"],
  [[0.98765, 2], "98.77 %"], [[0.999999, 2], "99.99 %"],
]);
table("formatShares", [
  [[{ gather: 0.02, forward: 0.43, backward: 0.54, update: 0.01 }], "2 / 43 / 54 / 1 %"],
  [[{ gather: 3, update: 1 }], "75 / 25 %"], [[{ gather: 0, forward: 0 }], "–"],
  [[{ gather: null, forward: 1 }], "–"], [[undefined], "–"],
]);
table("formatRate", [
  [[999], "999"], [[9999], "9,999"], [[45600], "46 k"], [[1234567], "1.23 M"], [[null], "–"],
]);
table("formatDuration", [
  [[0], "0 ms"], [[0.25], "250 ms"], [[0.96], "1.0 s"], [[4.25], "4.3 s"], [[9.96], "10 s"],
  [[59.4], "59 s"], [[59.6], "1 min 00 s"], [[125], "2 min 05 s"], [[3600], "1 h 00 min"],
  [[90061], "1 d 1 h"], [[null], "–"], [[-1], "–"],
]);
table("formatCount", [[[1234567], "1,234,567"], [[0], "0"], [[null], "–"]]);
table("formatLayers", [
  [[64, [{ units: 128 }, { units: 10 }]], "64-128-10"],
  [[null, [{ units: 128 }, { units: null }]], "?-128-?"],
  [[0, [{ units: 3 }]], "?-3"],
]);
table("formatList", [[[["a", "b"], 2], "a, b"], [[["a", "b", "c"], 2], "a, b and 1 more"], [[["a", "b"], 9, 1002], "a, b and 1,000 more"], [[[], 2], ""]]);

test("parseTime takes RFC 3339 text and seconds, and nothing else", () => {
  assert.equal(format.parseTime("2024-05-06T07:08:09Z").getTime(), 1714979289000);
  assert.equal(format.parseTime(1714979289).getTime(), 1714979289000);
  for (const value of [null, undefined, 0, "soon"]) assert.equal(format.parseTime(value), null);
});

test("formatTime is local time, the larger unit first", () => {
  assert.equal(format.formatTime(new Date(2024, 4, 6, 7, 8, 9).toISOString()), "2024-05-06 07:08");
  assert.equal(format.formatTime(null), "–");
});
