"""Whether a round's generations fit into the memory that the device has free, and the form in which they do.

A bound on a network's units is known before anything is compiled; what XLA reserves, once it is. A CPU's memory is
its machine's, and is only held against the bound.
"""

from dataclasses import replace
from typing import Any

import jax

from sessions.engine.round_runner import RoundShape, advance_executable
from sessions.plans.devices import computing_gpu
from sessions.tickets.compiler import Compiler, Executable
from ticket_explorer.errors import TicketError
from ticket_explorer.machine_memory import memory_limit
from ticket_explorer.problems import with_forms

USABLE = 0.9
"""The share of the free memory that a round may take: other processes may need more later."""


def fitting(shape: RoundShape, compiler: Compiler) -> RoundShape:
    """The shape in its own form, or in the next smaller one that fits into the memory that is free.

    Raises:
        TicketError: if none does.
    """
    if shape.form is None:
        return shape
    free = free_bytes()
    room, compiled_by = (memory_limit(), None) if free is None else (free, compiler)
    found, needed = largest(shape, room, compiled_by)
    if needed > USABLE * room:
        raise _nothing_fits(needed, room)
    return found


def largest(shape: RoundShape, room: int, compiler: Compiler | None) -> tuple[RoundShape, int]:
    """The shape in the largest form, from its own on, whose generations fit, and the bytes that they take.

    Args:
        shape: The round's shape; if no form fits, the smallest is returned.
        room: The bytes that may be used.
        compiler: Compiles forms that pass the bound, to get XLA's own figure; None: the bound is enough.
    """
    while True:
        needed = _bound(shape)
        if compiler is not None and needed <= USABLE * room:
            needed = _reserved(advance_executable(shape, compiler)) or needed
        smaller = None if shape.form is None else shape.form.smaller()
        if needed <= USABLE * room or smaller is None:
            return shape, needed
        shape = replace(shape, form=smaller)


def free_bytes() -> int | None:
    """Free bytes of the GPU, plus those that this process holds and doesn't use; None if there is no GPU."""
    device = jax.devices()[0]
    stats = device.memory_stats() or {}
    if device.platform == "cpu" or "bytes_limit" not in stats:
        return None
    allowed = stats["bytes_limit"] - stats["bytes_in_use"]
    known = computing_gpu()
    if known is None:
        return int(allowed)
    reserved = stats.get("pool_bytes", stats["bytes_in_use"]) - stats["bytes_in_use"]
    return int(min(allowed, known.free + reserved))


def _bound(shape: RoundShape) -> int:
    """The bytes of a group's units, for a device's replicates if they are computed together; 0 if they aren't known."""
    form, found = shape.form, with_forms(shape.problem)
    if form is None or found is None:
        return 0
    problem, network = found
    one = network.bytes_of(form, problem.work(form.group, shape.replicates).examples) or 0
    return one * (shape.replicates // shape.spread.replicates if form.together else 1)


def _nothing_fits(needed: int, room: int) -> TicketError:
    return TicketError(
        f"A generation needs {_size(needed)} of the device's memory even one individual at a time, and "
        f"{_size(room)} are free. Choose a smaller batch, a smaller network or population, or fewer replicates."
    )


def _reserved(executable: Executable) -> int:
    """The bytes that XLA reserved for an executable's intermediate values and result; 0 if XLA doesn't say."""
    analysis: Any = getattr(executable, "memory_analysis", lambda: None)()
    return int(analysis.temp_size_in_bytes + analysis.output_size_in_bytes) if analysis is not None else 0


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.1f} MB"
