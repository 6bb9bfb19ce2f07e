"""The recorded sessions of the package: real runs, replayed without computing anything. `demos/record.py` made them."""

from pathlib import Path
from typing import NamedTuple

from ticket_explorer.errors import InvalidValue

_FACES = Path(__file__).parents[1]


class Recording(NamedTuple):
    """One recorded session."""

    name: str
    about: str
    """What there is to see, in one line."""
    path: Path
    """Its directory; nobody writes into it."""


RECORDINGS = {
    one.name: one
    for one in (
        Recording(
            "fashion",
            "SNR and magnitude pruning against random pruning of an image network",
            _FACES / "terminal" / "recorded_fashion",
        ),
        Recording("pendulum", "a policy that swings a pendulum up, pruned", _FACES / "recordings" / "pendulum"),
        Recording("ladder", "what a ticket is made of, one thing less a branch", _FACES / "recordings" / "ladder"),
        Recording(
            "gradient",
            "evolution against gradient descent, at equal forward passes",
            _FACES / "recordings" / "gradient",
        ),
        Recording("masks", "evolving masks against evolving weights", _FACES / "recordings" / "masks"),
    )
}
"""By name."""


def recording(name: str) -> Recording:
    """A recorded session by its name.

    Raises:
        InvalidValue: if there is none of this name.
    """
    if name not in RECORDINGS:
        raise InvalidValue("name", name, f"one of {', '.join(RECORDINGS)}")
    return RECORDINGS[name]


def gallery() -> dict[str, Recording]:
    """The recorded sessions that come with the package, by name: each has `about`, one line, and `path`."""
    return {**RECORDINGS}
