"""What can be said of PPO; no JAX is imported here."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from ticket_explorer.errors import InvalidValue
from ticket_explorer.networks.settings import Activation, Width
from ticket_explorer.registry import Former
from ticket_explorer.trainers.settings import NonNegative, Positive, Share, TrainerSettings

Count = Annotated[int, Meta(ge=1, le=1_000_000)]


class PPO(TrainerSettings, frozen=True, kw_only=True, tag="ppo"):
    """Proximal policy optimisation with a masked policy, for control tasks (Schulman et al. 2017)."""

    implementation: ClassVar[str] = "ticket_explorer.trainers.ppo:ProximalPolicyOptimisation"
    fitness_over: ClassVar[str | None] = "set of episodes that ended"
    acts: ClassVar[bool] = True
    narrows: ClassVar[bool] = False
    formerly: ClassVar[Mapping[str, Former]] = {
        "unroll": Former(None),
        "advantages": Former("generation"),
        "value_clip": Former(
            True,
            "PPO's value network moves by no more than `clip` a generation, however large returns are; new sessions "
            "don't limit it unless `value_clip` asks for that.",
        ),
        "annealing": Former(1.0),
        "adam_epsilon": Former(1e-5),
    }
    environments: Count = 32
    """Played side by side."""
    steps: Count = 16
    """Of each environment, a generation."""
    unroll: Count | None = None
    """Steps that an advantage looks ahead at most, and that stay together in a minibatch; None: all of a generation,
    and minibatches of single steps."""
    advantages: Literal["generation", "update"] = "generation"
    """When they are estimated: once a generation, or at each update by the value network as it is then (brax)."""
    epochs: Count = 4
    """Passes over the steps of a generation."""
    minibatches: Count = 8
    """Updates a pass; they must divide environments × steps, or the unrolls that these are."""
    discount: Annotated[float, Meta(ge=0, le=1)] = 0.97
    """γ, what a reward a step later is worth."""
    gae_lambda: Annotated[float, Meta(ge=0, le=1)] = 0.95
    """λ of the generalised advantage estimate."""
    clip: Positive = 0.25
    """ε, how far the ratio of probabilities may leave 1."""
    value_clip: bool = False
    """Whether a value may not leave the generation's first estimate by more than `clip` either, in units of scaled
    rewards: a critic of large returns then takes many generations to get there."""
    entropy: NonNegative = 0.005
    """Weight of the policy's entropy."""
    critic: NonNegative = 0.5
    """Weight of the value's squared error."""
    learning_rate: Positive = 3e-4
    learning_rate_final: NonNegative = 1e-4
    """What the learning rate falls to, linearly."""
    annealing: Share = 1.0
    """Share of the round's generations after which it has."""
    adam_epsilon: Positive = 1e-5
    """What Adam adds to the root of its second moment."""
    gradient_norm: Positive | None = None
    """Gradients are clipped to this norm; None: they are not."""
    reward_scale: Positive = 1.0
    """Rewards are multiplied by it for learning; fitness is the return itself."""
    std_init: Positive = 1.0
    """Of the noise on continuous actions at the start of a round; it is learned, and the same in all states unless the
    task has `noise_outputs`."""
    value_hidden: tuple[Width, ...] = (32, 32)
    """Units of the value network's hidden layers; it is never masked."""
    value_activation: Activation = "relu"
    """Of the value network's hidden layers."""

    @property
    def tunable(self) -> dict[str, float]:
        """The scalars that may be changed between generations."""
        names = ("learning_rate", "learning_rate_final", "clip", "entropy", "critic")
        return {name: float(getattr(self, name)) for name in names}

    def check(self) -> None:
        """Refuse unrolls that don't divide the steps of a generation, or minibatches that don't divide the unrolls."""
        if self.steps % (self.unroll or 1):
            raise InvalidValue("$.trainer.unroll", self.unroll, f"a divisor of steps, {self.steps}")
        if self.unroll is None and self.advantages == "update":
            raise InvalidValue("$.trainer.advantages", "update", "generation, or an unroll as well: unroll = 5")
        total = self.environments * self.steps // (self.unroll or 1)
        if total % self.minibatches:
            what = "environments × steps" if self.unroll is None else "environments × steps / unroll"
            raise InvalidValue("$.trainer.minibatches", self.minibatches, f"a divisor of {what}, {total}")
