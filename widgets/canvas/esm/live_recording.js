import { inflated, interleaved, Recording } from "./recording.js";

/** Bytes in which a message tells how long its words are. */
const HEAD = 4;

/** A recording that grows: messages from a broadcast add what has changed. */
export class LiveRecording extends Recording {
  constructor() {
    super({ branches: [], panels: [], charts: {}, columns: {}, journal: [] }, null);
    this.bytes = new Map();
  }

  get isEmpty() {
    return !this.branches.some(({ rounds }) => rounds.length);
  }

  columnOf(number) {
    return this.bytes.get(number);
  }

  /** Take in a message; returns what it says. */
  async take(message) {
    const data = await inflated(message);
    const length = new DataView(data.buffer).getUint32(0, true);
    const news = JSON.parse(new TextDecoder().decode(data.subarray(HEAD, HEAD + length)));
    const numbers = interleaved(data.subarray(HEAD + length));
    if (news.is_whole) this.bytes.clear();
    const charts = news.is_whole ? {} : this.words.charts;
    for (const number of news.gone[0]) delete charts[number];
    for (const number of news.gone[1]) this.bytes.delete(number);
    for (const [number, [start, count]] of Object.entries(news.columns)) {
      this.bytes.set(Number(number), numbers.slice(4 * start, 4 * (start + count)));
    }
    // branches that have no round yet come when they have one: there is no place in them
    const has = news.branches.map(({ rounds }) => rounds.length > 0);
    const only = (list) => list.filter((_, i) => has[i]);
    const turnsOf = ({ turns }) => turns.map((turn) => ({ ...turn, charts: only(turn.charts) }));
    this.words = {
      ...news,
      branches: only(news.branches),
      panels: news.panels.map((panel) => ({ ...panel, turns: turnsOf(panel) })),
      charts: Object.assign(charts, news.charts),
    };
    return news;
  }

  /** The place of the round that was trained last: where the session is now. */
  get now() {
    const running = this.branches.flatMap(({ rounds }, branch) =>
      rounds.flatMap((round, i) => (round.score === null ? [{ branch, round: i }] : [])),
    );
    const place = running.at(-1) ?? { branch: 0, round: this.branches[0].rounds.length - 1 };
    return { ...place, generation: this.roundAt(place).done };
  }
}
