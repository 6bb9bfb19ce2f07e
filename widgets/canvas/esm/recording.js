/** Bytes of a number. */
const WIDTH = 4;

/** What a page holds: words and numbers of all its charts, and which chart is shown where. */
export class Recording {
  constructor(words, numbers) {
    Object.assign(this, { words, numbers });
  }

  /** What two elements of a document hold, each base64 of gzip. */
  static async of(words, numbers) {
    const [told, planes] = await Promise.all([words, numbers].map((element) => unpacked(element.textContent)));
    return new Recording(JSON.parse(new TextDecoder().decode(told)), interleaved(planes));
  }

  get branches() {
    return this.words.branches;
  }

  /** The round of a place, a place being the numbers of branch and round in their lists, and a generation. */
  roundAt({ branch, round }) {
    return this.branches[branch].rounds[round];
  }

  /** What a panel's turn shows at a place, in a text that is another one wherever something else is shown. */
  keyAt(turn, place) {
    return `${this.#numberAt(turn, place)} ${this.#cursorAt(turn, place)}`;
  }

  /** What a panel's turn shows at a place, as a patch that replaces everything. */
  patchAt(turn, place, sequence) {
    const chart = this.words.charts[this.#numberAt(turn, place)];
    const columns = Object.entries(chart.columns).map(([name, number]) => {
      const bytes = this.columnOf(number);
      return [name, [0, bytes.length / WIDTH, bytes]];
    });
    const head = { ...chart.head, cursor: this.#cursorAt(turn, place) };
    return { sequence, base: null, head, columns: Object.fromEntries(columns) };
  }

  /** The bytes of a column. */
  columnOf(number) {
    const [start, count] = this.words.columns[number];
    return this.numbers.subarray(WIDTH * start, WIDTH * (start + count));
  }

  /** A place that there is, the same one if possible. */
  nearest({ branch, round, generation }) {
    const known = Math.min(branch, this.branches.length - 1);
    const place = { branch: known, round: Math.min(round, this.branches[known].rounds.length - 1), generation };
    return { ...place, generation: Math.min(generation, this.roundAt(place).done) };
  }

  #numberAt(turn, place) {
    const rounds = turn.charts[place.branch];
    const stops = rounds[Math.min(place.round, rounds.length - 1)];
    const last = this.roundAt(place).stops.findLastIndex((generation) => generation <= place.generation);
    return stops[Math.min(Math.max(last, 0), stops.length - 1)];
  }

  #cursorAt(turn, place) {
    const round = this.roundAt(place);
    if (turn.cursor === "generation") return place.generation < round.done ? place.generation : null;
    return { round: round.number, density: round.density }[turn.cursor] ?? null;
  }
}

async function unpacked(text) {
  const signs = atob(text.trim());
  const packed = new Uint8Array(signs.length);
  for (let i = 0; i < signs.length; i++) packed[i] = signs.charCodeAt(i);
  return inflated(packed);
}

/** What gzip packed. */
export async function inflated(packed) {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Numbers, from all their first bytes, then all second ones, and so on. */
export function interleaved(planes) {
  const count = planes.length / WIDTH;
  const numbers = new Uint8Array(planes.length);
  for (let plane = 0; plane < WIDTH; plane++) {
    for (let i = 0; i < count; i++) numbers[WIDTH * i + plane] = planes[plane * count + i];
  }
  return numbers;
}
