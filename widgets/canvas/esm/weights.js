/** The most weights that are named one by one. */
const NAMED = 12;

const product = (shape) => shape.reduce((size, length) => size * length, 1);

/** An index in an array as one number for each axis. */
function unraveled(index, shape) {
  const places = [];
  for (const length of [...shape].reverse()) {
    places.unshift(index % length);
    index = Math.floor(index / length);
  }
  return places;
}

/** Entries of θ with the leaf that each is in, and its index in it; leaves are in the order they have in θ. */
function located(entries, leaves) {
  return entries.flatMap((entry) => {
    let start = 0;
    for (const leaf of leaves) {
      const size = product(leaf.shape);
      if (entry < start + size) return [{ entry, leaf, index: entry - start }];
      start += size;
    }
    return [];
  });
}

/** Weights as text, as in notebooks: `2 weights: dense_0/kernel [12, 3] · dense_1/kernel [0, 7]`; empty for none. */
export function namesOf(entries, { leaves }) {
  if (!entries.length) return "";
  const found = located(entries.slice(0, NAMED), leaves);
  const names = found.map(({ leaf, index }) => `${leaf.name} [${unraveled(index, leaf.shape).join(", ")}]`);
  if (entries.length > NAMED) names.push(`and ${entries.length - NAMED} more`);
  return `${entries.length} ${entries.length === 1 ? "weight" : "weights"}: ${names.join(" · ")}`;
}

/** A patch of a mask's picture in which weights are lit up: points in the middle of their cells. */
export function litUp(patch, entries, branch) {
  const [picture] = patch.head.marks;
  if (picture?.kind !== "picture") return patch;
  const inside = located(entries, branch.leaves).filter(({ leaf }) => leaf.name === picture.name);
  if (!inside.length) return patch;
  const cells = inside.map(({ leaf, index }) => cellInPicture(index, leaf, branch));
  const mark = { kind: "points", name: "selected", colour: 1, entries: true };
  const alt = `${patch.head.alt} selected: ${inside.length} points.`;
  const number = patch.head.marks.length;
  const columns = {
    ...patch.columns,
    [`${number}.x`]: [0, cells.length, Float32Array.from(cells, ([, column]) => column + 0.5)],
    [`${number}.y`]: [0, cells.length, Float32Array.from(cells, ([row]) => row + 0.5)],
    [`${number}.entries`]: [0, cells.length, Int32Array.from(inside, ({ entry }) => entry)],
  };
  return { ...patch, head: { ...patch.head, alt, marks: [...patch.head.marks, mark] }, columns };
}

/** Row and column of a weight's cell, as `widgets/plots/figures/mask.py` lays a leaf out. */
function cellInPicture(index, leaf, branch) {
  const { shape } = leaf;
  if (isFolded(leaf, branch)) return unraveled(Math.floor(index / shape[1]), branch.input_shape).slice(0, 2);
  if (shape.length < 3) return unraveled(index, shape.length === 2 ? shape : [1, ...shape]);
  const [height, width] = [1, ...shape].slice(-4);
  const [down, right, source, target] = unraveled(index, [height, ...shape.slice(-3)]);
  return [source * (height + 1) + down, target * (width + 1) + right];
}

/** Whether a leaf is the first kernel, dense, and its inputs are an image: then a cell is a pixel. */
function isFolded(leaf, { leaves, input_shape }) {
  const first = leaves.find(({ shape }) => shape.length > 1);
  const isImage = input_shape.length === 2 || input_shape.length === 3;
  return first === leaf && leaf.shape.length === 2 && isImage && leaf.shape[0] === product(input_shape);
}
