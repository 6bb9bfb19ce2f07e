"""A tour: steps with a text, a question, a thing to do, and claims that are checked on the session.

Each tour is one TOML file of `lessons`. No number about a result stands in it: it names what is measured.
"""

from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from ticket_explorer.errors import UnknownName

Quantity = Literal["score", "correlation", "density", "layer", "sharpness", "spearman", "reliability"]
Holds = Literal["certain", "near", "above", "below", "told"]
Does = Literal["generations", "rounds", "finish", "analysis", "branches", "panel", "look"]


class Measure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A number for each replicate of a round, or the difference of two."""

    branch: str
    quantity: Quantity = "score"
    round: int = -1
    """From 0; -1 is the last round that all branches named here have finished."""
    minus: str = ""
    """The branch whose numbers are subtracted, replicate by replicate; empty: none."""
    minus_round: int | None = None
    """The round that is subtracted, if it is another one."""
    leaf: str = ""
    """The layer, for the quantity `layer`, the density of a layer."""


class Claim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A sentence about a measured number, which holds in a run or doesn't."""

    text: str
    """With {value}, {half} (of its 95% interval), {density} and {round} to be filled in."""
    of: Measure
    holds: Holds = "told"
    """`certain`: above 0 by more than half the interval; `near`: closer to 0 than `than`; `told`: only told."""
    than: float = 0.0
    """What `near`, `above` and `below` compare with."""


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of a question's answers."""

    text: str
    value: Measure | None = None
    """What is measured of it; of answers that all have a value, the one with the largest comes true."""


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Asks for one of several answers, or for the score of a round."""

    text: str
    choices: tuple[Choice, ...] = ()
    score: Measure | None = None
    """The round whose score is to be guessed; its number counts from 0."""


class Task(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A thing to do, which is noticed when it is done."""

    text: str
    does: Does
    branch: str = ""
    """Of which branch; empty: any."""
    count: int = 1
    """How many generations, finished rounds, analyses or branches there are then."""
    kind: str = ""
    """The kind of panel that is gone to, or of analysis that is finished."""


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One page of a tour."""

    title: str
    text: str
    panel: str
    """The kind of panel that answers."""
    question: Question | None = None
    task: Task | None = None
    answer: str = ""
    """Shown once the task is done, above the claims."""
    claims: tuple[Claim, ...] = ()


class Tour(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A lesson inside the app."""

    title: str
    about: str
    """One line."""
    minutes: int
    session: dict[str, Any]
    """The spec of the session that it is about."""
    step: tuple[Step, ...]
    recording: str = ""
    """The recorded session of the package that will do, for who joins late; empty if none does."""


@cache
def tours() -> dict[str, Tour]:
    """All tours by their numbers, in order."""
    files = sorted(Path(__file__).with_name("lessons").glob("*.toml"))
    return {path.name.partition("_")[0]: msgspec.toml.decode(path.read_bytes(), type=Tour) for path in files}


def tour_called(name: str) -> Tour:
    """A tour by its number.

    Raises:
        UnknownName: if there is none.
    """
    if name not in tours():
        raise UnknownName("lesson", name, tours())
    return tours()[name]
