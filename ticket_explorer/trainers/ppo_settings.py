"""What can be said of PPO; no JAX is imported here."""

from typing import Annotated, ClassVar

from msgspec import Meta

from ticket_explorer.errors import InvalidValue
from ticket_explorer.networks.settings import Activation, Width
from ticket_explorer.trainers.settings import NonNegative, Positive, TrainerSettings

Count = Annotated[int, Meta(ge=1, le=1_000_000)]


class PPO(TrainerSettings, frozen=True, kw_only=True, tag="ppo"):
    """Proximal policy optimisation with a masked policy, for control tasks (Schulman et al. 2017)."""

    implementation: ClassVar[str] = "ticket_explorer.trainers.ppo:ProximalPolicyOptimisation"
    fitness_over: ClassVar[str | None] = "set of episodes that ended"
    acts: ClassVar[bool] = True
    narrows: ClassVar[bool] = False
    environments: Count = 32
    """Played side by side."""
    steps: Count = 16
    """Of each environment, a generation."""
    epochs: Count = 4
    """Passes over the steps of a generation."""
    minibatches: Count = 8
    """Updates a pass; they must divide environments × steps."""
    discount: Annotated[float, Meta(ge=0, le=1)] = 0.97
    """γ."""
    gae_lambda: Annotated[float, Meta(ge=0, le=1)] = 0.95
    """λ of the generalised advantage estimate."""
    clip: Positive = 0.25
    """ε, how far the ratio of probabilities may leave 1."""
    entropy: NonNegative = 0.005
    """Weight of the policy's entropy."""
    critic: NonNegative = 0.5
    """Weight of the value's squared error."""
    learning_rate: Positive = 3e-4
    learning_rate_final: NonNegative = 1e-4
    """What the learning rate falls to, linearly, by the end of the round."""
    gradient_norm: Positive = 1.0
    """Gradients are clipped to this norm."""
    reward_scale: Positive = 1.0
    """Rewards are multiplied by it for learning; fitness is the return itself."""
    std_init: Positive = 1.0
    """Of the noise on continuous actions at the start of a round; it is learned."""
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
        """Refuse minibatches that don't divide the steps of a generation."""
        total = self.environments * self.steps
        if total % self.minibatches:
            raise InvalidValue("$.trainer.minibatches", self.minibatches, f"a divisor of environments × steps, {total}")
