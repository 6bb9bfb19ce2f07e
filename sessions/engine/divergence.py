"""NaN and infinity never become results: replicates that diverge are found, reported once, and left out from then on.

Replicates share their executables, so one that has diverged keeps running; everything reported about it is NaN or
None. A branch with none left fails: its round is neither finished nor pruned, and other branches go on.
"""

import time
from dataclasses import replace
from typing import Any

import jax.numpy as jnp
import numpy as np
from msgspec import structs

from sessions.engine.round_runner import Chunk
from sessions.engine.round_summary import Arrays
from sessions.engine.running_round import RunningRound
from sessions.messages import events
from sessions.messages.emit import Emit
from sessions.messages.events import METRICS
from sessions.messages.watchers import Watchers
from sessions.views.branch_view import RoundView
from sessions.views.diverged import left_out
from sessions.views.session_view import SessionView
from ticket_explorer.trainers import TRAINERS
from ticket_explorer.trainers.trainer import TrainingResult


class Divergence:
    """Finds replicates that have diverged, and replaces their numbers."""

    def __init__(self, view: SessionView, replicates: int, journal: Emit) -> None:
        self._view, self._replicates, self._journal = view, replicates, journal

    def left_out(self, branch: str, number: int) -> list[int]:
        """The replicates of a round that have diverged."""
        return sorted(left_out(self._view, branch, number))

    def look(self, running: RunningRound, chunk: Chunk | None) -> None:
        """Journal the replicates whose weights or σ a chunk left without a finite number.

        The weights come from the device only if the last fitness is not finite.
        """
        view = running.view
        if chunk is None or not view.done:
            return
        unknown = ~np.isfinite(view.metrics(view.done - 1)[0, :, 0])
        unknown[[*self.left_out(view.branch, view.number)]] = False
        if not unknown.any():
            return
        for what, broken in self._broken(Arrays.of(chunk.result)):
            self._tell(view, broken & unknown, what)
        whole = unknown & ~np.isin(np.arange(self._replicates), self.left_out(view.branch, view.number))
        if whole.any() and not running.shape.trainer.acts:
            self._remark(view, whole)

    def look_at_result(self, running: RunningRound, result: TrainingResult, score: np.ndarray) -> None:
        """The same for what a whole round found: weights, σ, score, and whether there was any fitness at all."""
        view = running.view
        fitness = np.isfinite(view.metrics()[:, :, 0]).any(0) | running.shape.trainer.acts
        for what, broken in [*self._broken(Arrays.of(result)), ("score", ~np.isfinite(score)), ("fitness", ~fitness)]:
            self._tell(view, broken, what)

    def blanking(self, watchers: Watchers) -> Watchers:
        """Watchers that hear nothing about replicates that are left out."""

        def keep(frame: events.Frame) -> None:
            blanked = self.blanked(frame)
            assert isinstance(blanked, events.Frame)
            watchers.frame(blanked)

        return Watchers(
            lambda *told: watchers.journal(*map(self.blanked, told)),
            lambda event: watchers.live(self.blanked(event)),
            keep,
            watchers.wants_frames,
        )

    def blanked(self, event: events.Event) -> events.Event:
        """An event about a round, without the numbers of replicates that are left out."""
        if not isinstance(event, events.Generations | events.Scored | events.RoundFinished | events.Frame):
            return event
        rows = self.left_out(event.branch, event.round)
        if isinstance(event, events.Generations):
            return self._blanked_metrics(event, rows)
        if not rows:
            return event
        match event:
            case events.Scored():
                return structs.replace(event, score=_without(event.score, rows))
            case events.RoundFinished():
                per_replicate = ("score", "fitness", "pearson", "spearman")
                blank = {name: _without(getattr(event, name), rows) for name in per_replicate}
                thresholds = {name: _without(values, rows) for name, values in event.thresholds.items()}
                return structs.replace(event, thresholds=thresholds, **blank)
        return structs.replace(event, mean=_nan(event.mean), std=event.std and _nan(event.std)) if 0 in rows else event

    def _blanked_metrics(self, event: events.Generations, rows: list[int]) -> events.Generations:
        """Drop the numbers of replicates that are left out, and generations without any fitness.

        A replicate is found out at the end of a chunk: so the journal doesn't depend on where chunks end.
        """
        values = np.frombuffer(event.values, "<f4").reshape(event.count, -1, len(METRICS))
        missing = ~np.isfinite(values[:, :, 0]) & (not self._acts(event))
        missing[:, rows] = True
        if not missing.any():
            return event
        return structs.replace(event, values=np.where(missing[..., None], np.float32(np.nan), values).tobytes())

    def _acts(self, event: events.Generations) -> bool:
        """Whether a generation may have no fitness: a trainer that acts tells that of episodes that ended in it."""
        plan = self._view.branches[event.branch].rounds[event.round].plan
        return TRAINERS[plan["trainer"]["name"]].acts

    def blanked_result(self, branch: str, number: int, result: TrainingResult) -> TrainingResult:
        """A round's result, arrays [R, D], with NaN for the kept entries of replicates that are left out."""
        if not (rows := self.left_out(branch, number)):
            return result
        at = jnp.asarray(rows)
        blank = jnp.where(result.mask[at], jnp.nan, 0.0)
        std = None if result.std is None else result.std.at[at].set(blank)
        return replace(result, mean=result.mean.at[at].set(blank), std=std)

    @staticmethod
    def _broken(arrays: Arrays) -> list[tuple[str, np.ndarray]]:
        """Which of these are not finite, and in which replicates."""
        numbers = {"weights": arrays.mean} | ({} if arrays.std is None else {"sigma": arrays.std})
        return [(what, np.asarray(~np.isfinite(values).all(-1))) for what, values in numbers.items()]

    def _tell(self, view: RoundView, broken: np.ndarray, what: str) -> None:
        known = self.left_out(view.branch, view.number)
        new = [int(replicate) for replicate in np.flatnonzero(broken) if replicate not in known]
        if not new:
            return
        generation = max(_first_of_trailing(np.isnan(view.metrics()[:, replicate, 0])) for replicate in new)
        self._journal(
            events.Diverged(
                at=time.time(),
                branch=view.branch,
                round=view.number,
                generation=generation,
                replicates=new,
                what=what,
                left=self._replicates - len(known) - len(new),
            )
        )

    def _remark(self, view: RoundView, replicates: np.ndarray) -> None:
        names = ", ".join(map(str, np.flatnonzero(replicates)))
        text = f"{view.branch}:{view.number}: in some generations no fitness of replicate {names} was finite."
        if not self._view.says(text):
            self._journal(events.Remarked(at=time.time(), text=text))


def _first_of_trailing(missing: np.ndarray) -> int:
    """The first generation, counted from 1, of those at the end that are all missing; the last one if none is."""
    known = np.flatnonzero(~missing)
    return min(int(known[-1]) + 2, len(missing)) if known.size else 1


def _without(values: list[Any], rows: list[int]) -> list[Any]:
    return [None if replicate in rows else value for replicate, value in enumerate(values)]


def _nan(values: bytes) -> bytes:
    return np.full(len(values) // 4, np.nan, "<f4").tobytes()
