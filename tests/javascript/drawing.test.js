import { beforeEach, describe, expect, it, vi } from "vitest";
import { blended, channelsOf } from "../../widgets/canvas/esm/colours.js";
import { tilesOf } from "../../widgets/canvas/esm/marks.js";
import { paint } from "../../widgets/canvas/esm/painting.js";
import { plotOf } from "../../widgets/canvas/esm/plot.js";
import { Path2D, plotted, recorder } from "./stand_ins.js";

const THEME = { ground: "#ffffff", ink: "#000000", muted: "#888888", rule: "#eeeeee", faint: 0.5 };
const IDLE = { cursor: null, box: null };

/** What is drawn of some marks on 400 × 200 pixels. */
function drawn(given, shown = {}, pointer = IDLE) {
  const context = recorder();
  const plot = plotOf({ ...plotted(given, shown), theme: THEME }, context, 400, 200);
  paint(plot, pointer);
  const texts = context.calls.filter(({ name }) => name === "fillText").map(({ given: [text] }) => text);
  const called = (name) => context.calls.filter((call) => call.name === name);
  return { plot, calls: context.calls, called, texts };
}

beforeEach(() => vi.stubGlobal("Path2D", Path2D));

describe("a line", () => {
  const steps = (x, y) =>
    drawn([{ kind: "line", x, y }])
      .called("stroke")
      .find(({ given }) => given[0])?.given[0].steps;

  it("has a gap where a value is missing", () => {
    expect(steps([0, 1, 2, 3, 4], [1, 2, NaN, 4, 5]).map(([step]) => step)).toEqual(["move", "line", "move", "line"]);
  });

  it("of many values keeps to a few steps a pixel, and to the extremes", () => {
    const x = Array.from({ length: 40_000 }, (_, i) => i);
    const y = x.map((i) => (i === 20_001 ? 9 : i === 30_003 ? -9 : Math.sin(i)));
    const found = steps(x, y);
    const { plot } = drawn([{ kind: "line", x, y }]);
    expect(found.length).toBeLessThan(4 * 400);
    const tops = found.map(([, , top]) => top);
    expect(Math.min(...tops)).toBeCloseTo(plot.top(9), 3);
    expect(Math.max(...tops)).toBeCloseTo(plot.top(-9), 3);
  });

  it("with markers has a sign for each value, and a bar for its interval", () => {
    const line = { kind: "line", markers: true, x: [0, 1], y: [5, NaN], low: [4, 4], high: [6, 6] };
    const signs = (colour) =>
      drawn([{ ...line, colour }])
        .called("fill")
        .filter(({ given }) => given[0]);
    expect(signs(0).length).toBe(1);
    expect(signs(0)[0].given[0].steps.map(([step]) => step)).toContain("arc");
    expect(signs(1)[0].given[0].steps.map(([step]) => step)).not.toContain("arc");
  });

  it("is told from others by its dashes", () => {
    const dashes = (colour) =>
      drawn([{ kind: "line", colour, x: [0, 1], y: [1, 2] }]).called("setLineDash")[0].given[0];
    expect(new Set([0, 1, 2, 3, 4].map((colour) => String(dashes(colour)))).size).toBe(5);
  });
});

it("lights up the points that are selected", () => {
  const points = { kind: "points", x: [1, 2, 3], y: [1, 2, 3], entries: [10, 20, 30] };
  const { called, plot } = drawn([points], { selected: new Set([20]) });
  const [all, chosen] = called("fill").map(({ given }) => given[0].steps.filter(([step]) => step === "arc"));
  expect([all.length, chosen.length]).toEqual([2, 1]);
  expect(chosen[0].slice(1, 3)).toEqual([plot.left(2), plot.top(2)]);
});

it("draws bars up from zero, also downwards from right to left", () => {
  const { called, plot } = drawn([{ kind: "bars", edges: [3, 2, 0], heights: [4, 8] }], { x: { reverse: true } });
  const [first, second] = called("fillRect").map(({ given }) => given);
  expect(first[0]).toBeCloseTo(plot.left(3), 6);
  expect(second[3]).toBeCloseTo(2 * first[3], 6);
  expect(first[1] + first[3]).toBeCloseTo(plot.frame.bottom, 6);
});

