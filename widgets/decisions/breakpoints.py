"""What a person chooses of a breakpoint: what to pause at, and the number that goes with it."""

from sessions.messages import commands
from sessions.specs.breakpoint import parse_breakpoint
from sessions.specs.validation import checked
from sessions.views.session_view import SessionView
from ticket_explorer.errors import InvalidValue

KINDS = {
    "round": "before a round begins",
    "density": "before a round at a density, or less",
    "generation": "after a generation of a round",
    "score_drop": "after a round whose score drops by",
    "correlation_below": "after a round whose correlation is below",
    "collapse": "before a layer would keep no weights",
}
"""What there is to pause at, by the fields of the command."""
VALUES = {
    "round": "the round's number, counted from 0",
    "density": "the share of the prunable weights, in (0, 1]",
    "generation": "17: of each round; 3:17: of round 3",
    "score_drop": "more than this drop, from 0",
    "correlation_below": "of SNR and magnitude, from -1 to 1",
    "collapse": "nothing: leave it empty",
}
"""The number that goes with each."""


def wanted_breakpoint(kind: str, value: str, branch: str | None) -> commands.PauseAt:
    """The command that sets a breakpoint.

    Args:
        kind: One of `KINDS`.
        value: The number as it was typed.
        branch: Only of this branch; None: of every branch.

    Raises:
        InvalidValue: if the number can't be one of this kind.
    """
    fields: dict[str, object] = {"branch": branch}
    round_, colon, number = value.strip().rpartition(":")
    if kind == "generation" and colon:
        fields["round"] = _number(kind, round_, int)
    if kind == "collapse":
        fields[kind] = True
    else:
        fields[kind] = _number(kind, number, int if kind in ("round", "generation") else float)
    parse_breakpoint(fields)
    return checked(commands.PauseAt(**fields))  # type: ignore[arg-type]


def breakpoints_there(view: SessionView) -> dict[str, str]:
    """The breakpoints that are set, by their numbers as text: `3: before round 2 of snr`."""
    return {str(number): f"{number}: {one.at.words}" for number, one in view.breakpoints.known.items()}


def _number(kind: str, text: str, number: type[int] | type[float]) -> float:
    try:
        return number(text)
    except ValueError:
        raise InvalidValue(f"$.{kind}", repr(text), VALUES[kind]) from None
