/** Markers and dashes by palette index, so that marks are told apart without colours: the same shapes as in the app. */

const PLACES = {
  square: [-1, -1, 1, -1, 1, 1, -1, 1],
  triangle: [0, -1.25, 1.2, 0.85, -1.2, 0.85],
  diamond: [0, -1.35, 1.35, 0, 0, 1.35, -1.35, 0],
  cross: [
    -1.15, -0.6, -0.6, -1.15, 0, -0.55, 0.6, -1.15, 1.15, -0.6, 0.55, 0, 1.15, 0.6, 0.6, 1.15, 0, 0.55, -0.6, 1.15,
    -1.15, 0.6, -0.55, 0,
  ],
  plus: [
    -1.3, -0.4, -0.4, -0.4, -0.4, -1.3, 0.4, -1.3, 0.4, -0.4, 1.3, -0.4, 1.3, 0.4, 0.4, 0.4, 0.4, 1.3, -0.4, 1.3, -0.4,
    0.4, -1.3, 0.4,
  ],
};
export const SIGNS = ["disc", "square", "triangle", "diamond", "cross", "plus"];
const DASHES = [[], [8, 3], [2, 3], [8, 3, 2, 3], [12, 3]];

/** The name of the marker of a palette index. */
export function signOf(colour) {
  return colour < 0 ? "disc" : SIGNS[colour % SIGNS.length];
}

/** The dashes of a palette index, for a canvas; none for what is in the background. */
export function dashOf(colour) {
  return colour < 0 ? [] : DASHES[colour % DASHES.length];
}

/** Add a marker to a path, `size` pixels from its middle to its edge. */
export function addSign(path, sign, left, top, size) {
  const corners = PLACES[sign];
  if (!corners) {
    path.moveTo(left + size, top);
    path.arc(left, top, size, 0, 7);
    return;
  }
  for (let i = 0; i < corners.length; i += 2) {
    path[i ? "lineTo" : "moveTo"](left + size * corners[i], top + size * corners[i + 1]);
  }
  path.closePath();
}

/** A marker as an SVG path in a box of 10 by 10, for legends. */
export function signPath(sign) {
  const corners = PLACES[sign];
  if (!corners) return "M5 1.5a3.5 3.5 0 1 1 0 7a3.5 3.5 0 1 1 0 -7z";
  const places = [];
  for (let i = 0; i < corners.length; i += 2) places.push(`${5 + 3.2 * corners[i]} ${5 + 3.2 * corners[i + 1]}`);
  return `M${places.join("L")}Z`;
}
