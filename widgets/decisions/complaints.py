"""What is wrong with what was typed, and where; and what does not stay as it was."""

import re
from dataclasses import dataclass

from sessions.specs.overrides import overridden
from sessions.specs.spec import Table, parse_plan
from ticket_explorer.errors import TicketError

_PATH = re.compile(r"(?P<path>\$\S*): (?P<rest>.*)", re.DOTALL)
_EXPECTED = re.compile(r"^.*?(?P<expected>expected .*)$", re.DOTALL)


@dataclass(frozen=True)
class Complaint:
    """Why something can't be, and where."""

    path: str
    """`$.trainer.population`; empty if it concerns no field."""
    sentence: str

    @property
    def short(self) -> str:
        """Beside its field: what was expected."""
        match = _EXPECTED.match(self.sentence)
        return match["expected"] if match else self.sentence

    def concerns(self, place: str) -> bool:
        """Whether it is about a field, or an entry of it, `$.pruning.ratios`."""
        return self.path == place or self.path.startswith(f"{place}.")

    @property
    def whole(self) -> str:
        """Where it can't stand beside its field."""
        return f"{self.path}: {self.sentence}" if self.path else self.sentence


def objection(plan: Table, overrides: Table) -> Complaint | None:
    """Why a plan can't be overridden so; None if it can."""
    try:
        parse_plan(plan, overrides)
    except TicketError as error:
        return complaint_of(error)
    return None


def remarks_on(plan: Table, overrides: Table) -> str:
    """Sentences about what of a plan does not stay where it is overridden so; empty if all does."""
    return " ".join(overridden(plan, overrides).said)


def complaint_of(error: TicketError) -> Complaint:
    """An error's sentence, and the path of the field it is about."""
    match = _PATH.fullmatch(str(error))
    return Complaint(match["path"], match["rest"]) if match else Complaint("", str(error))
