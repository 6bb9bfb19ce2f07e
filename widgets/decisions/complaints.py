"""What is wrong with what was typed, and where; and what does not stay as it was."""

from dataclasses import dataclass

from sessions.specs.overrides import overridden
from sessions.specs.spec import Table, parse_plan
from ticket_explorer.errors import TicketError


@dataclass(frozen=True)
class Complaint:
    """Why something can't be, and where."""

    path: str
    """`$.trainer.population`; empty if it concerns no field."""
    sentence: str
    expected: str = ""
    """What would have been accepted, in words."""

    @property
    def short(self) -> str:
        """Beside its field: what was expected."""
        return f"expected {self.expected}" if self.expected else self.sentence

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
    return Complaint(error.path, error.said, error.expected)
