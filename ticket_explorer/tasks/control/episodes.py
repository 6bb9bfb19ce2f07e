"""Episodes of a population: all individuals start the same episodes and see the same noise.

Nothing is reset in between: what follows an episode's end is masked, and the loop ends when all episodes have ended,
so that the length is bounded and nothing recompiles. If the simulation or the policy returns NaN or infinity, the
episode ends there, and its return is NaN: the worst that a strategy knows.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from ticket_explorer.tasks.control.environment import (
    Actions,
    CrowdEnvironment,
    Environment,
    EnvironmentState,
    Moment,
    Policy,
)
from ticket_explorer.tasks.control.normaliser import Statistics, Sums
from ticket_explorer.tasks.control.rollout import Rollout
from ticket_explorer.tasks.control.settings import Squash

Advance = Callable[[Array, EnvironmentState, Array], Moment]
"""The number of the step, the state and actions [N, E, ...] to the next moment."""


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

    environment: Environment | CrowdEnvironment
    squash: Squash
    steps: int
    """The most of an episode: actions, each of which is taken `repeat` times."""
    repeat: int = 1

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
            individuals: How many individuals play, N.
            episodes: How many episodes each of them plays, E.
            statistics: What observations are normalised by; None: not at all.
            observed: Whether to sum up the observations.
        """
        start, step = self._begun(key, individuals, episodes)

        def goes_on(now: _Progress) -> Bool[Array, ""]:
            return (now.step < self.steps) & now.alive.any()

        def advance(now: _Progress) -> _Progress:
            outputs = policy(normalised(statistics, now.moment.observation))
            lost = jnp.isnan(outputs).any(-1)  # from weights that are NaN or infinite
            action = self.actions.of(jnp.where(lost[..., None], 0.0, outputs), self.squash)
            return self._counted(now, step(now.step, now.moment.state, action), lost)

        shape = (individuals, episodes)
        beginning = _Progress(
            step=jnp.zeros((), jnp.int32),
            moment=start,
            alive=jnp.ones(shape, bool),
            returns=jnp.zeros(shape),
            steps=jnp.zeros(shape, jnp.int32),
            sums=Sums.around(start.observation[0]) if observed else None,
        )
        end = jax.lax.while_loop(goes_on, advance, beginning)
        return Outcome(end.returns, end.steps, end.sums)

    def rollout(self, key: Array, policy: Policy, statistics: Statistics | None) -> Rollout:
        """One episode of one policy, step by step; the first of those that `episodes` plays with the same key."""
        start, step = self._begun(key, 1, 1)
        crowd = isinstance(self.environment, CrowdEnvironment)

        def advance(now: tuple[Moment, Array], number: Array) -> tuple[tuple[Moment, Array], Rollout]:
            moment, alive = now
            action = self.actions.of(policy(normalised(statistics, moment.observation)), self.squash)
            after = jax.lax.cond(alive, lambda: step(number, moment.state, action), lambda: moment)
            one = replace(moment, state=()) if crowd else moment
            state, seen = jax.tree.map(lambda leaf: leaf[0, 0], (one.state, one.observation))
            kept = Rollout(state, seen, jnp.where(alive, after.reward[0, 0], 0.0), alive)
            goes_on = alive & ~(after.terminated | after.truncated)[0, 0]
            return (after, goes_on), kept

        _, kept = jax.lax.scan(advance, (start, jnp.ones((), bool)), jnp.arange(self.steps))
        return kept

    def _begun(self, key: Array, individuals: int, episodes: int) -> tuple[Moment, Advance]:
        """Starts [N, E], the same for all individuals, and what leads from them to the next moments."""
        reset_key, step_key = jax.random.split(key)
        starts = jax.random.split(reset_key, episodes)
        environment = self.environment
        if isinstance(environment, CrowdEnvironment):
            return environment.begin(starts, individuals), lambda _, state, action: environment.advance(state, action)
        step = jax.vmap(jax.vmap(environment.step), in_axes=(None, 0, 0))

        def advance(number: Array, state: EnvironmentState, action: Array) -> Moment:
            return step(jax.random.split(jax.random.fold_in(step_key, number), episodes), state, action)

        start = jax.vmap(environment.reset)(starts)
        return jax.tree.map(lambda leaf: jnp.broadcast_to(leaf[None], (individuals, *leaf.shape)), start), advance

    @staticmethod
    def _counted(now: _Progress, after: Moment, lost: Bool[Array, "N E"]) -> _Progress:
        """Add what a step brought to those episodes that had not ended; a policy that was lost breaks its own."""
        whole = _is_finite(after.observation) & jnp.isfinite(after.reward) & ~lost
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
