"""A branch and its rounds, as events tell them. No JAX is imported here."""

from typing import TYPE_CHECKING, Any

import msgspec

from sessions import events
from sessions.events import METRICS

if TYPE_CHECKING:
    import numpy as np


class RoundView(msgspec.Struct, kw_only=True):
    """One round of a branch, running or finished."""

    branch: str
    number: int
    density: float
    """What it trains at; once it is finished and has learned a mask, that mask's, the mean over replicates."""
    kept: int
    dimension: int
    generations: int
    """Planned, or fewer once a person ended the round."""
    started: float
    plan: dict[str, Any] = {}
    """The branch's plan when the round began: what its ticket was made by, and what trains it."""
    done: int = 0
    """Generations that are known."""
    values: bytearray = msgspec.field(default_factory=bytearray)
    """Their metrics, as in `events.Generations`."""
    heard: float = 0.0
    """When the last of them was told, in seconds since 1970."""
    frames: list[events.Frame] = []
    tuned: list[events.Tuned] = []
    finished: events.RoundFinished | None = None
    pruned: list[events.Pruned] = []
    """How its result was pruned; several if pruned anew under another plan, the last one counts."""

    def metrics(self, start: int = 0) -> "np.ndarray":
        """float32 [generations known from `start` on, replicates, len(METRICS)]."""
        import numpy as np  # a first view does without: it costs more than reading a long journal

        if not self.done:
            return np.zeros((0, 1, len(METRICS)), np.float32)
        generation = len(self.values) // self.done
        return np.frombuffer(self.values[start * generation :], "<f4").reshape(self.done - start, -1, len(METRICS))


class BranchView(msgspec.Struct, kw_only=True):
    """A line of rounds."""

    name: str
    parent: str | None
    parent_round: int | None
    plan: dict[str, Any]
    """What its coming rounds follow."""
    rounds: dict[int, RoundView] = {}
    """The rounds it trained itself."""
    aside: bool = False
    """Whether it waits until somebody takes it up again."""
    leaves: list[events.LeafShape] = []
    input_shape: list[int] = []
    borrowed: events.Borrowed | None = None
    adopted: int = 0
    """How many of its rounds another session trained; their tickets are kept beside them."""

    def borrows(self, number: int) -> tuple[str, int] | None:
        """The branch and the round whose ticket round `number` trains, if it is not one of its own."""
        if self.borrowed is None or number >= len(self.borrowed.rounds):
            return None
        return self.borrowed.branch, self.borrowed.rounds[number]

    @property
    def first_round(self) -> int:
        """The number of the first round it trains itself."""
        return 0 if self.parent_round is None else self.parent_round + 1

    @property
    def next_round(self) -> int:
        """The number of the round that comes after its finished ones."""
        own = [number for number, round_ in self.rounds.items() if round_.finished]
        return max(own) + 1 if own else self.first_round

    @property
    def planned_rounds(self) -> int:
        """How many rounds it has when it is done, inherited ones included."""
        return int(self.plan["pruning"]["rounds"])

    @property
    def is_done(self) -> bool:
        """Whether it has all its rounds."""
        return self.next_round >= self.planned_rounds
