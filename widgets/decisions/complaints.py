"""What is wrong with a person's input, and where; and which settings are dropped."""

from dataclasses import dataclass

from sessions.specs.overrides import overridden
from sessions.specs.spec import Table, parse_plan
from ticket_explorer.errors import TicketError
from widgets.decisions.own_rules import taken_in


@dataclass(frozen=True)
class Complaint:
    """Why a value is refused, and where it is."""

    path: str
    """`$.trainer.population`; empty if it concerns no field."""
    sentence: str
    expected: str = ""
    """What would have been accepted, as text."""

    @property
    def short(self) -> str:
        """The text beside its field: what was expected."""
        return f"expected {self.expected}" if self.expected else self.sentence

    def concerns(self, place: str) -> bool:
        """Whether it is about a field, or about an entry in it, `$.pruning.ratios`."""
        return self.path == place or self.path.startswith(f"{place}.")

    @property
    def whole(self) -> str:
        """The text for a place that isn't beside its field."""
        return f"{self.path}: {self.sentence}" if self.path else self.sentence


def objection(plan: Table, overrides: Table) -> Complaint | None:
    """Why these overrides of a plan are refused; None if they can work."""
    try:
        parse_plan(plan, taken_in(overrides))
    except TicketError as error:
        return complaint_of(error)
    return None


def remarks_on(plan: Table, overrides: Table) -> str:
    """Sentences about settings of a plan that these overrides drop; empty if there are none, or they can't be read."""
    try:
        return " ".join(overridden(plan, taken_in(overrides)).said)
    except TicketError:
        return ""


def complaint_of(error: TicketError) -> Complaint:
    """An error's sentence, and the path of the field it is about."""
    return Complaint(error.path, error.said, error.expected)
