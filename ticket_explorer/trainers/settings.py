"""What can be said of each trainer; no JAX is imported here."""

from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import Meta

from ticket_explorer.registry import Settings, name_of

Positive = Annotated[float, Meta(gt=0)]
NonNegative = Annotated[float, Meta(ge=0)]
Share = Annotated[float, Meta(gt=0, le=1)]
VECTORS = 8
"""Populations that a generation holds at its worst: noise, individuals, copies of them."""


class TrainerSettings(Settings, frozen=True, kw_only=True):
    """What all trainers share."""

    has_sigma: ClassVar[bool] = False
    """Whether it finds a σ of each weight, as SNR pruning needs."""
    learns_mask: ClassVar[bool] = False
    """Whether it finds a mask, as the pruner `learned` needs; its rounds end sparser than they began."""
    needs_loss: ClassVar[bool] = False
    """Whether it takes gradients, so that the task must have a loss."""
    acts: ClassVar[bool] = False
    """Whether it acts in an environment itself, so that the task must be a control task."""
    has_population: ClassVar[bool] = False
    """Whether a generation evaluates many networks at once, by forward passes alone."""
    narrows: ClassVar[bool] = True
    """Whether the sizes of its arrays follow the number of kept entries: then all replicates must keep equally many."""
    default_pruner: ClassVar[str] = "magnitude"
    """What prunes where a spec names no pruner."""
    fitness_over: ClassVar[str | None] = None
    """What a generation's mean, best and deviation of fitness are taken over; None: one network has one fitness."""
    shared: ClassVar[frozenset[str]] = frozenset({"generations"})
    """Fields that mean the same in every trainer that lists them here: they stay when one takes another's place."""

    generations: Annotated[int, Meta(ge=1, le=100_000_000, description="generations a round")] = 200

    @property
    def tunable(self) -> dict[str, float]:
        """Hyper-parameters that may change while a round runs, and what they start at; strategies have their own."""
        return {}

    @property
    def algorithm(self) -> str:
        """What it is called where one word must do."""
        return name_of(self)

    @property
    def has_sigma_of_each_weight(self) -> bool:
        """Whether its σ differs from weight to weight; where one is shared, SNR pruning is magnitude pruning."""
        return self.has_sigma

    def numbers_held(self, size: int) -> int:
        """How many float32 numbers a generation of one replicate holds at its worst, about, for a θ of some size."""
        return VECTORS * size

    @property
    def individuals(self) -> int | None:
        """Networks of one replicate that a generation evaluates at once; None if it evaluates no population."""
        return None

    @property
    def chooses(self) -> bool:
        """Whether its result is chosen from several at the end of a round, by testing them again."""
        return False

    @property
    def passes(self) -> float | None:
        """Forward passes of one batch in a generation, a backward pass counting as two; None if that isn't known."""
        return None

    @property
    def carries_scores(self) -> bool:
        """Whether the scores of a learned mask go on into the next round, where dropped weights may then come back."""
        return False

    def try_out(self, problem: Any) -> None:
        """Refuse what only trying it on a problem tells; loads JAX where there is anything to try.

        Raises:
            TicketError: with what can't be.
        """

    def check_sigma(self, sigma: Any, mask: Any) -> None:
        """Refuse a σ that turns out to be none.

        Args:
            sigma: Of all replicates, [R, D]; None if there is none.
            mask: Which weights are there, [R, D].

        Raises:
            TicketError: with what can't be.
        """

    def with_fixed_mask(self) -> "TrainerSettings | None":
        """What trains weights as this trainer does, under a mask that stays; None if this one trains no weights."""
        return None if self.learns_mask else self


class Optimizer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the search mean follows its gradient estimate."""

    name: Literal["sgd", "adam", "clipup", "momentum", "rmsprop"] = "adam"
    """From optax, but for `clipup` (Toklu et al. 2020)."""
    learning_rate: Positive = 0.01
    learning_rate_decay: Share = 1.0
    """Factor a generation."""
    learning_rate_limit: NonNegative = 0.0
    """The learning rate decays no further than this."""
    parameters: dict[str, float] = msgspec.field(default_factory=dict)
    """Any other numeric argument of the optimiser, `{"b1": 0.99}`."""
