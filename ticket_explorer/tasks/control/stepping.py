"""What steps environments that live outside of JAX: many episodes at a time, called a play."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar, runtime_checkable

import numpy as np

from ticket_explorer.errors import TicketError

OPEN_PLAYS = 8
"""More than an engine has under way at once; what was begun and never ended is forgotten."""

Play = TypeVar("Play")


@dataclass(frozen=True)
class World:
    """What environments are made of."""

    maker: str
    """`module:class` of Gymnasium, or the name that EnvPool registers."""
    parameters: tuple[tuple[str, bool | int | float | str], ...]
    size: int | None
    """Of a continuous action; None: actions are discrete."""


@dataclass(frozen=True)
class Stand:
    """Where the episodes of a play are, in the order of their seeds."""

    observations: np.ndarray
    """float32 [n, values]."""
    rewards: np.ndarray
    """float32 [n]."""
    over: np.ndarray
    """bool [n]."""


@runtime_checkable
class Stepper(Protocol):
    """Steps plays; safe to call from several threads."""

    def begin(self, world: World, seeds: np.ndarray) -> tuple[int, Stand]:
        """Start episodes, uint32 [n]; returns what they are called, and where they are."""
        ...

    def act(self, number: int, actions: np.ndarray, steps: int) -> Stand:
        """Take a step in each episode that is not over: int32 [n] or float32 [n, size].

        The play ends, and is forgotten, when all its episodes are over or have taken `steps`.
        """
        ...


def known(plays: Mapping[int, Play], number: int) -> Play:
    """An open play.

    Raises:
        TicketError: if it was forgotten.
    """
    if number not in plays:
        raise TicketError("These episodes were ended before their time; resume to play them again.")
    return plays[number]
