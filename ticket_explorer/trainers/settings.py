"""What can be said of each trainer; no JAX is imported here."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from ticket_explorer.registry import Former, Settings

Positive = Annotated[float, Meta(gt=0)]
NonNegative = Annotated[float, Meta(ge=0)]
Share = Annotated[float, Meta(gt=0, le=1)]


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
    narrows: ClassVar[bool] = True
    """Whether the sizes of its arrays follow the number of kept entries: then all replicates must keep equally many."""
    default_pruner: ClassVar[str] = "magnitude"
    """What prunes where a spec names no pruner."""
    fitness_over: ClassVar[str | None] = None
    """What a generation's mean, best and deviation of fitness are taken over; None: one network has one fitness."""

    generations: Annotated[int, Meta(ge=1, le=100_000_000, description="generations a round")] = 200

    @property
    def tunable(self) -> dict[str, float]:
        """Hyper-parameters that may change while a round runs, and what they start at; strategies have their own."""
        return {}

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


class Evolution(TrainerSettings, frozen=True, kw_only=True, tag="evolution"):
    """An evolution strategy from evosax that searches the kept weights."""

    implementation: ClassVar[str] = "ticket_explorer.trainers.evolution:Evolution"
    has_sigma: ClassVar[bool] = True
    default_pruner: ClassVar[str] = "snr"
    fitness_over: ClassVar[str | None] = "population"
    of_any_strategy: ClassVar[frozenset[str]] = frozenset(
        {"name", "generations", "population", "mean_decay", "weight_decay"}
    )
    """The budget and the task's own; all others are tuned for a strategy, and go where another takes its place."""
    formerly: ClassVar[Mapping[str, Former]] = {
        "separable_rates": Former(
            "rank_mu",
            "Sep-CMA-ES goes on raising the rank-μ rate of its covariance alone by (n + 2)/3, as this session did from "
            "its start; Ros & Hansen (2008) raise the rank-one rate too.",
            where=lambda table: str(table.get("strategy")).replace("_", "").lower() == "sepcmaes",
        )
    }
    strategy: str = "snes"
    population: Annotated[int, Meta(ge=2, le=1_000_000, description="individuals a generation")] = 64
    std_init: Positive = 0.05
    """σ₀, the search distribution's standard deviation at the start of a round."""
    std_decay: Share = 1.0
    """σ is multiplied by this after each generation (PGPE, OpenAI-ES, ARS)."""
    std_limit: NonNegative = 0.0
    """σ decays no further than this."""
    mean_decay: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    """mean ← (1 − mean_decay) · mean after each generation."""
    weight_decay: NonNegative = 0.0
    """Fitness loses this times |θ|² of the individual."""
    elite_ratio: Share | None = None
    """Share of the population that is recombined (Sep-CMA-ES, ARS); None: the strategy's default."""
    temperature: Positive | None = None
    """Sharpness of the recombination weights (SNES, DES); None: the strategy's default."""
    fitness_shaping: Literal["centered_rank", "standardize", "normalize", "weights", "raw"] | None = None
    """How fitness becomes utility; None: the strategy's default."""
    optimizer: Optimizer | None = None
    """For strategies that follow a gradient estimate; None: the strategy's default."""
    parameters: dict[str, bool | int | float] = msgspec.field(default_factory=dict)
    """Any other hyper-parameter of the evosax strategy, by evosax's name."""
    separable_rates: Literal["both", "rank_mu"] = "both"
    """Which learning rates of its covariance Sep-CMA-ES raises by (n + 2)/3: rank one's and rank μ's, or the latter."""

    @property
    def passes(self) -> float:
        """One for each individual."""
        return float(self.population)

    def check(self) -> None:
        """Refuse an unknown strategy, and settings that the strategy does not have."""
        from ticket_explorer.trainers.strategies import check  # strategies are described by these settings

        check(self)
