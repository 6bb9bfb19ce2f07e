// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import chart from "../../widgets/canvas/esm/widget.js";
import { axis, browser, Model, patch } from "./stand_ins.js";

const LINES = {
  columns: { "0.x": [0, 1, 2], "0.y": [1, 2, 3], "1.x": [0, 1, 2], "1.y": [3, 2, 1] },
  head: { title: "Score", alt: "a falling line", x: axis({ label: "round" }) },
};
LINES.head.marks = ["snr", "random"].map((name, colour) => ({ kind: "line", name, colour }));
const CLOUD = {
  columns: { "0.x": [0, 5, 10], "0.y": [0, 5, 10], "0.entries": [30, 40, 50] },
  head: { title: "Weights", marks: [{ kind: "points", name: "kept", colour: 0, entries: true }] },
};
const PICTURE = {
  columns: { "0.values": [0.25, 0.5, 0.75, 1] },
  head: { title: "Mask", x: axis({ label: "column" }), y: axis({ label: "row" }) },
};
PICTURE.head.marks = [{ kind: "picture", name: "kernel", colour: 0, rows: 2, columns: 2 }];

let page;
const closing = [];
beforeEach(() => {
  page = browser();
});
afterEach(() => {
  for (const close of closing.splice(0)) close();
  document.body.replaceChildren();
});

/** A chart in the page, drawn once. */
function shown({ columns, head }, state = {}) {
  const model = new Model({ snapshot: patch(1, null, columns, head), ...state });
  const el = document.body.appendChild(document.createElement("div"));
  const widget = chart();
  widget.initialize({ model });
  const close = widget.render({ model, el });
  closing.push(close);
  page.frame();
  const canvas = el.querySelector("canvas");
  const part = (name) => el.querySelector(`.te-${name}`);
  const send = (kind, [clientX, clientY] = [0, 0], given = {}) => {
    canvas.dispatchEvent(new MouseEvent(kind, { clientX, clientY, bubbles: true, cancelable: true, ...given }));
    page.frame();
  };
  const key = (name, given = {}) => {
    canvas.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true, ...given }));
    page.frame();
  };
  const drag = (from, to, given) => {
    send("pointerdown", from, given);
    send("pointermove", to, given);
    send("pointerup", to, given);
  };
  const context = () => page.contexts.get(canvas);
  const texts = () => {
    const { calls } = context();
    const last = calls.findLastIndex(({ name }) => name === "clearRect");
    return calls.slice(last).flatMap(({ name, given }) => (name === "fillText" ? [given[0]] : []));
  };
  return { model, el, canvas, part, send, key, drag, close, texts, context };
}

describe("a chart", () => {
  it("says its title, axes and what it shows", () => {
    const { part, canvas, texts } = shown(LINES);
    expect(part("title").textContent).toBe("Score");
    expect(canvas.getAttribute("aria-label")).toBe("a falling line");
    expect(texts()).toEqual(expect.arrayContaining(["round", "0", "1", "2"]));
  });

  it("draws once for all that has changed until the next frame", () => {
    const { model, part } = shown(LINES);
    model.receive("patch", patch(2, 1, { "0.y": [2, 3, [9]] }, LINES.head));
    model.receive("trouble", "The engine has ended.");
    expect(page.frame()).toBe(1);
    expect(part("chart").dataset.drawn).toBe("2");
    expect([part("trouble").hidden, part("trouble").textContent]).toEqual([false, "The engine has ended."]);
  });

  it("with nothing to show says why, and draws nothing", () => {
    const { part, texts } = shown({ columns: {}, head: { empty: true, note: "No round is finished." } });
    expect(part("empty").textContent).toBe("No round is finished.");
    expect(part("note").textContent).toBe("");
    expect(texts()).toEqual([]);
  });

  it("takes the colours that go with its background", () => {
    document.body.style.backgroundColor = "rgb(20, 20, 20)";
    const dark = shown(LINES);
    expect(dark.part("entry").style.getPropertyValue("--te-own")).toBe("#ff8800");
    document.body.style.backgroundColor = "rgb(250, 250, 250)";
    const light = shown(LINES);
    expect(light.part("entry").style.getPropertyValue("--te-own")).toBe("#0000ff");
  });

  it("hides a mark that is pressed in the legend, and shows it again", () => {
    const { el, context } = shown(LINES);
    const lines = () => {
      const { calls } = context();
      const last = calls.findLastIndex(({ name }) => name === "clearRect");
      return calls.slice(last).filter(({ name, given }) => name === "stroke" && given[0]).length;
    };
    const press = () => {
      el.querySelectorAll(".te-entry")[1].click();
      page.frame();
      return lines();
    };
    expect(lines()).toBe(2);
    expect([press(), press()]).toEqual([1, 2]);
  });

  it("tells the kernel whether it is seen, and hears nothing more once it is closed", () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { model, close, part } = shown(LINES);
    page.show(true);
    vi.runAllTimers();
    expect(model.get("visible")).toBe(true);
    page.frame();
    close();
    vi.runAllTimers();
    expect(model.get("visible")).toBe(false);
    const before = part("chart").dataset.drawn;
    model.receive("trouble", "late");
    model.receive("patch", patch(2, 1, {}, LINES.head));
    page.frame();
    expect(part("chart").dataset.drawn).toBe(before);
    vi.useRealTimers();
  });
});

