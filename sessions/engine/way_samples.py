"""The way of a running round: its mean, sampled at a few generations that follow from the number it has.

Samples are in memory and in a file next to the checkpoint, so a round that a killed process began has all of its
way; once it is finished only the two principal components are kept, in the round's own file. However often and where
a round is paused, they come out the same.
"""

from contextlib import suppress
from typing import Any

import msgspec
import numpy as np

from sessions.specs.spec import Plan
from sessions.store import SessionDirectory
from sessions.store.arrays import decode_arrays, encode_arrays
from sessions.store.errors import UNREADABLE, Damaged
from sessions.views.branch_view import RoundView
from ticket_explorer.analysis.way import SAMPLES, Way, marks, way_of
from ticket_explorer.trainers.trainer import TrainingResult

LARGEST = 1 << 26
"""Numbers that the samples of a round may have: 256 MB; the way of larger networks is not sampled."""


class _Kept(msgspec.Struct, frozen=True):
    branch: str
    round: int
    generations: list[int]
    means: bytes


class WaySamples:
    """The samples of one round.

    Args:
        directory: The session that keeps them.
        view: The round's view; samples are at fixed fractions of its planned generations.
        plan: Says whether the round is sampled at all.
        size: How many numbers a sample has.
    """

    def __init__(self, directory: SessionDirectory, view: RoundView, plan: Plan, size: int) -> None:
        self.is_wanted = plan.analysis.way and SAMPLES * size <= LARGEST
        self.marks: tuple[int, ...] = marks(view.generations) if self.is_wanted else ()
        """The generations after which it is sampled."""
        self._directory, self._place = directory, (view.branch, view.number)
        self._means: dict[int, np.ndarray] | None = None

    def keep(self, generation: int, mean: Any) -> None:
        """Sample the mean [R, D], if it is wanted after so many generations and not known yet."""
        if generation not in self.marks:
            return
        means = {} if generation == self.marks[0] else self._known()
        means.setdefault(generation, np.asarray(mean, np.float32))
        kept = _Kept(*self._place, list(means), encode_arrays(list(means.values())))
        self._directory.write_way(msgspec.msgpack.encode(kept))
        self._means = means

    def finish(self, start: Any, result: TrainingResult, generations: int) -> Way | None:
        """The way from θ₀ [R, D] to the round's result, of the entries that it keeps; None if it isn't wanted."""
        if not self.is_wanted:
            return None
        known, mask = self._known(), np.asarray(result.mask)
        amid = sorted(generation for generation in known if generation < generations)
        means = np.stack([start, *(known[generation] for generation in amid), result.mean], axis=1)
        return way_of(np.array([0, *amid, generations]), means * mask[:, None])

    def _known(self) -> dict[int, np.ndarray]:
        """The samples in memory, or those that an earlier process left on disk."""
        if self._means is None:
            self._means = self._read()
        return self._means

    def _read(self) -> dict[int, np.ndarray]:
        with suppress(Damaged, *UNREADABLE):
            payload = self._directory.read_way()
            kept = None if payload is None else msgspec.msgpack.decode(payload, type=_Kept)
            if kept is not None and (kept.branch, kept.round) == self._place:
                means = decode_arrays(kept.means, self._directory.way)
                return dict(zip(kept.generations, means, strict=True))
        return {}
