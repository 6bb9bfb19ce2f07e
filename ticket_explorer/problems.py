"""A problem is a task bound to a network: what fitness and score a parameter vector θ has.

A problem is a pytree: its data are arguments of every compiled function, never constants in it.
Fitness and score are higher-is-better everywhere. `state` carries what a task learns while it runs
(observation statistics); for images it is empty.
"""

from dataclasses import dataclass
from typing import Any, Literal, Protocol, cast, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from ticket_explorer.errors import TicketError
from ticket_explorer.layout import Layout
from ticket_explorer.networks.forms import Form, Work
from ticket_explorer.networks.network import FormedNetwork, Narrowing
from ticket_explorer.networks.settings import NetworkSettings
from ticket_explorer.registry import implementation_of
from ticket_explorer.tasks.settings import TaskSettings

ProblemState = Any
"""A pytree; `()` for tasks that carry nothing from one generation to the next."""


@runtime_checkable
class Problem(Protocol):
    """What a trainer may ask of a task bound to a network. All methods are pure and jit-able."""

    @property
    def layout(self) -> Layout:
        """The leaves of θ."""
        ...

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Of one input, without the batch axis."""
        ...

    def initialise(self, key: Array) -> Float[Array, " D"]:
        """Draw initial weights θ₀."""
        ...

    def initial_state(self) -> ProblemState:
        """The state before the first generation of a round."""
        ...

    def narrow(self, mask: Bool[Array, " D"], kept: int) -> Narrowing:
        """The smaller network that the `kept` kept entries of θ live in."""
        ...

    def fitness(
        self,
        key: Array,
        population: Float[Array, "N D"],
        state: ProblemState,
        narrowing: Narrowing | None = None,
    ) -> tuple[Float[Array, " N"], ProblemState]:
        """The fitness of every individual, higher is better; all see the same batch or episodes.

        Args:
            key: Of this generation.
            population: One individual a row; in the narrowed vector's entries if `narrowing` is given.
            state: What the task carries between generations.
            narrowing: The smaller network the individuals are weights of.
        """
        ...

    def score(self, key: Array, theta: Float[Array, " D"], state: ProblemState) -> Float[Array, ""]:
        """How good θ is on held-out data: test accuracy, or mean return over test episodes."""
        ...


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Judged:
    """What a generation of individuals came to."""

    fitness: Float[Array, " N"]
    state: ProblemState
    steps: Int[Array, ""]
    """Environment steps that it took: actions of episodes that had not ended; 0 where nothing acts."""


@runtime_checkable
class ActingProblem(Problem, Protocol):
    """A problem whose individuals act in an environment, each step of which counts."""

    def judged(
        self,
        key: Array,
        population: Float[Array, "N D"],
        state: ProblemState,
        narrowing: Narrowing | None = None,
    ) -> Judged:
        """What `fitness` gives, with the environment steps that it took."""
        ...


def judged(
    problem: Problem,
    key: Array,
    population: Float[Array, "N D"],
    state: ProblemState,
    narrowing: Narrowing | None = None,
) -> Judged:
    """The fitness of every individual of any problem, and the environment steps that it took."""
    if isinstance(problem, ActingProblem):
        return problem.judged(key, population, state, narrowing)
    fitness, carried = problem.fitness(key, population, state, narrowing)
    return Judged(fitness, carried, jnp.zeros((), jnp.int32))


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Tested:
    """What a test came to."""

    score: Float[Array, "*batch"]
    """NaN if nothing could be scored."""
    left_out: Int[Array, "*batch"]
    """Test episodes that don't count, for they broke; 0 where there are none."""


@runtime_checkable
class TestedProblem(Problem, Protocol):
    """A problem of whose tests some can fail."""

    def tested(self, key: Array, theta: Float[Array, " D"], state: ProblemState) -> Tested:
        """What `score` gives, with what was left out of it."""
        ...


def tested(problem: Problem, key: Array, theta: Float[Array, " D"], state: ProblemState) -> Tested:
    """The score of θ on any problem, and what was left out of it."""
    if isinstance(problem, TestedProblem):
        return problem.tested(key, theta, state)
    return Tested(problem.score(key, theta, state), jnp.zeros((), jnp.int32))


@runtime_checkable
class DifferentiableProblem(Problem, Protocol):
    """A problem whose loss a gradient can be taken of."""

    def loss(self, key: Array, theta: Float[Array, " D"]) -> Float[Array, ""]:
        """The loss of θ on one training batch (for images: mean cross-entropy, in nats)."""
        ...

    def training_loss(
        self, key: Array, theta: Float[Array, " D"], state: ProblemState
    ) -> tuple[Float[Array, ""], ProblemState]:
        """The same, and what the task carries on to the next update (batch statistics, if there are any)."""
        ...


def differentiable(problem: Problem) -> DifferentiableProblem:
    """The problem, if it has a loss.

    Raises:
        TicketError: if it has none.
    """
    if not isinstance(problem, DifferentiableProblem):
        raise TicketError(
            "This trainer follows the gradient of a loss, and the task has none; "
            "train with an evolution strategy or mask evolution, or choose a task of images."
        )
    return problem


Split = Literal["test", "train"]


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class FixedExamples:
    """Examples that a loss is the weighted mean of: P parts of B examples, so that memory is bounded."""

    examples: Any
    """A pytree of arrays [P, B, ...]."""
    weights: Float[Array, "P B"]
    """They sum to 1; those that fill the last part up have 0."""


