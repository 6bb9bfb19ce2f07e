"""A breakpoint: what a session pauses at, by itself, before it goes on. It changes nothing that is computed."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from sessions.specs.validation import convert
from ticket_explorer.errors import InvalidValue
from ticket_explorer.tables import is_table

CONDITIONS = ("round", "density", "generation", "score_drop", "correlation_below", "collapse")
"""Its fields that say when; a breakpoint has one of them, or a generation of a round."""


class Breakpoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One `[[pause_at]]`: a condition, of one branch or of every one. It is met once in a round."""

    branch: str | None = None
    """Only rounds that this branch trains; None: those of every branch."""
    round: Annotated[int, Meta(ge=0)] | None = None
    """Before this round begins; with `generation`, in this round."""
    density: Annotated[float, Meta(gt=0, le=1)] | None = None
    """Before a round begins with this share of the prunable weights, or less."""
    generation: Annotated[int, Meta(ge=1)] | None = None
    """After so many generations of a round."""
    score_drop: Annotated[float, Meta(ge=0)] | None = None
    """After a round whose score is lower than that of the round before by more than this."""
    correlation_below: Annotated[float, Meta(ge=-1, le=1)] | None = None
    """After a round in which the correlation of SNR and magnitude (Pearson's) is below this."""
    collapse: bool = False
    """Before a round begins in which a layer keeps no weights."""

    @property
    def words(self) -> str:
        """What it waits for: `before round 3 of snr`."""
        return self._when + (f" of {self.branch}" if self.branch is not None else " of any branch")

    @property
    def _when(self) -> str:
        match self:
            case Breakpoint(generation=int(number), round=None):
                return f"after generation {number} of each round"
            case Breakpoint(generation=int(number)):
                return f"after generation {number} of round {self.round}"
            case Breakpoint(round=int(number)):
                return f"before round {number}"
            case Breakpoint(density=float(density)):
                return f"before a round at {100 * density:.3g}% or less"
            case Breakpoint(score_drop=float(drop)):
                return f"after a round whose score drops by more than {drop:g}"
            case Breakpoint(correlation_below=float(least)):
                return f"after a round whose correlation of SNR and magnitude is below {least:g}"
        return "before a round in which a layer collapses"


def parse_breakpoint(table: Mapping[str, Any], path: str = "$") -> Breakpoint:
    """The breakpoint of a table.

    Raises:
        InvalidValue: if a field can't be, or it doesn't say exactly one thing to pause at.
    """
    given = {key: value for key, value in table.items() if value is not None and value is not False}
    found = convert(given, Breakpoint, path)
    named = [name for name in CONDITIONS if name in given]
    if len(named) != 1 and sorted(named) != ["generation", "round"]:
        expected = f"one of {', '.join(CONDITIONS)}; only round and generation go together"
        raise InvalidValue(path, ", ".join(named) or "nothing to pause at", expected)
    return found


def breakpoints(given: Any, branches: Sequence[str], path: str = "$.pause_at") -> tuple[Breakpoint, ...]:
    """The breakpoints of a spec's `[[pause_at]]`.

    Args:
        given: What the spec says, tables of fields.
        branches: The names of the spec's branches.
        path: Where the tables are in the spec.

    Raises:
        InvalidValue: if it is no list of breakpoints, or one is of a branch that isn't there.
    """
    if not isinstance(given, list | tuple) or not all(map(is_table, given)):
        raise InvalidValue(path, given, "a list of tables, each [[pause_at]] with what to pause at")
    found = tuple(parse_breakpoint(one, f"{path}[{i}]") for i, one in enumerate(given))
    for i, one in enumerate(found):
        if one.branch not in (None, *branches):
            raise InvalidValue(f"{path}[{i}].branch", repr(one.branch), f"a branch: {', '.join(branches)}")
    return found


def breakpoint_table(of: Breakpoint) -> dict[str, Any]:
    """A breakpoint as a plain table, which `parse_breakpoint` reads back."""
    table: dict[str, Any] = msgspec.to_builtins(of)
    return table
