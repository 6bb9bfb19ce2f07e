/**
 * What a model shows: a head (titles, axes, marks) and columns of numbers, which patches replace or lengthen.
 * There is one for all views of a model; it outlives them, since an output that is written anew has new views.
 */
export class Store {
  constructor(model) {
    this.model = model;
    this.columns = new Map();
    this.views = new Set();
    this.shown = 0;
    this.take(model.get("snapshot"));
    const latest = model.get("patch");
    if (latest.sequence > this.sequence) this.take(latest);
    model.on("change:patch", () => this.take(model.get("patch")));
  }

  /** Take in a patch; one that doesn't fit what is here is answered by asking for everything. */
  take(patch) {
    if (patch.base === null) this.columns.clear();
    else if (patch.base !== this.sequence) return this.askForAll();
    this.sequence = patch.sequence;
    this.head = patch.head;
    for (const [key, [start, total, bytes]] of Object.entries(patch.columns)) this.#write(key, start, total, bytes);
    for (const view of this.views) view.renew();
  }

  askForAll() {
    this.model.set("asked", this.model.get("asked") + 1);
    this.model.save_changes();
  }

  /** The numbers of one column of a mark; nothing if the mark has no such column. */
  column(mark, name) {
    const found = this.columns.get(`${mark}.${name}`);
    return found ? found.values.subarray(0, found.length) : null;
  }

  /**
   * Say whether a person can see any view: nothing is sent for those that nobody sees. A view that another one
   * replaces at once is not worth a message; two that contradict each other may overtake each other.
   */
  countShown(change) {
    this.shown += change;
    clearTimeout(this.counting);
    this.counting = setTimeout(
      () => {
        if (this.model.get("visible") === this.shown > 0) return;
        this.model.set("visible", this.shown > 0);
        this.model.save_changes();
      },
      this.shown > 0 && !this.model.get("visible") ? 0 : 200,
    );
  }

  #write(key, start, total, bytes) {
    const kind = key.endsWith(".entries") ? Int32Array : Float32Array;
    const fresh = new kind(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    let column = this.columns.get(key);
    if (!column || column.values.length < total) {
      const values = new kind(Math.max(total, column ? 2 * column.values.length : 0));
      if (column) values.set(column.values.subarray(0, start));
      column = { values, length: 0 };
      this.columns.set(key, column);
    }
    column.values.set(fresh, start);
    column.length = total;
  }
}
