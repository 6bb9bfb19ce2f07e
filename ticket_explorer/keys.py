"""Where random keys come from: (seed, replicate, purpose, round, generation), never from how a run was cut.

Branches don't enter: two branches of one session see the same batches and the same noise, which
makes them comparable (common random numbers) and lets equal histories share their rounds.
`jax_threefry_partitionable=False` draws normals about twice as fast on a CPU; it changes the bits,
so it is on wherever the engine traces or runs, and recorded in the session.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from enum import IntEnum
from functools import partial

import jax
import jax.numpy as jnp

from ticket_explorer.backend import backend

RANDOM_BITS = "threefry2x32, not partitionable"
"""How random bits are made; a session made otherwise can't be continued bit for bit."""


class Purpose(IntEnum):
    """What a key is for. Values are part of the format of a session: never reuse one, nor one of `RESERVED`."""

    INITIALISE = 0
    TRAIN = 1
    PRUNE = 2
    REWIND = 3
    SCORE = 4
    CHOOSE = 6
    ANALYSE = 10
    TRANSFER = 11


RESERVED = frozenset({5})
"""Values that purposes had which are gone."""


@contextmanager
def arithmetic() -> Iterator[None]:
    """The context in which everything is traced and run: how random bits are made, and products of float32 in float32.

    A GPU would round what it multiplies to 10 bits. A CPU doesn't, and its programs stay what they were.
    """
    exact = nullcontext() if backend() == "cpu" else jax.default_matmul_precision("float32")
    with jax.threefry_partitionable(False), exact:
        yield


def replicate_keys(seed: int, replicates: int, purpose: Purpose, round_: int) -> jax.Array:
    """One key per replicate, shape (replicates,)."""
    with arithmetic():  # here too, or it is compiled once for each setting
        keys: jax.Array = _replicate_keys(jax.random.key(seed), replicates, int(purpose), round_)
    return keys


def generation_key(round_key: jax.Array, generation: jax.Array | int) -> jax.Array:
    """The key of one generation, from the key of its round."""
    return jax.random.fold_in(round_key, generation)


@partial(jax.jit, static_argnames="replicates")
def _replicate_keys(base: jax.Array, replicates: int, purpose: jax.Array | int, round_: jax.Array | int) -> jax.Array:
    def of(replicate: jax.Array) -> jax.Array:
        return jax.random.fold_in(jax.random.fold_in(jax.random.fold_in(base, replicate), purpose), round_)

    return jax.vmap(of)(jnp.arange(replicates))
