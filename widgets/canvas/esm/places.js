/** How many presses lead from one end of a round to the other, as in the app. */
const STEPS = 48;

/** The place at the end of a round; both are numbers in lists, and a number beyond a list is its last. */
export function endOf(recording, branch, round) {
  const rounds = recording.branches[branch].rounds;
  const place = { branch, round: Math.min(Math.max(round, 0), rounds.length - 1), generation: 0 };
  return { ...place, generation: recording.roundAt(place).done };
}

/** A step through the generations, on into the next round or back into the one before. */
export function generationBeside(recording, place, direction) {
  const { done } = recording.roundAt(place);
  const last = recording.branches[place.branch].rounds.length - 1;
  if (direction > 0 && place.generation >= done && place.round < last) {
    return { ...place, round: place.round + 1, generation: 0 };
  }
  if (direction < 0 && place.generation <= 0 && place.round > 0) return endOf(recording, place.branch, place.round - 1);
  const step = Math.max(Math.floor(done / STEPS), 1);
  return { ...place, generation: Math.min(Math.max(place.generation + direction * step, 0), done) };
}

export function roundBeside(recording, place, direction) {
  return endOf(recording, place.branch, place.round + direction);
}

/** The branch before or after, in a ring; the same round of it, or its last one. */
export function branchBeside(recording, place, direction) {
  const count = recording.branches.length;
  return endOf(recording, (place.branch + direction + count) % count, place.round);
}

/** A place as the end of the page's address: `#snr:3:120`. */
export function addressOf(recording, place) {
  const { name } = recording.branches[place.branch];
  return `#${encodeURIComponent(name)}:${recording.roundAt(place).number}:${place.generation}`;
}

/** The place that an address names; null if it names none. */
export function placeAt(recording, address) {
  const [name, number, generation] = address.replace(/^#/, "").split(":");
  const branch = recording.branches.findIndex((one) => encodeURIComponent(one.name) === name);
  if (branch < 0) return null;
  const rounds = recording.branches[branch].rounds;
  const round = rounds.findIndex((one) => String(one.number) === number);
  const place = endOf(recording, branch, round < 0 ? rounds.length : round);
  const wanted = Number.parseInt(generation, 10);
  return wanted >= 0 ? { ...place, generation: Math.min(wanted, place.generation) } : place;
}
