"""Episodes of a population: all individuals start the same episodes and see the same noise.

Nothing is reset in between: what follows an episode's end is masked, and the loop ends when all have
ended, so that the length is bounded and nothing recompiles. An episode in which the physics give a
number that is none ends there, and its return is NaN: the worst that a strategy knows.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from ticket_explorer.tasks.control.environment import Actions, Environment, Moment, Policy
from ticket_explorer.tasks.control.normaliser import Statistics, Sums
from ticket_explorer.tasks.control.rollout import Rollout, freeze
from ticket_explorer.tasks.control.settings import Squash


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Outcome:
    """What the episodes came to."""

    returns: Float[Array, "*batch N E"]
    """Sum of an episode's rewards; NaN if its physics failed."""
    steps: Int[Array, "*batch N E"]
    """How long each was."""
    sums: Sums | None
    """Over all observations that were acted on; None if they were not asked for."""


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class _Progress:
    step: Int[Array, "*batch"]
    moment: Moment
    alive: Bool[Array, "*batch N E"]
    returns: Float[Array, "*batch N E"]
    steps: Int[Array, "*batch N E"]
    sums: Sums | None


@dataclass(frozen=True)
class Play:
    """How episodes are played. Static."""

    environment: Environment
    squash: Squash
    steps: int
    """The most of an episode."""

    @property
    def actions(self) -> Actions:
        """What the environment can be told."""
        return self.environment.actions

    def episodes(
        self,
        key: Array,
        policy: Policy,
        individuals: int,
        episodes: int,
        statistics: Statistics | None = None,
        observed: bool = False,
    ) -> Outcome:
        """Let every individual play the same episodes to their end.

        Args:
            key: Of the generation.
            policy: From observations [N, E, ...] to outputs [N, E, O].
            individuals: N.
            episodes: E.
            statistics: What observations are normalised by; None: not at all.
            observed: Whether to sum up the observations.
        """
        reset_key, step_key = jax.random.split(key)
        start = jax.vmap(self.environment.reset)(jax.random.split(reset_key, episodes))
        step = jax.vmap(jax.vmap(self.environment.step), in_axes=(None, 0, 0))

        def goes_on(now: _Progress) -> Bool[Array, ""]:
            return (now.step < self.steps) & now.alive.any()

        def advance(now: _Progress) -> _Progress:
            seen = now.moment.observation
            action = self.actions.of(policy(normalised(statistics, seen)), self.squash)
            keys = jax.random.split(jax.random.fold_in(step_key, now.step), episodes)
            after = step(keys, now.moment.state, action)
            return self._counted(now, after)

        shape = (individuals, episodes)
        spread = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf[None], (individuals, *leaf.shape)), start)
        beginning = _Progress(
            step=jnp.zeros((), jnp.int32),
            moment=spread,
            alive=jnp.ones(shape, bool),
            returns=jnp.zeros(shape),
            steps=jnp.zeros(shape, jnp.int32),
            sums=Sums.around(start.observation) if observed else None,
        )
        end = jax.lax.while_loop(goes_on, advance, beginning)
        return Outcome(end.returns, end.steps, end.sums)

    def rollout(self, key: Array, policy: Policy, statistics: Statistics | None) -> Rollout:
        """One episode of one policy, step by step; the first of those that `episodes` plays with the same key."""
        reset_key, step_key = jax.random.split(key)
        start = self.environment.reset(jax.random.split(reset_key, 1)[0])

        def advance(now: tuple[Moment, Array], step: Array) -> tuple[tuple[Moment, Array], Rollout]:
            moment, alive = now
            outputs = policy(normalised(statistics, moment.observation[None, None]))[0, 0]
            noise = jax.random.split(jax.random.fold_in(step_key, step), 1)[0]
            after = self.environment.step(noise, moment.state, self.actions.of(outputs, self.squash))
            kept = Rollout(moment.state, moment.observation, jnp.where(alive, after.reward, 0.0), alive)
            goes_on = alive & ~after.terminated & ~after.truncated
            return (freeze(alive, after, moment), goes_on), kept

        _, kept = jax.lax.scan(advance, (start, jnp.ones((), bool)), jnp.arange(self.steps))
        return kept

    @staticmethod
    def _counted(now: _Progress, after: Moment) -> _Progress:
        """Add what a step brought to those episodes that had not ended."""
        whole = _is_finite(after.observation) & jnp.isfinite(after.reward)
        gained = jnp.where(whole, after.reward, jnp.nan)
        return _Progress(
            step=now.step + 1,
            moment=after,
            alive=now.alive & whole & ~after.terminated & ~after.truncated,
            returns=jnp.where(now.alive, now.returns + gained, now.returns),
            steps=now.steps + now.alive,
            sums=None if now.sums is None else now.sums.add(now.moment.observation, now.alive),
        )


def normalised(statistics: Statistics | None, observations: Float[Array, "N E ..."]) -> Float[Array, "N E ..."]:
    """Observations as a policy sees them."""
    return observations if statistics is None else statistics.normalised(observations)


def _is_finite(observations: Float[Array, "N E ..."]) -> Bool[Array, "N E"]:
    return jnp.isfinite(observations).reshape(*observations.shape[:2], -1).all(-1)
