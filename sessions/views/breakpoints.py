"""A session's breakpoints, as its events tell them, and which of them a round meets. No JAX is imported here."""

from collections.abc import Iterator

import msgspec
from msgspec import structs

from sessions.messages import events
from sessions.specs.breakpoint import Breakpoint, parse_breakpoint
from sessions.views.branch_view import RoundView

BreakpointEvent = events.BreakpointSet | events.BreakpointRemoved | events.BreakpointMet
Place = tuple[str, int]
"""A branch, and the number of a round that it trains itself."""


class KnownBreakpoint(msgspec.Struct, kw_only=True):
    """A breakpoint that is set."""

    number: int
    """By which it is removed; counted from 1, and never used again."""
    at: Breakpoint
    met: set[Place] = msgspec.field(default_factory=set)
    """Where it was met, or had been passed when it was set: it pauses no round twice."""


class Breakpoints(msgspec.Struct, kw_only=True):
    """The breakpoints of a session."""

    known: dict[int, KnownBreakpoint] = msgspec.field(default_factory=dict)
    """Those that are set, by their numbers."""
    last: int = 0
    """The highest number that one ever had; 0 if none was ever set."""
    finished: RoundView | None = None
    """The round that finished last."""

    def take(self, event: BreakpointEvent, running: RoundView | None) -> None:
        """Take in an event about one."""
        match event:
            case events.BreakpointSet():
                self._set(event, running)
            case events.BreakpointRemoved():
                del self.known[event.number]
            case events.BreakpointMet():
                self.known[event.number].met.add((event.branch, event.round))

    def _set(self, event: events.BreakpointSet, running: RoundView | None) -> None:
        """Set one; it isn't met by what has happened already."""
        at, passed = parse_breakpoint(event.when), set[Place]()
        if self.finished is not None:
            passed.add((self.finished.branch, self.finished.number))
        if running is not None and at.generation is not None and at.generation <= running.done:
            passed.add((running.branch, running.number))
        self.known[event.number] = KnownBreakpoint(number=event.number, at=at, met=passed)
        self.last = max(self.last, event.number)

    def rename(self, before: str, after: str) -> None:
        """Have those of a branch go on under its new name."""
        for one in self.known.values():
            if one.at.branch == before:
                one.at = structs.replace(one.at, branch=after)
            one.met = {(after if branch == before else branch, number) for branch, number in one.met}

    def before(self, place: Place, density: float, has_collapsed: bool) -> list[KnownBreakpoint]:
        """Those that a round meets which is about to begin.

        Args:
            place: The branch and the number of the round.
            density: The share of the prunable weights that it would begin with.
            has_collapsed: Whether a layer would keep no weights.
        """

        def is_met(at: Breakpoint) -> bool:
            is_there = at.round == place[1] and at.generation is None
            return is_there or (at.density is not None and density <= at.density) or (at.collapse and has_collapsed)

        return [one for one in self._waiting(place) if is_met(one.at)]

    def after(self, running: RoundView | None, before: RoundView | None) -> list[tuple[KnownBreakpoint, RoundView]]:
        """Those that are met by the round that runs, or by the one that finished last, with that round.

        Args:
            running: The round that runs, if any.
            before: The round before the one that finished last, in its branch.
        """
        rounds = [round_ for round_ in (self.finished, running) if round_ is not None]
        return [
            (one, round_)
            for round_ in rounds
            for one in self._waiting((round_.branch, round_.number))
            if _is_passed(one.at, round_) or _is_found(one.at, round_, before)
        ]

    def room(self, round_: RoundView) -> int | None:
        """The generations until the next one that pauses within a round; None if none does."""
        ends = [
            one.at.generation - round_.done
            for one in self._waiting((round_.branch, round_.number))
            if one.at.generation is not None and one.at.round in (None, round_.number)
        ]
        return min((end for end in ends if end > 0), default=None)

    def _waiting(self, place: Place) -> Iterator[KnownBreakpoint]:
        return (one for one in self.known.values() if one.at.branch in (None, place[0]) and place not in one.met)


def _is_passed(at: Breakpoint, round_: RoundView) -> bool:
    return at.generation is not None and at.round in (None, round_.number) and round_.done >= at.generation


def _is_found(at: Breakpoint, round_: RoundView, before: RoundView | None) -> bool:
    """Whether a round's end meets it."""
    if round_.finished is None:
        return False
    score, correlation = _mean(round_.finished.score), _mean(round_.finished.pearson)
    if at.correlation_below is not None:
        return correlation is not None and correlation < at.correlation_below
    if at.score_drop is None or before is None or before.finished is None:
        return False
    known = _mean(before.finished.score)
    return score is not None and known is not None and known - score > at.score_drop


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
