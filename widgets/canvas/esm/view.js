import { themeOf } from "./colours.js";
import { Hand } from "./hand.js";
import { isSeenWhole, seenThrough, seenWhole } from "./lens.js";
import { paint } from "./painting.js";
import { plotOf } from "./plot.js";
import { rowsAt } from "./reading.js";
import { signOf, signPath } from "./signs.js";

const LAYOUT = `
  <div class="te-head"><span class="te-title"></span><span class="te-tools">
    <button class="te-next" title="The next layer, quantity or landscape" hidden>next</button>
    <button class="te-clear" title="Forget the selected weights (Escape)" hidden>clear selection</button>
    <button class="te-reset" title="Show everything again (0, or double click)" hidden>reset zoom</button>
  </span></div>
  <div class="te-legend"></div>
  <div class="te-stage">
    <canvas tabindex="0" role="application" aria-roledescription="chart"></canvas>
    <div class="te-empty"></div>
    <div class="te-tip" hidden></div>
    <div class="te-trouble" role="alert" hidden></div>
  </div>
  <div class="te-note"></div>
  <div class="te-picked" hidden></div>
  <div class="te-spoken" aria-live="polite"></div>`;
const PARTS = [
  "title",
  "legend",
  "stage",
  "empty",
  "tip",
  "trouble",
  "note",
  "picked",
  "spoken",
  "reset",
  "clear",
  "next",
];
const THEMED = ["class", "style", "theme", "data-theme", "data-jp-theme-name", "data-jp-theme-light"];

/** One place where a model is shown. */
export class View {
  constructor(model, store, el) {
    Object.assign(this, { model, store, hidden: new Set(), ...seenWhole() });
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
      this.isShown = isShown;
      if (isShown) this.renew();
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
    signal.addEventListener("abort", () => {
      for (const kind of kinds) this.model.off(kind, renew);
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
    this.plot = plotOf(this.#shown(), context, width, height);
    if (!this.head.empty) paint(this.plot, this.hand);
    this.drawn = (this.drawn ?? 0) + 1;
    this.root.dataset.drawn = this.drawn;
  }

  /** All that is text: title, legend, note, what went wrong, what is selected. */
  #say() {
    const { head, theme } = this;
    const texts = { title: head.title, note: head.empty ? "" : head.note, empty: head.empty ? head.note : "" };
    texts.trouble = this.model.get("trouble");
    texts.picked = this.model.get("picked");
    for (const [name, text] of Object.entries(texts)) {
      if (this[name].textContent !== text) this[name].textContent = text;
    }
    this.trouble.hidden = !texts.trouble;
    this.picked.hidden = !texts.picked;
    this.reset.hidden = isSeenWhole(this);
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
    const now = JSON.stringify([
      entries.map((mark) => [mark.name, mark.colour, mark.faint]),
      [...this.hidden],
      this.theme.inks,
    ]);
    if (now === this.written) return;
    this.written = now;
    this.legend.replaceChildren(...entries.map((mark) => this.#legendEntry(mark)));
  }

  #legendEntry(mark) {
    const entry = document.createElement("button");
    entry.className = `te-entry te-${mark.kind}${mark.faint ? " te-faint" : ""}`;
    entry.style.setProperty("--te-own", this.#ink(mark));
    if (mark.markers || mark.marked) {
      entry.classList.add("te-signed");
      entry.style.setProperty("--te-sign", `path("${signPath(signOf(mark.colour))}")`);
    }
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

  /** What is to be drawn: every mark that is not hidden, with its columns, and how. */
  #shown() {
    const { head, zoomed, theme } = this;
    const marks = head.marks.flatMap((mark, i) =>
      this.hidden.has(mark.name) ? [] : [{ mark, column: (name) => this.store.column(i, name) }],
    );
    return {
      ...seenThrough(this, head, marks),
      zoomed,
      theme,
      selected: new Set(this.model.get("selected")),
      ink: (mark) => this.#ink(mark),
    };
  }

  /** Say to those who can't see it what the read-out shows. */
  speak() {
    const told = (row) =>
      [...row.children]
        .map((part) => part.textContent)
        .filter(Boolean)
        .join(" ");
    this.spoken.textContent = [...this.tip.children].map(told).join(", ");
  }

  /** Show the read-out for a place on the canvas; null hides it. */
  showTip(place) {
    const rows = place && this.plot && !this.head.empty ? rowsAt(this.plot, place) : [];
    this.tip.hidden = !rows.length;
    if (!rows.length) return;
    this.tip.replaceChildren(
      ...rows.map(([ink, name, value]) => {
        const row = document.createElement("div");
        const dot = document.createElement("i");
        dot.style.background = ink ?? "transparent";
        const label = document.createElement("span");
        label.textContent = name;
        const number = document.createElement("b");
        number.textContent = value;
        row.append(dot, label, number);
        return row;
      }),
    );
    const room = this.stage.clientWidth - this.tip.offsetWidth - 6;
    const beside = place[0] + 14 > room ? place[0] - this.tip.offsetWidth - 14 : place[0] + 14;
    this.tip.style.left = `${Math.max(2, Math.min(beside, room))}px`;
    this.tip.style.top = `${Math.max(2, Math.min(place[1] - 12, this.stage.clientHeight - this.tip.offsetHeight - 4))}px`;
  }
}
