import { describe, expect, it } from "vitest";
import { nearestIn } from "../../widgets/canvas/esm/marks.js";
import { plotOf } from "../../widgets/canvas/esm/plot.js";
import { entriesIn, pointAt, readAt, rowsAt, stopsOf, valueAt } from "../../widgets/canvas/esm/reading.js";
import { plotted, recorder } from "./stand_ins.js";

const plot = (given, shown) => plotOf(plotted(given, shown), recorder(), 400, 200);
const LINE = { kind: "line", name: "snr", x: [1, 2, 4, 8], y: [0.1, 0.2, NaN, 0.8] };
const POINTS = { kind: "points", name: "kept", x: [0, 5, 10], y: [0, 5, 10], entries: [30, 40, 50] };

it("finds the nearest value, by ratio on a logarithmic axis", () => {
  const values = Float32Array.of(1, 2, 4, 8);
  expect([0, 2.9, 3.1, 100].map((wanted) => nearestIn(values, wanted))).toEqual([0, 1, 2, 3]);
  expect(nearestIn(values, 2.9, true)).toBe(2);
});

it("reads lines at the value below the cursor, but not where it is missing", () => {
  const shown = plot([LINE]);
  expect(readAt(shown, 1.9).map(([mark, , i]) => [mark.name, i])).toEqual([["snr", 1]]);
  expect(readAt(shown, 4)).toEqual([]);
  expect(valueAt(shown, shown.left(2))).toBeCloseTo(2, 9);
});

describe("points", () => {
  it("are found within reach of the pointer only", () => {
    const shown = plot([POINTS]);
    const [left, top] = [shown.left(5), shown.top(5)];
    expect(pointAt(shown, [left + 8, top - 8])).toMatchObject({ i: 1, x: 5, y: 5 });
    expect(pointAt(shown, [left + 40, top])).toBeNull();
  });

  it("are found in a rectangle, whichever corner it began at", () => {
    const shown = plot([POINTS]);
    const corners = [
      [shown.left(4), shown.top(11)],
      [shown.left(11), shown.top(4)],
    ];
    expect(entriesIn(shown, ...corners)).toEqual([40, 50]);
    expect(entriesIn(shown, ...corners.reverse())).toEqual([40, 50]);
  });
});

describe("the read-out", () => {
  const texts = (shown, place) => rowsAt(shown, place).map(([, name, value]) => [name, value]);

  it("of lines says the value of x and each line's, with its interval", () => {
    const shown = plot([{ ...LINE, low: [0, 0.1, 0, 0], high: [0.2, 0.3, 1, 0.8] }], {
      x: { label: "round" },
      y: { percent: true },
    });
    expect(texts(shown, [shown.left(2.1), 60])).toEqual([
      ["round", "2"],
      ["snr", "20% ± 10%"],
    ]);
  });

  it("of bars says the height of the one below the pointer", () => {
    const shown = plot([{ kind: "bars", name: "all", edges: [0, 1, 2], heights: [30, 70] }], { x: { label: "|θ|" } });
    const [, [name, value]] = texts(shown, [shown.left(1.5), 100]);
    expect([name, value]).toEqual(["all", "70"]);
  });

  it("of a picture says row, column and share", () => {
    const shown = plot([{ kind: "picture", name: "kept", rows: 2, columns: 3, values: [0, 0, 0, 0, 0, 0.25] }]);
    const place = [shown.left(2.5), shown.top(1.5)];
    expect(texts(shown, place)).toEqual([
      ["row", "1"],
      ["column", "2"],
      ["kept", "25%"],
    ]);
    expect(texts(shown, [shown.left(3.5), shown.top(1.5)])).toEqual([]);
  });

  it("is empty where there is nothing", () => {
    expect(texts(plot([POINTS]), [200, 10])).toEqual([]);
  });
});

it("leads arrow keys from left to right, over what can be seen", () => {
  const x = (marks, shown) => stopsOf(plot(marks, shown)).map((stop) => stop.x);
  expect(x([LINE])).toEqual([1, 2, 8]);
  expect(x([LINE], { x: { reverse: true } })).toEqual([8, 2, 1]);
  expect(x([LINE, POINTS])).toEqual([0, 5, 10]);
  expect(x([{ kind: "bars", edges: [0, 2, 4], heights: [1, 1] }])).toEqual([1, 3]);
});
