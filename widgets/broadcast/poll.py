"""A question to everybody who watches: a number, or one of some choices, from each, the latest counts."""

from collections import Counter
from dataclasses import dataclass, field
from statistics import fmean, median

from ticket_explorer.errors import InvalidValue
from widgets.shared.wording import counted

MOST = 500
"""Answers that are kept; more people than that are no class."""
LONGEST = 200
"""Signs in a question; a choice has 40 at most."""
CHOICES = 8


@dataclass
class Poll:
    """A question, and the answers so far.

    Raises:
        InvalidValue: if the question or a choice is empty or too long, or there are one or too many choices.
    """

    question: str
    choices: tuple[str, ...] = ()
    """What there is to choose from; if there is nothing, an answer is a number."""
    answers: dict[str, float] = field(default_factory=dict)
    """By who gave it: a number, or the place of a choice."""

    def __post_init__(self) -> None:
        if not 0 < len(self.question.strip()) <= LONGEST:
            raise InvalidValue("--ask", self.question, f"a question of 1 to {LONGEST} signs")
        if len(self.choices) == 1 or len(self.choices) > CHOICES or len({*self.choices}) < len(self.choices):
            raise InvalidValue("--choice", ", ".join(self.choices), f"2 to {CHOICES} different choices, or none")
        for choice in self.choices:
            if not 0 < len(choice.strip()) <= 40:
                raise InvalidValue("--choice", choice, "1 to 40 signs")

    def take(self, who: str, answer: float) -> bool:
        """Take somebody's answer in place of an earlier one; whether it is one that there can be."""
        is_possible = answer in range(len(self.choices)) if self.choices else abs(answer) <= 1e12
        if not is_possible or (len(self.answers) >= MOST and who not in self.answers):
            return False
        self.answers[who] = float(answer)
        return True

    @property
    def told(self) -> str:
        """The answers in a line."""
        values = sorted(self.answers.values())
        head = f"{self.question} {counted(len(values), 'answer', 'answers')}"
        if not values:
            return head
        if self.choices:
            counts = Counter(int(value) for value in values)
            return f"{head}: " + " · ".join(f"{choice} {counts[i]}" for i, choice in enumerate(self.choices))
        middle = f"median {median(values):.4g}, mean {fmean(values):.4g}"
        return f"{head}: {middle}, from {values[0]:.4g} to {values[-1]:.4g}"
