"""The door to `brax.v1`, which nobody maintains: what it misses in today's jax, put back in one guarded place.

jax 0.10 moved `BatchTracer`; jax 0.11 removed the function by which brax.v1 asked whether it is being compiled. Here
it is, unless an environment is being made: NumPy then does in a twentieth of a second what takes JAX ten. On import
brax.v1 warns that it is deprecated, and gym prints that it is; we know.
"""

import contextlib
import io
import warnings
from collections.abc import Iterator
from contextvars import ContextVar
from functools import cache
from typing import Any

import jax

from ticket_explorer.errors import TicketError
from ticket_explorer.tasks.control.brax.settings import ENTRIES

_compiled = ContextVar("compiled", default=True)


@cache
def environments(task: str) -> Any:
    """The module `brax.v1.envs`.

    Raises:
        TicketError: if it can't work with this jax.
    """
    try:
        with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            _provide_batch_tracer()
            import brax.v1.envs
            import brax.v1.jumpy

            brax.v1.jumpy._in_jit = _compiled.get
    except Exception as error:
        instead = "; use backend = 'spring'" if ENTRIES[task].v2 else ""
        raise TicketError(
            f"brax.v1, whose physics $.task.backend asks for, can't work with jax {jax.__version__} ({error}){instead}."
        ) from error
    return brax.v1.envs


@contextlib.contextmanager
def being_made() -> Iterator[None]:
    """While an environment is made, nothing is compiled."""
    before = _compiled.set(False)
    try:
        yield
    finally:
        _compiled.reset(before)


def _provide_batch_tracer() -> None:
    import jax.interpreters.batching as public

    if not hasattr(public, "BatchTracer"):
        from jax._src.interpreters import batching as private

        public.BatchTracer = private.BatchTracer  # type: ignore[attr-defined]
