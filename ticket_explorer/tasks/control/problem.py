"""Control tasks: fitness is an individual's mean return over episodes that all individuals share.

Common random numbers (the same starts, the same noise) make individuals of a generation comparable;
the score is the mean return over fresh episodes of the search mean. What observations are normalised
by is the problem's state: it starts afresh in every round and is part of every checkpoint.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from ticket_explorer.errors import InvalidValue, TicketError
from ticket_explorer.layout import Layout, kept_indices
from ticket_explorer.networks.network import Narrowing, Network
from ticket_explorer.networks.policies import policies
from ticket_explorer.networks.population import one_after_another
from ticket_explorer.problems import Evaluation, Judged, Problem, ProblemState, Tested
from ticket_explorer.tasks.control.environment import CrowdEnvironment, Environment
from ticket_explorer.tasks.control.episodes import Outcome, Play, normalised
from ticket_explorer.tasks.control.normaliser import Statistics
from ticket_explorer.tasks.control.repeated import Repeated
from ticket_explorer.tasks.control.rollout import Rollout
from ticket_explorer.tasks.control.scene import Scene
from ticket_explorer.tasks.control.settings import ControlSettings


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class ControlState:
    """What a control task carries from one generation to the next."""

    observations: Statistics | None
    """None if observations are not normalised."""
    failures: Int[Array, "*batch"]
    """How many individuals' simulations returned NaN or infinity, in all generations of the round."""