@runtime_checkable
class CurvedProblem(Problem, Protocol):
    """A problem whose loss on fixed examples can be differentiated twice, example by example."""

    @property
    def depends_on_batch(self) -> bool:
        """Whether an example's loss depends on the rest of its batch, so that the loss has no Hessian of its own."""
        ...

    def fixed_examples(self, split: Split, count: int | None, size: int) -> FixedExamples:
        """The first `count` examples of a split (static; None is what the task finds enough), in parts of `size`."""
        ...

    def losses(self, theta: Float[Array, " D"], examples: Any) -> Float[Array, " B"]:
        """The loss of θ on each of some examples, a pytree of arrays [B, ...]."""
        ...


def curved(problem: Problem) -> CurvedProblem:
    """The problem, if its loss has a Hessian.

    Raises:
        TicketError: if it has no loss, or one that depends on the batch.
    """
    if not isinstance(problem, CurvedProblem):
        raise TicketError(
            "A Hessian is of a loss, and the task has none that can be differentiated twice; choose a task of images, "
            "or look at the curvature along random directions."
        )
    if problem.depends_on_batch:
        raise TicketError(
            "The network uses batch statistics, so its loss depends on which examples share a batch "
            "and has no Hessian of its own; choose a network without batch normalisation, or look at the curvature "
            "along random directions, which takes the round's own statistics."
        )
    return problem


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Evaluation:
    """How N networks do on the same held-out examples."""

    loss: Float[Array, "*batch N"]
    """Lower is better: mean test cross-entropy in nats, or minus the mean return of fixed test episodes."""
    score: Float[Array, "*batch N"]
    """Higher is better: accuracy in [0, 1], or the mean return."""


@runtime_checkable
class MeasurableProblem(Problem, Protocol):
    """A problem whose landscape can be looked at: a population's loss on fixed held-out examples."""

    def evaluate(
        self, key: Array, population: Float[Array, "N D"], states: ProblemState, examples: int | None = None
    ) -> Evaluation:
        """Loss and score of every individual on the same held-out examples, as `score` judges it.

        Args:
            key: Draws what is random in the examples: equal keys give equal examples.
            population: One individual a row.
            states: What the task carries, as `score` takes it: one of each individual, on a leading axis.
            examples: How many test images or episodes to take (static); None is what the task finds enough.
        """
        ...


@runtime_checkable
class PredictingProblem(Problem, Protocol):
    """A problem whose network can be asked, as a test asks it."""

    def outputs(
        self, theta: Float[Array, " D"], inputs: Float[Array, "n ..."], state: ProblemState
    ) -> Float[Array, "n O"]:
        """What the network of θ gives for inputs: logits, numbers, or what actions follow from."""
        ...


def predicting(problem: Problem) -> PredictingProblem:
    """The problem, if its network can be asked.

    Raises:
        TicketError: if it can't.
    """
    if not isinstance(problem, PredictingProblem):
        raise TicketError("This task's network can't be asked outside its task; use problem.network.apply(θ, inputs).")
    return problem


@dataclass(frozen=True)
class Shown:
    """Some examples of the test split, as a person and as a network see them."""

    pixels: Float[np.ndarray, "n height width"]
    """As grey images, in [0, 1]; colours are averaged."""
    inputs: Float[Array, "n ..."]
    """Standardised, as `outputs` takes them."""
    labels: Int[np.ndarray, " n"]
    """The class of each."""


@runtime_checkable
class ShownProblem(Problem, Protocol):
    """A problem whose examples a person can look at."""

    def shown_examples(self, first: int, count: int) -> Shown | None:
        """Some test examples, in the split's order, from its beginning again after its end; None if none is a picture.

        Args:
            first: The place of the first one.
            count: How many.
        """
        ...


@runtime_checkable
class FormedProblem(Problem, Protocol):
    """A problem whose populations can be computed in several forms."""

    @property
    def formed_network(self) -> FormedNetwork | None:
        """Its network, if that has forms; None if it has but one."""
        ...

    def work(self, individuals: int, replicates: int) -> Work:
        """What a form is chosen for; only where the network has forms."""
        ...

    def in_form(self, form: Form) -> "FormedProblem":
        """The same problem, its populations computed in a form; only where the network has forms."""
        ...

    def drawn_inputs(self, key: Array) -> Float[Array, "B ..."]:
        """The inputs of one training batch."""
        ...


def with_forms(problem: Problem) -> tuple[FormedProblem, FormedNetwork] | None:
    """The problem and its network, if its populations can be computed in several forms; None if they can't."""
    network = problem.formed_network if isinstance(problem, FormedProblem) else None
    return None if network is None else (cast(FormedProblem, problem), network)


@runtime_checkable
class RemarkingProblem(Problem, Protocol):
    """A problem that may have something to say of a finished round."""

    def remark(self, state: ProblemState, left_out: Int[np.ndarray, " R"]) -> str | None:
        """What a person should know, in a sentence; None: nothing.

        Args:
            state: Of the round's last generation, its arrays leading with the replicate axis.
            left_out: Test episodes that don't count, per replicate, as `Tested` has them.
        """
        ...


@runtime_checkable
class Task(Protocol):
    """What a network must do, with its data or its environment loaded."""

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Of one input, without the batch axis."""
        ...

    @property
    def outputs(self) -> int:
        """How many numbers a network must give: classes, or actions."""
        ...

    def bind(self, network: Any) -> Problem:
        """The problem of doing this task with `network`."""
        ...


def bind(task: TaskSettings, network: NetworkSettings) -> Problem:
    """Load a task, build a network of its input and output sizes, and bind them.

    Raises:
        TicketError: if the task's data are not there, or the network can't take its inputs.
    """
    loaded: Task = implementation_of(task)(task)
    return loaded.bind(implementation_of(network)(network, loaded.input_shape, loaded.outputs))
