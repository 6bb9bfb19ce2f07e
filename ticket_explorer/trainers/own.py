"""A trainer of one's own: any class that has `init`, `step` and `finish`.

What it returns may be plain: a fitness, a dict of metrics, weights. Here it becomes what every trainer gives, and what
can't be is refused, by tracing, before a session begins.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from ticket_explorer.errors import InvalidValue
from ticket_explorer.own_numbers import numbers, refused
from ticket_explorer.own_running import OwnCodeError, loaded, told
from ticket_explorer.problems import Problem, ProblemState
from ticket_explorer.trainers.live_changes import check_changes
from ticket_explorer.trainers.trainer import Metrics, TrainingResult

if TYPE_CHECKING:
    from ticket_explorer.trainers.own_settings import OwnTrainer as Settings

METHODS = ("init", "step", "finish")
METRICS = tuple(field.name for field in fields(Metrics))


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class OwnState:
    """A trainer of one's own between two generations."""

    own: Any
    """Its own state, a pytree of arrays."""
    mask: Bool[Array, " D"]
    problem: ProblemState
    """What the task carries at a round's beginning."""


class OwnTrainer:
    """Trains by a class of one's own.

    Args:
        settings: Where the class is, and its keyword arguments.
        kept: How many entries the mask keeps; the class is not told.

    Raises:
        TicketError: if its code is not trusted or fails, or it lacks a method.
    """

    def __init__(self, settings: "Settings", kept: int):
        self.settings = settings
        kind = loaded(settings.place, settings.source, settings.parameters)
        lacking = [name for name in METHODS if not callable(getattr(kind, name, None))]
        if lacking or not isinstance(kind, type):
            raise InvalidValue("$.trainer.name", settings.place, f"a class with methods {', '.join(METHODS)}")
        with self._told():
            self._made = kind(**settings.parameters)

    def init(self, key: Array, theta0: Float[Array, " D"], mask: Bool[Array, " D"], problem: Problem) -> OwnState:
        """The state before the first generation.

        Raises:
            TicketError: if the class fails.
        """
        with self._told():
            own = jax.tree.map(jnp.asarray, self._made.init(key, theta0, mask, problem))
        if any(jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key) for leaf in jax.tree.leaves(own)):
            raise OwnCodeError(
                f"{self.settings.place}: init returns a typed key, which a checkpoint can't hold; keep "
                "jax.random.key_data(key), and use jax.random.wrap_key_data(kept)."
            )
        return OwnState(own, mask, problem.initial_state())

    def step(self, key: Array, state: OwnState, problem: Problem) -> tuple[OwnState, Metrics]:
        """Train for one generation.

        Raises:
            TicketError: if the class fails, returns something else, or a state of other shapes than before.
        """
        with self._told():
            found = self._made.step(key, state.own, problem)
        if not (isinstance(found, tuple) and len(found) == 2):
            raise self._refused("step", found, "a state, and the fitness or a dict of metrics")
        after, metrics = found
        return replace(state, own=self._like(state.own, after)), self._metrics(metrics)

    def finish(self, state: OwnState, problem: Problem) -> TrainingResult:
        """The weights, and σ where there is one; exactly zero where pruned.

        Raises:
            TicketError: if the class fails or returns something else, or no σ where it says that it has one.
        """
        with self._told():
            found = self._made.finish(state.own, problem)
        mean, std = found if isinstance(found, tuple) and len(found) == 2 else (found, None)
        if std is None and self.settings.has_sigma:
            raise self._refused("finish", found, "weights and σ, since it says has_sigma = True")
        return TrainingResult(
            self._vector(mean, state.mask), None if std is None else self._vector(std, state.mask), state.mask
        )

    def problem_state(self, state: OwnState) -> ProblemState:
        """What the class says the task carries, or else what it began with."""
        if not hasattr(self._made, "problem_state"):
            return state.problem
        with self._told():
            return self._made.problem_state(state.own)

    def hyperparameters(self, state: OwnState) -> Mapping[str, Float[Array, "*replicates"]]:
        """None: what it is made with stays."""
        return {}

    def tuned(self, state: OwnState, changes: Mapping[str, float]) -> OwnState:
        """The state as it is, of no changes.

        Raises:
            TicketError: if there are any.
        """
        check_changes(self.settings.place, changes, {})
        return state

    def _vector(self, values: Any, mask: Array) -> Array:
        vector = numbers(f"{self.settings.place}: finish", values, "weights or σ", mask.shape)
        return jnp.where(mask, vector, 0.0)

    def _like(self, before: Any, after: Any) -> Any:
        """The state after a generation, in the types of the one before."""
        old, form = jax.tree.flatten(before)
        new, other = jax.tree.flatten(after)
        if str(other) != str(form) or [*map(jnp.shape, old)] != [*map(jnp.shape, new)]:
            raise OwnCodeError(
                f"{self.settings.place}: step returned a state of other arrays than it was given: "
                f"{_shapes(after)} after {_shapes(before)}; return the same structure and shapes."
            )
        types = [(jnp.asarray(array).dtype, was.dtype) for array, was in zip(new, old, strict=True)]
        if other_type := next((found for found in types if found[0] != found[1]), None):
            raise OwnCodeError(
                f"{self.settings.place}: step returned an array of {other_type[0]} where init gave one of "
                f"{other_type[1]}; return the types that init gave, or give others there."
            )
        return jax.tree.unflatten(form, [jnp.asarray(array) for array in new])

    def _metrics(self, given: Any) -> Metrics:
        if isinstance(given, Metrics):
            return given
        values = dict(given) if isinstance(given, Mapping) else {"fitness_mean": given}
        if unknown := set(values) - set(METRICS):
            raise self._refused("step", ", ".join(sorted(map(str, unknown))), f"metrics among {', '.join(METRICS)}")
        nothing = jnp.float32(jnp.nan)
        read = {name: jnp.asarray(values.get(name, nothing), jnp.float32) for name in METRICS if name != "steps"}
        if wrong := [name for name, value in read.items() if value.shape]:
            raise self._refused("step", f"{wrong[0]} of shape {read[wrong[0]].shape}", "a single number")
        return Metrics(**read, steps=jnp.asarray(values.get("steps", 0), jnp.int32))

    def _refused(self, method: str, given: Any, expected: str) -> OwnCodeError:
        shown = given if isinstance(given, str) else _shapes(given)
        return refused(f"{self.settings.place}: {method}", shown, expected)

    @contextmanager
    def _told(self) -> Iterator[None]:
        with told(self.settings.place.rpartition(":")[0], self.settings.source):
            yield


