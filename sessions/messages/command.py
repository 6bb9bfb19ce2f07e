"""What all commands have: a directive says how far to run, a deed says by itself how it is done."""

from collections.abc import Mapping
from typing import Any, ClassVar, Generic, TypeVar

import msgspec

from sessions.messages.goal import Goal

R = TypeVar("R")
Table = Mapping[str, Any]


class Command(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """The base of all commands: a directive, or a deed."""

    is_journalled: ClassVar[bool] = True
    """Whether it changes anything; questions are not written down."""


class Directive(Command, frozen=True):
    """Says how far to run; the driver of the session follows it."""

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

    def perform(self, session: Any) -> R:
        """Do it, with a `commands.Performer`.

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
