/** From values to places along an axis; a place is a share of its length, 0 at the left or at the bottom. */
export class Scale {
  constructor(low, high, log, reverse) {
    Object.assign(this, { low, high, log, reverse });
    this.start = log ? Math.log10(low) : low;
    this.span = (log ? Math.log10(high) : high) - this.start;
  }

  place(value) {
    const level = this.log ? Math.log10(value) : value;
    const place = (level - this.start) / this.span;
    return this.reverse ? 1 - place : place;
  }

  value(place) {
    const level = this.start + (this.reverse ? 1 - place : place) * this.span;
    return this.log ? 10 ** level : level;
  }
}

/** The scale that shows what an axis wants: a zoomed range, its own limits, or all values with a margin. */
export function fitted(axis, extent, zoomed, margin) {
  const log = axis.scale === "log";
  if (zoomed) return new Scale(zoomed[0], zoomed[1], log, axis.reverse);
  let [low, high] = axis.limits ?? extent ?? (log ? [1, 10] : [0, 1]);
  if (axis.limits) margin = 0;
  const most = axis.percent && high <= 1 ? 1 : Infinity;
  if (log) {
    low = Math.max(low, 1e-30);
    if (!(high > low * (1 + 1e-9))) [low, high] = [low / 2, low * 2];
    const extra = (high / low) ** margin;
    return new Scale(low / extra, Math.min(high * extra, most), true, axis.reverse);
  }
  if (!(high - low > 1e-9 * Math.max(Math.abs(low), Math.abs(high)))) {
    const half = 0.1 * Math.abs(low) || 0.5;
    [low, high] = [low - half, high + half];
  }
  const extra = margin * (high - low);
  const bottom = low >= 0 ? Math.max(low - extra, 0) : low - extra;
  return new Scale(bottom, Math.min(high + extra, most), false, axis.reverse);
}

/** The lowest and highest finite value of some columns, positive ones only on a logarithmic axis. */
export function extentOf(columns, log) {
  let low = Infinity;
  let high = -Infinity;
  for (const values of columns) {
    for (const value of values) {
      if (value < low && (!log || value > 0)) low = value;
      if (value > high && value < Infinity) high = value;
    }
  }
  return low <= high ? [low, high] : null;
}

/** Round numbers on a scale, at most about so many, with their labels; whole ones only where all values are. */
export function ticksOf(scale, about, axis, isWhole = false) {
  const values = scale.log ? logTicks(scale, about) : [];
  const linear = () =>
    linearTicks(scale, about).filter((value) => !isWhole || Math.abs(value - Math.round(value)) < 1e-9);
  const chosen = values.length >= 2 ? values : linear();
  return chosen.map((value) => ({ value, label: written(axis, value) }));
}

function linearTicks(scale, about) {
  const rough = (scale.high - scale.low) / Math.max(about, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((digit) => digit * power).find((size) => size >= rough * (1 - 1e-9));
  const found = [];
  for (let i = Math.ceil(scale.low / step - 1e-9); i * step <= scale.high + 1e-9 * step; i++) found.push(i * step);
  return found;
}

function logTicks(scale, about) {
  const first = Math.floor(Math.log10(scale.low));
  const last = Math.ceil(Math.log10(scale.high));
  const powers = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const inside = (value) => value >= scale.low * (1 - 1e-9) && value <= scale.high * (1 + 1e-9);
  for (const digits of [[1, 2, 5], [1, 3], [1]]) {
    const found = powers.flatMap((power) => digits.map((digit) => digit * 10 ** power)).filter(inside);
    if (found.length <= about) return found;
  }
  const step = Math.ceil(powers.length / Math.max(about, 2));
  return powers
    .filter((power) => power % step === 0)
    .map((power) => 10 ** power)
    .filter(inside);
}

/** A value on an axis in words: `51.2%`, `0.0125`, `15k`, `2e-7`. */
export function written(axis, value, digits = 4) {
  if (axis?.percent) return `${brief(100 * value, digits)}%`;
  return brief(value, digits);
}

function brief(value, digits) {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size < 1e-12) return "0";
  if (Number.isInteger(value) && size < 1e5) return String(value);
  if (size >= 1e-3 && size < 1e5) return String(Number(value.toPrecision(digits)));
  for (const [unit, suffix] of [
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
  ]) {
    if (size >= unit && size < 1e12) return Number((value / unit).toPrecision(digits)) + suffix;
  }
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
  return `${Number(mantissa)}e${Number(exponent)}`;
}
