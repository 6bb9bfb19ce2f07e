/** A model like anywidget's, on a page without a kernel: what is set is told to those who listen. */
export class Model {
  #listeners = new Map();

  constructor(state) {
    this.state = { palette: { dark: [], light: [] }, height: 240, link: "", selected: [], picked: "", ...state };
    Object.assign(this.state, { trouble: "", turn: 0, visible: false, asked: 0, patch: { sequence: 0 } });
  }

  get(name) {
    return this.state[name];
  }

  set(name, value) {
    if (this.state[name] === value) return;
    this.state[name] = value;
    for (const listener of this.#listeners.get(`change:${name}`) ?? []) listener();
  }

  save_changes() {}

  on(kind, listener) {
    this.#listeners.set(kind, [...(this.#listeners.get(kind) ?? []), listener]);
  }

  off(kind, listener) {
    const known = this.#listeners.get(kind) ?? [];
    this.#listeners.set(
      kind,
      known.filter((one) => one !== listener),
    );
  }
}
