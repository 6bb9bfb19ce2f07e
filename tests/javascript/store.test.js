import { beforeEach, describe, expect, it, vi } from "vitest";
import { Store } from "../../widgets/canvas/esm/store.js";
import { Model, patch } from "./stand_ins.js";

const opened = (columns = { "0.x": [1, 2, 3] }) => {
  const model = new Model({ snapshot: patch(4, null, columns, { title: "first" }) });
  return { model, store: new Store(model) };
};
const values = (store, name) => [...store.column(0, name)];

describe("columns", () => {
  it("come from the snapshot, whatever byte they begin at", () => {
    const { store } = opened({ "0.x": [0.5, -2], "0.entries": [7, 2 ** 30 + 1] });
    expect(values(store, "x")).toEqual([0.5, -2]);
    expect(values(store, "entries")).toEqual([7, 2 ** 30 + 1]);
    expect(store.column(0, "y")).toBeNull();
    expect(store.head.title).toBe("first");
  });

  it("grow by what a patch adds", () => {
    const { model, store } = opened();
    model.receive("patch", patch(5, 4, { "0.x": [2, 5, [30, 40, 50]] }, { title: "second" }));
    expect(values(store, "x")).toEqual([1, 2, 30, 40, 50]);
    expect(store.head.title).toBe("second");
    model.receive("patch", patch(6, 5, { "0.x": [1, 2, [20]] }));
    expect(values(store, "x")).toEqual([1, 20]);
  });

  it("are forgotten when everything is sent anew", () => {
    const { model, store } = opened({ "0.x": [1], "1.x": [2] });
    model.receive("patch", patch(9, null, { "0.x": [5] }));
    expect(values(store, "x")).toEqual([5]);
    expect(store.column(1, "x")).toBeNull();
  });

  it("take in a patch that is newer than the snapshot", () => {
    const snapshot = patch(1, null, { "0.x": [1] });
    const store = new Store(new Model({ snapshot, patch: patch(2, 1, { "0.x": [1, 2, [2]] }) }));
    expect(values(store, "x")).toEqual([1, 2]);
  });
});

it("asks for everything when a patch doesn't fit, and keeps what it has", () => {
  const { model, store } = opened();
  model.receive("patch", patch(7, 6, { "0.x": [9] }));
  expect([model.get("asked"), model.saved]).toEqual([1, 1]);
  expect(values(store, "x")).toEqual([1, 2, 3]);
});

it("tells its views of what is new", () => {
  const { model, store } = opened();
  const view = { renew: vi.fn() };
  store.views.add(view);
  model.receive("patch", patch(5, 4, {}));
  expect(view.renew).toHaveBeenCalledTimes(1);
});

describe("being seen", () => {
  beforeEach(() => vi.useFakeTimers());

  it("is told at once, and no longer being seen after a moment", () => {
    const { model, store } = opened();
    store.countShown(1);
    vi.advanceTimersByTime(1);
    expect(model.get("visible")).toBe(true);
    store.countShown(-1);
    vi.advanceTimersByTime(100);
    expect(model.get("visible")).toBe(true);
    vi.advanceTimersByTime(100);
    expect(model.get("visible")).toBe(false);
    expect(model.saved).toBe(2);
  });

  it("is not told of a view that another one replaces", () => {
    const { model, store } = opened();
    store.countShown(1);
    vi.runAllTimers();
    store.countShown(-1);
    store.countShown(1);
    vi.runAllTimers();
    expect([model.get("visible"), model.saved]).toEqual([true, 1]);
  });
});
