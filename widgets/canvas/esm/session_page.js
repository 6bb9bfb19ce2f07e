import { themeOf } from "./colours.js";
import { made } from "./elements.js";
import { addressOf, branchBeside, endOf, generationBeside, placeAt, roundBeside } from "./places.js";
import { RoundTable } from "./round_table.js";
import { written } from "./scales.js";
import { ShownPanels } from "./shown_panels.js";

/** Seconds that a round takes when it is played. */
const ROUND = 4;
const ELEMENTS = ["play", "place", "generation", "rounds", "chips", "charts", "journal", "trouble"];

/** A recorded session: where in it a person is, and everything that shows it. */
export class Page {
  constructor(recording) {
    this.recording = recording;
    for (const name of ELEMENTS) this[name] = document.getElementById(`te-${name}`);
    this.table = new RoundTable(recording, this.rounds, (place) => this.stopAt(place));
    this.panels = new ShownPanels(recording, this);
    this.#tellJournal(recording.words.journal);
    this.#listen();
    this.go(placeAt(recording, location.hash) ?? endOf(recording, 0, Infinity));
    document.documentElement.dataset.ready = "true";
  }

  /** Show a place. */
  go(place) {
    this.at = place;
    const { recording } = this;
    const round = recording.roundAt(place);
    Object.assign(this.generation, { max: round.done, value: place.generation });
    const score = round.score === null ? "" : `, score ${written(null, round.score)}`;
    const kept = `${written({ percent: true }, round.density, 3)} kept`;
    this.place.replaceChildren(
      made("b", recording.branches[place.branch].name),
      ` round ${round.number}, ${kept}${score} · generation ${place.generation} of ${round.done}`,
    );
    this.table.show(place, themeOf(document.body, recording.words.palette).inks);
    this.panels.show(place);
    clearTimeout(this.writing);
    this.writing = setTimeout(() => this.#writeAddress(place), 400);
  }

  #writeAddress(place) {
    if (location.protocol === "about:") return; // a frame in a notebook, which has no address
    history.replaceState(null, "", addressOf(this.recording, place));
  }

  /** Show a place, and play no further. */
  stopAt(place) {
    this.#play(false);
    this.onMove?.();
    this.go(place);
  }

  /** Show what has come to the recording: at a place, or at the same one as before, if it is still there. */
  renew(lines, place) {
    this.table.renew();
    this.panels.renew();
    this.#tellJournal(lines);
    this.go(place ?? this.recording.nearest(this.at));
  }

  #playOrPause() {
    this.onMove?.();
    this.#play(!this.playing);
  }

  #play(plays) {
    cancelAnimationFrame(this.playing);
    this.playing = 0;
    this.play.textContent = plays ? "❚❚" : "▶";
    this.play.setAttribute("aria-label", plays ? "Pause" : "Play");
    if (!plays) return;
    if (!this.#next(this.at)) this.go({ ...this.at, round: 0, generation: 0 });
    let before = performance.now();
    let exact = this.at.generation;
    const tick = (now) => {
      const { done } = this.recording.roundAt(this.at);
      exact += ((now - before) / 1000 / ROUND) * done;
      before = now;
      const next = exact >= done && this.at.generation >= done ? this.#next(this.at) : null;
      if (next) exact = 0;
      else if (this.at.generation >= done) return this.#play(false);
      this.go(next ?? { ...this.at, generation: Math.min(Math.floor(exact), done) });
      this.playing = requestAnimationFrame(tick);
    };
    this.playing = requestAnimationFrame(tick);
  }

  /** Where playing goes on: in this round, or at the next one's beginning; null at the branch's end. */
  #next(place) {
    const found = generationBeside(this.recording, place, 1);
    return found.round === place.round && found.generation === place.generation ? null : found;
  }

  #listen() {
    this.play.addEventListener("click", () => this.#playOrPause());
    this.generation.addEventListener("input", () => {
      this.stopAt({ ...this.at, generation: Number(this.generation.value) });
    });
    addEventListener("hashchange", () => {
      const place = placeAt(this.recording, location.hash);
      if (place) this.stopAt(place);
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.go(this.at));
    document.addEventListener("keydown", (event) => this.#key(event));
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const { recording, at } = this;
    const keys = {
      ArrowLeft: () => this.stopAt(generationBeside(recording, at, -1)),
      ArrowRight: () => this.stopAt(generationBeside(recording, at, 1)),
      "shift ArrowLeft": () => this.stopAt(roundBeside(recording, at, -1)),
      "shift ArrowRight": () => this.stopAt(roundBeside(recording, at, 1)),
      ",": () => this.stopAt(roundBeside(recording, at, -1)),
      ".": () => this.stopAt(roundBeside(recording, at, 1)),
      "[": () => this.stopAt(branchBeside(recording, at, -1)),
      "]": () => this.stopAt(branchBeside(recording, at, 1)),
      " ": () => this.#playOrPause(),
    };
    const name = event.shiftKey && event.key.startsWith("Arrow") ? `shift ${event.key}` : event.key;
    const isPressed = name === " " && event.target.closest("button, summary");
    if (!keys[name] || isPressed) return;
    event.preventDefault();
    keys[name]();
  }

  #tellJournal(lines) {
    this.journal.append(...lines.map(({ at, text }) => made("li", made("time", at), text)));
  }
}
