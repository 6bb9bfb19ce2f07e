/** Linked cursors: charts of one page whose x axis is the same thing tell each other where the pointer is. */
const CURSORS = (globalThis[Symbol.for("ticket-explorer cursors")] ??= new EventTarget());

const LAYOUT = `
  <div class="te-head"><span class="te-title"></span><span class="te-tools">
    <button class="te-clear" title="Forget the selected weights (Escape)" hidden>clear selection</button>
    <button class="te-reset" title="Show everything again (0, or double click)" hidden>reset zoom</button>
  </span></div>
  <div class="te-legend"></div>
  <div class="te-stage">
    <canvas tabindex="0" role="img"></canvas>
    <div class="te-empty"></div>
    <div class="te-tip" hidden></div>
    <div class="te-trouble" role="alert" hidden></div>
  </div>
  <div class="te-note"></div>
  <div class="te-picked" hidden></div>
  <div class="te-spoken" aria-live="polite"></div>`;
const FAR = 5;
/* Pixels from which a press is a drag. */

/** One place where a model is shown. */
class View {
  constructor(model, el) {
    Object.assign(this, { model, store: Store.of(model), hidden: new Set(), zoomed: { x: null, y: null } });
    this.root = document.createElement("div");
    this.root.className = "te-chart";
    this.root.setAttribute("role", "group");
    this.root.innerHTML = LAYOUT;
    el.append(this.root);
    const part = (name) => this.root.querySelector(name);
    this.canvas = part("canvas");
    for (const name of ["title", "legend", "stage", "empty", "tip", "trouble", "note", "picked", "spoken", "reset", "clear"]) {
      this[name] = part(`.te-${name}`);
    }
    this.ending = new AbortController();
    this.store.views.add(this);
    this.#listen();
    this.#watch();
    this.renew();
  }

  close() {
    this.ending.abort();
    this.store.views.delete(this);
    for (const watcher of this.watchers) watcher.disconnect();
    if (this.isShown) this.store.countShown(-1);
    cancelAnimationFrame(this.waiting);
  }

  /** Draw at the next animation frame, once for all that has changed until then. */
  renew() {
    this.waiting ||= requestAnimationFrame(() => {
      this.waiting = 0;
      this.draw();
    });
  }

  get head() {
    return this.store.head;
  }

