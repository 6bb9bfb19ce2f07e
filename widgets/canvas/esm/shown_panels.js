import { made } from "./elements.js";
import { Model } from "./model.js";
import { Store } from "./store.js";
import { View } from "./view.js";
import { litUp, namesOf } from "./weights.js";

/** The charts of a page, each with what it shows and how to read it, and buttons that say which are there. */
export class ShownPanels {
  constructor(recording, { chips, charts }) {
    Object.assign(this, { recording, charts, chips, offered: new Map(), panels: new Map(), selected: [] });
    this.renew();
  }

  /** Offer the panels that the recording has now; those that are shown go on with what they show now. */
  renew() {
    const known = new Map(this.recording.words.panels.map((panel) => [panel.name, panel]));
    for (const [name, chip] of this.offered) {
      if (known.has(name)) continue;
      if (this.panels.has(name)) this.#toggle(name, chip);
      chip.remove();
      this.offered.delete(name);
    }
    for (const panel of known.values()) {
      const shown = this.panels.get(panel.name);
      if (shown) Object.assign(shown, { panel, key: null });
      if (shown) shown.model.set("has_turns", panel.turns.length > 1);
      if (!this.offered.has(panel.name)) this.#offer(panel);
    }
    this.chips.append(...[...known.keys()].map((name) => this.offered.get(name)));
  }

  #offer(panel) {
    const chip = made("button", panel.title);
    chip.title = `Show or hide: ${panel.title}`;
    chip.addEventListener("click", () => this.#toggle(panel.name, chip));
    chip.setAttribute("aria-pressed", "false");
    this.offered.set(panel.name, chip);
    if (panel.shown) this.#toggle(panel.name, chip);
  }

  /** Show a place in all charts. */
  show(place) {
    this.place = place;
    for (const shown of this.panels.values()) this.#draw(shown);
  }

  #toggle(name, chip) {
    const known = this.panels.get(name);
    chip.setAttribute("aria-pressed", String(!known));
    if (known) {
      known.view.close();
      known.element.remove();
      this.panels.delete(name);
      return;
    }
    const { panels } = this.recording.words;
    this.panels.set(name, this.#begun(panels.find((panel) => panel.name === name)));
    const order = panels.map((panel) => panel.name);
    const shown = [...this.panels.values()].sort((a, b) => order.indexOf(a.panel.name) - order.indexOf(b.panel.name));
    this.charts.append(...shown.map(({ element }) => element));
  }

  #begun(panel) {
    const place = this.place ?? { branch: 0, round: 0, generation: 0 };
    const model = new Model({
      palette: this.recording.words.palette,
      has_turns: panel.turns.length > 1,
      selected: this.selected,
      snapshot: this.recording.patchAt(panel.turns[0], place, 1),
    });
    const drawing = made("div");
    const help = made("details", made("summary", "How to read this"), made("p", panel.help));
    const element = made("article", drawing, help);
    element.dataset.panel = panel.name;
    const shown = { panel, model, element, sequence: 1, view: new View(model, new Store(model), drawing) };
    model.on("change:turn", () => this.#draw(shown));
    model.on("change:selected", () => this.#select(model.get("selected")));
    this.#draw(shown);
    return shown;
  }

  #draw(shown) {
    const { panel, model } = shown;
    const turn = panel.turns[model.get("turn") % panel.turns.length];
    const key = this.place && `${this.recording.keyAt(turn, this.place)} ${panel.lights_up ? this.selected : ""}`;
    if (key && key !== shown.key) {
      shown.key = key;
      shown.sequence += 1;
      const branch = this.recording.branches[this.place.branch];
      const patch = this.recording.patchAt(turn, this.place, shown.sequence);
      model.set("patch", panel.lights_up ? litUp(patch, this.selected, branch) : patch);
      if (panel.picks) model.set("picked", namesOf(this.selected, branch));
    }
    model.set("link", turn.cursor ?? "");
  }

  /** Weights that are selected in one chart are selected in all. */
  #select(selected) {
    if (String(selected) === String(this.selected)) return;
    this.selected = selected;
    for (const shown of this.panels.values()) {
      shown.model.set("selected", selected);
      this.#draw(shown);
    }
  }
}
