"""What an analysis has computed, a slice at a time: points of weight space, or products with a Hessian.

A slice is one call of one executable, which takes as many points or vectors as are done in about `SECONDS`.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import jax
import numpy as np

from sessions.tickets.compiler import Call, Compiler, Executable, Key
from ticket_explorer.analysis import landscape, products, spectrum
from ticket_explorer.analysis.analysis import Points, Seen, Trained
from ticket_explorer.analysis.spectrum import Course, Curved, Wanted
from ticket_explorer.keys import arithmetic
from ticket_explorer.problems import CurvedProblem, MeasurableProblem

SECONDS = 0.05
"""How long a slice should take."""


class Stage(Protocol):
    """The part of an analysis that is computed on the device."""

    @property
    def done(self) -> int:
        """How many units are done."""
        ...

    @property
    def total(self) -> int:
        """How many units there are in all."""
        ...

    def is_ready(self) -> bool:
        """Whether its executable is compiled; if not, that is under way now."""
        ...

    def step(self) -> None:
        """Compute one slice."""
        ...


class Rated:
    """An executable that many analyses share, and how fast it is."""

    def __init__(self, compiler: Compiler, key: Key):
        self._compiler, self._key = compiler, key
        self.count = 0
        """Units in the next slice; 0 before the first."""

    def is_ready(self, call: Call) -> bool:
        """Whether it is compiled; if not, compilation starts now."""
        return self._compiler.is_ready(self._key, call)

    def get(self, call: Call) -> Executable:
        """Compiled now, if it isn't yet."""
        return self._compiler.get(self._key, call)

    def learn(self, count: int, seconds: float, unit: int, most: int) -> None:
        """Have the next slice take about `SECONDS`, in whole units, after one of `count` took so long."""
        wanted = int(count * SECONDS / max(seconds, 1e-6)) // unit * unit
        self.count = int(np.clip(wanted, unit, min(4 * max(self.count, unit), most)))


class Evaluations:
    """Points of weight space, evaluated."""

    def __init__(
        self,
        problem: MeasurableProblem,
        points: Points,
        keys: tuple[jax.Array, ...],
        examples: int | None,
        rated: Rated,
    ):
        """Before the first point.

        Args:
            problem: The problem whose losses are evaluated.
            points: The points, padded to whole blocks.
            keys: Random keys of the held-out examples, one for each replicate.
            examples: The number of held-out examples.
            rated: The executable, and how fast it is.
        """
        self._problem, self._points, self._keys = problem, points, keys
        self._examples, self._rated = examples, rated
        self._walk = landscape.init(points)

    @property
    def done(self) -> int:
        """The number of points evaluated so far."""
        return self._walk.done

    @property
    def total(self) -> int:
        """The number of points to evaluate."""
        return self._walk.total

    def is_ready(self) -> bool:
        """Whether the executable is compiled; if not, compilation starts now."""
        return self._rated.is_ready(self._call)

    def step(self) -> None:
        """Evaluate some points."""
        executable, before, began = self._rated.get(self._call), self.done, time.monotonic()

        def evaluate(row: int, coefficients: np.ndarray) -> Any:
            filled, blocks = landscape.blocks_of(coefficients)
            return executable(*self._arguments(row, filled, blocks))

        block = landscape.block()
        self._walk = landscape.step(self._walk, self._points, evaluate, self._rated.count or block)
        self._rated.learn(self.done - before, time.monotonic() - began, block, landscape.SLICE)

    def finish(self) -> Seen:
        """What their networks do."""
        return landscape.finish(self._walk, self._points)

    def _arguments(self, row: int, coefficients: np.ndarray, blocks: np.int32) -> tuple[Any, ...]:
        replicate, draw = divmod(row, self._points.draws)
        key = self._keys[replicate] if draw == 0 else jax.random.fold_in(self._keys[replicate], draw)
        states = jax.tree.map(lambda array: array[replicate], self._points.states)
        return self._problem, key, self._points.basis[replicate], coefficients, blocks, states

    def _call(self) -> tuple[Any, ...]:
        filled, blocks = landscape.blocks_of(self._points.coefficients[:1])
        return partial(landscape.evaluated, examples=self._examples), *self._arguments(0, filled, blocks)


class Products:
    """Vectors, multiplied with the Hessian of each replicate."""

    def __init__(self, problem: CurvedProblem, trained: Trained, course: Course, wanted: Wanted, rated: Rated):
        """Before the first product.

        Args:
            problem: The problem whose loss is differentiated.
            trained: The weights at which the Hessian is taken.
            course: The vectors to multiply, in order.
            wanted: What the analysis needs from the products.
            rated: The executable, and how fast it is.
        """
        self._problem, self._trained, self._course = problem, trained, course
        self._wanted, self._rated = wanted, rated

    @property
    def done(self) -> int:
        """The number of vectors multiplied so far."""
        return self._course.done

    @property
    def total(self) -> int:
        """The number of vectors to multiply."""
        return self._course.total

    def is_ready(self) -> bool:
        """Whether the executable is compiled; if not, compilation starts now."""
        return self._rated.is_ready(self._call)

    def step(self) -> None:
        """Multiply some vectors."""
        multiply, before, began = self._multiply(self._rated.get(self._call)), self.done, time.monotonic()
        with arithmetic():
            self._course = spectrum.step(self._course, multiply, self._rated.count or 1)
        if (count := self.done - before) > 1 or not self._rated.count:
            self._rated.learn(count, time.monotonic() - began, 1, products.AT_ONCE)

    def finish(self) -> Curved:
        """Their results."""
        return spectrum.finish(self._course)

    def _multiply(self, executable: Executable) -> Callable[[int, np.ndarray], np.ndarray]:
        def multiply(replicate: int, vectors: np.ndarray) -> np.ndarray:
            filled = np.zeros((products.AT_ONCE, vectors.shape[1]), np.float32)
            filled[: len(vectors)] = vectors
            found = executable(*self._arguments(replicate, filled, len(vectors)))
            return np.asarray(found)[: len(vectors)]

        return multiply

    def _arguments(self, replicate: int, vectors: np.ndarray, count: int) -> tuple[Any, ...]:
        mean, mask = self._trained.mean[replicate], self._trained.mask[replicate]
        return self._problem, mean, mask, vectors, np.int32(count)

    def _call(self) -> tuple[Any, ...]:
        function = partial(products.products, split=self._wanted.split, examples=self._wanted.examples)
        vectors = np.zeros((products.AT_ONCE, self._trained.mean.shape[1]), np.float32)
        return function, *self._arguments(0, vectors, 1)
