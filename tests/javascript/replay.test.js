// @vitest-environment jsdom
import { describe, expect, it } from "vitest";
import { Model } from "../../widgets/canvas/esm/model.js";
import {
  addressOf,
  branchBeside,
  endOf,
  generationBeside,
  placeAt,
  roundBeside,
} from "../../widgets/canvas/esm/places.js";
import { interleaved, Recording } from "../../widgets/canvas/esm/recording.js";
import { RoundTable } from "../../widgets/canvas/esm/round_table.js";
import { litUp, namesOf } from "../../widgets/canvas/esm/weights.js";

const round = (number, score, done = 96) => ({
  number,
  score,
  done,
  density: 0.5 ** number,
  kept: 9,
  stops: [1, 50, 96],
});
const WORDS = {
  branches: [
    { name: "snr", colour: 0, rounds: [round(0, 0.8), round(1, 0.75), round(2, null, 10)] },
    { name: "a:b <i>", colour: 1, rounds: [round(0, 0.8), round(1, 0.5)] },
  ],
  charts: ["a", "b", "c", "d"].map((title) => ({ head: { title }, columns: { "0.y": 1 } })),
  columns: [
    [0, 2],
    [2, 1],
  ],
};
const NUMBERS = new Uint8Array(new Float32Array([1, 2, 3]).buffer);
const recording = new Recording(WORDS, NUMBERS);
const at = (branch, round, generation) => ({ branch, round, generation });

describe("places", () => {
  it("lead through a round, into the next one and back", () => {
    expect(generationBeside(recording, at(0, 0, 10), 1)).toEqual(at(0, 0, 12));
    expect(generationBeside(recording, at(0, 0, 1), -1)).toEqual(at(0, 0, 0));
    expect(generationBeside(recording, at(0, 0, 96), 1)).toEqual(at(0, 1, 0));
    expect(generationBeside(recording, at(0, 1, 0), -1)).toEqual(at(0, 0, 96));
    expect(generationBeside(recording, at(0, 2, 10), 1)).toEqual(at(0, 2, 10));
    expect(generationBeside(recording, at(0, 0, 0), -1)).toEqual(at(0, 0, 0));
  });

  it("lead to rounds and branches, never beyond the last", () => {
    expect(roundBeside(recording, at(0, 0, 5), 1)).toEqual(at(0, 1, 96));
    expect(roundBeside(recording, at(0, 2, 5), 1)).toEqual(at(0, 2, 10));
    expect(branchBeside(recording, at(0, 2, 5), 1)).toEqual(at(1, 1, 96));
    expect(branchBeside(recording, at(0, 0, 5), -1)).toEqual(at(1, 0, 96));
  });

  it("have an address, which leads back", () => {
    for (const place of [at(0, 1, 7), at(1, 0, 96)])
      expect(placeAt(recording, addressOf(recording, place))).toEqual(place);
    expect(placeAt(recording, "#nowhere:1:2")).toBeNull();
    expect(placeAt(recording, "#snr")).toEqual(endOf(recording, 0, Infinity));
    expect(placeAt(recording, "#snr:1:999999")).toEqual(at(0, 1, 96));
  });
});