it("draws rules above lines and bars below, whatever their order", () => {
  const line = { kind: "line", x: [0, 1], y: [0, 1], colour: 1 };
  const bars = { kind: "bars", edges: [0, 1], heights: [1], colour: 2 };
  const { called, calls } = drawn([{ kind: "rule", across: "y", value: 0.5, name: "chance" }, line, bars]);
  const [rect] = called("fillRect");
  const stroke = calls.findIndex(({ name, given }) => name === "stroke" && given[0]);
  const named = calls.findIndex(({ name, given }) => name === "fillText" && given[0] === "chance");
  expect(calls.indexOf(rect)).toBeLessThan(stroke);
  expect(stroke).toBeLessThan(named);
});

describe("a picture", () => {
  const picture = { kind: "picture", rows: 2, columns: 2, values: [0, 1, NaN, 0.5], name: "weights" };

  it("goes from the background to the mark's colour; what is missing is left out", () => {
    const inner = recorder();
    vi.stubGlobal("document", { createElement: () => ({ getContext: () => inner }) });
    const { called } = drawn([picture]);
    const [{ given }] = inner.calls;
    const pixels = [0, 1, 2, 3].map((i) => [...given[0].data.slice(4 * i, 4 * i + 4)]);
    expect(pixels[1]).toEqual([0, 0, 255, 255]);
    expect(pixels[2][3]).toBe(0);
    expect(pixels[0][0]).toBeGreaterThan(pixels[3][0]);
    expect(called("drawImage").length).toBe(1);
    expect(called("fillText")).toEqual([]);
  });

  it("lies beside others without touching them, in square cells", () => {
    const frame = { left: 8, top: 8, right: 390, bottom: 194 };
    const marks = [3, 20, 400].map((columns) => ({ kind: "picture", rows: 7, columns }));
    const tiles = [...tilesOf(marks, frame).values()];
    for (const [i, tile] of tiles.entries()) {
      expect(tile.width / marks[i].columns).toBeCloseTo(tile.height / 7, 9);
      expect(tile.left).toBeGreaterThanOrEqual(frame.left);
      expect(tile.left + tile.width).toBeLessThanOrEqual(frame.right);
      expect(tile.top + tile.height).toBeLessThanOrEqual(frame.bottom);
      for (const other of tiles.slice(i + 1)) {
        const apart = other.left >= tile.left + tile.width || other.top >= tile.top + tile.height;
        expect(apart).toBe(true);
      }
    }
  });
});

describe("the axes", () => {
  const line = { kind: "line", x: [0, 1, 2, 3], y: [0, 1, 2, 100] };

  it("fit y to what is left of a zoomed x", () => {
    expect(drawn([line]).plot.y.high).toBeGreaterThan(100);
    const { plot } = drawn([line], { zoomed: { x: [0, 2], y: null } });
    expect([plot.x.low, plot.x.high]).toEqual([0, 2]);
    expect(plot.y.high).toBeLessThan(3);
  });

  it("name bars that are a mark each, and number those of a histogram", () => {
    const bars = [0, 1].map((i) => ({ kind: "bars", name: `layer ${i}`, edges: [i, i + 1], heights: [3] }));
    expect(drawn(bars).texts).toEqual(expect.arrayContaining(["layer 0", "layer 1"]));
    expect(drawn([{ kind: "bars", name: "all", edges: [0, 1, 2], heights: [3, 4] }]).texts).not.toContain("all");
  });

  it("leave out labels that would run into each other", () => {
    const name = "a rather long name of a layer";
    const bars = Array.from({ length: 9 }, (_, i) => ({ kind: "bars", name, edges: [i, i + 1], heights: [3] }));
    const places = drawn(bars)
      .called("fillText")
      .filter(({ given: [text] }) => text === name)
      .map(({ given: [, at] }) => at);
    expect(places.length).toBeGreaterThan(1);
    for (const [i, at] of places.slice(1).entries()) expect(at - places[i]).toBeGreaterThanOrEqual(6 * name.length);
  });
});

it("shows the cursor, a dot on each line, and the dragged rectangle", () => {
  const line = { kind: "line", x: [0, 10, 20], y: [1, 2, 3] };
  const { called, plot } = drawn([line], {}, { cursor: 11, box: [50, 60, 70, 80] });
  expect(called("arc")[0].given.slice(0, 2)).toEqual([plot.left(10), plot.top(2)]);
  expect(called("strokeRect")[0].given).toEqual([50, 60, 70, 80]);
});

it("reads colours in both ways that they are written", () => {
  expect(channelsOf("#ff8001")).toEqual([255, 128, 1]);
  expect(channelsOf("rgba(1, 2, 3, 0.5)")).toEqual([1, 2, 3]);
  expect(blended("#000000", "rgb(200, 100, 50)", 0.5)).toBe("rgb(100, 50, 25)");
});
