"""Commands about how a session runs: how far and how fast, when a round ends, its hyper-parameters; and remarks."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Protocol

from msgspec import Meta, structs

from sessions.messages.command import Count, Deed, Directive, Round, Table
from sessions.messages.goal import Goal


class RunPerformer(Protocol):
    """What carries out the deeds of this module."""

    def end_round(self) -> None:
        """End the running round at its last generation."""
        ...

    def tune(self, wish: "Tune") -> None:
        """Change hyper-parameters of the running round."""
        ...

    def set_pace(self, wish: "Pace") -> None:
        """Set how fast to run."""
        ...

    def pause_at(self, at: Table) -> int:
        """Set a breakpoint; returns its number."""
        ...

    def remove_breakpoint(self, number: int) -> None:
        """Pause no more at what the breakpoint of this number says."""
        ...

    def note(self, text: str) -> None:
        """Write a remark into the journal."""
        ...


class Pause(Directive, frozen=True):
    """Stop after the chunk in flight and write a checkpoint."""

    @property
    def goal(self) -> Goal:
        """As `Directive` says."""
        return Goal()


class Resume(Directive, frozen=True):
    """Run until every branch has all its rounds."""

    @property
    def goal(self) -> Goal:
        """As `Directive` says."""
        return Goal(to_the_end=True)


class Step(Directive, frozen=True):
    """Run this many generations, then pause."""

    generations: Count = 1

    @property
    def goal(self) -> Goal:
        """As `Directive` says."""
        return Goal(generations=self.generations)


class RunRounds(Directive, frozen=True):
    """Run to the end of this many rounds, the running one included, then pause."""

    rounds: Count = 1

    @property
    def goal(self) -> Goal:
        """As `Directive` says."""
        return Goal(rounds=self.rounds)


class EndRound(Deed[None], frozen=True, tag="Prune"):
    """End the running round at its last generation, and prune what it found."""

    def perform(self, session: RunPerformer) -> None:
        """As `Deed` says."""
        session.end_round()


class Tune(Deed[None], frozen=True):
    """Change hyper-parameters of the running round from its next generation on.

    Args:
        changes: New values, by the name of the hyper-parameter.
    """

    changes: Mapping[str, float]

    def perform(self, session: RunPerformer) -> None:
        """As `Deed` says."""
        session.tune(self)


class Pace(Deed[None], frozen=True):
    """Limit how fast the session runs, for teaching.

    Args:
        generations_per_second: The limit, at least 0.001; by default there is none.
    """

    generations_per_second: Annotated[float, Meta(ge=0.001)] | None = None

    def perform(self, session: RunPerformer) -> None:
        """As `Deed` says."""
        session.set_pace(self)


class Note(Deed[None], frozen=True):
    """Write a remark into the journal.

    Args:
        text: What the remark says.
    """

    text: str

    def perform(self, session: RunPerformer) -> None:
        """As `Deed` says."""
        session.note(self.text)


class PauseAt(Deed[int], frozen=True):
    """Pause when something happens, once in each round where it does, until that is removed; its number is the answer.

    Says one thing to pause at, or a generation of a round.

    Args:
        branch: Only rounds that this branch trains; by default those of every branch.
        round: Before this round begins, counted from 0; with a generation, in this round.
        density: Before a round begins with this share of the prunable weights, or less.
        generation: After so many generations of a round.
        score_drop: After a round whose score is lower than that of the round before by more than this.
        correlation_below: After a round in which the correlation of SNR and magnitude (Pearson's) is below this.
        collapse: Before a round begins in which a layer keeps no weights.
    """

    answer_name: ClassVar[str] = "number"
    branch: str | None = None
    round: Round | None = None
    density: float | None = None
    generation: Count | None = None
    score_drop: float | None = None
    correlation_below: float | None = None
    collapse: bool = False

    def perform(self, session: RunPerformer) -> int:
        """As `Deed` says."""
        return session.pause_at(structs.asdict(self))


class RemoveBreakpoint(Deed[None], frozen=True):
    """Pause no more at what a breakpoint says.

    Args:
        number: The number that it got when it was set.
    """

    number: Count

    def perform(self, session: RunPerformer) -> None:
        """As `Deed` says."""
        session.remove_breakpoint(self.number)


class Stop(Directive, frozen=True):
    """Write a checkpoint and end the engine's process."""

    @property
    def goal(self) -> Goal:
        """As `Directive` says."""
        return Goal()
