import { made } from "./elements.js";
import { endOf } from "./places.js";
import { written } from "./scales.js";

/** Branches downwards, rounds to the right: each cell is a round and its score, and leads there. */
export class RoundTable {
  constructor(recording, element, go) {
    Object.assign(this, { recording, element, caption: [...element.childNodes] });
    this.renew();
    element.addEventListener("click", ({ target }) => {
      const cell = target.closest("button");
      if (cell) go(endOf(recording, Number(cell.dataset.branch), Number(cell.dataset.round)));
    });
  }

  /** Write the table anew, for what the recording has now. */
  renew() {
    const { branches } = this.recording;
    const rounds = branches.map((branch) => branch.rounds);
    const longest = Math.max(...rounds.map((list) => list.length));
    const scores = rounds.flat().flatMap((round) => (round.score === null ? [] : [round.score]));
    [this.low, this.high] = [Math.min(...scores), Math.max(...scores)];
    Object.assign(this, { cells: [], inked: "" });
    const rows = branches.map((_, i) => this.#row(i));
    this.element.replaceChildren(...this.caption, made("thead", this.#heads(longest)), made("tbody", ...rows));
  }

  /** Mark the cell of a place, and colour branches by the palette of the page's background. */
  show(place, inks) {
    for (const cell of this.cells) {
      const isHere = Number(cell.dataset.branch) === place.branch && Number(cell.dataset.round) === place.round;
      if (isHere === (cell.getAttribute("aria-current") === "true")) continue;
      cell.setAttribute("aria-current", String(isHere));
      cell.tabIndex = isHere ? 0 : -1;
      if (isHere) this.#reveal(cell);
    }
    if (String(inks) === this.inked) return;
    this.inked = String(inks);
    for (const row of this.element.querySelectorAll("tbody tr")) {
      row.style.setProperty("--te-own", inks[Number(row.dataset.colour) % inks.length]);
    }
  }

  /** Scroll the table, and nothing else, so far that a cell is seen. */
  #reveal(cell) {
    const scroller = this.element.parentElement;
    const [cellBox, box] = [cell, scroller].map((element) => element.getBoundingClientRect());
    if (cellBox.left < box.left || cellBox.right > box.right) {
      scroller.scrollLeft += (cellBox.left + cellBox.right - box.left - box.right) / 2;
    }
  }

  #heads(count) {
    const numbers = Array.from({ length: count }, (_, i) => made("th", String(i)));
    return made("tr", made("th", "round"), ...numbers);
  }

  #row(branch) {
    const { name, colour, rounds } = this.recording.branches[branch];
    const head = made("th", name);
    head.scope = "row";
    const row = made("tr", head, ...rounds.map((round, i) => made("td", this.#cell(name, branch, round, i))));
    row.dataset.colour = colour;
    return row;
  }

  #cell(name, branch, round, i) {
    const cell = made("button", round.score === null ? "…" : round.score.toPrecision(3).replace(/^0\./, "."));
    const share = this.high > this.low ? (round.score - this.low) / (this.high - this.low) : 1;
    cell.style.setProperty("--te-share", round.score === null ? 0 : share.toFixed(3));
    const score = round.score === null ? "no score yet" : `score ${written(null, round.score)}`;
    cell.title = `${name}, round ${round.number}: ${written({ percent: true }, round.density, 3)} kept, ${score}`;
    cell.setAttribute("aria-label", cell.title);
    Object.assign(cell.dataset, { branch, round: i });
    this.cells.push(cell);
    return cell;
  }
}