def try_out(settings: "Settings", problem: Problem) -> None:
    """Trace a round of one generation, to hear now what can't be.

    Raises:
        TicketError: with the line of the class's code, if it fails there.
    """
    trainer = OwnTrainer(settings, problem.layout.size)

    def round_(key: Array) -> TrainingResult:
        theta0 = problem.initialise(key)
        state = trainer.init(key, theta0, jnp.ones(theta0.shape, bool), problem)
        state, _ = trainer.step(key, state, problem)
        problem.score(key, theta0, trainer.problem_state(state))
        return trainer.finish(state, problem)

    jax.eval_shape(round_, jax.random.key(0))


def check_sigma(settings: "Settings", sigma: np.ndarray, mask: np.ndarray) -> None:
    """Refuse a σ of a kept weight that is not above 0; NaN is found as a replicate's that diverged.

    Args:
        settings: Of the trainer.
        sigma: Of all replicates, [R, D].
        mask: Which weights are there, [R, D].

    Raises:
        OwnCodeError: if there is such a σ.
    """
    if count := int((mask & (sigma <= 0)).sum()):
        raise refused(f"{settings.place}: finish", f"σ of {count:,} kept weights is not above 0", "σ > 0 of each")


def _shapes(tree: Any) -> str:
    """A pytree by the shapes of its arrays, for sentences."""
    shown = jax.tree.map(lambda leaf: getattr(leaf, "shape", type(leaf).__name__), tree)
    return str(shown)[:200]
