"""What can be said of the trainers that follow gradients; no JAX is imported here."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta

from ticket_explorer.errors import InvalidValue
from ticket_explorer.registry import Former
from ticket_explorer.trainers.settings import NonNegative, Optimizer, Share, TrainerSettings

Generation = Annotated[int, Meta(ge=0, le=100_000_000)]
GRADIENT_PASSES = 3.0
"""A forward pass and a backward pass, which counts as two."""


class GradientSettings(TrainerSettings, frozen=True, kw_only=True):
    """What all trainers that follow gradients share; one generation is one update, on one batch."""

    needs_loss: ClassVar[bool] = True
    narrows: ClassVar[bool] = False
    shared: ClassVar[frozenset[str]] = frozenset(
        {"generations", "optimizer", "warmup", "milestones", "milestone_factor", "cosine", "weight_decay"}
    )
    optimizer: Optimizer = Optimizer(name="adam", learning_rate=3e-4)
    """How the weights follow the gradient."""
    warmup: Generation = 0
    """Generations in which the learning rate rises linearly to its value."""
    milestones: tuple[Generation, ...] = ()
    """Generations at which the learning rate is multiplied by `milestone_factor`."""
    milestone_factor: Share = 0.1
    """What the learning rate is multiplied by at each of the milestones."""
    cosine: bool = False
    """Whether the learning rate falls to zero at the end of the round, along half a cosine."""
    weight_decay: NonNegative = 0.0
    """Times θ, added to the gradient (L2 regularisation)."""

    def try_out(self, problem: Any) -> None:
        """Construct it: only that tells what its optimiser takes."""
        self.implemented()(self, problem.layout.size)

    @property
    def tunable(self) -> dict[str, float]:
        """The optimiser's learning rate with its decay and limit, and weight decay."""
        return {**rates_of(self.optimizer), "weight_decay": self.weight_decay}

    @property
    def passes(self) -> float:
        """One forward, and one backward that counts as two."""
        return GRADIENT_PASSES

    def check(self) -> None:
        """Refuse an optimiser that follows estimates of evolution strategies."""
        refuse_clipup(self.optimizer, "$.trainer.optimizer")


class GradientDescent(GradientSettings, frozen=True, kw_only=True, tag="gradient_descent"):
    """Gradient descent on the kept weights: Adam or SGD with momentum (Frankle & Carbin 2019)."""

    implementation: ClassVar[str] = "ticket_explorer.trainers.gradient_descent:GradientDescent"


class MaskSettings(GradientSettings, frozen=True, kw_only=True):
    """What the trainers share that learn a mask by gradients."""

    learns_mask: ClassVar[bool] = True
    default_pruner: ClassVar[str] = "learned"
    shared: ClassVar[frozenset[str]] = GradientSettings.shared | {"score_optimizer", "score_init", "freeze_weights"}
    optimizer: Optimizer = Optimizer(name="adam", learning_rate=1e-3)
    """How the weights follow the gradient."""
    score_optimizer: Optimizer = Optimizer(name="adam", learning_rate=1e-2)
    """How the scores s follow theirs."""
    score_init: Annotated[float, Meta(ge=-10, le=10)] = 0.0
    """s₀, the score of every kept weight at the start of a round."""
    penalty: Annotated[float, Meta(ge=0, le=1)] = 1e-5
    """λ of the ℓ₁ penalty on the soft mask: the larger, the sparser."""
    freeze_weights: bool = False
    """Whether weights stay where they start and only the mask is learned: a supermask."""

    @property
    def tunable(self) -> dict[str, float]:
        """Those of the weights, those of the scores with a prefix, and the penalty λ."""
        scores = {f"score_{name}": value for name, value in rates_of(self.score_optimizer).items()}
        return {**rates_of(self.optimizer), "weight_decay": self.weight_decay, **scores, "penalty": self.penalty}

    def check(self) -> None:
        """Refuse optimisers that follow estimates of evolution strategies."""
        refuse_clipup(self.optimizer, "$.trainer.optimizer")
        refuse_clipup(self.score_optimizer, "$.trainer.score_optimizer")

    def with_fixed_mask(self) -> GradientDescent:
        """Gradient descent by the weights' own optimiser and schedule."""
        return GradientDescent(**{field: getattr(self, field) for field in GradientDescent.__struct_fields__})


class ContinuousSparsification(MaskSettings, frozen=True, kw_only=True, tag="continuous_sparsification"):
    """Weights and a soft mask σ(βs) descend together while β grows; the mask is learned (Savarese et al. 2020)."""

    implementation: ClassVar[str] = "ticket_explorer.trainers.continuous_sparsification:build"
    formerly: ClassVar[Mapping[str, Former]] = {
        "dropped": Former(
            "removed",
            "This session follows an older rule of continuous sparsification: what a round's mask drops is removed for "
            "good. New sessions set s ← min(β_T · s, s₀) between rounds, as Savarese et al. (2020), Algorithm 3.",
        )
    }
    beta_final: Annotated[float, Meta(ge=1, le=1_000_000)] = 200.0
    """β_T: β rises exponentially from 1 to this in a round."""
    dropped: Literal["may_return", "removed"] = "may_return"
    """What becomes of weights that a round's mask drops: `may_return` sets s ← min(β_T · s, s₀) between rounds, as in
    Algorithm 3, `removed` removes them for good and starts all others at s₀."""

    @property
    def carries_scores(self) -> bool:
        """Unless dropped weights are removed."""
        return self.dropped == "may_return"


class StochasticSparsification(MaskSettings, frozen=True, kw_only=True, tag="stochastic_sparsification"):
    """Masks are drawn, m ~ Bernoulli(σ(s)), and s descends; with frozen weights, a supermask (Zhou et al. 2019)."""

    implementation: ClassVar[str] = "ticket_explorer.trainers.stochastic_sparsification:build"
    formerly: ClassVar[Mapping[str, Former]] = {
        "final_mask": Former(
            "risen",
            "This session follows an older rule of stochastic sparsification: its rounds end with the mask s ≥ s₀, "
            "which was never trained. New sessions draw m ~ Bernoulli(σ(s)), as Savarese et al. (2020), Algorithm 2.",
        )
    }
    penalty: Annotated[float, Meta(ge=0, le=1)] = 0.0
    """λ of the ℓ₁ penalty on the probabilities σ(s): the larger, the sparser."""
    final_mask: Literal["drawn", "risen"] = "drawn"
    """The mask that a round ends with: `drawn` is m ~ Bernoulli(σ(s)), after which weights with s < s₀ are removed for
    good and the others keep their s, as in Algorithm 2; `risen` keeps s ≥ s₀, and starts all others at s₀ again."""

    @property
    def carries_scores(self) -> bool:
        """Where masks are drawn."""
        return self.final_mask == "drawn"


def rates_of(optimizer: Optimizer) -> dict[str, float]:
    """What of an optimiser may be tuned."""
    names = ("learning_rate", "learning_rate_decay", "learning_rate_limit")
    return {name: getattr(optimizer, name) for name in names}


def refuse_clipup(optimizer: Optimizer, path: str) -> None:
    """ClipUp knows flat vectors alone."""
    if optimizer.name == "clipup":
        raise InvalidValue(
            f"{path}.name", "clipup", "one of sgd, momentum, adam, rmsprop: clipup is only for strategies"
        )
