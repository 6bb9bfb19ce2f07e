import { nextSmoothing, otherwise, seenWhole, withinReason } from "./lens.js";
import { entriesIn, pointAt, stopsOf, tileAt, valueAt } from "./reading.js";

/** Linked cursors: charts of one page whose x axis is the same thing tell each other where the pointer is. */
const SHARED = Symbol.for("ticket-explorer cursors");
globalThis[SHARED] ??= new EventTarget();
const CURSORS = globalThis[SHARED];

/** Pixels from which a press is a drag. */
const FAR = 5;

/** Pointer and keys on one view: the cursor, zooming, selecting. */
export class Hand {
  constructor(view, signal) {
    Object.assign(this, { view, looked: null, linked: null, drag: null });
    const on = (target, kinds, handle) => {
      for (const kind of kinds.split(" ")) target.addEventListener(kind, handle, { signal, passive: false });
    };
    on(view.canvas, "pointermove", (event) => this.#move(event));
    on(view.canvas, "pointerdown", (event) => this.#press(event));
    on(view.canvas, "pointerup pointercancel", (event) => this.#release(event));
    on(view.canvas, "pointerleave blur", () => this.look(null));
    on(view.canvas, "dblclick", () => this.#reset());
    on(view.canvas, "keydown", (event) => this.#key(event));
    on(view.canvas, "wheel", (event) => this.#roll(event));
    on(view.reset, "click", () => this.#reset());
    on(view.next, "click", () => {
      view.model.set("turn", view.model.get("turn") + 1);
      view.model.save_changes();
    });
    on(view.clear, "click", () => this.#select([]));
    on(CURSORS, "moved", (event) => this.#follow(event.detail));
  }

  /** The value of x that is looked at, here or in a linked chart; null if none is. */
  get cursor() {
    return this.looked ?? this.linked;
  }

  /** Whether points can be selected here. */
  get canSelect() {
    return !this.view.plot?.isPicture && this.view.head.marks.some((mark) => mark.entries);
  }

  /** The rectangle that is being dragged; null if there is none. */
  get box() {
    if (!this.drag?.to) return null;
    const { from, to } = this.drag;
    const { top, bottom } = this.view.plot.frame;
    const isTall = this.drag.zooms && !this.#hasPoints;
    return [from[0], isTall ? top : from[1], to[0] - from[0], isTall ? bottom - top : to[1] - from[1]];
  }

  /** Have the cursor at a place on the canvas, and linked charts with it; null has it nowhere. */
  look(place) {
    const { view } = this;
    this.looked = place && view.plot && !view.plot.isPicture ? valueAt(view.plot, place[0]) : null;
    view.showTip(place);
    const link = view.model.get("link");
    if (link) CURSORS.dispatchEvent(new CustomEvent("moved", { detail: { link, from: this, x: this.looked } }));
    view.renew();
  }

  /** Show a range of x and one of y; null shows everything. */
  zoom(x, y) {
    const { head } = this.view;
    this.view.zoomed = { x: withinReason(head.x, x), y: withinReason(head.y, y) };
    this.view.renew();
  }

  /** Show everything as it is. */
  #reset() {
    Object.assign(this.view, seenWhole());
    this.view.renew();
  }

  /** Change a scale or the smoothing. */
  #change(how) {
    how(this.view);
    this.view.renew();
  }

  /** Move what is shown by shares of the frame. */
  #moveBy(across, up) {
    const { plot } = this.view;
    const part = (scale, by) => [scale.value(by), scale.value(1 + by)].sort((p, q) => p - q);
    this.zoom(part(plot.x, across), part(plot.y, up));
  }

  get #isIdle() {
    const { plot, head } = this.view;
    return !plot || plot.isPicture || head.empty;
  }

  get #hasPoints() {
    return this.view.head.marks.some((mark) => mark.kind === "points");
  }

  #placeOf(event) {
    const box = this.view.canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  #follow({ link, from, x }) {
    if (from === this || link !== this.view.model.get("link")) return;
    this.linked = x;
    this.view.renew();
  }

  #move(event) {
    const place = this.#placeOf(event);
    const { drag } = this;
    if (drag && (drag.to || Math.hypot(place[0] - drag.from[0], place[1] - drag.from[1]) > FAR)) drag.to = place;
    this.look(drag?.to ? null : place);
  }

  #press(event) {
    if (event.button === 0 && this.view.plot?.isPicture) this.#choose(tileAt(this.view.plot, this.#placeOf(event)));
    if (event.button !== 0 || this.#isIdle) return;
    this.view.canvas.setPointerCapture(event.pointerId);
    this.drag = { from: this.#placeOf(event), to: null, zooms: event.shiftKey || !this.canSelect };
  }

  #release(event) {
    const { drag } = this;
    this.drag = null;
    this.view.renew();
    if (!drag || event.type === "pointercancel") return;
    const { plot } = this.view;
    if (drag.to && drag.zooms) this.#zoomTo(drag.from, drag.to);
    else if (drag.to) this.#select(entriesIn(plot, drag.from, drag.to), event.ctrlKey || event.metaKey);
    else this.#pick(pointAt(plot, drag.from));
  }

  #zoomTo(from, to) {
    const { plot } = this.view;
    const { left, right, top, bottom } = plot.frame;
    const ends = (scale, a, b) => [scale.value(a), scale.value(b)].sort((p, q) => p - q);
    const x = ends(plot.x, (from[0] - left) / (right - left), (to[0] - left) / (right - left));
    const y = ends(plot.y, (bottom - from[1]) / (bottom - top), (bottom - to[1]) / (bottom - top));
    this.zoom(x, this.#hasPoints ? y : null);
  }

  /** Show less (factor below 1) or more around a place. */
  #zoomBy(factor, [left, top]) {
    if (this.#isIdle) return;
    const { plot } = this.view;
    const { frame } = plot;
    const around = (scale, place) =>
      [scale.value(place - place * factor), scale.value(place + (1 - place) * factor)].sort((p, q) => p - q);
    const x = around(plot.x, (left - frame.left) / (frame.right - frame.left));
    this.zoom(x, around(plot.y, (frame.bottom - top) / (frame.bottom - frame.top)));
  }

  #roll(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    this.#zoomBy(event.deltaY > 0 ? 1.25 : 0.8, this.#placeOf(event));
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (this.#isIdle) {
      this.#cellKey(event);
      return;
    }
    const { frame, left } = this.view.plot;
    const middle = [
      this.looked === null ? (frame.left + frame.right) / 2 : left(this.looked),
      (frame.top + frame.bottom) / 2,
    ];
    const keys = {
      ArrowLeft: () => (event.shiftKey ? this.#moveBy(-0.2, 0) : this.#stepBy(-1)),
      ArrowRight: () => (event.shiftKey ? this.#moveBy(0.2, 0) : this.#stepBy(1)),
      ArrowUp: () => event.shiftKey && this.#moveBy(0, 0.2),
      ArrowDown: () => event.shiftKey && this.#moveBy(0, -0.2),
      x: () => this.#change((view) => otherwise(view, "x")),
      y: () => this.#change((view) => otherwise(view, "y")),
      s: () => this.#change((view) => Object.assign(view, { smoothing: nextSmoothing(view.smoothing) })),
      "+": () => this.#zoomBy(0.7, middle),
      "-": () => this.#zoomBy(1.4, middle),
      0: () => this.#reset(),
      Enter: () => this.#pick(this.stood),
      Escape: () => {
        this.#select([]);
        this.#reset();
      },
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    keys[event.key]();
  }

  /** Have a picture chosen, by its number, where pictures can be; -1 is none. */
  #choose(number) {
    const { model } = this.view;
    if (number < 0 || !model.get("has_choices")) return;
    model.set("chosen", [number, (model.get("chosen")[1] ?? 0) + 1]);
    model.save_changes();
  }

  /** In pictures, move from cell to cell and say what is there; or go to the next picture, or choose it. */
  #cellKey(event) {
    const { view } = this;
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const pages = { PageUp: -1, PageDown: 1 };
    const [step, page, tiles] = [steps[event.key], pages[event.key], [...(view.plot?.tiles ?? [])]];
    if (!tiles.length || !(step || page || event.key === "Enter")) return;
    event.preventDefault();
    event.stopPropagation();
    this.tile = Math.min(Math.max((this.tile ?? 0) + (page ?? 0), 0), tiles.length - 1);
    const [mark, tile] = tiles[this.tile];
    if (event.key === "Enter") this.#choose(this.tile);
    if (!step) {
      this.cell = null;
      this.look([tile.left + 0.5 * tile.cell, tile.top + 0.5 * tile.cell]);
      view.speak();
      return;
    }
    const [column, row] = this.cell ?? [-step[0], -step[1]].map((one) => Math.min(one, 0));
    const within = (value, count) => Math.min(Math.max(value, 0), count - 1);
    this.cell = [within(column + step[0], mark.columns), within(row + step[1], mark.rows)];
    this.look([tile.left + (this.cell[0] + 0.5) * tile.cell, tile.top + (this.cell[1] + 0.5) * tile.cell]);
    view.speak();
  }

  /** Move the cursor to the next value or point, and say what is there. */
  #stepBy(direction) {
    const { view } = this;
    const stops = stopsOf(view.plot);
    if (!stops.length) return;
    const next = (this.stop ?? (direction > 0 ? -1 : stops.length)) + direction;
    this.stop = Math.min(Math.max(next, 0), stops.length - 1);
    this.stood = stops[this.stop];
    this.look([view.plot.left(this.stood.x), view.plot.top(this.stood.y)]);
    view.speak();
  }

  #pick(point) {
    if (!point?.mark?.entries) return;
    const entry = point.column("entries")[point.i];
    const before = this.view.model.get("selected");
    this.#select(before.includes(entry) ? before.filter((one) => one !== entry) : [...before, entry]);
  }

  #select(entries, adds = false) {
    const { model } = this.view;
    const wanted = [...new Set(adds ? [...model.get("selected"), ...entries] : entries)];
    if (!this.canSelect || (!wanted.length && !model.get("selected").length)) return;
    model.set("selected", wanted);
    model.save_changes();
    this.view.renew();
  }
}
