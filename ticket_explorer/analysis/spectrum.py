"""What products with a Hessian tell: leading eigenvalues, the diagonal, the trace; init, step, finish.

Replicate by replicate, Lanczos's method first and then the vectors that the diagonal is estimated with, which so have
only that to tell which the leading eigenvectors don't. A step is one call of one executable, of a few vectors; what
it is called for can be cut anywhere and comes out the same.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import jax
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from ticket_explorer.analysis import hutchinson, lanczos
from ticket_explorer.analysis.hutchinson import Diagonal, Known, Tally
from ticket_explorer.analysis.lanczos import Krylov, Leading
from ticket_explorer.analysis.products import AT_ONCE
from ticket_explorer.problems import Split

Product = Callable[[int, Float[np.ndarray, "n D"]], Float[np.ndarray, "n D"]]
"""From a replicate and at most `AT_ONCE` vectors to the masked Hessian times each."""
_START = 1 << 30
"""The number of the draws that Lanczos's method begins with; those after it are spare."""


@dataclass(frozen=True)
class Wanted:
    """What is to be found out of a loss."""

    steps: int
    """Of Lanczos's method."""
    eigenvalues: int
    vectors: int
    """That the diagonal is estimated with; 0 if it isn't wanted. As many as entries are kept, or more, are unit
    vectors, and the diagonal is exact."""
    split: Split = "test"
    examples: int | None = None


@dataclass(frozen=True)
class Curved:
    """What was found, of R replicates; entries that a mask doesn't keep are zero."""

    leading: tuple[Leading, ...]
    diagonals: tuple[Diagonal, ...]
    """Empty if they were not wanted. Parts are all of θ, then each leaf."""


@dataclass(frozen=True)
class _Of:
    """Of one replicate."""

    key: Array
    mask: Bool[np.ndarray, " D"]
    units: Int[np.ndarray, " n"]
    """The entries whose unit vectors are multiplied; empty if signs are."""
    krylov: Krylov
    tally: Tally
    steps: int
    vectors: int

    @property
    def known(self) -> Known:
        return Known(self.krylov.basis, self.krylov.images)

    @property
    def done(self) -> int:
        return len(self.krylov.alpha) + self.tally.count

    @property
    def total(self) -> int:
        return self.steps + self.vectors


@dataclass(frozen=True)
class Course:
    """How far it is, in products."""

    replicates: tuple[_Of, ...]
    parts: tuple[slice, ...]
    eigenvalues: int

    @property
    def done(self) -> int:
        """Vectors that were multiplied."""
        return sum(one.done for one in self.replicates)

    @property
    def total(self) -> int:
        """Vectors that will be."""
        return sum(one.total for one in self.replicates)


def init(keys: Array, mask: Bool[np.ndarray, "R D"], parts: tuple[slice, ...], wanted: Wanted) -> Course:
    """Before the first product.

    Args:
        keys: One a replicate; the draws depend on nothing else.
        mask: The entries that are kept.
        parts: Parts of θ whose traces are needed besides that of the whole.
        wanted: What is to be found out.
    """
    replicates = tuple(_begun(key, kept, wanted) for key, kept in zip(keys, mask, strict=True))
    return Course(replicates, (slice(None), *parts), wanted.eigenvalues)


def step(course: Course, product: Product, count: int = AT_ONCE) -> Course:
    """Multiply the next vector of Lanczos's method, or the next `count` ones of the estimate."""
    number = next(i for i, one in enumerate(course.replicates) if one.done < one.total)
    one = course.replicates[number]
    multiply = partial(product, number)
    is_lanczos = len(one.krylov.alpha) < one.steps
    after = _lanczos(one, multiply) if is_lanczos else _estimate(one, multiply, count, course.parts)
    return replace(course, replicates=(*course.replicates[:number], after, *course.replicates[number + 1 :]))


def finish(course: Course) -> Curved:
    """What was found."""
    leading = tuple(lanczos.finish(one.krylov, course.eigenvalues) for one in course.replicates)
    estimated = [one for one in course.replicates if one.vectors]
    return Curved(leading, tuple(_diagonal(one, course.parts) for one in estimated))


def _begun(key: Array, mask: Bool[np.ndarray, " D"], wanted: Wanted) -> _Of:
    kept = int(mask.sum())
    exact = 0 < kept <= wanted.vectors
    start = _normal(key, np.int32(_START), mask.size) * mask
    return _Of(
        key=key,
        mask=mask,
        units=np.flatnonzero(mask) if exact else np.zeros(0, int),
        krylov=lanczos.init(np.asarray(start, np.float32)),
        tally=hutchinson.init(mask.size),
        steps=min(wanted.steps, kept),
        vectors=min(wanted.vectors, kept),
    )


def _lanczos(one: _Of, multiply: Callable[[np.ndarray], np.ndarray]) -> _Of:
    image = np.asarray(multiply(one.krylov.following[None]))[0]

    def spare() -> Float[np.ndarray, " D"]:
        number = np.int32(_START + 1 + len(one.krylov.alpha))
        return np.asarray(_normal(one.key, number, one.mask.size) * one.mask, np.float32)

    return replace(one, krylov=lanczos.step(one.krylov, image, spare))


def _estimate(one: _Of, multiply: Callable[[np.ndarray], np.ndarray], count: int, parts: tuple[slice, ...]) -> _Of:
    count = min(count, AT_ONCE, one.vectors - one.tally.count)
    if one.units.size:
        chosen = np.zeros((count, one.mask.size), np.float32)
        chosen[np.arange(count), one.units[one.tally.count : one.tally.count + count]] = 1.0
    else:
        chosen = np.asarray(_signs(one.key, np.int32(one.tally.count), one.mask.size))[:count] * one.mask
    images = np.asarray(multiply(chosen))[:count]
    return replace(one, tally=hutchinson.step(one.tally, chosen, images, one.known, parts))


def _diagonal(one: _Of, parts: tuple[slice, ...]) -> Diagonal:
    if one.units.size:
        return hutchinson.of_units(one.tally, parts)
    return hutchinson.finish(one.tally, one.known, parts)


@partial(jax.jit, static_argnames="size")
def _signs(key: Array, first: Int[Array, ""], size: int) -> Float[Array, "AT_ONCE size"]:
    """±1 at random: those of `first` and of the numbers after it."""

    def one(number: Array) -> Array:
        return jax.random.rademacher(jax.random.fold_in(key, number), (size,), jax.numpy.float32)

    return jax.vmap(one)(first + jax.numpy.arange(AT_ONCE))


@partial(jax.jit, static_argnames="size")
def _normal(key: Array, number: Int[Array, ""], size: int) -> Float[Array, " size"]:
    return jax.random.normal(jax.random.fold_in(key, number), (size,))