describe("the pointer", () => {
  it("has the values below it read out", () => {
    const { part, send } = shown(LINES);
    send("pointermove", [390, 90]);
    expect([...part("tip").children].map((row) => row.textContent)).toEqual(["round2", "snr3", "random1"]);
    send("pointerleave");
    expect(part("tip").hidden).toBe(true);
  });

  it("selects the points of a rectangle, and adds to them with Ctrl", () => {
    const { model, drag } = shown(CLOUD);
    drag([150, 10], [395, 190]);
    expect(model.get("selected")).toEqual([40, 50]);
    drag([2, 100], [120, 199], { ctrlKey: true });
    expect(model.get("selected")).toEqual([40, 50, 30]);
    drag([2, 100], [120, 199]);
    expect(model.get("selected")).toEqual([30]);
  });

  it("picks the point below it, and drops it again", () => {
    const { model, send, canvas } = shown(CLOUD);
    const middle = page.contexts.get(canvas);
    const [{ given }] = middle.calls.filter(({ name, given }) => name === "fill" && given[0]);
    const [, left, top] = given[0].steps.filter(([step]) => step === "arc")[1];
    for (const wanted of [[40], []]) {
      send("pointerdown", [left, top]);
      send("pointerup", [left + 2, top]);
      expect(model.get("selected")).toEqual(wanted);
    }
  });

  it("zooms into what is dragged, and out by a double click", () => {
    const { drag, send, part, texts } = shown(LINES);
    const before = texts();
    drag([200, 60], [300, 120]);
    expect(part("reset").hidden).toBe(false);
    expect(texts()).not.toEqual(before);
    send("dblclick");
    expect(texts()).toEqual(before);
    expect(part("reset").hidden).toBe(true);
  });

  it("zooms by the wheel with Ctrl only, so that a page can be scrolled", () => {
    const { canvas, part } = shown(LINES);
    const turned = (ctrlKey) => {
      const event = new WheelEvent("wheel", { deltaY: -1, clientX: 200, ctrlKey, cancelable: true });
      canvas.dispatchEvent(event);
      page.frame();
      return [event.defaultPrevented, part("reset").hidden];
    };
    expect(turned(false)).toEqual([false, true]);
    expect(turned(true)).toEqual([true, false]);
  });

  it("shows its place in charts of the same link, and in no others", () => {
    const [here, linked, apart] = ["a", "a", "b"].map((link) => shown(LINES, { link }));
    const arcs = (one) => one.context().calls.filter(({ name }) => name === "arc").length;
    here.send("pointermove", [390, 90]);
    expect([arcs(here), arcs(linked), arcs(apart)]).toEqual([2, 2, 0]);
  });
});

describe("keys", () => {
  it("lead from value to value, and say what is there", () => {
    const { key, part } = shown(LINES);
    key("ArrowRight");
    key("ArrowRight");
    expect(part("spoken").textContent).toBe("round 1, snr 2, random 2");
    key("ArrowLeft");
    expect(part("spoken").textContent).toBe("round 0, snr 1, random 3");
  });

  it("pick a point by Enter and forget all by Escape", () => {
    const { key, model } = shown(CLOUD);
    key("ArrowRight");
    key("Enter");
    expect(model.get("selected")).toEqual([30]);
    key("+");
    key("Escape");
    expect(model.get("selected")).toEqual([]);
  });

  it("zoom in, out and back", () => {
    const { key, part } = shown(LINES);
    key("+");
    expect(part("reset").hidden).toBe(false);
    key("0");
    expect(part("reset").hidden).toBe(true);
  });

  it("move, smooth and change scales, and 0 shows everything as it is", () => {
    for (const [name, given] of [["ArrowUp", { shiftKey: true }], ["x"], ["y"], ["s"]]) {
      const { key, part } = shown(LINES);
      key(name, given);
      expect([name, part("reset").hidden]).toEqual([name, false]);
      key("0");
      expect(part("reset").hidden).toBe(true);
    }
  });

  it("lead from cell to cell of a picture, and say what is there", () => {
    const { key, part } = shown(PICTURE);
    key("ArrowRight");
    expect(part("spoken").textContent).toBe("row 0, column 0, kernel 25%");
    key("ArrowDown");
    key("ArrowRight");
    expect(part("spoken").textContent).toBe("row 1, column 1, kernel 100%");
  });

  it("choose a picture where pictures can be chosen, and go to the next one", () => {
    const { model, key } = shown(PICTURE, { has_choices: true, chosen: [] });
    key("Enter");
    expect([model.get("chosen"), model.saved]).toEqual([[0, 1], 1]);
    key("PageDown");
    key("Enter");
    expect(model.get("chosen")).toEqual([0, 2]); // there is only one
  });

  it("choose nothing elsewhere", () => {
    const { model, key } = shown(PICTURE);
    key("Enter");
    expect(model.saved).toBe(0);
  });

  it("with Ctrl are left to the notebook", () => {
    const { key, part } = shown(LINES);
    key("+", { ctrlKey: true });
    expect(part("reset").hidden).toBe(true);
  });
});

it("asks for the next layer by its button", () => {
  const { model, part } = shown(LINES, { has_turns: true });
  expect(part("next").hidden).toBe(false);
  part("next").click();
  expect([model.get("turn"), model.saved]).toEqual([1, 1]);
});
