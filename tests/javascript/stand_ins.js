/** What a browser or a kernel would give, as far as the charts use it. jsdom has no canvas and no layout. */

import { vi } from "vitest";

const PALETTE = { dark: ["#ff8800"], light: ["#0000ff", "#00ff00"] };

/** Numbers as they come over the wire: bytes, at an odd place of a larger buffer. */
export function bytes(values, kind = Float32Array) {
  const raw = new Uint8Array(kind.from(values).buffer);
  const buffer = new ArrayBuffer(raw.length + 3);
  new Uint8Array(buffer, 3).set(raw);
  return new DataView(buffer, 3);
}

/** A patch: columns are written from a start on, `{ "0.x": [start, total, values] }` or all of them. */
export function patch(sequence, base, columns, head = {}) {
  const sent = Object.entries(columns).map(([key, given]) => {
    const [start, total, values] = Array.isArray(given[2]) ? given : [0, given.length, given];
    return [key, [start, total, bytes(values, key.endsWith(".entries") ? Int32Array : Float32Array)]];
  });
  return { sequence, base, head: { ...HEAD, ...head }, columns: Object.fromEntries(sent) };
}

const AXIS = { label: "", scale: "linear", reverse: false, percent: false, limits: null };
export const axis = (given = {}) => ({ ...AXIS, ...given });
const HEAD = { title: "A", note: "", empty: false, alt: "", x: axis(), y: axis(), cursor: null, marks: [] };
export const head = (given = {}) => ({ ...HEAD, ...given });

/** A widget's model: what anywidget hands to `render`. */
export class Model {
  constructor(state) {
    this.state = { patch: { sequence: 0 }, palette: PALETTE, height: 200, link: "", selected: [], picked: "" };
    Object.assign(this.state, { trouble: "", turn: 0, has_turns: false, visible: false, asked: 0 }, state);
    this.listeners = new Map();
    this.saved = 0;
  }
  get(name) {
    return this.state[name];
  }
  set(name, value) {
    this.state[name] = value;
    this.tell(name);
  }
  save_changes() {
    this.saved++;
  }
  on(kind, listener) {
    this.listeners.set(kind, [...(this.listeners.get(kind) ?? []), listener]);
  }
  off(kind, listener) {
    this.listeners.set(
      kind,
      this.listeners.get(kind).filter((one) => one !== listener),
    );
  }
  tell(name) {
    for (const listener of this.listeners.get(`change:${name}`) ?? []) listener();
  }
  /** What the kernel sends. */
  receive(name, value) {
    this.set(name, value);
  }
}

/** Marks with their columns, as `plotOf` is given them; `x` and `y` of `shown` go into the axes. */
export function plotted(given, { x, y, ...shown } = {}) {
  const marks = given.map(({ x, y, low, high, edges, heights, values, entries, ...mark }) => {
    const columns = { x, y, low, high, edges, heights, values };
    const column = (name) => (name === "entries" ? entries : columns[name]) ?? null;
    const typed = (name) => column(name) && (name === "entries" ? Int32Array : Float32Array).from(column(name));
    return { mark: { colour: 0, name: "", entries: Boolean(entries), ...mark }, column: typed };
  });
  const whole = head({ x: axis(x), y: axis(y), marks: marks.map(({ mark }) => mark) });
  return { head: whole, marks, zoomed: { x: null, y: null }, selected: new Set(), ink: () => "#0000ff", ...shown };
}

/** A canvas context that notes each call with the colour and width it was made with; 6 pixels a letter. */
export function recorder() {
  const calls = [];
  const noted = {
    measureText: (text) => ({ width: 6 * text.length }),
    createImageData: (width, height) => ({ width, height, data: new Uint8ClampedArray(4 * width * height) }),
  };
  const context = new Proxy(noted, {
    get(target, name) {
      if (name === "calls") return calls;
      if (name in target) return target[name];
      return (...given) => {
        calls.push({ name, given, fill: target.fillStyle, stroke: target.strokeStyle, alpha: target.globalAlpha });
      };
    },
  });
  return context;
}

export class Path2D {
  steps = [];
  moveTo(...to) {
    this.steps.push(["move", ...to]);
  }
  closePath() {
    this.steps.push(["close"]);
  }
  lineTo(...to) {
    this.steps.push(["line", ...to]);
  }
  arc(...circle) {
    this.steps.push(["arc", ...circle]);
  }
}

/** A page of a width, whose frames are drawn by `page.frame()` and on which elements are seen by `page.show()`. */
export function browser({ width = 400 } = {}) {
  const page = { frames: [], observers: [], contexts: new Map(), isDark: false };
  class Observer {
    constructor(told) {
      this.told = told;
      page.observers.push(this);
    }
    observe() {}
    disconnect() {
      this.isOff = true;
    }
  }
  class Intersections extends Observer {}
  vi.stubGlobal("Path2D", Path2D);
  vi.stubGlobal("ResizeObserver", Observer);
  vi.stubGlobal("IntersectionObserver", Intersections);
  vi.stubGlobal("matchMedia", () => new EventTarget());
  vi.stubGlobal("requestAnimationFrame", (draw) => page.frames.push(draw));
  vi.stubGlobal("cancelAnimationFrame", (number) => delete page.frames[number - 1]);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(width);
  HTMLCanvasElement.prototype.setPointerCapture = () => {};
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockImplementation(function () {
    if (!page.contexts.has(this)) page.contexts.set(this, recorder());
    return page.contexts.get(this);
  });
  page.frame = () => {
    const drawn = page.frames.splice(0);
    for (const draw of drawn) draw?.();
    return drawn.length;
  };
  page.show = (isIntersecting) => {
    const watching = page.observers.filter((one) => one instanceof Intersections && !one.isOff);
    for (const one of watching) one.told([{ isIntersecting }]);
  };
  return page;
}