  #watch() {
    const resized = new ResizeObserver(() => this.renew());
    resized.observe(this.stage);
    const seen = new IntersectionObserver((entries) => {
      const isShown = entries.at(-1).isIntersecting;
      if (isShown !== Boolean(this.isShown)) this.store.countShown(isShown ? 1 : -1);
      if ((this.isShown = isShown)) this.renew();
    });
    seen.observe(this.stage);
    const themed = new MutationObserver(() => this.renew());
    for (const place of [document.documentElement, document.body]) {
      themed.observe(place, { attributeFilter: ["class", "style", "theme", "data-theme", "data-jp-theme-name", "data-jp-theme-light"] });
    }
    this.watchers = [resized, seen, themed];
  }

  #listen() {
    const { signal } = this.ending;
    const on = (target, kinds, handle) => {
      for (const kind of kinds.split(" ")) target.addEventListener(kind, handle, { signal });
    };
    on(this.canvas, "pointermove", (event) => this.#point(event));
    on(this.canvas, "pointerdown", (event) => this.#press(event));
    on(this.canvas, "pointerup pointercancel", (event) => this.#release(event));
    on(this.canvas, "pointerleave blur", () => this.#look(null));
    on(this.canvas, "dblclick", () => this.#zoom(null, null));
    on(this.canvas, "keydown", (event) => this.#key(event));
    this.canvas.addEventListener("wheel", (event) => this.#roll(event), { signal, passive: false });
    on(this.reset, "click", () => this.#zoom(null, null));
    on(this.clear, "click", () => this.#select([]));
    on(CURSORS, "moved", (event) => this.#follow(event.detail));
    on(matchMedia("(prefers-color-scheme: dark)"), "change", () => this.renew());
    const renew = () => this.renew();
    for (const name of ["height", "trouble", "selected", "picked"]) this.model.on(`change:${name}`, renew);
    signal.addEventListener("abort", () => {
      for (const name of ["height", "trouble", "selected", "picked"]) this.model.off(`change:${name}`, renew);
    });
  }

  // Drawing

  draw() {
    this.theme = themeOf(this.root, this.store.model.get("palette"));
    this.#say();
    const height = this.model.get("height");
    const width = this.stage.clientWidth;
    this.stage.style.height = `${height}px`;
    if (width < 40) return;
    const ratio = globalThis.devicePixelRatio || 1;
    const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== across || this.canvas.height !== down) {
      [this.canvas.width, this.canvas.height] = [across, down];
    }
    const context = this.canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    context.font = `11px ${getComputedStyle(this.root).fontFamily}`;
    this.plot = this.#laidOut(context, width, height);
    if (!this.head.empty) this.#paint(this.plot);
    this.drawn = (this.drawn ?? 0) + 1;
    this.root.dataset.drawn = this.drawn;
  }

  /** All that is text: title, legend, note, what went wrong, what is selected. */
  #say() {
    const { head, theme } = this;
    const texts = { title: head.title, note: head.empty ? "" : head.note, empty: head.empty ? head.note : "" };
    texts.trouble = this.model.get("trouble");
    texts.picked = this.model.get("picked");
    for (const [name, text] of Object.entries(texts)) if (this[name].textContent !== text) this[name].textContent = text;
    this.trouble.hidden = !texts.trouble;
    this.picked.hidden = !texts.picked;
    this.reset.hidden = !this.zoomed.x && !this.zoomed.y;
    this.clear.hidden = !this.model.get("selected").length || !this.#selectable();
    this.root.setAttribute("aria-label", head.title);
    if (this.canvas.getAttribute("aria-label") !== head.alt) this.canvas.setAttribute("aria-label", head.alt);
    for (const [name, value] of Object.entries(theme)) {
      if (typeof value === "string") this.root.style.setProperty(`--te-${name}`, value);
    }
    this.#writeLegend();
  }

  #writeLegend() {
    const named = this.head.marks.filter((mark) => mark.name && !["rule", "picture"].includes(mark.kind));
    const entries = named.length > 1 ? named : [];
    const now = JSON.stringify([entries.map((mark) => [mark.name, mark.colour, mark.faint]), [...this.hidden], this.theme.inks]);
    if (now === this.written) return;
    this.written = now;
    this.legend.replaceChildren(...entries.map((mark) => this.#legendEntry(mark)));
  }

  #legendEntry(mark) {
    const entry = document.createElement("button");
    entry.className = `te-entry te-${mark.kind}${mark.faint ? " te-faint" : ""}`;
    entry.style.setProperty("--te-own", this.#ink(mark));
    entry.setAttribute("aria-pressed", String(!this.hidden.has(mark.name)));
    entry.title = "Show or hide";
    entry.textContent = mark.name;
    entry.addEventListener("click", () => {
      if (!this.hidden.delete(mark.name)) this.hidden.add(mark.name);
      this.renew();
    });
    return entry;
  }

  #ink(mark) {
    const { inks, muted } = this.theme;
    return mark.colour < 0 ? muted : inks[mark.colour % inks.length];
  }

  /** Every mark that is shown, with its index and its columns. */
  #marks() {
    return this.head.marks.flatMap((mark, i) =>
      this.hidden.has(mark.name) ? [] : [{ mark, column: (name) => this.store.column(i, name) }],
    );
  }

  #laidOut(context, width, height) {
    const { head } = this;
    const marks = this.#marks();
    const isPicture = head.marks.some((mark) => mark.kind === "picture");
    const named = barNames(head.marks, marks);
    const frame = { left: 8, top: 8, right: width - 10, bottom: height - (isPicture ? 6 : 34) };
    const y = fitted(head.y, this.#extent(marks, "y"), this.zoomed.y, 0.05);
    const yTicks = ticksOf(y, Math.max(2, Math.floor((frame.bottom - frame.top) / 42)), head.y);
    if (!isPicture) frame.left = 14 + Math.max(24, ...yTicks.map((tick) => context.measureText(tick.label).width));
    if (!isPicture && head.y.label) frame.top = 20;
    const x = fitted(head.x, this.#extent(marks, "x"), this.zoomed.x, isPicture || named ? 0 : 0.015);
    const xTicks = named ?? ticksOf(x, Math.max(2, Math.floor((frame.right - frame.left) / 70)), head.x);
    const tiles = isPicture ? tilesOf(head.marks, frame) : new Map();
    const [tile] = tiles.values();
    const place = tile
      ? { left: (value) => tile.left + value * tile.cell, top: (value) => tile.top + value * tile.cell }
      : {
          left: (value) => frame.left + x.place(value) * (frame.right - frame.left),
          top: (value) => frame.bottom - y.place(value) * (frame.bottom - frame.top),
        };
    const selected = new Set(this.model.get("selected"));
    return { context, frame, x, y, xTicks, yTicks, tiles, marks, selected, isPicture, theme: this.theme, ...place };
  }

  /** What an axis has to show; the y axis fits what is within a zoomed x axis. */
  #extent(marks, axis) {
    const columns = [];
    const window = axis === "y" && this.zoomed.x;
    for (const { mark, column } of marks) {
      if (mark.kind === "rule" && mark.across === axis) columns.push([mark.value]);
      if (mark.kind === "bars") columns.push(...(axis === "x" ? [column("edges")] : [column("heights"), [0]]));
      if (mark.kind !== "line" && mark.kind !== "points") continue;
      const names = axis === "x" ? ["x"] : ["y", "low", "high"];
      const [from, to] = window && mark.kind === "line"
        ? [nearestIn(column("x"), window[0]), nearestIn(column("x"), window[1]) + 1]
        : [0, undefined];
      columns.push(...names.map((name) => column(name)).filter(Boolean).map((values) => values.subarray(from, to)));
    }
    return extentOf(columns, this.head[axis].scale === "log");
  }

  #paint(plot) {
    const { context, frame } = plot;
    if (!plot.isPicture) this.#paintAxes(plot);
    context.save();
    if (!plot.isPicture) {
      context.beginPath();
      context.rect(frame.left - 5, frame.top - 5, frame.right - frame.left + 10, frame.bottom - frame.top + 10);
      context.clip();
    }
    const order = (mark) => ({ picture: 0, bars: 1, rule: 4 })[mark.kind] ?? (mark.faint ? 2 : 3);
    for (const { mark, column } of [...plot.marks].sort((a, b) => order(a.mark) - order(b.mark))) {
      PAINTERS[mark.kind](plot, mark, column, this.#ink(mark));
      context.globalAlpha = 1;
    }
    this.#paintCursors(plot);
    context.restore();
  }

  #paintAxes({ context, frame, x, y, xTicks, yTicks, left, top, theme }) {
    const { head } = this;
    context.strokeStyle = theme.rule;
    context.fillStyle = theme.muted;
    context.lineWidth = 1;
    context.textBaseline = "middle";
    context.textAlign = "right";
    for (const tick of yTicks) {
      const at = Math.round(top(tick.value)) + 0.5;
      context.beginPath();
      context.moveTo(frame.left, at), context.lineTo(frame.right, at);
      context.stroke();
      context.fillText(tick.label, frame.left - 6, at);
    }
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
    context.strokeStyle = theme.muted;
    context.beginPath();
    context.moveTo(frame.left, frame.bottom + 0.5), context.lineTo(frame.right, frame.bottom + 0.5);
    context.stroke();
    context.textAlign = "left";
    context.textBaseline = "top";
    context.fillText(head.y.label, 6, 2);
    context.textAlign = "right";
    context.fillText(head.x.label, frame.right, frame.bottom + 20);
  }

  #paintCursors(plot) {
    const { context, frame } = plot;
    if (plot.isPicture) return;
    const across = (value, dash) => {
      const at = Math.round(plot.left(value)) + 0.5;
      context.setLineDash(dash);
      context.beginPath();
      context.moveTo(at, frame.top), context.lineTo(at, frame.bottom);
      context.stroke();
      context.setLineDash([]);
    };
    context.lineWidth = 1;
    context.strokeStyle = this.theme.ink;
    if (this.head.cursor !== null) across(this.head.cursor, [2, 3]);
    const looked = this.looked ?? this.linked;
    if (looked !== null && looked !== undefined && Number.isFinite(plot.left(looked.x))) {
      context.strokeStyle = this.theme.muted;
      across(looked.x, []);
      for (const [mark, column, i] of this.#readAt(looked.x)) {
        context.fillStyle = this.#ink(mark);
        context.beginPath();
        context.arc(plot.left(column("x")[i]), plot.top(column("y")[i]), 3.5, 0, 7);
        context.fill();
      }
    }
    if (this.drag?.to) {
      const { from, to } = this.drag;
      context.fillStyle = context.strokeStyle = this.theme.ink;
      context.globalAlpha = 0.1;
      const box = [from[0], this.#zoomsX() ? frame.top : from[1], to[0] - from[0], this.#zoomsX() ? frame.bottom - frame.top : to[1] - from[1]];
      context.fillRect(...box);
      context.globalAlpha = 0.6;
      context.strokeRect(...box);
      context.globalAlpha = 1;
    }
  }

  // Reading

  #readAt(x) {
    const log = this.head.x.scale === "log";
    return this.plot.marks
      .filter(({ mark, column }) => mark.kind === "line" && column("x").length)
      .map(({ mark, column }) => [mark, column, nearestIn(column("x"), x, log)])
      .filter(([, column, i]) => Number.isFinite(column("y")[i]));
  }

  /** The point nearest to a place on the canvas, within reach. */
  #pointAt([left, top], reach = 14) {
    let found = null;
    let least = reach ** 2;
    for (const { mark, column } of this.plot.marks) {
      if (mark.kind !== "points") continue;
      const [x, y] = [column("x"), column("y")];
      for (let i = 0; i < x.length; i++) {
        const far = (this.plot.left(x[i]) - left) ** 2 + (this.plot.top(y[i]) - top) ** 2;
        if (far < least) [found, least] = [{ mark, column, i, x: x[i], y: y[i] }, far];
      }
    }
    return found;
  }

  #rowsAt(place) {
    const { head, plot } = this;
    const point = this.#pointAt(place);
    if (point) return [[this.#ink(point.mark), point.mark.name, `${head.x.label} ${written(head.x, point.x)}, ${head.y.label} ${written(head.y, point.y)}`]];
    if (plot.isPicture) return this.#cellAt(place);
    const x = plot.x.value((place[0] - plot.frame.left) / (plot.frame.right - plot.frame.left));
    const rows = this.#readAt(x).map(([mark, column, i]) => [this.#ink(mark), mark.name, `${written(head.y, column("y")[i])}${spread(head.y, column, i)}`, column("x")[i]]);
    for (const { mark, column } of plot.marks) {
      if (mark.kind !== "bars") continue;
      const edges = column("edges");
      const i = edges.findIndex((edge, k) => k + 1 < edges.length && x >= Math.min(edge, edges[k + 1]) && x < Math.max(edge, edges[k + 1]));
      if (i >= 0) rows.push([this.#ink(mark), mark.name, written(head.y, column("heights")[i])]);
    }
    const at = rows.find((row) => row.length > 3)?.[3] ?? x;
    return rows.length ? [[null, head.x.label, written(head.x, at)], ...rows] : [];
  }

  #cellAt([left, top]) {
    for (const [mark, tile] of this.plot.tiles) {
      const [column, row] = [Math.floor((left - tile.left) / tile.cell), Math.floor((top - tile.top) / tile.cell)];
      if (column < 0 || row < 0 || column >= mark.columns || row >= mark.rows) continue;
      const value = this.store.column(this.head.marks.indexOf(mark), "values")[row * mark.columns + column];
      const where = [[null, this.head.y.label || "row", String(row)], [null, this.head.x.label || "column", String(column)]];
      return [...where, [this.#ink(mark), mark.name, written({ percent: true }, value, 3)]];
    }
    return [];
  }

  #showTip(place) {
    const rows = place && !this.head.empty ? this.#rowsAt(place) : [];
    this.tip.hidden = !rows.length;
    if (!rows.length) return;
    this.tip.replaceChildren(...rows.map(([ink, name, value]) => {
      const row = document.createElement("div");
      const dot = document.createElement("i");
      dot.style.background = ink ?? "transparent";
      const label = document.createElement("span");
      label.textContent = name;
      const number = document.createElement("b");
      number.textContent = value;
      row.append(dot, label, number);
      return row;
    }));
    const room = this.stage.clientWidth - this.tip.offsetWidth - 6;
    const beside = place[0] + 14 > room ? place[0] - this.tip.offsetWidth - 14 : place[0] + 14;
    this.tip.style.left = `${Math.max(2, Math.min(beside, room))}px`;
    this.tip.style.top = `${Math.max(2, Math.min(place[1] - 12, this.stage.clientHeight - this.tip.offsetHeight - 4))}px`;
  }

  // Pointer and keys

  #placeOf(event) {
    const box = this.canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  #point(event) {
    if (!this.plot) return;
    const place = this.#placeOf(event);
    if (this.drag) {
      if (Math.hypot(place[0] - this.drag.from[0], place[1] - this.drag.from[1]) > FAR) this.drag.to = place;
      if (this.drag.to) this.drag.to = place;
    }
    this.#look(this.drag?.to ? null : place);
    this.renew();
  }

  /** Have the cursor at a place, and linked charts with it. */
  #look(place) {
    const { plot } = this;
    const hasX = place && plot && !plot.isPicture;
    this.looked = hasX ? { x: plot.x.value((place[0] - plot.frame.left) / (plot.frame.right - plot.frame.left)) } : null;
    this.#showTip(place);
    const link = this.model.get("link");
    if (link) CURSORS.dispatchEvent(new CustomEvent("moved", { detail: { link, from: this, x: this.looked?.x ?? null } }));
    this.renew();
  }

  #follow({ link, from, x }) {
    if (from === this || link !== this.model.get("link")) return;
    this.linked = x === null ? null : { x };
    this.renew();
  }

  #press(event) {
    if (event.button !== 0 || !this.plot || this.plot.isPicture || this.head.empty) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.drag = { from: this.#placeOf(event), to: null, zooms: event.shiftKey || !this.#selectable() };
  }

  #release(event) {
    const { drag } = this;
    this.drag = null;
    if (!drag || event.type === "pointercancel") return this.renew();
    if (drag.to && drag.zooms) this.#zoomTo(drag.from, drag.to);
    else if (drag.to) this.#select(this.#entriesIn(drag.from, drag.to), event.ctrlKey || event.metaKey);
    else this.#pick(this.#pointAt(drag.from));
    this.renew();
  }

  #zoomsX() {
    return this.drag.zooms && !this.head.marks.some((mark) => mark.kind === "points");
  }

  #zoomTo(from, to) {
    const { plot } = this;
    const { left, right, top, bottom } = plot.frame;
    const ends = (scale, a, b) => [scale.value(a), scale.value(b)].sort((p, q) => p - q);
    const isOnlyX = !this.head.marks.some((mark) => mark.kind === "points");
    const x = ends(plot.x, (from[0] - left) / (right - left), (to[0] - left) / (right - left));
    this.#zoom(x, isOnlyX ? null : ends(plot.y, (bottom - from[1]) / (bottom - top), (bottom - to[1]) / (bottom - top)));
  }

  #zoom(x, y) {
    this.zoomed = { x, y };
    this.renew();
  }

  /** Make what is shown larger (factor below 1) or smaller around a place. */
  #zoomBy(factor, [left, top]) {
    const { plot } = this;
    if (!plot || plot.isPicture || this.head.empty) return;
    const around = (scale, place) => [scale.value(place - place * factor), scale.value(place + (1 - place) * factor)].sort((p, q) => p - q);
    const { frame } = plot;
    const x = around(plot.x, (left - frame.left) / (frame.right - frame.left));
    const hasPoints = this.head.marks.some((mark) => mark.kind === "points");
    this.#zoom(x, hasPoints ? around(plot.y, (frame.bottom - top) / (frame.bottom - frame.top)) : null);
  }

  #roll(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    this.#zoomBy(event.deltaY > 0 ? 1.25 : 0.8, this.#placeOf(event));
  }

  #key(event) {
    const { plot } = this;
    if (!plot || plot.isPicture || this.head.empty || event.ctrlKey || event.metaKey || event.altKey) return;
    const { frame } = plot;
    const middle = [this.looked ? plot.left(this.looked.x) : (frame.left + frame.right) / 2, (frame.top + frame.bottom) / 2];
    const keys = {
      ArrowLeft: () => this.#stepBy(-1),
      ArrowRight: () => this.#stepBy(1),
      "+": () => this.#zoomBy(0.7, middle),
      "-": () => this.#zoomBy(1.4, middle),
      0: () => this.#zoom(null, null),
      Enter: () => this.#pick(this.stood),
      Escape: () => (this.#select([]), this.#zoom(null, null)),
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    keys[event.key]();
  }

  /** Move the cursor to the next value, or the next point, and say what is there. */
  #stepBy(direction) {
    const { plot } = this;
    const stops = this.#stops();
    if (!stops.length) return;
    this.stop = Math.min(Math.max((this.stop ?? (direction > 0 ? -1 : stops.length)) + direction, 0), stops.length - 1);
    this.stood = stops[this.stop];
    const place = [plot.left(this.stood.x), plot.top(this.stood.y)];
    this.#look(place);
    this.spoken.textContent = [...this.tip.children].map((row) => row.textContent).join(", ");
  }

  /** Where arrow keys lead, from left to right: the values of the first line, all points, or the bars. */
  #stops() {
    const { plot } = this;
    const points = plot.marks.filter(({ mark }) => mark.kind === "points");
    const line = plot.marks.find(({ mark }) => mark.kind === "line");
    const stops = (points.length || !line ? points : [line]).flatMap(({ mark, column }) =>
      Array.from(column("x"), (x, i) => ({ mark, column, i, x, y: column("y")[i] })),
    );
    return stops.filter(({ x, y }) => Number.isFinite(plot.left(x) + plot.top(y))).sort((a, b) => plot.left(a.x) - plot.left(b.x));
  }

  // Selecting

  #selectable() {
    return !this.plot?.isPicture && this.head.marks.some((mark) => mark.entries);
  }

  #entriesIn(from, to) {
    const [left, right] = [from[0], to[0]].sort((a, b) => a - b);
    const [top, bottom] = [from[1], to[1]].sort((a, b) => a - b);
    return this.plot.marks.filter(({ mark }) => mark.entries).flatMap(({ column }) => {
      const [x, y, entries] = [column("x"), column("y"), column("entries")];
      return Array.from(entries).filter((_, i) => {
        const [across, down] = [this.plot.left(x[i]), this.plot.top(y[i])];
        return across >= left && across <= right && down >= top && down <= bottom;
      });
    });
  }

  #pick(point) {
    if (!point?.mark.entries) return;
    const entry = point.column("entries")[point.i];
    const before = this.model.get("selected");
    this.#select(before.includes(entry) ? before.filter((one) => one !== entry) : [...before, entry]);
  }

  #select(entries, adds = false) {
    const wanted = [...new Set(adds ? [...this.model.get("selected"), ...entries] : entries)];
    if (!this.#selectable() || (!wanted.length && !this.model.get("selected").length)) return;
    this.model.set("selected", wanted);
    this.model.save_changes();
    this.renew();
  }
}

