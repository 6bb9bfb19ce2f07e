/** `#rrggbb` or `rgb(r, g, b)` as three numbers. */
export function channelsOf(colour) {
  if (colour.startsWith("#")) return [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
  return colour
    .match(/[\d.]+/g)
    .slice(0, 3)
    .map(Number);
}

export function blended(from, to, share) {
  const [a, b] = [channelsOf(from), channelsOf(to)];
  return `rgb(${a.map((channel, k) => Math.round(channel + share * (b[k] - channel))).join(", ")})`;
}

/** The colours that go with what is behind the chart, whichever front end it is in. */
export function themeOf(element, palette) {
  let ground = "rgb(255, 255, 255)";
  for (let place = element; place; place = place.parentElement) {
    const found = getComputedStyle(place).backgroundColor;
    if (found && !/, 0\)$|transparent/.test(found)) {
      ground = found;
      break;
    }
  }
  const [red, green, blue] = channelsOf(ground);
  const dark = 0.3 * red + 0.59 * green + 0.11 * blue < 128;
  const ink = dark ? "#dfe4ea" : "#20242a";
  const [muted, rule, raised] = [0.6, 0.12, 0.06].map((share) => blended(ground, ink, share));
  return { ground, ink, inks: dark ? palette.dark : palette.light, muted, rule, raised, faint: dark ? 0.65 : 0.5 };
}
