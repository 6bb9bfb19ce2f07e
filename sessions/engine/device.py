"""Whether this process can compute sessions: JAX's settings, and something to compute on."""

import os

import jax
import jax.numpy as jnp

from ticket_explorer.errors import TicketError
from ticket_explorer.own_process import SETTINGS

_used_by: int | None = None
"""The process that was found able to compute; a fork of it is another one."""


def _use() -> None:
    global _used_by
    _used_by = os.getpid()


def check_device() -> None:
    """See that sessions can be computed in this process.

    Raises:
        TicketError: if JAX is set otherwise than sessions need, has nothing to compute on, or would hang here.
    """
    if _used_by not in (None, os.getpid()):
        raise TicketError(
            "This process was forked from one that computes with JAX, whose threads it lacks: it would hang. Start "
            "processes by spawn: multiprocessing.get_context('spawn'), or ProcessPoolExecutor(mp_context=…)."
        )
    for name, value in SETTINGS.items():
        given = getattr(jax.config, name)
        if given not in (value, None):
            raise TicketError(
                f"JAX is set to {name} = {given!r} in this process; sessions need {value!r}, and change none of your "
                f"settings. Call jax.config.update({name!r}, {value!r}), or use tx.LiveSession, whose engine is a "
                "process of its own."
            )
    try:
        jnp.zeros(1).block_until_ready()
    except RuntimeError as error:
        raise TicketError(_no_device(error)) from None
    _use()


def devices_here() -> dict[str, str]:
    """How many devices this process spreads rounds over, as a session's header and every opening record it."""
    return {"devices": str(jax.local_device_count())}


def _no_device(error: RuntimeError) -> str:
    asked = os.environ.get("JAX_PLATFORMS")
    wish = f"JAX_PLATFORMS={asked} asks for it; unset that, or say `cpu`" if asked else "See that JAX works here"
    return f"JAX has no device to compute on: {str(error).strip().splitlines()[0].rstrip('.')}. {wish}."
