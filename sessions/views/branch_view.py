"""A branch and its rounds, as folded from events. No JAX is imported here."""

from collections.abc import Iterable
from math import prod
from typing import TYPE_CHECKING, Any

import msgspec

from sessions.messages import events
from sessions.messages.events import METRICS
from ticket_explorer.networks.forms import Form

if TYPE_CHECKING:
    import numpy as np


OLD_TICKETS = (
    "Branch {branch!r} follows an older rule of transfers: it trains the masks that {source!r} began its rounds with, "
    "and told the densities that they found. Transfer {source!r} anew for the masks that it found."
)
"""Said of a branch that takes transferred tickets as early versions did."""


class RoundView(msgspec.Struct, kw_only=True):
    """One round of a branch, running or finished."""

    branch: str
    number: int
    trained_density: float
    """The density it trains at: (1 − p)^t, or that of a mask that was learned before; the mean over replicates."""
    trained_kept: int
    """Prunable weights that it trains; the mean over replicates, rounded."""
    dimension: int
    """Entries of θ that it trains."""
    prunable: int = 0
    """Prunable weights of the network; 0 if the journal doesn't say."""
    generations: int
    """The planned generations, or fewer once a person ended the round."""
    started: float
    plan: dict[str, Any] = {}
    """The branch's plan when the round began, which made its ticket and trains it."""
    done: int = 0
    """How many generations are known."""
    values: bytearray = msgspec.field(default_factory=bytearray)
    """The generations' metrics, as in `events.Generations`."""
    steps: bytearray = msgspec.field(default_factory=bytearray)
    """The generations' environment steps, int32 [done, replicates]; -1 if an early version did not count them. Empty
    if no policy acts, or nothing was counted."""
    heard: float = 0.0
    """When the last generations were journalled, in seconds since 1970."""
    scored: list[events.Scored] = []
    """Scores taken during the round, in order; the score at its end is in `finished`."""
    frames: list[events.Frame] = []
    tuned: list[events.Tuned] = []
    forms: list[events.FormChosen] = []
    """The forms of its populations, the last one from its generation on; empty if the journal doesn't say."""
    finished: events.RoundFinished | None = None
    densities: dict[str, float] = {}
    """The density of each prunable leaf when the round began; empty if one density holds for all."""
    diverged: set[int] = set()
    """Replicates that diverged in it."""
    pruned: list[events.Pruned] = []
    """How its result was pruned; if it was pruned again under another plan, the last entry counts."""

    def form_at(self, generation: int) -> Form | None:
        """The form in which a generation's population is computed; None if the journal doesn't say."""
        return next((one.form for one in reversed(self.forms) if one.generation <= generation), None)

    @property
    def found_kept(self) -> float | None:
        """Prunable weights of the mask that it found, the mean over replicates; None if that is the one it trained."""
        kept = self.finished.kept if self.finished is not None else []
        return sum(kept) / len(kept) if any(count != self.trained_kept for count in kept) else None

    @property
    def kept(self) -> int:
        """Prunable weights of the mask that its score is measured with: the found one, if masks are learned."""
        return self.trained_kept if self.found_kept is None else round(self.found_kept)

    @property
    def density(self) -> float:
        """The density of the mask that its score is measured with; as planned, if that is the mask that it trained."""
        if self.found_kept is None or not self.prunable:
            return self.trained_density
        return self.found_kept / self.prunable

    @property
    def surviving_density(self) -> float:
        """The density of the weights that go on if the learned mask is taken over."""
        survivors = self.finished.survivors if self.finished is not None else []
        return sum(survivors) / len(survivors) / self.prunable if survivors and self.prunable else self.density

    def metrics(self, start: int = 0) -> "np.ndarray":
        """float32 [generations known from `start` on, replicates, len(METRICS)]."""
        import numpy as np  # a first view does without: it costs more than reading a long journal

        if not self.done:
            return np.zeros((0, 1, len(METRICS)), np.float32)
        generation = len(self.values) // self.done
        return np.frombuffer(self.values[start * generation :], "<f4").reshape(self.done - start, -1, len(METRICS))

    def steps_taken(self) -> "np.ndarray | None":
        """Environment steps by the end of each generation, int64 [generations counted, replicates].

        -1 from the first uncounted generation on; None if none was counted.
        """
        import numpy as np

        if not self.steps:
            return None
        counted = np.frombuffer(self.steps, "<i4").reshape(-1, self.metrics(self.done - 1).shape[1])
        return np.where(np.logical_or.accumulate(counted < 0), -1, counted.cumsum(0, dtype=np.int64))

    def steps_by(self, generation: int) -> list[int] | None:
        """Environment steps that each replicate has taken by the end of some generations; None if that isn't known."""
        taken = self.steps_taken()
        if taken is None or not 0 < generation <= len(taken) or taken[generation - 1].min() < 0:
            return None
        return [int(total) for total in taken[generation - 1]]


class BranchView(msgspec.Struct, kw_only=True):
    """A branch: a line of rounds."""

    name: str
    parent: str | None
    parent_round: int | None
    plan: dict[str, Any]
    """The plan of its coming rounds."""
    rounds: dict[int, RoundView] = {}
    """The rounds that it trained itself, by number."""
    aside: bool = False
    """Whether it is set aside until a command continues it."""
    failed: events.Diverged | None = None
    """Set if it can't go on because no replicate is left."""
    stuck: str = ""
    """Why it can't go on for now, a sentence: code of one's own fails in it. Opening the session tries it again."""
    leaves: list[events.LeafShape] = []
    input_shape: list[int] = []
    borrowed: events.Borrowed | None = None
    """The source of the tickets that its first rounds train; None: it finds its own."""
    given: events.Given | None = None
    """The ticket from a file that its round 0 trains; None: it begins dense."""
    adopted: int = 0
    """How many of its rounds another session trained; their tickets are kept with them."""

    def borrows(self, number: int) -> tuple[str, int] | None:
        """The branch and the round whose ticket round `number` trains, if it is not one of its own."""
        if self.borrowed is None or number >= len(self.borrowed.rounds):
            return None
        return self.borrowed.branch, self.borrowed.rounds[number]

    @property
    def can_go_on(self) -> bool:
        """Whether nothing keeps it from training its next round."""
        return self.failed is None and not self.stuck

    @property
    def prunable(self) -> int:
        """Prunable weights of its network; 0 if the journal doesn't say."""
        return sum(prod(leaf.shape) for leaf in self.leaves if leaf.prunable)

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
        """How many rounds it will have when it is complete, inherited ones included."""
        return int(self.plan["pruning"]["rounds"])

    @property
    def is_done(self) -> bool:
        """Whether it has all its rounds."""
        return self.next_round >= self.planned_rounds


def free_name(parent: str, taken: Iterable[str]) -> str:
    """A free name for a branch of `parent`, `snr-2`; upper and lower case count as equal."""
    stem, _, number = parent.rpartition("-")
    stem = stem if stem and number.isdigit() else parent
    names = {name.lower() for name in taken}
    return next(name for n in range(2, 1_000_000) if (name := f"{stem}-{n}").lower() not in names)


def density_told(event: events.RoundStarted, branch: BranchView) -> float:
    """The density that a round began with; corrects what an early version wrote for transferred learned masks."""
    prunable = branch.prunable
    is_exact = not prunable or abs(event.density * prunable - event.kept) <= max(len(branch.leaves), 1)
    return event.density if is_exact else event.kept / prunable