/** Bars that are one mark each are named below instead of numbered. */
function barNames(all, marks) {
  const bars = marks.filter(({ mark, column }) => mark.kind === "bars" && column("heights").length === 1);
  if (bars.length < 2 || bars.length !== marks.filter(({ mark }) => mark.kind === "bars").length) return null;
  return bars.map(({ mark, column }) => ({ value: (column("edges")[0] + column("edges")[1]) / 2, label: mark.name }));
}

function spread(axis, column, i) {
  const [low, high] = [column("low"), column("high")];
  return low && high[i] > low[i] ? ` ± ${written(axis, (high[i] - low[i]) / 2, 2)}` : "";
}

/** The colours that go with what is behind the chart, whichever front end it is in. */
function themeOf(element, palette) {
  let ground = "rgb(255, 255, 255)";
  for (let place = element; place; place = place.parentElement) {
    const found = getComputedStyle(place).backgroundColor;
    if (found && !/, 0\)$|transparent/.test(found)) {
      ground = found;
      break;
    }
  }
  const [red, green, blue] = channelsOf(ground);
  const dark = 0.3 * red + 0.59 * green + 0.11 * blue < 128;
  const ink = dark ? "#dfe4ea" : "#20242a";
  return { ground, ink, inks: dark ? palette.dark : palette.light, muted: blended(ground, ink, 0.6), rule: blended(ground, ink, 0.12), raised: blended(ground, ink, 0.06) };
}

export default {
  render({ model, el }) {
    const view = new View(model, el);
    return () => view.close();
  },
};
