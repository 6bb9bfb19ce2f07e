"""What a person may ask of a session. Commands in, events out; both are small, frozen and tagged.

The same structs travel over the socket, are written to the journal and are called from Python: a command's fields are
the parameters of its verbs in `Session`, `LiveSession` and `tx`, and are named nowhere else. An explicit tag is the
name of a command in older journals; it never changes on disk.
"""

import operator
from collections.abc import Mapping, Sequence
from functools import reduce
from os import PathLike
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Protocol, TypeAlias

from msgspec import Meta, field

from sessions.messages.answers import Episode as Episode
from sessions.messages.answers import Preview as Preview
from sessions.messages.command import Command as Command
from sessions.messages.command import Deed as Deed
from sessions.messages.command import Directive as Directive
from sessions.messages.command import Table
from sessions.messages.goal import Goal

if TYPE_CHECKING:
    Place: TypeAlias = str | PathLike[str]
else:
    Place = str
"""Of a file; a path is a text from the moment it is sent."""
Count = Annotated[int, Meta(ge=1)]
Round = Annotated[int, Meta(ge=0)]


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
    """End the running round at this generation, and prune what it found."""

    def perform(self, session: Performer) -> None:
        """As `Deed` says."""
        session.end_round()


class SwitchPruner(Deed[None], frozen=True):
    """Prune a branch by another criterion, and restart its weights otherwise, from its next pruning on.

    Args:
        branch: The branch to prune otherwise.
        pruner: Its name, or a table as in the spec; by default as before.
        rewind: Its name, or a table as in the spec; by default as before.
    """

    branch: str
    pruner: str | Table | None = None
    rewind: str | Table | None = None

    def perform(self, session: Performer) -> None:
        """As `Deed` says."""
        given = {"pruner": self.pruner, "rewind": self.rewind}
        session.change_plan(self.branch, {key: value for key, value in given.items() if value is not None})


class SwitchTrainer(Deed[None], frozen=True):
    """Train a branch otherwise from its next round on: another strategy, or other settings of it.

    Args:
        branch: The branch to train otherwise.
        trainer: What is different, a table as in the spec.
    """

    branch: str
    trainer: Table

    def perform(self, session: Performer) -> None:
        """As `Deed` says."""
        session.change_plan(self.branch, {"trainer": self.trainer})


class SetPruning(Deed[None], frozen=True):
    """Change how much a branch prunes, in which scope, and how many rounds it has.

    Args:
        branch: The branch that it is about.
        pruning: What is different, a table as in the spec.
    """

    branch: str
    pruning: Table

    def perform(self, session: Performer) -> None:
        """As `Deed` says."""
        session.change_plan(self.branch, {"pruning": self.pruning})


class Tune(Deed[None], frozen=True):
    """Change hyper-parameters of the running round from its next generation on.

    Args:
        changes: New values, by the names of the hyper-parameters.
    """

    changes: Mapping[str, float]

    def perform(self, session: Performer) -> None:
        """As `Deed` says."""
        session.tune(self)


class Branch(Deed[str], frozen=True):
    """Begin a new branch after a finished round of another; its name is the answer.

    Args:
        parent: The other branch.
        round: Of the other branch, from 0 on.
        name: Of the new branch; by default one after its parent's.
        overrides: What is different, tables as in the spec.
    """

    answer_name: ClassVar[str] = "branch"
    parent: str
    round: Round
    name: str | None = None
    overrides: Table = field(default_factory=dict)

    def perform(self, session: Performer) -> str:
        """As `Deed` says."""
        return session.fork(self)


class Transfer(Deed[list[str]], frozen=True):
    """Train a branch's tickets otherwise: on another task, with another strategy, by another trainer.

    Tickets that are not there yet are waited for. The answer is the names of the new branches, the transferred one
    first.

    Args:
        branch: The branch whose tickets are used.
        rounds: Of which rounds; by default of all planned ones.
        overrides: What is different, tables as in the spec.
        name: Of the new branch; by default one after what is different.
        control: Whether a control with random masks of the same size runs too.
        native: Whether a branch that finds its own tickets runs too.
        overlap: Whether layers of other shapes take what both have, instead of being refused.
        start: Which weights the tickets start from: `initial`, `trained`, or `early:K`, those of generation K of the
            branch's first round; by default those that their rounds began with, but initial ones where the branch goes
            on from trained weights.
    """

    answer_name: ClassVar[str] = "branches"
    branch: str
    rounds: Sequence[Round] | Round | None = None
    overrides: Table = field(default_factory=dict)
    name: str | None = None
    control: bool = True
    native: bool = False
    overlap: bool = False
    start: str | Table | None = None

    def perform(self, session: Performer) -> list[str]:
        """As `Deed` says."""
        return session.transfer(self)


