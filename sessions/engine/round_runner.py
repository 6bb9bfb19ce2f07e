"""One round of training on the device: started from a ticket, advanced chunk by chunk, and read.

A chunk is one call of one executable, whatever its length (the loop's bounds are arguments), so
that stepping, pausing and running share it and give the same bits. Replicates are the leading
axis of every array, and are spread over the devices of this process while a round runs.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, wraps
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import msgspec
import numpy as np

from sessions.engine.noise import Noise
from sessions.engine.spreading import Spread, spread_of
from sessions.messages.events import METRICS
from sessions.plans.problems import Problems
from sessions.specs.spec import Plan
from sessions.tickets.compiler import Compiler, Executable, Key
from ticket_explorer import masks
from ticket_explorer.keys import Purpose, generation_key, replicate_keys
from ticket_explorer.layout import Layout
from ticket_explorer.networks.forms import Form
from ticket_explorer.problems import FormedProblem, Problem
from ticket_explorer.registry import identity, implementation_of
from ticket_explorer.tickets import Ticket
from ticket_explorer.trainers.settings import TrainerSettings
from ticket_explorer.trainers.trainer import KeepingTrainer, LearnedScores, Metrics, Trainer, TrainingResult

S = TypeVar("S")
_SHAPES = 64
"""How many kinds of rounds are remembered, so that they aren't traced again."""
CHUNK_LIMIT = 1024
"""The longest chunk, in generations: the size of the metrics buffer."""


@dataclass(frozen=True)
class Chunk:
    """The result of some generations, on its way from the device: reading it waits for it."""

    first: int
    count: int
    metrics: Metrics
    """Arrays [CHUNK_LIMIT, R], the first `count` rows valid."""
    result: TrainingResult
    state: Any

    def values(self) -> np.ndarray:
        """float32 [count, R, len(METRICS)]."""
        columns = [np.asarray(getattr(self.metrics, name))[: self.count] for name in METRICS]
        return np.stack(columns, axis=-1)

    def steps(self) -> np.ndarray:
        """Environment steps of each generation, int32 [count, R]; zeros where nothing acts."""
        return np.asarray(self.metrics.steps)[: self.count]


@dataclass(frozen=True)
class RoundShape:
    """Everything that a round's executables depend on: compiling needs only this, not a ticket."""

    problem_key: bytes
    problem: Problem
    trainer: TrainerSettings
    kept: int
    """How many entries of θ are searched; all of them if the trainer's sizes don't follow the mask."""
    replicates: int
    form: Form | None = None
    """How populations are computed; None where there is no choice."""

    @property
    def search_key(self) -> Key:
        """A key that identifies its search, whatever the form."""
        return (self.problem_key, msgspec.msgpack.encode(identity(self.trainer)), self.kept, self.replicates)

    @property
    def key(self) -> Key:
        """A key that identifies its executables."""
        return (*self.search_key, self.form)

    @cached_property
    def formed(self) -> Problem:
        """The problem, its populations computed in the form."""
        if self.form is None:
            return self.problem
        assert isinstance(self.problem, FormedProblem)
        return self.problem.in_form(self.form)

    @cached_property
    def spread(self) -> Spread:
        """How it lies on the devices of this process."""
        return spread_of(self.problem, self.trainer, self.replicates, jax.local_device_count())

    @classmethod
    def of(cls, plan: Plan, problems: Problems, kept: int, replicates: int, form: Form | None = None) -> "RoundShape":
        """The shape of a plan's round that keeps `kept` prunable weights.

        Args:
            plan: The plan that the round follows.
            problems: The session's problems.
            kept: How many prunable weights are kept.
            replicates: How many searches run together.
            form: The form that the round already has; None: the one that a new round would get.
        """
        problem = problems.of(plan)
        dimension = masks.dimension(problem.layout, kept) if plan.trainer.narrows else problem.layout.size
        return cls(problems.key(plan), problem, plan.trainer, dimension, replicates, form or problems.form(plan))

    def build(self) -> Trainer:
        """The trainer for this size."""
        trainer: Trainer = implementation_of(self.trainer)(self.trainer, self.kept)
        return trainer


