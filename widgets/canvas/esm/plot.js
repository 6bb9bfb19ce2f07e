import { nearestIn, tilesOf } from "./marks.js";
import { extentOf, fitted, ticksOf } from "./scales.js";

/**
 * What is drawn where: the frame, scales, ticks and tiles of a chart, `left` and `top` from values to pixels.
 * `shown` has the head, the marks that are shown with their columns, the zoomed ranges, the selected entries,
 * the theme and `ink`, the colour of a mark.
 */
export function plotOf(shown, context, width, height) {
  const { head, marks, zoomed } = shown;
  const isPicture = head.marks.some((mark) => mark.kind === "picture");
  const named = barNames(marks);
  const frame = { left: 8, top: 8, right: width - 10, bottom: height - (isPicture ? 6 : 34) };
  const y = fitted(head.y, extent(shown, "y"), zoomed.y, 0.05);
  const yTicks = ticksOf(y, Math.max(2, Math.floor((frame.bottom - frame.top) / 42)), head.y);
  if (!isPicture) frame.left = 14 + Math.max(24, ...yTicks.map((tick) => context.measureText(tick.label).width));
  if (!isPicture && head.y.label) frame.top = 20;
  const x = fitted(head.x, extent(shown, "x"), zoomed.x, isPicture || named ? 0 : 0.015);
  const isWhole = marks.every(
    ({ mark, column }) => mark.kind === "rule" || (column("x") ?? []).every(Number.isInteger),
  );
  const xTicks = named ?? ticksOf(x, Math.max(2, Math.floor((frame.right - frame.left) / 70)), head.x, isWhole);
  const tiles = isPicture ? tilesOf(head.marks, frame) : new Map();
  return { ...shown, context, frame, x, y, xTicks, yTicks, tiles, isPicture, ...placesOf(frame, x, y, tiles) };
}

function placesOf(frame, x, y, tiles) {
  const [tile] = tiles.values();
  if (tile) return { left: (value) => tile.left + value * tile.cell, top: (value) => tile.top + value * tile.cell };
  return {
    left: (value) => frame.left + x.place(value) * (frame.right - frame.left),
    top: (value) => frame.bottom - y.place(value) * (frame.bottom - frame.top),
  };
}

/** What an axis has to show; the y axis fits what is within a zoomed x axis. */
function extent({ head, marks, zoomed }, axis) {
  const columns = [];
  const window = axis === "y" && zoomed.x;
  for (const { mark, column } of marks) {
    if (mark.kind === "rule" && mark.across === axis) columns.push([mark.value]);
    if (mark.kind === "bars") columns.push(...(axis === "x" ? [column("edges")] : [column("heights"), [0]]));
    if (mark.kind !== "line" && mark.kind !== "points") continue;
    const names = axis === "x" ? ["x"] : ["y", "low", "high"];
    const isCut = window && mark.kind === "line";
    const [from, to] = isCut ? window.map((end, i) => nearestIn(column("x"), end) + i) : [0, undefined];
    const found = names.map((name) => column(name)).filter(Boolean);
    columns.push(...found.map((values) => values.subarray(from, to)));
  }
  return extentOf(columns, head[axis].scale === "log");
}

/** Bars that are one mark each are named below instead of numbered. */
function barNames(marks) {
  const bars = marks.filter(({ mark }) => mark.kind === "bars");
  if (bars.length < 2 || bars.some(({ column }) => column("heights").length !== 1)) return null;
  return bars.map(({ mark, column }) => ({ value: (column("edges")[0] + column("edges")[1]) / 2, label: mark.name }));
}
