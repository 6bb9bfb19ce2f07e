"""Commands that begin branches: from a round, with borrowed tickets, from another session, or back at a round."""

from collections.abc import Sequence
from os import PathLike
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeAlias

from msgspec import field

from sessions.messages.command import Deed, Round, Table

if TYPE_CHECKING:
    Place: TypeAlias = str | PathLike[str]
else:
    Place = str
"""The path of a file or directory; it is sent as text."""


class BranchPerformer(Protocol):
    """What carries out the deeds of this module."""

    def fork(self, wish: "Branch") -> str:
        """Begin a branch; returns its name."""
        ...

    def transfer(self, wish: "Transfer") -> list[str]:
        """Begin the branches of a transfer; returns their names."""
        ...

    def decompose(self, wish: "Decompose") -> list[str]:
        """Begin the controls of a branch's tickets; returns their names."""
        ...

    def adopt(self, wish: "Adopt") -> str:
        """Import a branch of another session; returns its name here."""
        ...

    def go_back(self, wish: "GoBack") -> str:
        """Set a branch aside for a new one that begins at an earlier round; returns the new one's name."""
        ...


class Branch(Deed[str], frozen=True):
    """Begin a new branch after a finished round of another branch; its name is the answer.

    Args:
        parent: The branch to begin from.
        round: A finished round of the parent, counted from 0.
        name: The name of the new branch; by default it follows from the parent's name.
        overrides: What differs from the parent, tables as in the spec.
    """

    answer_name: ClassVar[str] = "branch"
    parent: str
    round: Round
    name: str | None = None
    overrides: Table = field(default_factory=dict)

    def perform(self, session: BranchPerformer) -> str:
        """As `Deed` says."""
        return session.fork(self)


class Transfer(Deed[list[str]], frozen=True):
    """Train a branch's tickets on another task, with another strategy, or by another trainer.

    Tickets that don't exist yet are waited for. The answer is the names of the new branches, the transferred one first.

    Args:
        branch: The branch whose tickets are used.
        rounds: The rounds whose tickets are used; by default all planned ones.
        overrides: What differs from that branch, tables as in the spec.
        name: The name of the new branch; by default it follows from what differs.
        control: Whether to also run a control with random masks of the same size.
        native: Whether to also run a branch that finds its own tickets.
        overlap: Whether layers of different shapes share the part that both have, instead of being refused.
        start: The weights that the tickets start from: `initial`, `fresh`, `trained`, or `early:K`, those of generation
            K of the branch's first round. By default those that their rounds began with, or the initial ones if the
            branch goes on from trained weights.
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

    def perform(self, session: BranchPerformer) -> list[str]:
        """As `Deed` says."""
        return session.transfer(self)


class Decompose(Deed[list[str]], frozen=True):
    """Train controls of a branch's tickets: with permuted weights, with permuted mask and weights, and at random.

    The answer is the names of the new branches; the analysis `decomposition` compares them with the tickets.

    Args:
        branch: The branch whose tickets are used.
        rounds: The rounds whose tickets are used; by default all planned ones.
        trainer: If the branch learns masks: what trains tickets and controls under masks that stay fixed. By default
            gradient descent with the branch's own settings, if it follows gradients.
    """

    answer_name: ClassVar[str] = "branches"
    branch: str
    rounds: Sequence[Round] | Round | None = None
    trainer: str | Table | None = None

    def perform(self, session: BranchPerformer) -> list[str]:
        """As `Deed` says."""
        return session.decompose(self)


class Adopt(Deed[str], frozen=True):
    """Import a branch of another session with its finished rounds; it can be transferred and analysed like any other.

    Its name is the answer.

    Args:
        session: The path of the other session, which may be running.
        branch: The name of the branch there.
        name: Its name here; by default it follows from both names.
    """

    answer_name: ClassVar[str] = "branch"
    session: Place
    branch: str
    name: str | None = None

    def perform(self, session: BranchPerformer) -> str:
        """As `Deed` says."""
        return session.adopt(self)


class GoBack(Deed[str], frozen=True, tag="RewindTo"):
    """Set a branch aside and go on from one of its earlier rounds as a new branch, whose name is the answer.

    Args:
        branch: The branch to set aside.
        round: The finished round to go on from.
    """

    answer_name: ClassVar[str] = "branch"
    branch: str
    round: Round

    def perform(self, session: BranchPerformer) -> str:
        """As `Deed` says."""
        return session.go_back(self)
