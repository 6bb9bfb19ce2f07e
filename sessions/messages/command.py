"""What all commands have: a directive says how far to run, a deed carries itself out."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Generic, TypeVar

import msgspec
from msgspec import Meta

from sessions.messages.goal import Goal

R = TypeVar("R")
Table = Mapping[str, Any]
Count = Annotated[int, Meta(ge=1)]
Round = Annotated[int, Meta(ge=0)]


class Command(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """The base of all commands: a directive, or a deed."""

    is_journalled: ClassVar[bool] = True
    """Whether it changes anything; questions are not written down."""


class Directive(Command, frozen=True):
    """Tells the session's driver how far to run."""

    @property
    def goal(self) -> Goal:
        """How far; it replaces the goal before it."""
        raise NotImplementedError


class Deed(Command, Generic[R], frozen=True):
    """Something that the session does at once, between two chunks, and answers."""

    answer_name: ClassVar[str] = ""
    """The name of its answer on the wire; empty if the answer has fields of its own, or there is none."""
    answer_type: ClassVar[Any] = None
    """The type of an answer that has fields of its own."""

    def perform(self, session: Any) -> R:
        """Carry it out by calling a `commands.Performer`.

        Raises:
            TicketError: if it can't be done.
        """
        raise NotImplementedError

    def told(self, answer: R) -> dict[str, Any]:
        """The answer as it is sent."""
        if self.answer_name:
            return {self.answer_name: answer}
        return msgspec.to_builtins(answer, builtin_types=(bytes,)) or {}

    def heard(self, told: Mapping[str, Any]) -> R:
        """The answer, from what was sent."""
        answer: R = told[self.answer_name] if self.answer_name else msgspec.convert(told or None, self.answer_type)
        return answer
