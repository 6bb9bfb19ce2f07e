"""The steps that PPO learns from: environments played side by side, begun again where they end.

Advantages follow Schulman et al. (2016), High-Dimensional Continuous Control Using Generalized Advantage
Estimation, equation 16.
"""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from ticket_explorer.errors import TicketError
from ticket_explorer.networks.mlp import MultilayerPerceptron
from ticket_explorer.tasks.control.environment import Environment, Moment
from ticket_explorer.tasks.control.normaliser import Statistics
from ticket_explorer.tasks.control.problem import ControlProblem
from ticket_explorer.trainers.ppo_policy import Parameters, draw, log_probability
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
    """The steps of a generation, in one row each."""

    observations: Float[Array, "B ..."]
    seen: Float[Array, "B ..."]
    """Observations as the policy sees them."""
    actions: Array
    log_probability: Float[Array, " B"]
    values: Float[Array, " B"]
    advantages: Float[Array, " B"]
    targets: Float[Array, " B"]
    ended: Bool[Array, " B"]
    returns: Float[Array, " B"]
    """Of the episode up to this step."""


def started(key: Array, problem: ControlProblem, environments: int) -> Players:
    """Environments at their start."""
    moment = jax.vmap(_environment(problem).reset)(jax.random.split(key, environments))
    return Players(moment, jnp.zeros(environments, jnp.int32), jnp.zeros(environments))


def _environment(problem: ControlProblem) -> Environment:
    environment = problem.task.play.environment
    if not isinstance(environment, Environment):
        raise TicketError("PPO steps environments one by one inside of JAX; choose a control task of gymnax or brax.")
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
        next_worth = jnp.where(terminated, 0.0, worth(_seen(statistics, jnp.nan_to_num(after.observation))))
        fresh = jax.vmap(environment.reset)(jax.random.split(reset_key, count))
        kept = {
            "observations": now.moment.observation,
            "seen": seen,
            "actions": chosen,
            "log_probability": log_probability(actions, outputs, parameters.log_std, chosen),
            "values": worth(seen),
            "next_values": next_worth,
            "rewards": settings.reward_scale * reward,
            "ended": ended,
            "returns": returns,
        }
        return Players(
            moment=_begun_again(ended, fresh, after),
            steps=jnp.where(ended, 0, now.steps + 1),
            returns=jnp.where(ended, 0.0, returns),
        ), kept

    after, kept = jax.lax.scan(advance, players, jax.random.split(key, settings.steps))
    advantages = _advantages(kept, settings)
    rows = {name: leaf.reshape(-1, *leaf.shape[2:]) for name, leaf in kept.items()}
    flat = advantages.reshape(-1)
    return after, Batch(
        observations=rows["observations"],
        seen=rows["seen"],
        actions=rows["actions"],
        log_probability=rows["log_probability"],
        values=rows["values"],
        advantages=flat,
        targets=flat + rows["values"],
        ended=rows["ended"],
        returns=rows["returns"],
    )


def _advantages(kept: dict[str, Any], settings: PPO) -> Float[Array, "T E"]:
    errors = kept["rewards"] + settings.discount * kept["next_values"] - kept["values"]
    decay = settings.discount * settings.gae_lambda * ~kept["ended"]

    def back(later: Array, step: tuple[Array, Array]) -> tuple[Array, Array]:
        error, keep = step
        advantage = error + keep * later
        return advantage, advantage

    _, advantages = jax.lax.scan(back, jnp.zeros_like(errors[0]), (errors, decay), reverse=True)
    return jnp.asarray(advantages)


def _seen(statistics: Statistics | None, observations: Float[Array, "E ..."]) -> Float[Array, "E ..."]:
    return observations if statistics is None else statistics.normalised(observations[None])[0]


def _begun_again(ended: Bool[Array, " E"], fresh: Any, after: Any) -> Any:
    def chosen(new: Array, old: Array) -> Array:
        return jnp.where(ended.reshape(-1, *[1] * (new.ndim - 1)), new, old)

    return jax.tree.map(chosen, fresh, after)
