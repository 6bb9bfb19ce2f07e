"""What is computed on: `cpu`, `gpu` or `tpu`. All code that differs by it asks here; tests assume another one."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import jax

OUT_OF_MEMORY = "RESOURCE_EXHAUSTED"
"""What JAX says in an error if a device's memory ran out."""

_assumed: ContextVar[str | None] = ContextVar("assumed", default=None)


def backend() -> str:
    """The backend that code is traced for."""
    return _assumed.get() or jax.default_backend()


def device_kind() -> str:
    """The kind of the device that is computed on, as JAX names it: `NVIDIA H200`, `cpu`."""
    return str(jax.devices()[0].device_kind)


@contextmanager
def assumed(name: str) -> Iterator[None]:
    """The context in which everything is traced for a backend, whether this machine has it or not."""
    token = _assumed.set(name)
    try:
        yield
    finally:
        _assumed.reset(token)
