"""The steps that PPO learns from: environments played side by side, begun again where they end."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from ticket_explorer.errors import TicketError
from ticket_explorer.networks.mlp import MultilayerPerceptron
from ticket_explorer.tasks.control.environment import Actions, Environment, Moment
from ticket_explorer.tasks.control.normaliser import Statistics
from ticket_explorer.tasks.control.problem import ControlProblem
from ticket_explorer.trainers.ppo_advantages import estimates, whole_returns
from ticket_explorer.trainers.ppo_policy import Parameters, draw, gaussian, log_probability
from ticket_explorer.trainers.ppo_settings import PPO


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Players:
    """Environments between two generations."""

    moment: Moment
    steps: Int[Array, "*batch E"]
    """Of the running episode."""
    returns: Float[Array, "*batch E"]
    """Of the running episode so far."""


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Batch:
    """The steps of a generation, in one row each; those of an unroll follow one another."""

    observations: Float[Array, "B ..."]
    seen: Float[Array, "B ..."]
    """Observations as the policy sees them."""
    seen_after: Float[Array, "B ..."] | None
    """The same after the step; None where no value is asked for again."""
    actions: Array
    log_probability: Float[Array, " B"]
    values: Float[Array, " B"]
    advantages: Float[Array, " B"]
    targets: Float[Array, " B"]
    rewards: Float[Array, " B"]
    """As the environment gives them, times `reward_scale`."""
    terminated: Bool[Array, " B"]
    ended: Bool[Array, " B"]
    returns: Float[Array, " B"]
    """Of the episode up to this step."""
    deviations: Float[Array, " B"] | None
    """Mean deviation of the noise that the policy outputs for an action; None where it is a parameter of its own."""


def started(key: Array, problem: ControlProblem, environments: int) -> Players:
    """Environments at their start."""
    moment = jax.vmap(_environment(problem).reset)(jax.random.split(key, environments))
    return Players(moment, jnp.zeros(environments, jnp.int32), jnp.zeros(environments))


def _environment(problem: ControlProblem) -> Environment:
    environment = problem.task.play.environment
    if not isinstance(environment, Environment):
        raise TicketError("PPO steps environments one by one inside JAX; choose a control task of gymnax or brax.")
    return environment


def play(
    key: Array,
    players: Players,
    problem: ControlProblem,
    parameters: Parameters,
    value: MultilayerPerceptron,
    statistics: Statistics | None,
    settings: PPO,
) -> tuple[Players, Batch]:
    """A generation's steps of every environment, and what they were worth."""
    environment, actions = _environment(problem), problem.task.play.actions
    limit, squash, count = problem.task.play.steps, problem.task.play.squash, settings.environments

    def worth(seen: Array) -> Float[Array, " E"]:
        return value.apply(parameters.value, seen.reshape(count, -1))[:, 0]

    def advance(now: Players, step_key: Array) -> tuple[Players, dict[str, Any]]:
        draw_key, noise_key, reset_key = jax.random.split(step_key, 3)
        seen = _seen(statistics, now.moment.observation)
        outputs = problem.network.apply(parameters.policy, seen)
        chosen = draw(draw_key, actions, outputs, parameters.log_std)
        done_with = actions.of(chosen, squash) if not actions.is_discrete else chosen
        after = jax.vmap(environment.step)(jax.random.split(noise_key, count), now.moment.state, done_with)
        broken = ~(jnp.isfinite(after.reward) & jnp.isfinite(after.observation).reshape(count, -1).all(-1))
        terminated = after.terminated | broken
        ended = terminated | after.truncated | (now.steps + 1 >= limit)
        reward = jnp.where(broken, 0.0, after.reward)
        returns = now.returns + reward
        seen_after = _seen(statistics, jnp.nan_to_num(after.observation))
        next_worth = jnp.where(terminated, 0.0, worth(seen_after))
        fresh = jax.vmap(environment.reset)(jax.random.split(reset_key, count))
        kept = {
            "observations": now.moment.observation,
            "seen": seen,
            "seen_after": seen_after if settings.advantages == "update" else None,
            "actions": chosen,
            "log_probability": log_probability(actions, outputs, parameters.log_std, chosen),
            "values": worth(seen),
            "next_values": next_worth,
            "rewards": settings.reward_scale * reward,
            "terminated": terminated,
            "ended": ended,
            "returns": jnp.where(broken, jnp.nan, returns),
            "deviations": _deviations(actions, outputs, parameters.log_std),
        }
        return Players(
            moment=_begun_again(ended, fresh, after),
            steps=jnp.where(ended, 0, now.steps + 1),
            returns=jnp.where(ended, 0.0, returns),
        ), kept

    after, kept = jax.lax.scan(advance, players, jax.random.split(key, settings.steps))
    return after, _batch(kept, settings)


def _batch(kept: dict[str, Any], settings: PPO) -> Batch:
    """A generation's steps [T, E, ...] in rows, with what they were worth."""
    cut = jax.tree.map(partial(_in_unrolls, length=settings.unroll or settings.steps), kept)
    steps = (cut["rewards"], cut["values"], cut.pop("next_values"), cut["ended"])
    estimate = whole_returns if settings.advantages == "update" else estimates
    found = estimate(*steps, settings.discount, settings.gae_lambda)
    cut |= {"advantages": found.advantages, "targets": found.targets}
    if settings.unroll is not None:
        cut = jax.tree.map(lambda leaf: leaf.swapaxes(0, 1), cut)
    return Batch(**jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), cut))


def _in_unrolls(leaf: Array, length: int) -> Array:
    """[T, E, ...] as [L, U, ...]: unrolls of `length` steps side by side."""
    steps, environments, *rest = leaf.shape
    return leaf.reshape(steps // length, length, environments, *rest).swapaxes(0, 1).reshape(length, -1, *rest)


def _deviations(actions: Actions, outputs: Float[Array, "E O"], log_std: Float[Array, " A"]) -> Array | None:
    if actions.is_discrete or outputs.shape[-1] == actions.count:
        return None
    return jnp.exp(gaussian(actions, outputs, log_std)[1]).mean(-1)


def _seen(statistics: Statistics | None, observations: Float[Array, "E ..."]) -> Float[Array, "E ..."]:
    return observations if statistics is None else statistics.normalised(observations[None])[0]


def _begun_again(ended: Bool[Array, " E"], fresh: Any, after: Any) -> Any:
    def chosen(new: Array, old: Array) -> Array:
        return jnp.where(ended.reshape(-1, *[1] * (new.ndim - 1)), new, old)

    return jax.tree.map(chosen, fresh, after)
