"""Figures that add up from run to run: how much was tried by now, with which seeds.

`docs/siege.json` has them, and `docs/siege.md` shows them. Only a run with `SIEGE_SEED` set writes there; the default
suite always tries the same.
"""

import json
import os
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[2] / "docs"
KEPT, PAGE = DOCS / "siege.json", DOCS / "siege.md"
BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->\n"

Kept = dict[str, dict[str, Any]]


def table(kept: Kept) -> str:
    """What was tried, as the page shows it."""
    rows = (f"| {what} | {figure['times']:,} | {len(figure['seeds'])} |" for what, figure in sorted(kept.items()))
    return "\n".join(["| tried | times | seeds |", "|---|---|---|", *rows]) + "\n"


def shown(page: str, kept: Kept) -> str:
    """The page with the figures as they are."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + table(kept) + END + rest.partition(END)[2]


class Count:
    """Adds to what is kept."""

    def __init__(self) -> None:
        given = os.environ.get("SIEGE_SEED")
        self.seed = int(given or 0)
        """What chance begins from in this run."""
        self._is_kept = given is not None

    def part(self, number: int) -> int:
        """What chance begins from in one of up to a hundred parts of what is tried."""
        return 100 * self.seed + number

    def add(self, what: str, times: int, seed: int | None = None) -> None:
        """So many more of something were tried, and all went well.

        Args:
            what: A name, the same in every run.
            times: How many.
            seed: What chance began from, if not from the run's own seed: each counts once.
        """
        if not self._is_kept:
            return
        seed = self.seed if seed is None else seed
        kept: Kept = json.loads(KEPT.read_text())
        figure = kept.setdefault(what, {"times": 0, "seeds": []})
        if seed not in figure["seeds"]:
            figure["times"] += times
            figure["seeds"].append(seed)
        KEPT.write_text(json.dumps(kept, indent=2, sort_keys=True) + "\n")
        PAGE.write_text(shown(PAGE.read_text(), kept))


count = Count()