class RoundRunner:
    """A running round."""

    def __init__(self, shape: RoundShape, compiler: Compiler, noise: Noise, number: int) -> None:
        self.shape = shape
        self.trainer = shape.build()
        self._compiler = compiler
        self._noise, self._number = noise, number
        self._state: Any = None
        self.dispatched = 0
        """The number of generations that the device has been asked for."""

    def start(self, ticket: Ticket) -> None:
        """Go to generation 0 of a ticket whose arrays lead with the replicate axis."""
        scores = () if ticket.scores is None else (ticket.scores,)
        key = ("init", *self.shape.key, len(scores))
        init = self._compiler.get(key, lambda: _init_call(self.shape, self.trainer, bool(scores)))
        state = init(self._keys(0), ticket.start, ticket.mask, self.shape.formed, *scores)
        self._state = self._spread.placed(state)
        self.dispatched = 0

    def restore(self, leaves: Sequence[np.ndarray], generation: int) -> None:
        """Go to a generation whose state was saved by `saved`."""
        shapes = jax.tree.leaves(state_shape(self.shape))
        if [(leaf.shape, leaf.dtype) for leaf in leaves] != [(s.shape, s.dtype) for s in shapes]:
            raise ValueError("the saved state and this round have different shapes")
        self._state = self._spread.placed(self._of_this_form([jnp.asarray(leaf) for leaf in leaves]))
        self.dispatched = generation

    def reform(self, form: Form | None) -> None:
        """Compute populations in another form from the next generation on."""
        if form == self.shape.form:
            return
        self.shape = replace(self.shape, form=form)
        for known in ("_advance", "_problem"):
            self.__dict__.pop(known, None)
        if self._state is not None:
            self._state = self._of_this_form(jax.tree.leaves(self._state))

    def go_back(self, chunk: Chunk) -> None:
        """Go to the end of an earlier chunk, in whatever form it was computed: what came after it is lost."""
        self._state = self._of_this_form(jax.tree.leaves(chunk.state))
        self.dispatched = chunk.first + chunk.count

    def _of_this_form(self, leaves: Sequence[jax.Array]) -> Any:
        """A state's arrays as a state: its structure names the form."""
        return jax.tree.unflatten(jax.tree.structure(state_shape(self.shape)), leaves)

    def dispatch(self, count: int) -> Chunk:
        """Ask the device for the next generations, at most `count`; returns before they are computed."""
        first, count = self.dispatched, min(count, CHUNK_LIMIT)
        if (change := self._noise.ends(first)) is not None:
            count = min(count, change - first)
        keys = self._spread.placed(self._keys(first))
        outcome = self._advance(self._problem, self._state, keys, np.int32(first), np.int32(count))
        self._state, metrics, result = outcome
        self.dispatched = first + count
        return Chunk(first, count, metrics, self._spread.together(result), self._state)

    def _keys(self, generation: int) -> jax.Array:
        return self._noise.keys(self.shape.replicates, self._number, generation)

    @cached_property
    def _advance(self) -> Executable:
        return advance_executable(self.shape, self._compiler)

    @property
    def _spread(self) -> Spread:
        return self.shape.spread

    @cached_property
    def _problem(self) -> Problem:
        """The problem where the round is computed."""
        return self._spread.everywhere(self.shape.formed)

    def tune(self, changes: dict[str, float]) -> None:
        """Change hyper-parameters from the next generation on."""
        self._state = self._spread.placed(self.tuned(changes))

    def tuned(self, changes: dict[str, float]) -> Any:
        """The state as `tune` would leave it.

        Raises:
            TicketError: if a name or a value is not possible.
        """
        return self.trainer.tuned(self._spread.together(self._state), changes)

    def problem_state(self, chunk: Chunk) -> Any:
        """What the task carries in a chunk's state, as scores need it."""
        return self._spread.together(self.trainer.problem_state(chunk.state))

    def beside(self, chunk: Chunk) -> Any:
        """What the trainer keeps besides the weights: a mask's scores, PPO's value network."""
        if not isinstance(self.trainer, KeepingTrainer):
            return ()
        return self._spread.together(self.trainer.beside(chunk.state))

    def weights(self, chunk: Chunk) -> jax.Array:
        """θ as it is trained, [R, D]; if a mask is learned, including the weights that it does not keep."""
        left = self.beside(chunk)
        return left.weights if isinstance(left, LearnedScores) else chunk.result.mean


def saved(state: Any) -> list[np.ndarray]:
    """The arrays of a trainer's state, on the host."""
    return [np.asarray(leaf) for leaf in jax.tree.leaves(state)]


def advance_executable(shape: RoundShape, compiler: Compiler) -> Executable:
    """The executable that computes a round's generations; waits for its compilation."""
    return compiler.get(("advance", *shape.key), lambda: _advance_call(shape, shape.build()))


def begin_round(shape: RoundShape, compiler: Compiler) -> None:
    """Begin to compile the executable of a round that takes longest."""
    compiler.begin(("advance", *shape.key), lambda: _advance_call(shape, shape.build()))