class Decompose(Deed[list[str]], frozen=True):
    """Train a branch's tickets once more with permuted weights, with permuted mask and weights, and at random.

    The answer is the names of the new branches; the analysis `decomposition` compares them with the tickets.

    Args:
        branch: The branch whose tickets are used.
        rounds: Of which rounds; by default of all planned ones.
        trainer: What trains tickets and controls under masks that stay, where the branch learns masks; by default
            gradient descent by the branch's own settings, if it follows gradients.
    """

    answer_name: ClassVar[str] = "branches"
    branch: str
    rounds: Sequence[Round] | Round | None = None
    trainer: str | Table | None = None

    def perform(self, session: Performer) -> list[str]:
        """As `Deed` says."""
        return session.decompose(self)


class Adopt(Deed[str], frozen=True):
    """Take a branch of another session in, with its finished rounds; then it is transferred and analysed as any other.

    Its name is the answer.

    Args:
        session: The path of the other session, which may be running.
        branch: Its name there.
        name: Its name here; by default one after both.
    """

    answer_name: ClassVar[str] = "branch"
    session: Place
    branch: str
    name: str | None = None

    def perform(self, session: Performer) -> str:
        """As `Deed` says."""
        return session.adopt(self)


class GoBack(Deed[str], frozen=True, tag="RewindTo"):
    """Set a branch aside and go on from one of its earlier rounds as a new branch, whose name is the answer.

    Args:
        branch: The branch to set aside.
        round: A finished one.
    """

    answer_name: ClassVar[str] = "branch"
    branch: str
    round: Round

    def perform(self, session: Performer) -> str:
        """As `Deed` says."""
        return session.go_back(self)


class SetAside(Deed[None], frozen=True):
    """Run no more rounds of a branch, or take it up again.

    Args:
        branch: Which one to set aside.
        aside: Whether to set it aside.
    """

    branch: str
    aside: bool = True

    def perform(self, session: Performer) -> None:
        """As `Deed` says."""
        session.set_aside(self)


class Pace(Deed[None], frozen=True):
    """Run no faster than this, for teaching.

    Args:
        generations_per_second: At most, 0.001 or more; by default as fast as can be.
    """

    generations_per_second: Annotated[float, Meta(ge=0.001)] | None = None

    def perform(self, session: Performer) -> None:
        """As `Deed` says."""
        session.set_pace(self)


class PreviewPruning(Deed[Preview], frozen=True):
    """Ask what each pruner would remove from a branch now, and how much their choices overlap.

    Args:
        branch: The branch that would be pruned.
    """

    answer_type: ClassVar[Any] = Preview
    is_journalled: ClassVar[bool] = False
    branch: str

    def perform(self, session: Performer) -> Preview:
        """As `Deed` says."""
        return session.preview_pruning(self.branch)


class Rollout(Deed[Episode], frozen=True):
    """Ask for one episode of a branch's policy.

    Args:
        branch: The branch whose policy acts.
        round: A finished round; by default what the policy is now.
    """

    answer_type: ClassVar[Any] = Episode
    is_journalled: ClassVar[bool] = False
    branch: str
    round: Round | None = None

    def perform(self, session: Performer) -> Episode:
        """As `Deed` says."""
        return session.rollout(self)


class Analyse(Deed[int], frozen=True):
    """Look at a branch's weights: answered at once with the analysis's id, worked on between chunks.

    Args:
        kind: `snr`, `layers`, `curvature`, `surface`, `connectivity`, `instability`, `comparison`, `decomposition`,
            `hessian`, or `FILE.py:FUNCTION`.
        branch: The branch whose weights are looked at.
        round: A finished round; by default what runs now, or else the last finished one.
        parameters: Fields of the analysis's settings.
    """

    answer_name: ClassVar[str] = "id"
    kind: str
    branch: str
    round: Round | None = None
    parameters: Table = field(default_factory=dict)

    def perform(self, session: Performer) -> int:
        """As `Deed` says."""
        return session.ask_analysis(self)


class CancelAnalysis(Deed[None], frozen=True):
    """Give up an analysis that waits or is under way.

    Args:
        id: The number that `Analyse` was answered with.
    """

    id: int

    def perform(self, session: Performer) -> None:
        """As `Deed` says."""
        session.cancel_analysis(self.id)


class Note(Deed[None], frozen=True):
    """Write a remark into the journal.

    Args:
        text: What it says.
    """

    text: str

    def perform(self, session: Performer) -> None:
        """As `Deed` says."""
        session.note(self.text)


class Stop(Directive, frozen=True):
    """Checkpoint and end the engine's process."""

    @property
    def goal(self) -> Goal:
        """As `Directive` says."""
        return Goal()


COMMANDS: dict[str, type[Command]] = {
    str(kind.__struct_config__.tag): kind for kind in (*Directive.__subclasses__(), *Deed.__subclasses__())
}
"""All of them, by their tags."""

if TYPE_CHECKING:
    AnyCommand: TypeAlias = Command
else:
    AnyCommand = reduce(operator.or_, COMMANDS.values())
"""What a journal or a message holds."""
