"""What all commands have: a directive says how far to run, a deed says by itself how it is done."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

import msgspec

from sessions.messages.answers import Episode, Preview
from sessions.messages.goal import Goal

if TYPE_CHECKING:
    from sessions.messages.commands import (
        Adopt,
        Analyse,
        Branch,
        Decompose,
        GoBack,
        Pace,
        Rollout,
        SetAside,
        Transfer,
        Tune,
    )

R = TypeVar("R")
Table = Mapping[str, Any]


class Command(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """The base of all commands: a directive, or a deed."""

    is_journalled: ClassVar[bool] = True
    """Whether it changes anything; questions are not written down."""


class Directive(Command, frozen=True):
    """Says how far to run; whoever drives the session goes by it."""

    @property
    def goal(self) -> Goal:
        """How far; what was the goal before counts no more."""
        raise NotImplementedError


class Deed(Command, Generic[R], frozen=True):
    """Something that is done at once, between two chunks, and has an answer."""

    answer_name: ClassVar[str] = ""
    """What its answer is called on the wire; empty where that has fields of its own, or there is none."""
    answer_type: ClassVar[Any] = None
    """Of an answer that has fields of its own."""

    def perform(self, session: "Performer") -> R:
        """Do it.

        Raises:
            TicketError: if it can't be done.
        """
        raise NotImplementedError

    def told(self, answer: R) -> dict[str, Any]:
        """Its answer as it travels."""
        if self.answer_name:
            return {self.answer_name: answer}
        return msgspec.to_builtins(answer, builtin_types=(bytes,)) or {}

    def heard(self, told: Mapping[str, Any]) -> R:
        """Its answer as it has arrived."""
        answer: R = told[self.answer_name] if self.answer_name else msgspec.convert(told or None, self.answer_type)
        return answer


class Performer(Protocol):
    """What deeds are made of; a session has it."""

    def end_round(self) -> None:
        """End the running round at its last generation."""
        ...

    def change_plan(self, branch: str, overrides: Table) -> None:
        """Have a branch's coming rounds follow another plan."""
        ...

    def tune(self, wish: "Tune") -> None:
        """Change hyper-parameters of the running round."""
        ...

    def fork(self, wish: "Branch") -> str:
        """Begin a branch; returns its name."""
        ...

    def transfer(self, wish: "Transfer") -> list[str]:
        """Begin the branches of a transfer; returns their names."""
        ...

    def decompose(self, wish: "Decompose") -> list[str]:
        """Begin controls; returns their names."""
        ...

    def adopt(self, wish: "Adopt") -> str:
        """Take a branch in; returns its name."""
        ...

    def go_back(self, wish: "GoBack") -> str:
        """Set a branch aside for one that begins at an earlier round; returns that one's name."""
        ...

    def set_aside(self, wish: "SetAside") -> None:
        """Set a branch aside, or take it up again."""
        ...

    def set_pace(self, wish: "Pace") -> None:
        """Say how fast to run."""
        ...

    def preview_pruning(self, branch: str) -> Preview:
        """What each pruner would remove."""
        ...

    def rollout(self, wish: "Rollout") -> Episode:
        """One episode."""
        ...

    def ask_analysis(self, wish: "Analyse") -> int:
        """Have an analysis done between chunks; returns its id."""
        ...

    def cancel_analysis(self, number: int) -> None:
        """Give up an analysis."""
        ...

    def note(self, text: str) -> None:
        """Write a remark down."""
        ...
