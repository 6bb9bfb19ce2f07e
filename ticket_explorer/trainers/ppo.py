"""Proximal policy optimisation with a masked policy and an unmasked value network.

Schulman, Wolski, Dhariwal, Radford & Klimov (2017), Proximal Policy Optimization Algorithms; compact in
the style of purejaxrl (Lu et al. 2022). A generation is one batch of steps and the updates on it. The
mask is data: gradients of pruned weights are exactly zero, so that neither momentum nor normalisation
moves them, and one executable serves every mask. An episode that is cut off at its time limit is
continued by its value (Pardo et al. 2018); only one that ended is worth nothing afterwards.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float, Int

from ticket_explorer.networks.mlp import MultilayerPerceptron, build_mlp
from ticket_explorer.networks.settings import MLP
from ticket_explorer.problems import Problem, ProblemState
from ticket_explorer.tasks.control.normaliser import Statistics, Sums
from ticket_explorer.tasks.control.problem import ControlProblem, ControlState, control
from ticket_explorer.trainers.live_changes import check_changes
from ticket_explorer.trainers.ppo_advantages import whole_returns
from ticket_explorer.trainers.ppo_play import Batch, Players, play, started
from ticket_explorer.trainers.ppo_policy import Parameters, draw, entropy_of, log_probability, squashing
from ticket_explorer.trainers.ppo_settings import PPO
from ticket_explorer.trainers.trainer import Metrics, TrainingResult


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class PPOState:
    """Policy, value and environments between two generations."""

    parameters: Parameters
    mask: Bool[Array, "*replicates D"]
    optimizer: Any
    players: Players
    problem: ControlState
    schedule: dict[str, Array]
    generation: Int[Array, "*replicates"]


class ProximalPolicyOptimisation:
    """PPO on the kept weights of a policy.

    Args:
        settings: As in the spec.
        kept: How many entries the mask keeps; no shape depends on it.
    """

    def __init__(self, settings: PPO, kept: int):
        self.settings = settings
        norm = settings.gradient_norm
        clipping = optax.identity() if norm is None else optax.clip_by_global_norm(norm)
        self.optimizer: Any = optax.chain(clipping, optax.scale_by_adam(eps=settings.adam_epsilon))

    def init(self, key: Array, theta0: Float[Array, " D"], mask: Bool[Array, " D"], problem: Problem) -> PPOState:
        """θ₀ under the mask, a fresh value network, and environments at their start.

        Raises:
            TicketError: if the problem is no control task.
        """
        acting = control(problem)
        value_key, play_key = jax.random.split(key)
        spread = jnp.log(jnp.full(acting.task.play.actions.count, self.settings.std_init))
        parameters = Parameters(
            policy=jnp.where(mask, theta0, 0.0), value=self._value(acting).initialise(value_key), log_std=spread
        )
        return PPOState(
            parameters=parameters,
            mask=mask,
            optimizer=self.optimizer.init(parameters),
            players=started(play_key, acting, self.settings.environments),
            problem=acting.initial_state(),
            schedule={name: jnp.float32(value) for name, value in self.settings.tunable.items()},
            generation=jnp.zeros((), jnp.int32),
        )

    def step(self, key: Array, state: PPOState, problem: Problem) -> tuple[PPOState, Metrics]:
        """Play, estimate advantages, and follow the clipped objective through minibatches."""
        acting, settings = control(problem), self.settings
        play_key, update_key = jax.random.split(key)
        observations = state.problem.observations
        players, batch = play(
            play_key, state.players, acting, state.parameters, self._value(acting), observations, settings
        )
        keys = jax.random.split(update_key, settings.epochs)
        (parameters, optimizer), _ = jax.lax.scan(
            lambda carry, epoch_key: self._epoch(carry, epoch_key, batch, state, acting),
            (state.parameters, state.optimizer),
            keys,
        )
        carried = replace(state.problem, observations=_observed(observations, batch))
        after = replace(
            state,
            parameters=parameters,
            optimizer=optimizer,
            players=players,
            problem=carried,
            generation=state.generation + 1,
        )
        return after, _metrics(batch, parameters, acting.task.play.repeat)

    def finish(self, state: PPOState, problem: Problem) -> TrainingResult:
        """The policy; there is no search distribution."""
        return TrainingResult(state.parameters.policy, None, state.mask)

    def problem_state(self, state: PPOState) -> ProblemState:
        """Statistics of the observations."""
        return state.problem

    def beside(self, state: PPOState) -> Any:
        """The value network and the noise, which are kept with the round."""
        return state.parameters.value, state.parameters.log_std

    def hyperparameters(self, state: PPOState) -> Mapping[str, Float[Array, "*replicates"]]:
        """Learning rate and what it falls to, clipping, and the weights of entropy and value."""
        return state.schedule

    def tuned(self, state: PPOState, changes: Mapping[str, float]) -> PPOState:
        """The state with some hyper-parameters changed, in all replicates.

        Raises:
            TicketError: if a name is not one of `hyperparameters`, or a value is out of range.
        """
        check_changes("ppo", changes, state.schedule)
        new = {name: jnp.full_like(state.schedule[name], value) for name, value in changes.items()}
        return replace(state, schedule={**state.schedule, **new})

    def _value(self, problem: ControlProblem) -> MultilayerPerceptron:
        settings = MLP(hidden=self.settings.value_hidden, activation=self.settings.value_activation)
        return build_mlp(settings, (prod(problem.input_shape),), 1)

    def _epoch(
        self, carry: tuple[Parameters, Any], key: Array, batch: Batch, state: PPOState, problem: ControlProblem
    ) -> tuple[tuple[Parameters, Any], None]:
        order = self._order(key)

        def update(carry: tuple[Parameters, Any], chosen: tuple[Array, Array]) -> tuple[tuple[Parameters, Any], None]:
            parameters, optimizer = carry
            rows, number = chosen
            part = jax.tree.map(lambda leaf: leaf[rows], batch)
            draw_key = jax.random.fold_in(key, number)
            gradient = jax.grad(self._loss)(parameters, part, draw_key, state.schedule, problem)
            gradient = replace(gradient, policy=jnp.where(state.mask, gradient.policy, 0.0))
            direction, optimizer = self.optimizer.update(gradient, optimizer, parameters)
            rate = self._rate(state)
            return (jax.tree.map(lambda p, d: p - rate * d, parameters, direction), optimizer), None

        return jax.lax.scan(update, carry, (order, jnp.arange(self.settings.minibatches)))

    def _order(self, key: Array) -> Int[Array, "M rows"]:
        """The rows of each minibatch; those of an unroll stay together."""
        settings, length = self.settings, self.settings.unroll or 1
        units = jax.random.permutation(key, settings.environments * settings.steps // length)
        rows = units if settings.unroll is None else units[:, None] * length + jnp.arange(length)
        return rows.reshape(settings.minibatches, -1)

    def _rate(self, state: PPOState) -> Float[Array, ""]:
        share = jnp.minimum(state.generation / (self.settings.annealing * self.settings.generations), 1.0)
        first, last = state.schedule["learning_rate"], state.schedule["learning_rate_final"]
        return first + share * (last - first)

    def _loss(
        self, parameters: Parameters, batch: Batch, key: Array, schedule: Mapping[str, Array], problem: ControlProblem
    ) -> Float[Array, ""]:
        """Equations 7 and 9 of the paper; the value is clipped like the ratio where that is asked for."""
        actions, clip = problem.task.play.actions, schedule["clip"]
        steps = self._estimated(parameters, batch, problem)
        outputs = problem.network.apply(parameters.policy, steps.seen)
        ratio = jnp.exp(log_probability(actions, outputs, parameters.log_std, steps.actions) - steps.log_probability)
        advantage = (steps.advantages - steps.advantages.mean()) / (steps.advantages.std() + 1e-8)
        gain = jnp.minimum(ratio * advantage, jnp.clip(ratio, 1 - clip, 1 + clip) * advantage)
        value = self._worth(parameters, steps.seen, problem)
        if self.settings.value_clip:
            near = steps.values + jnp.clip(value - steps.values, -clip, clip)
            error = jnp.maximum((value - steps.targets) ** 2, (near - steps.targets) ** 2)
        else:
            error = (value - steps.targets) ** 2
        spread = entropy_of(actions, outputs, parameters.log_std)
        if steps.deviations is not None and problem.task.play.squash == "tanh":
            spread += squashing(draw(key, actions, outputs, parameters.log_std))
        return -gain.mean() + schedule["critic"] * 0.5 * error.mean() - schedule["entropy"] * spread.mean()

    def _estimated(self, parameters: Parameters, batch: Batch, problem: ControlProblem) -> Batch:
        """The batch with advantages and targets as the value network has them now, where that is asked for."""
        if batch.seen_after is None:
            return batch
        values, after = (self._worth(parameters, seen, problem) for seen in (batch.seen, batch.seen_after))
        after = jnp.where(batch.terminated, 0.0, after)
        columns = (batch.rewards, values, after, batch.ended)
        rewards, values, after, ended = (leaf.reshape(-1, self.settings.unroll or 1).T for leaf in columns)
        found = whole_returns(rewards, values, after, ended, self.settings.discount, self.settings.gae_lambda)
        advantages, targets = (jax.lax.stop_gradient(leaf.T.reshape(-1)) for leaf in (found.advantages, found.targets))
        return replace(batch, advantages=advantages, targets=targets)

    def _worth(self, parameters: Parameters, seen: Float[Array, "B ..."], problem: ControlProblem) -> Array:
        """What the value network says of observations [B, ...]."""
        return self._value(problem).apply(parameters.value, seen.reshape(len(seen), -1))[:, 0]


def _observed(statistics: Statistics | None, batch: Batch) -> Statistics | None:
    """The statistics with the observations of a batch."""
    if statistics is None:
        return None
    every = jnp.ones((1, len(batch.observations)), bool)
    return statistics.merged(Sums.around(batch.observations).add(batch.observations[None], every))


def _metrics(batch: Batch, parameters: Parameters, repeat: int) -> Metrics:
    """Returns of the episodes that ended, and did not break, in this generation; NaN if none did."""
    ended = jnp.where(batch.ended, batch.returns, jnp.nan)
    deviations = jnp.exp(parameters.log_std) if batch.deviations is None else batch.deviations
    return Metrics(
        fitness_mean=jnp.nanmean(ended),
        fitness_best=jnp.nanmax(ended),
        fitness_std=jnp.nanstd(ended),
        sigma=deviations.mean(),
        steps=repeat * batch.ended.size,
    )
