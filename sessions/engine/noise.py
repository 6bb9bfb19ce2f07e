"""Where a round's batches, samples and noise come from: the session's seed, or one that a branch has of its own.

Two branches of equal tickets and different noise share their initial weights and nothing else. From a
later generation on they also share the way until then: trained from step k, as Frankle et al. (2020,
section 2) do, with whatever the trainer carries.
"""

from dataclasses import dataclass

import jax

from sessions.specs.spec import Plan
from ticket_explorer.keys import Purpose, replicate_keys


@dataclass(frozen=True)
class Noise:
    """The source of a branch's keys of training."""

    seed: int
    """The session's seed."""
    own: int | None = None
    """The branch's own seed; None: it has the session's."""
    start: int = 0
    """The generation of each round from which on the branch's own is used."""

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
        """The keys, one a replicate, of a round at some generation."""
        seed = self.seed if self.own is None or generation < self.start else self.own
        return replicate_keys(seed, replicates, Purpose.TRAIN, round_)
