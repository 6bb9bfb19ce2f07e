/** How a person looks at a chart: zoomed in, on other scales, smoothed, as in the app. */

const SMOOTHINGS = [0, 5, 15, 45];

/** What a view begins with: nothing is zoomed, on another scale or smoothed. */
export function seenWhole() {
  return { zoomed: { x: null, y: null }, scaled: { x: false, y: false }, smoothing: 0 };
}

export function isSeenWhole({ zoomed, scaled, smoothing }) {
  return !zoomed.x && !zoomed.y && !scaled.x && !scaled.y && !smoothing;
}

/** Have a view show an axis on the other scale, all of it. */
export function otherwise(view, axis) {
  view.scaled = { ...view.scaled, [axis]: !view.scaled[axis] };
  view.zoomed = { ...view.zoomed, [axis]: null };
}

/** The next smoothing: over 5, 15, 45 values, then none. */
export function nextSmoothing(now) {
  return SMOOTHINGS[(SMOOTHINGS.indexOf(now) + 1) % SMOOTHINGS.length];
}

/** A range of an axis within what its quantity can be: no share is below 0 or above 100%. */
export function withinReason(axis, range) {
  if (!range || !axis.percent) return range;
  const [low, high] = [axis.scale === "log" ? range[0] : Math.max(range[0], 0), Math.min(range[1], 1)];
  return low < high ? [low, high] : null;
}

/** The head and the marks as they are seen. */
export function seenThrough({ scaled, smoothing }, head, marks) {
  const axis = (name) => (scaled[name] ? otherScale(head[name]) : head[name]);
  const seen = smoothing ? marks.map((one) => smoothed(one, smoothing)) : marks;
  return { head: { ...head, x: axis("x"), y: axis("y") }, marks: seen };
}

function otherScale(axis) {
  const scale = axis.scale === "log" ? "linear" : "log";
  return { ...axis, scale, limits: axis.limits && (scale === "linear" || axis.limits[0] > 0) ? axis.limits : null };
}

/** A mark whose values are means of neighbours; measured values, which have markers, stay. */
function smoothed({ mark, column }, size) {
  if (mark.kind !== "line" || mark.markers || mark.faint) return { mark, column };
  const values = column("y");
  const half = Math.floor(size / 2);
  const means = Float32Array.from(values, (value, i) => {
    if (!Number.isFinite(value)) return value;
    const near = values.subarray(Math.max(i - half, 0), i + half + 1).filter(Number.isFinite);
    return near.reduce((sum, one) => sum + one, 0) / near.length;
  });
  return {
    mark,
    column: (name) => (name === "y" ? means : name === "low" || name === "high" ? undefined : column(name)),
  };
}
