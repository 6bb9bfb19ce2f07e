const LAYOUT = `
  <div class="te-head"><span class="te-title"></span><span class="te-tools">
    <button class="te-next" title="The next layer, quantity or landscape" hidden>next</button>
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
const PARTS = ["title", "legend", "stage", "empty", "tip", "trouble", "note", "picked", "spoken", "reset", "clear", "next"];
const THEMED = ["class", "style", "theme", "data-theme", "data-jp-theme-name", "data-jp-theme-light"];

/** One place where a model is shown. */
class View {
  constructor(model, store, el) {
    Object.assign(this, { model, store, hidden: new Set(), zoomed: { x: null, y: null } });
    this.root = document.createElement("div");
    this.root.className = "te-chart";
    this.root.setAttribute("role", "group");
    this.root.innerHTML = LAYOUT;
    el.append(this.root);
    const part = (name) => this.root.querySelector(name);
    this.canvas = part("canvas");
    for (const name of PARTS) this[name] = part(`.te-${name}`);
    this.ending = new AbortController();
    this.store.views.add(this);
    this.hand = new Hand(this, this.ending.signal);
    this.#listen(this.ending.signal);
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
      themed.observe(place, { attributeFilter: THEMED });
    }
    this.watchers = [resized, seen, themed];
  }

  /** Follow what the kernel says of the whole session. */
  #listen(signal) {
    const renew = () => this.renew();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", renew, { signal });
    const kinds = ["height", "trouble", "selected", "picked"].map((name) => `change:${name}`);
    for (const kind of kinds) this.model.on(kind, renew);
    signal.addEventListener("abort", () => kinds.forEach((kind) => this.model.off(kind, renew)));
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
    this.clear.hidden = !this.model.get("selected").length || !this.hand.canSelect;
    this.next.hidden = !this.model.get("has_turns");
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
    const isWhole = marks.every(({ mark, column }) => mark.kind === "rule" || (column("x") ?? []).every(Number.isInteger));
    const xTicks = named ?? ticksOf(x, Math.max(2, Math.floor((frame.right - frame.left) / 70)), head.x, isWhole);
    const tiles = isPicture ? tilesOf(head.marks, frame) : new Map();
    const [tile] = tiles.values();
    const place = tile
      ? { left: (value) => tile.left + value * tile.cell, top: (value) => tile.top + value * tile.cell }
      : {
          left: (value) => frame.left + x.place(value) * (frame.right - frame.left),
          top: (value) => frame.bottom - y.place(value) * (frame.bottom - frame.top),
        };
    const selected = new Set(this.model.get("selected"));
    const ink = (mark) => this.#ink(mark);
    return { head, context, frame, x, y, xTicks, yTicks, tiles, marks, selected, isPicture, ink, theme: this.theme, ...place };
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
    const { cursor, box } = this.hand;
    if (cursor !== null && Number.isFinite(plot.left(cursor))) {
      context.strokeStyle = this.theme.muted;
      across(cursor, []);
      for (const [mark, column, i] of readAt(plot, cursor)) {
        context.fillStyle = this.#ink(mark);
        context.beginPath();
        context.arc(plot.left(column("x")[i]), plot.top(column("y")[i]), 3.5, 0, 7);
        context.fill();
      }
    }
    if (box) {
      context.fillStyle = context.strokeStyle = this.theme.ink;
      context.globalAlpha = 0.1;
      context.fillRect(...box);
      context.globalAlpha = 0.6;
      context.strokeRect(...box);
      context.globalAlpha = 1;
    }
  }

  /** Say to those who can't see it what the read-out shows. */
  speak() {
    this.spoken.textContent = [...this.tip.children].map((row) => row.textContent).join(", ");
  }

  /** Show the read-out for a place on the canvas; null hides it. */
  showTip(place) {
    const rows = place && this.plot && !this.head.empty ? rowsAt(this.plot, place) : [];
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
}

/** Bars that are one mark each are named below instead of numbered. */
function barNames(all, marks) {
  const bars = marks.filter(({ mark, column }) => mark.kind === "bars" && column("heights").length === 1);
  if (bars.length < 2 || bars.length !== marks.filter(({ mark }) => mark.kind === "bars").length) return null;
  return bars.map(({ mark, column }) => ({ value: (column("edges")[0] + column("edges")[1]) / 2, label: mark.name }));
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
  const [muted, rule, raised] = [0.6, 0.12, 0.06].map((share) => blended(ground, ink, share));
  return { ground, ink, inks: dark ? palette.dark : palette.light, muted, rule, raised };
}

export default () => {
  let store;
  return {
    initialize({ model }) {
      store = new Store(model);
    },
    render({ model, el }) {
      const view = new View(model, store, el);
      return () => view.close();
    },
  };
};
