"""Commands that look at weights and change none: previews, episodes and analyses."""

from typing import Annotated, Any, ClassVar, Protocol

from msgspec import Meta, field

from sessions.messages.answers import Episode, ExamplesSeen, Preview
from sessions.messages.command import Deed, Round, Table


class LookPerformer(Protocol):
    """What carries out the deeds of this module."""

    def preview_pruning(self, wish: "PreviewPruning") -> Preview:
        """Say what each pruner would remove."""
        ...

    def try_out(self, wish: "TryOut") -> None:
        """Say whether a branch could go on like this."""
        ...

    def rollout(self, wish: "Rollout") -> Episode:
        """Run one episode of a branch's policy."""
        ...

    def examples(self, wish: "Examples") -> ExamplesSeen:
        """Say what a branch's weights make of some test images."""
        ...

    def ask_analysis(self, wish: "Analyse") -> int:
        """Queue an analysis, to be computed between chunks; returns its id."""
        ...

    def cancel_analysis(self, number: int) -> None:
        """Cancel an analysis that waits or is under way."""
        ...


class PreviewPruning(Deed[Preview], frozen=True):
    """Ask what each pruner would remove from a branch now, and how much their choices overlap.

    Args:
        branch: The branch that would be pruned.
        pruner: A pruner to compare with the others, as a name or a table as in the spec: one's own, `FILE.py:FUNCTION`.
    """

    answer_type: ClassVar[Any] = Preview
    is_journalled: ClassVar[bool] = False
    branch: str
    pruner: str | Table | None = None

    def perform(self, session: LookPerformer) -> Preview:
        """As `Deed` says."""
        return session.preview_pruning(self)


class TryOut(Deed[None], frozen=True):
    """Ask whether a branch could go on like this: code of one's own is tried, and what can't be is refused.

    Args:
        branch: The branch that would change.
        overrides: What would differ, tables as in the spec.
    """

    is_journalled: ClassVar[bool] = False
    branch: str
    overrides: Table

    def perform(self, session: LookPerformer) -> None:
        """As `Deed` says."""
        session.try_out(self)


class Rollout(Deed[Episode], frozen=True):
    """Run one episode of a branch's policy.

    Args:
        branch: The branch whose policy acts.
        round: A finished round; by default the policy as it is now.
    """

    answer_type: ClassVar[Any] = Episode
    is_journalled: ClassVar[bool] = False
    branch: str
    round: Round | None = None

    def perform(self, session: LookPerformer) -> Episode:
        """As `Deed` says."""
        return session.rollout(self)


class Examples(Deed[ExamplesSeen], frozen=True):
    """Ask what a branch's weights make of some test images, now and after the next pruning.

    Args:
        branch: The branch whose weights are asked.
        round: A finished round; by default the weights as they are now.
        first: The place of the first image in the test split.
        count: How many images.
    """

    answer_type: ClassVar[Any] = ExamplesSeen
    is_journalled: ClassVar[bool] = False
    branch: str
    round: Round | None = None
    first: Annotated[int, Meta(ge=0)] = 0
    count: Annotated[int, Meta(ge=1, le=64)] = 12

    def perform(self, session: LookPerformer) -> ExamplesSeen:
        """As `Deed` says."""
        return session.examples(self)


class Analyse(Deed[int], frozen=True):
    """Analyse a branch's weights: the answer is the analysis's id, at once; the analysis is computed between chunks.

    Args:
        kind: `snr`, `layers`, `curvature`, `surface`, `connectivity`, `instability`, `comparison`, `decomposition`,
            `hessian`, or `FILE.py:FUNCTION`.
        branch: The branch whose weights are looked at.
        round: A finished round; by default the running one, or else the last finished one.
        parameters: Fields of the analysis's settings.
    """

    answer_name: ClassVar[str] = "id"
    kind: str
    branch: str
    round: Round | None = None
    parameters: Table = field(default_factory=dict)

    def perform(self, session: LookPerformer) -> int:
        """As `Deed` says."""
        return session.ask_analysis(self)


class CancelAnalysis(Deed[None], frozen=True):
    """Cancel an analysis that waits or is under way.

    Args:
        id: The number that `Analyse` gave as its answer.
    """

    id: int

    def perform(self, session: LookPerformer) -> None:
        """As `Deed` says."""
        session.cancel_analysis(self.id)