describe("a recording", () => {
  const turn = { cursor: "generation", charts: [[[0, 1, 2]], [[3]]] };

  it("shows the last stop at or before a generation, and the first before that", () => {
    const titles = [0, 49, 50, 96].map((generation) => recording.patchAt(turn, at(0, 0, generation), 1).head.title);
    expect(titles).toEqual(["a", "a", "b", "c"]);
    expect(recording.patchAt(turn, at(1, 1, 96), 1).head.title).toBe("d");
  });

  it("has the cursor where the place is, and none at the end of a round", () => {
    const cursor = (kind, place) => recording.patchAt({ ...turn, cursor: kind }, place, 1).head.cursor;
    expect(cursor("generation", at(0, 0, 40))).toBe(40);
    expect(cursor("generation", at(0, 0, 96))).toBeNull();
    expect(cursor("round", at(0, 1, 3))).toBe(1);
    expect(cursor("density", at(0, 1, 3))).toBe(0.5);
    expect(cursor(null, at(0, 1, 3))).toBeNull();
  });

  it("says where it shows the same", () => {
    const keys = [10, 40, 60].map((generation) => recording.keyAt({ ...turn, cursor: "round" }, at(0, 0, generation)));
    expect(keys[0]).toBe(keys[1]);
    expect(keys[1]).not.toBe(keys[2]);
    expect(recording.keyAt(turn, at(0, 0, 10))).not.toBe(recording.keyAt(turn, at(0, 0, 40)));
  });

  it("gives columns as bytes of their own", () => {
    const [start, count, bytes] = recording.patchAt(turn, at(0, 0, 0), 1).columns["0.y"];
    expect([start, count, new Float32Array(bytes.slice().buffer)[0]]).toEqual([0, 1, 3]);
  });

  it("puts bytes back together", () => {
    expect([...interleaved(Uint8Array.from([1, 5, 2, 6, 3, 7, 4, 8]))]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });
});

it("a table of rounds leads to their ends, marks one, and leaves names text", () => {
  const went = [];
  const scroller = document.body.appendChild(document.createElement("div"));
  const element = scroller.appendChild(document.createElement("table"));
  const table = new RoundTable(recording, element, (place) => went.push(place));
  table.show(at(0, 1, 3), ["#ff0000", "#00ff00"]);
  expect([...element.querySelectorAll("td")].map((cell) => cell.textContent)).toEqual([
    ".800",
    ".750",
    "…",
    ".800",
    ".500",
  ]);
  expect(element.querySelectorAll("[aria-current=true]")).toHaveLength(1);
  expect([...element.querySelectorAll("tbody th")].map((cell) => cell.textContent)).toEqual(["snr", "a:b <i>"]);
  element.querySelectorAll("td button")[3].click();
  expect(went).toEqual([at(1, 0, 96)]);
});

it("a model tells what is set anew, until nobody listens", () => {
  const model = new Model({ height: 100 });
  let told = 0;
  const listener = () => told++;
  model.on("change:height", listener);
  for (const height of [100, 120, 120]) model.set("height", height);
  model.off("change:height", listener);
  model.set("height", 140);
  expect([told, model.get("height")]).toEqual([1, 140]);
});

describe("selected weights", () => {
  const dense = {
    leaves: [
      { name: "bias", shape: [4] },
      { name: "kernel", shape: [6, 2] },
    ],
    input_shape: [2, 3, 1],
  };
  const convolution = { leaves: [{ name: "kernel", shape: [2, 3, 4, 5] }], input_shape: [8, 8, 4] };
  const pictured = (name) => ({ head: { alt: "", marks: [{ kind: "picture", name }] }, columns: {} });
  const cells = (entries, branch, name = "kernel") => {
    const { columns } = litUp(pictured(name), entries, branch);
    return columns["1.x"] && Array.from(columns["1.x"][2], (x, i) => [columns["1.y"][2][i] - 0.5, x - 0.5]);
  };

  it("have names", () => {
    expect(namesOf([1, 4 + 11], dense)).toBe("2 weights: bias [1] · kernel [5, 1]");
    expect(namesOf([4], dense)).toBe("1 weight: kernel [0, 0]");
    expect(namesOf(Array(14).fill(4), dense)).toMatch(/^14 weights: kernel .* · and 2 more$/);
    expect(namesOf([], dense)).toBe("");
  });

  it("are at their pixels, units or channels", () => {
    expect(cells([1, 4 + 2 * 4 + 1], dense)).toEqual([[1, 1]]);
    expect(cells([1], dense)).toBeUndefined();
    const second = { ...dense, input_shape: [6] };
    expect(cells([4 + 2 * 4 + 1], second)).toEqual([[4, 1]]);
    const index = ((1 * 3 + 2) * 4 + 3) * 5 + 4;
    expect(cells([index], convolution)).toEqual([[3 * 3 + 1, 4 * 4 + 2]]);
  });

  it("change nothing where there is no picture", () => {
    const patch = { head: { alt: "", marks: [{ kind: "line" }] }, columns: {} };
    expect(litUp(patch, [5], dense)).toBe(patch);
  });
});
