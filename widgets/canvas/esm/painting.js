import { PAINTERS } from "./marks.js";
import { readAt } from "./reading.js";

/** Draw a plot, with the pointer's `cursor` (a value of x, or null) and `box` (a dragged rectangle, or null). */
export function paint(plot, pointer) {
  const { context, frame } = plot;
  if (!plot.isPicture) paintAxes(plot);
  context.save();
  if (!plot.isPicture) {
    context.beginPath();
    context.rect(frame.left - 5, frame.top - 5, frame.right - frame.left + 10, frame.bottom - frame.top + 10);
    context.clip();
  }
  const order = (mark) => ({ picture: 0, bars: 1, rule: 4 })[mark.kind] ?? (mark.faint ? 2 : 3);
  for (const { mark, column } of [...plot.marks].sort((a, b) => order(a.mark) - order(b.mark))) {
    PAINTERS[mark.kind](plot, { mark, column, ink: plot.ink(mark) });
    context.globalAlpha = 1;
  }
  if (!plot.isPicture) paintCursors(plot, pointer);
  context.restore();
}

function segment(context, [left, top], [right, bottom]) {
  context.beginPath();
  context.moveTo(left, top);
  context.lineTo(right, bottom);
  context.stroke();
}

function paintAxes(plot) {
  const { context, frame, head, theme } = plot;
  context.lineWidth = 1;
  context.strokeStyle = theme.rule;
  context.fillStyle = theme.muted;
  context.textBaseline = "middle";
  context.textAlign = "right";
  for (const tick of plot.yTicks) {
    const at = Math.round(plot.top(tick.value)) + 0.5;
    segment(context, [frame.left, at], [frame.right, at]);
    context.fillText(tick.label, frame.left - 6, at);
  }
  paintLabelsBelow(plot);
  context.strokeStyle = theme.muted;
  segment(context, [frame.left, frame.bottom + 0.5], [frame.right, frame.bottom + 0.5]);
  context.textAlign = "left";
  context.textBaseline = "top";
  context.fillText(head.y.label, 6, 2);
  context.textAlign = "right";
  context.fillText(head.x.label, frame.right, frame.bottom + 20);
}

/** The labels of the x axis, but for those that would run into the one before. */
function paintLabelsBelow({ context, frame, xTicks, left }) {
  context.textBaseline = "top";
  context.textAlign = "center";
  let free = -Infinity;
  for (const tick of [...xTicks].sort((a, b) => left(a.value) - left(b.value))) {
    const half = context.measureText(tick.label).width / 2;
    const at = Math.min(Math.max(left(tick.value), half), frame.right + 10 - half);
    if (at - half < free) continue;
    free = at + half + 8;
    context.fillText(tick.label, at, frame.bottom + 6);
  }
}

function paintCursors(plot, { cursor, box }) {
  const { context, head, theme } = plot;
  context.lineWidth = 1;
  context.strokeStyle = theme.ink;
  if (head.cursor !== null) paintUpright(plot, head.cursor, [2, 3]);
  if (cursor !== null && Number.isFinite(plot.left(cursor))) {
    context.strokeStyle = theme.muted;
    paintUpright(plot, cursor, []);
    for (const [mark, column, i] of readAt(plot, cursor)) {
      context.fillStyle = plot.ink(mark);
      context.beginPath();
      context.arc(plot.left(column("x")[i]), plot.top(column("y")[i]), 3.5, 0, 7);
      context.fill();
    }
  }
  if (box) paintBox(context, box, theme.ink);
}

function paintUpright({ context, frame, left }, value, dash) {
  const at = Math.round(left(value)) + 0.5;
  context.setLineDash(dash);
  segment(context, [at, frame.top], [at, frame.bottom]);
  context.setLineDash([]);
}

function paintBox(context, box, ink) {
  context.fillStyle = context.strokeStyle = ink;
  context.globalAlpha = 0.1;
  context.fillRect(...box);
  context.globalAlpha = 0.6;
  context.strokeRect(...box);
  context.globalAlpha = 1;
}
