"""Where a round's batches, samples and noise come from: the session's seed, or a branch's own.

Two branches with equal tickets and different noise share only their initial weights. If the noise differs from a later
generation on, they also share the training until then, including the trainer's state: trained from step k, as in
Frankle et al. (2020, section 2).
"""

from dataclasses import dataclass

import jax

from sessions.specs.spec import Plan
from ticket_explorer.keys import Purpose, replicate_keys


@dataclass(frozen=True)
class Noise:
    """What a branch's training keys are made from."""

    seed: int
    """The session's seed."""
    own: int | None = None
    """The branch's own seed; None if it uses the session's."""
    start: int = 0
    """The generation of each round from which the branch's own seed is used."""

    @classmethod
    def of(cls, plan: Plan, seed: int) -> "Noise":
        """The noise of a plan, in a session of this seed."""
        return cls(seed, plan.noise_seed, plan.noise_from)

    @property
    def identity(self) -> tuple[object, ...]:
        """A suffix that distinguishes it from the session's own noise; empty for that."""
        return () if self.own is None else ("noise", self.own, self.start)

    def ends(self, generation: int) -> int | None:
        """The generation at which the keys change after this one; None if they don't."""
        return self.start if self.own is not None and generation < self.start else None

    def keys(self, replicates: int, round_: int, generation: int) -> jax.Array:
        """The keys of a round at some generation, one for each replicate."""
        seed = self.seed if self.own is None or generation < self.start else self.own
        return replicate_keys(seed, replicates, Purpose.TRAIN, round_)
