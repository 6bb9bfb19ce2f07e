import { channelsOf } from "./colours.js";
import { addSign, dashOf, signOf } from "./signs.js";

/** How each kind of mark is drawn. `plot` is that of plot.js. */

export const PAINTERS = {
  line(plot, { mark, column, ink }) {
    const { context } = plot;
    const [x, y, low, high] = ["x", "y", "low", "high"].map((name) => column(name));
    context.strokeStyle = context.fillStyle = ink;
    if (low && !mark.markers) paintBand(plot, x, low, high);
    context.globalAlpha = mark.faint ? plot.theme.faint : 1;
    context.lineWidth = mark.faint ? 1.2 : 1.8;
    context.setLineDash(mark.faint ? [] : dashOf(mark.colour));
    context.stroke(pathOf(plot, x, y));
    context.setLineDash([]);
    if (mark.markers) paintMarkers(plot, signOf(mark.colour), x, y, low, high);
  },

  points(plot, { mark, column, ink }) {
    const { context } = plot;
    const [x, y, entries] = ["x", "y", "entries"].map((name) => column(name));
    const radius = mark.marked ? 3.2 : x.length > 2000 ? 1.6 : 2.4;
    const sign = mark.marked ? signOf(mark.colour) : "disc";
    const [all, chosen] = [new Path2D(), new Path2D()];
    for (let i = 0; i < x.length; i++) {
      const [left, top] = [plot.left(x[i]), plot.top(y[i])];
      const path = entries && plot.selected.has(entries[i]) ? chosen : all;
      addSign(path, sign, left, top, radius);
    }
    context.fillStyle = ink;
    context.globalAlpha = mark.colour < 0 ? 0.55 : 0.75;
    context.fill(all);
    context.globalAlpha = 1;
    context.fill(chosen);
    context.strokeStyle = plot.theme.ink;
    context.lineWidth = 2;
    context.stroke(chosen);
  },

  bars(plot, { column, ink }) {
    const { context } = plot;
    const [edges, heights] = [column("edges"), column("heights")];
    const floor = Math.min(plot.top(Math.max(plot.y.low, 0)), plot.frame.bottom);
    context.fillStyle = ink;
    context.globalAlpha = 0.8;
    for (let i = 0; i < heights.length; i++) {
      const [from, to] = [plot.left(edges[i]), plot.left(edges[i + 1])].sort((a, b) => a - b);
      context.fillRect(
        from,
        plot.top(heights[i]),
        Math.max(to - from - (to - from > 4 ? 1 : 0), 0.5),
        floor - plot.top(heights[i]),
      );
    }
  },

  rule(plot, { mark, ink }) {
    const { context, frame } = plot;
    const across = mark.across === "y";
    const at = across ? plot.top(mark.value) : plot.left(mark.value);
    context.strokeStyle = context.fillStyle = ink;
    context.lineWidth = 1.2;
    context.setLineDash([5, 4]);
    context.beginPath();
    context.moveTo(across ? frame.left : at, across ? at : frame.top);
    context.lineTo(across ? frame.right : at, across ? at : frame.bottom);
    context.stroke();
    context.setLineDash([]);
    context.textAlign = across || at > frame.right - 90 ? "right" : "left";
    context.textBaseline = "bottom";
    const beside = across ? frame.right - 4 : at + (context.textAlign === "left" ? 4 : -4);
    context.fillText(mark.name, beside, across ? at - 3 : frame.top + 14);
  },

  picture(plot, { mark, column, ink }) {
    const { context } = plot;
    const tile = plot.tiles.get(mark);
    const image = pictureOf(mark, column("values"), ink, plot.theme.ground);
    context.imageSmoothingEnabled = tile.width < mark.columns;
    context.drawImage(image, tile.left, tile.top, tile.width, tile.height);
    context.strokeStyle = plot.theme.rule;
    context.lineWidth = 1;
    context.strokeRect(tile.left - 0.5, tile.top - 0.5, tile.width + 1, tile.height + 1);
    if (plot.tiles.size > 1) {
      context.fillStyle = plot.theme.muted;
      context.textAlign = "center";
      context.textBaseline = "top";
      context.fillText(mark.name, tile.left + tile.width / 2, tile.top + tile.height + 3);
    }
  },
};