@dataclass(frozen=True)
class ControlTask:
    """An environment, and how policies are judged in it."""

    play: Play
    episodes: int
    test_episodes: int
    normalise: bool
    noise_outputs: bool = False

    @classmethod
    def of(cls, settings: ControlSettings, environment: Environment | CrowdEnvironment) -> "ControlTask":
        """The task that settings describe in an environment.

        Raises:
            InvalidValue: if they ask for a squash, or outputs, that would do nothing.
        """
        if environment.actions.is_discrete and settings.noise_outputs:
            raise InvalidValue("$.task.noise_outputs", "true", "false: discrete actions are drawn without noise")
        if environment.actions.is_discrete and settings.squash == "tanh":
            raise InvalidValue("$.task.squash", "tanh", "clip: discrete actions are those of the highest output")
        repeat = settings.action_repeat
        if repeat > 1 and isinstance(environment, CrowdEnvironment):
            raise InvalidValue("$.task.action_repeat", repeat, "1: these environments take each action once")
        steps = -(-(settings.steps or environment.steps) // repeat)
        repeated = Repeated(environment, repeat) if isinstance(environment, Environment) else environment
        play = Play(environment if repeat == 1 else repeated, settings.squash, steps, repeat)
        return cls(play, settings.episodes, settings.test_episodes, settings.normalise, settings.noise_outputs)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Of one observation."""
        return self.play.environment.observation_shape

    @property
    def outputs(self) -> int:
        """Discrete actions to choose from, or the size of a continuous action, and of its noise."""
        return 2 * self.play.actions.count if self.noise_outputs else self.play.actions.count

    def bind(self, network: Network) -> "ControlProblem":
        """The problem of acting in this environment with `network`."""
        return ControlProblem(network, self)


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class ControlProblem:
    """A control task bound to a network. Its state holds the statistics of the observations."""

    network: Network = field(metadata={"static": True})
    task: ControlTask = field(metadata={"static": True})

    @property
    def layout(self) -> Layout:
        """The leaves of θ."""
        return self.network.layout

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Of one observation."""
        return self.task.input_shape

    def initialise(self, key: Array) -> Float[Array, " D"]:
        """Draw initial weights θ₀."""
        return self.network.initialise(key)

    def initial_state(self) -> ControlState:
        """Nothing was observed yet."""
        observations = Statistics.none(self.input_shape) if self.task.normalise else None
        return ControlState(observations, jnp.zeros((), jnp.int32))

    def narrow(self, mask: Bool[Array, " D"], kept: int) -> Narrowing:
        """The same network; which entries are kept tells how its policies are evaluated."""
        return Narrowing(self.network, kept_indices(mask, kept), None)

    def fitness(
        self,
        key: Array,
        population: Float[Array, "N D"],
        state: ProblemState,
        narrowing: Narrowing | None = None,
    ) -> tuple[Float[Array, " N"], ProblemState]:
        """The mean return of every individual; NaN where the physics failed."""
        outcome = self.judged(key, population, state, narrowing)
        return outcome.fitness, outcome.state

    def judged(
        self,
        key: Array,
        population: Float[Array, "N D"],
        state: ProblemState,
        narrowing: Narrowing | None = None,
    ) -> Judged:
        """The same with the steps that it took; an `ActingProblem`. What follows an episode's end is no step."""
        kept = None if narrowing is None else narrowing.positions
        outcome = self._outcome(self.task.episodes, self.task.normalise)(key, population, state, kept)
        fitness = outcome.returns.mean(-1)
        observations = state.observations if outcome.sums is None else state.observations.merged(outcome.sums)
        failures = state.failures + jnp.isnan(fitness).sum(dtype=jnp.int32)
        steps = self.task.play.repeat * outcome.steps.sum()
        return Judged(fitness, replace(state, observations=observations, failures=failures), steps)

    def score(self, key: Array, theta: Float[Array, " D"], state: ProblemState) -> Float[Array, ""]:
        """The mean return of θ over fresh test episodes."""
        return self.tested(key, theta, state).score

    def tested(self, key: Array, theta: Float[Array, " D"], state: ProblemState) -> Tested:
        """The same, and how many episodes were left out of it, for their physics failed; a `TestedProblem`."""
        returns = self._outcome(self.task.test_episodes, False)(key, theta[None], state, None).returns[0]
        return Tested(_of_whole(returns), jnp.isnan(returns).sum(dtype=jnp.int32))

    def evaluate(
        self, key: Array, population: Float[Array, "N D"], states: ProblemState, examples: int | None = None
    ) -> Evaluation:
        """Mean returns of a population on the same fixed episodes, and as loss minus that; a `MeasurableProblem`."""
        outcome = self._outcome(examples or self.task.test_episodes, False)(key, population, states, None)
        returns = _of_whole(outcome.returns)
        return Evaluation(-returns, returns)

    def rollout(self, key: Array, theta: Float[Array, " D"], state: ProblemState) -> Rollout:
        """An episode of θ, step by step; a `WatchableProblem`."""
        return self.task.play.rollout(key, policies(self.network, theta[None], None), state.observations)

    def outputs(
        self, theta: Float[Array, " D"], inputs: Float[Array, "n ..."], state: ProblemState
    ) -> Float[Array, "n O"]:
        """What the policy of θ gives for observations, normalised as a test normalises them: logits, or actions."""
        return self.network.apply(theta, normalised(state.observations, inputs[None])[0])

    def scene(self, rollout: Rollout) -> Scene:
        """An episode, on the host, as drawings."""
        return self.task.play.environment.scene(rollout.states, np.asarray(rollout.observations))

    def page(self, rollout: Rollout) -> str | None:
        """An episode as a page of HTML by the environment's own renderer; None if it has none."""
        return self.task.play.environment.page(rollout.states)

    def remark(self, state: ProblemState, left_out: Int[np.ndarray, " R"]) -> str | None:
        """What a person should know of a finished round; `state` leads with the replicate axis."""
        failures, lost, each = int(state.failures.sum()), int(left_out.sum()), self.task.test_episodes
        told = []
        if failures:
            told.append(
                f"The simulation returned NaN or infinity for {failures:,} individuals in this round; each got the "
                "worst fitness of its generation."
            )
        if lost:
            told.append(f"{lost:,} of {each * len(left_out):,} test episodes failed, and are left out of the score.")
        if voided := int((left_out == each).sum()):
            told.append(f"{voided} of {len(left_out)} replicates have no score: all of their test episodes failed.")
        return " ".join(told) or None

    def _outcome(self, episodes: int, observed: bool) -> Callable[..., Outcome]:
        """The function from (key, population [N, D], state, kept entries) to what its episodes came to."""

        def play(key: Array, population: Array, state: Any, kept: Array | None) -> Outcome:
            policy = policies(self.network, population, kept)
            return self.task.play.episodes(key, policy, len(population), episodes, state.observations, observed)

        return one_after_another(play, always=self.acts_in_processes)

    @property
    def acts_in_processes(self) -> bool:
        """Whether its environment lives in other processes, which one device asks; an `ActingInProcesses`."""
        return isinstance(self.task.play.environment, CrowdEnvironment)


def _of_whole(returns: Float[Array, "... E"]) -> Float[Array, "..."]:
    """The mean over episodes, those that broke left out; NaN if all did."""
    broken = jnp.isnan(returns)
    rest = jnp.where(broken, 0.0, returns).sum(-1) / (~broken).sum(-1)
    return jnp.where(broken.any(-1), rest, returns.mean(-1))


def control(problem: Problem) -> ControlProblem:
    """The problem, if it is one of acting in an environment.

    Raises:
        TicketError: if it is another.
    """
    if not isinstance(problem, ControlProblem):
        raise TicketError("This trainer needs an environment, and the task has none; choose a control task.")
    return problem