def prefetch_round(shape: RoundShape, compiler: Compiler) -> None:
    """Compile a coming round's executables in the background."""
    compiler.prefetch(("advance", *shape.key), lambda: _advance_call(shape, shape.build()))
    goes_on = shape.trainer.carries_scores
    compiler.prefetch(("init", *shape.key, int(goes_on)), lambda: _init_call(shape, shape.build(), goes_on))


def _traced_once(function: Callable[[RoundShape], S]) -> Callable[[RoundShape], S]:
    """A function whose result depends on a shape's key alone, and which traces: it is asked before every round."""
    known: OrderedDict[Key, S] = OrderedDict()

    @wraps(function)
    def asked(shape: RoundShape) -> S:
        if shape.key not in known:
            known[shape.key] = function(shape)
            if len(known) > _SHAPES:
                known.popitem(last=False)
        return known[shape.key]

    return asked


@_traced_once
def problem_state_shape(shape: RoundShape) -> Any:
    """What `Trainer.problem_state` gives for a state of this shape."""
    return jax.eval_shape(jax.vmap(shape.build().problem_state), state_shape(shape))


def ticket_shape(shape: RoundShape) -> Ticket:
    """A ticket's arrays, [R, D], as `jax.ShapeDtypeStruct`."""
    _, theta, mask = _ticket_shapes(shape, shape.problem.layout)
    return Ticket(mask, theta, theta)


@_traced_once
def result_shape(shape: RoundShape) -> TrainingResult:
    """A result's arrays, [R, D], as `jax.ShapeDtypeStruct`."""
    finish = jax.vmap(shape.build().finish, (0, None))
    result: TrainingResult = jax.eval_shape(finish, state_shape(shape), shape.formed)
    return result


def _init_call(shape: RoundShape, trainer: Trainer, goes_on: bool) -> tuple[Any, ...]:
    """How a state is made of a ticket; one that `goes_on` has scores of the round before."""
    keys, theta, mask = _ticket_shapes(shape, shape.problem.layout)
    scores = (theta,) if goes_on else ()
    return jax.vmap(trainer.init, (0, 0, 0, None, *(0 for _ in scores))), keys, theta, mask, shape.formed, *scores


def _advance_call(shape: RoundShape, trainer: Trainer) -> tuple[Any, ...]:
    spread, counter = shape.spread, jax.ShapeDtypeStruct((), jnp.int32)
    problem, state = spread.shape_everywhere(shape.formed), spread.shape_placed(state_shape(shape))
    keys, counter = spread.shape_placed(keys_shape(shape)), spread.shape_everywhere(counter)
    return spread.over(_advance(trainer)), problem, state, keys, counter, counter


def _advance(trainer: Trainer) -> Any:
    def advance(problem: Problem, state: Any, keys: jax.Array, first: jax.Array, count: jax.Array) -> Any:
        replicates = keys.shape[0]
        empty = jnp.full((CHUNK_LIMIT, replicates), jnp.nan, jnp.float32)
        buffer = Metrics(**dict.fromkeys(METRICS, empty), steps=jnp.zeros(empty.shape, jnp.int32))

        def generation(i: jax.Array, carry: Any) -> Any:
            state, buffer = carry
            now = jax.vmap(generation_key, (0, None))(keys, first + i)
            state, metrics = jax.vmap(trainer.step, (0, 0, None))(now, state, problem)
            return state, jax.tree.map(lambda column, value: column.at[i].set(value), buffer, metrics)

        state, buffer = jax.lax.fori_loop(0, count, generation, (state, buffer))
        return state, buffer, jax.vmap(trainer.finish, (0, None))(state, problem)

    return advance


def _ticket_shapes(shape: RoundShape, layout: Layout) -> tuple[Any, ...]:
    of = (shape.replicates, layout.size)
    return keys_shape(shape), jax.ShapeDtypeStruct(of, jnp.float32), jax.ShapeDtypeStruct(of, jnp.bool_)


def keys_shape(shape: RoundShape) -> jax.ShapeDtypeStruct:
    """A round's keys [R], as `jax.ShapeDtypeStruct`."""
    keys: jax.ShapeDtypeStruct = jax.eval_shape(lambda: replicate_keys(0, shape.replicates, Purpose.TRAIN, 0))
    return keys


@_traced_once
def state_shape(shape: RoundShape) -> Any:
    """A trainer's state, as `jax.ShapeDtypeStruct`."""
    arguments = (*_ticket_shapes(shape, shape.problem.layout), shape.formed)
    return jax.eval_shape(jax.vmap(shape.build().init, (0, 0, 0, None)), *arguments)