/** A line; of the points that share a column of pixels the first, the extremes and the last (Jugel et al. 2014, M4). */
function pathOf(plot, x, y) {
  const path = new Path2D();
  let [isDown, column, at, low, high, last] = [false, NaN, 0, 0, 0, 0];
  const close = () => {
    if (isDown && high > low) for (const top of [low, high, last]) path.lineTo(at, top);
  };
  for (let i = 0; i < x.length; i++) {
    const [left, top] = [plot.left(x[i]), plot.top(y[i])];
    if (!Number.isFinite(left) || !Number.isFinite(top)) {
      close();
      isDown = false;
    } else if (isDown && Math.round(left) === column) {
      [low, high, last] = [Math.min(low, top), Math.max(high, top), top];
    } else {
      close();
      isDown ? path.lineTo(left, top) : path.moveTo(left, top);
      [isDown, column, at, low, high, last] = [true, Math.round(left), left, top, top, top];
    }
  }
  close();
  return path;
}

function paintBand(plot, x, low, high) {
  const { context } = plot;
  context.beginPath();
  for (let i = 0; i < x.length; i++) if (Number.isFinite(high[i])) context.lineTo(plot.left(x[i]), plot.top(high[i]));
  for (let i = x.length - 1; i >= 0; i--) {
    if (Number.isFinite(low[i])) context.lineTo(plot.left(x[i]), plot.top(low[i]));
  }
  context.globalAlpha = 0.16;
  context.fill();
}

function paintMarkers(plot, sign, x, y, low, high) {
  const { context } = plot;
  context.globalAlpha = 1;
  context.lineWidth = 1.4;
  for (let i = 0; i < x.length; i++) {
    const [left, top] = [plot.left(x[i]), plot.top(y[i])];
    if (!Number.isFinite(left) || !Number.isFinite(top)) continue;
    context.beginPath();
    if (low && high[i] > low[i]) {
      const [upper, lower] = [plot.top(high[i]), plot.top(low[i])];
      context.moveTo(left, upper);
      context.lineTo(left, lower);
      context.moveTo(left - 3, upper);
      context.lineTo(left + 3, upper);
      context.moveTo(left - 3, lower);
      context.lineTo(left + 3, lower);
      context.stroke();
    }
    const path = new Path2D();
    addSign(path, sign, left, top, 3.2);
    context.fill(path);
  }
}

/** A matrix as an image of a pixel a value: from the background to the mark's colour. */
function pictureOf(mark, values, ink, ground) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [mark.columns, mark.rows];
  const context = canvas.getContext("2d");
  const image = context.createImageData(mark.columns, mark.rows);
  const [from, to] = [channelsOf(ground), channelsOf(ink)];
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) continue;
    const share = 0.06 + 0.94 * Math.min(Math.max(values[i], 0), 1);
    for (let k = 0; k < 3; k++) image.data[4 * i + k] = from[k] + share * (to[k] - from[k]);
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

/** Lay pictures out side by side, as large as they get with square cells, each in the middle of its slot. */
export function tilesOf(marks, frame) {
  const pictures = marks.filter((mark) => mark.kind === "picture" && mark.rows * mark.columns > 0);
  const named = pictures.length > 1 ? 18 : 0;
  const sized = (across) => {
    const width = (frame.right - frame.left) / across - 8;
    const height = (frame.bottom - frame.top) / Math.ceil(pictures.length / across) - 6 - named;
    return { across, width, height, least: Math.min(...pictures.map((p) => cellOf(p, width, height))) };
  };
  const best = pictures.map((_, i) => sized(i + 1)).reduce((a, b) => (b.least > a.least ? b : a), sized(1));
  return new Map(
    pictures.map((mark, i) => {
      const cell = cellOf(mark, best.width, best.height);
      const [width, height] = [cell * mark.columns, cell * mark.rows];
      const left = frame.left + (i % best.across) * (best.width + 8) + (best.width + 8 - width) / 2;
      const top = frame.top + Math.floor(i / best.across) * (best.height + 6 + named) + (best.height - height) / 2 + 3;
      return [mark, { left, top, width, height, cell }];
    }),
  );
}

function cellOf(mark, width, height) {
  const cell = Math.min(width / mark.columns, height / mark.rows);
  return cell > 2 ? Math.floor(cell) : Math.max(cell, 0.1);
}

/** The index of the value nearest to `wanted` in an ascending column. */
export function nearestIn(values, wanted, log) {
  let [low, high] = [0, values.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (values[middle] < wanted) low = middle;
    else high = middle;
  }
  const far = (value) => (log ? Math.abs(Math.log(value / wanted)) : Math.abs(value - wanted));
  return high >= 0 && far(values[high]) < far(values[low]) ? high : low;
}
