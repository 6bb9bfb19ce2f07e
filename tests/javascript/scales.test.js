import { describe, expect, it } from "vitest";
import { extentOf, fitted, Scale, ticksOf, written } from "../../widgets/canvas/esm/scales.js";
import { axis } from "./stand_ins.js";

const labels = (scale, about, of = axis(), isWhole = false) =>
  ticksOf(scale, about, of, isWhole).map((tick) => tick.label);

describe("a scale", () => {
  it.each([
    ["linear", new Scale(-2, 6, false, false), 0, 0.25],
    ["linear from right to left", new Scale(-2, 6, false, true), 0, 0.75],
    ["logarithmic", new Scale(0.01, 1, true, false), 0.1, 0.5],
    ["logarithmic from right to left", new Scale(0.01, 1, true, true), 0.01, 1],
  ])("that is %s places values, and finds them again", (_, scale, value, place) => {
    expect(scale.place(value)).toBeCloseTo(place, 12);
    expect(scale.value(place)).toBeCloseTo(value, 12);
  });

  it("fits all values with a margin, but not below zero", () => {
    const scale = fitted(axis(), [0, 10], null, 0.05);
    expect([scale.low, scale.high]).toEqual([0, 10.5]);
    expect(fitted(axis(), [-10, 10], null, 0.05).low).toBe(-11);
  });

  it("takes limits and zoomed ranges as they are", () => {
    const limited = fitted(axis({ limits: [0, 1] }), [0.2, 0.3], null, 0.05);
    expect([limited.low, limited.high]).toEqual([0, 1]);
    const zoomed = fitted(axis({ limits: [0, 1] }), [0.2, 0.3], [0.4, 0.5], 0.05);
    expect([zoomed.low, zoomed.high]).toEqual([0.4, 0.5]);
  });

  it.each([
    ["no values", axis(), null],
    ["one value", axis(), [3, 3]],
    ["zeros", axis(), [0, 0]],
    ["no values, logarithmic", axis({ scale: "log" }), null],
    ["one value, logarithmic", axis({ scale: "log" }), [1e-3, 1e-3]],
  ])("has a length with %s", (_, of, extent) => {
    const { low, high } = fitted(of, extent, null, 0.05);
    expect(high).toBeGreaterThan(low);
    if (extent) expect(low <= extent[0] && extent[1] <= high).toBe(true);
  });
});

it("finds the extent of what is finite, and of what is positive on a logarithmic axis", () => {
  const columns = [
    [NaN, 3, -1],
    [Infinity, 0.5],
  ];
  expect(extentOf(columns, false)).toEqual([-1, 3]);
  expect(extentOf(columns, true)).toEqual([0.5, 3]);
  expect(extentOf([[NaN]], false)).toBeNull();
});

describe("ticks", () => {
  it("are round and inside", () => {
    expect(labels(new Scale(0.13, 0.98, false, false), 5)).toEqual(["0.2", "0.4", "0.6", "0.8"]);
    expect(labels(new Scale(0, 18, false, false), 6)).toEqual(["0", "5", "10", "15"]);
  });

  it("are whole where all values are", () => {
    expect(labels(new Scale(0, 2, false, false), 8)).toContain("0.5");
    expect(labels(new Scale(0, 2, false, false), 8, axis(), true)).toEqual(["0", "1", "2"]);
  });

  it("of a logarithmic axis keep to 1, 2 and 5, or to powers where there is less room", () => {
    const scale = new Scale(0.01, 1, true, false);
    const percents = axis({ percent: true });
    expect(labels(scale, 8, percents)).toEqual(["1%", "2%", "5%", "10%", "20%", "50%", "100%"]);
    expect(labels(scale, 3, percents)).toEqual(["1%", "10%", "100%"]);
    expect(labels(new Scale(1e-9, 1, true, false), 4)).toEqual(["1e-9", "1e-6", "0.001", "1"]);
  });
});

it.each([
  [0, "0"],
  [NaN, "–"],
  [51.2, "51.2"],
  [0.0123456, "0.01235"],
  [15000, "15000"],
  [150000, "150k"],
  [2_500_000, "2.5M"],
  [-3e9, "-3G"],
  [2e-7, "2e-7"],
  [1.5e13, "1.5e13"],
])("writes %d as %s", (value, text) => expect(written(axis(), value)).toBe(text));
