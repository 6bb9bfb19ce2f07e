"""How figures are measured and printed: two sides in one process, in turn, and the median of their ratios."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Figure:
    """One measured figure and its target."""

    name: str
    value: float
    target: float
    at_least: bool
    """Whether the target is a lower bound (for speed) or an upper bound (for time, memory, bytes)."""
    unit: str = "×"

    @property
    def is_reached(self) -> bool:
        return self.value >= self.target if self.at_least else self.value <= self.target

    def __str__(self) -> str:
        sign = "≥" if self.at_least else "≤"
        verdict = "reached" if self.is_reached else "MISSED"
        return f"{self.name}: {self.value:.3g} {self.unit} (target {sign} {self.target:g}) {verdict}"


def seconds(work: Callable[[], object]) -> float:
    """The seconds that one call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def speed_ratio(ours: Callable[[], object], theirs: Callable[[], object], repeats: int) -> float:
    """How many times as fast ours is: the median of their time over ours, pair by pair."""
    ours(), theirs()
    pairs = []
    for i in range(repeats):
        first, second = (ours, theirs) if i % 2 else (theirs, ours)
        times = {first: seconds(first), second: seconds(second)}
        pairs.append(times[theirs] / times[ours])
    return median(pairs)
