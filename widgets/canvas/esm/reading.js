import { nearestIn } from "./marks.js";
import { written } from "./scales.js";

/* What can be read off a plot: values below a cursor, the point or cell at a place, rows for the read-out. */

/** The value of x at a place on the canvas. */
export function valueAt({ x, frame }, left) {
  return x.value((left - frame.left) / (frame.right - frame.left));
}

/** For every line, the index of the value nearest to x. */
export function readAt(plot, x) {
  const log = plot.head.x.scale === "log";
  return plot.marks
    .filter(({ mark, column }) => mark.kind === "line" && column("x").length)
    .map(({ mark, column }) => [mark, column, nearestIn(column("x"), x, log)])
    .filter(([, column, i]) => Number.isFinite(column("y")[i]));
}

/** The point nearest to a place, within reach of the pointer. */
export function pointAt(plot, [left, top], reach = 14) {
  let found = null;
  let least = reach ** 2;
  for (const { mark, column } of plot.marks) {
    if (mark.kind !== "points") continue;
    const [x, y] = [column("x"), column("y")];
    for (let i = 0; i < x.length; i++) {
      const far = (plot.left(x[i]) - left) ** 2 + (plot.top(y[i]) - top) ** 2;
      if (far < least) [found, least] = [{ mark, column, i, x: x[i], y: y[i] }, far];
    }
  }
  return found;
}

/** The entries of θ whose points are in a rectangle. */
export function entriesIn(plot, from, to) {
  const [left, right] = [from[0], to[0]].sort((a, b) => a - b);
  const [top, bottom] = [from[1], to[1]].sort((a, b) => a - b);
  return plot.marks
    .filter(({ mark }) => mark.entries)
    .flatMap(({ column }) => {
      const [x, y, entries] = [column("x"), column("y"), column("entries")];
      return Array.from(entries).filter((_, i) => {
        const [across, down] = [plot.left(x[i]), plot.top(y[i])];
        return across >= left && across <= right && down >= top && down <= bottom;
      });
    });
}

/** Rows of the read-out at a place: colour, name, value. */
export function rowsAt(plot, place) {
  const { head } = plot;
  if (plot.isPicture) return cellAt(plot, place);
  const point = pointAt(plot, place);
  if (point) {
    const ink = plot.ink(point.mark);
    return [
      [ink, point.mark.name, ""],
      [null, head.x.label, written(head.x, point.x)],
      [null, head.y.label, written(head.y, point.y)],
    ];
  }
  const x = valueAt(plot, place[0]);
  const lines = readAt(plot, x);
  const rows = lines.map(([mark, column, i]) => [
    plot.ink(mark),
    mark.name,
    `${written(head.y, column("y")[i])}${spread(head.y, column, i)}`,
  ]);
  rows.push(...plot.marks.filter(({ mark }) => mark.kind === "bars").flatMap((bars) => barAt(plot, bars, x)));
  const [first] = lines;
  return rows.length ? [[null, head.x.label, written(head.x, first ? first[1]("x")[first[2]] : x)], ...rows] : [];
}

function barAt(plot, { mark, column }, x) {
  const edges = column("edges");
  for (let i = 0; i + 1 < edges.length; i++) {
    const [low, high] = [edges[i], edges[i + 1]].sort((a, b) => a - b);
    if (x >= low && x < high) return [[plot.ink(mark), mark.name, written(plot.head.y, column("heights")[i])]];
  }
  return [];
}

/** The number of the picture at a place; -1 if none is there. */
export function tileAt(plot, [left, top]) {
  return [...plot.tiles].findIndex(([mark, tile]) => {
    const [across, down] = [(left - tile.left) / tile.cell, (top - tile.top) / tile.cell];
    return across >= 0 && down >= 0 && across < mark.columns && down < mark.rows;
  });
}

function cellAt(plot, [left, top]) {
  for (const { mark, column } of plot.marks) {
    const tile = plot.tiles.get(mark);
    if (!tile) continue;
    const [across, down] = [Math.floor((left - tile.left) / tile.cell), Math.floor((top - tile.top) / tile.cell)];
    if (across < 0 || down < 0 || across >= mark.columns || down >= mark.rows) continue;
    const value = column("values")[down * mark.columns + across];
    const { x, y } = plot.head;
    const where = [
      [null, y.label || "row", String(down)],
      [null, x.label || "column", String(across)],
    ];
    return [...where, [plot.ink(mark), mark.name, written({ percent: true }, value, 3)]];
  }
  return [];
}

function spread(axis, column, i) {
  const [low, high] = [column("low"), column("high")];
  return low && high[i] > low[i] ? ` ± ${written(axis, (high[i] - low[i]) / 2, 2)}` : "";
}

/** Where arrow keys lead, from left to right: all points, or else the values of the first line, or the bars. */
export function stopsOf(plot) {
  const points = plot.marks.filter(({ mark }) => mark.kind === "points");
  const line = plot.marks.find(({ mark }) => mark.kind === "line");
  const bars = plot.marks.filter(({ mark }) => mark.kind === "bars");
  const stops =
    points.length || line
      ? (points.length ? points : [line]).flatMap(({ mark, column }) =>
          Array.from(column("x"), (x, i) => ({ mark, column, i, x, y: column("y")[i] })),
        )
      : bars.flatMap(({ column }) =>
          Array.from(column("heights"), (y, i) => ({ x: (column("edges")[i] + column("edges")[i + 1]) / 2, y })),
        );
  const isSeen = ({ x, y }) => Number.isFinite(plot.left(x) + plot.top(y));
  return stops.filter(isSeen).sort((a, b) => plot.left(a.x) - plot.left(b.x));
}
