"""Whether a round's generations fit into the memory that the device has free, and the form in which they do.

A bound on a network's units is known before anything is compiled; what XLA reserves, once it is. A CPU's memory is
its machine's, and is only held against the bound.
"""

from dataclasses import replace

import jax

from sessions.engine.round_runner import RoundShape, advance_executable
from sessions.plans.devices import gpus, visible
from sessions.plans.memory import memory_limit
from sessions.tickets.compiler import Compiler, Executable
from ticket_explorer.errors import TicketError
from ticket_explorer.problems import FormedProblem

SPARE = 0.9
"""The share of the free memory that a round may take: others' needs grow too."""


def fitting(shape: RoundShape, compiler: Compiler) -> RoundShape:
    """The shape in its own form, or in the next smaller one that fits.

    Raises:
        TicketError: if none does.
    """
    if shape.form is None:
        return shape
    free = free_bytes()
    while (needed := _needed(shape, compiler, free)) > SPARE * (free or memory_limit()):
        smaller = None if shape.form is None else shape.form.smaller()
        if smaller is None:
            raise TicketError(
                f"A generation needs {needed / 1e9:.1f} GB of the device's memory even one individual at a time, and "
                f"{(free or memory_limit()) / 1e9:.1f} GB are free. Choose a smaller batch, a smaller network or "
                "population, or fewer replicates."
            )
        shape = replace(shape, form=smaller)
    return shape


def free_bytes() -> int | None:
    """Memory of the GPU that nobody has, and what this process has but doesn't use; None where there is no GPU."""
    device = jax.devices()[0]
    stats = device.memory_stats() or {}
    if device.platform == "cpu" or "bytes_limit" not in stats:
        return None
    allowed = stats["bytes_limit"] - stats["bytes_in_use"]
    known = visible(gpus())
    if not known:
        return int(allowed)
    reserved = stats.get("pool_bytes", stats["bytes_in_use"]) - stats["bytes_in_use"]
    return int(min(allowed, known[0].free + reserved))


def _needed(shape: RoundShape, compiler: Compiler, free: int | None) -> int:
    """Bytes that a generation takes: by the bound, or by what XLA reserved if the bound fits and there is a GPU."""
    bound = _bound(shape)
    if free is None or bound > SPARE * free:
        return bound
    return _reserved(advance_executable(shape, compiler)) or bound


def _bound(shape: RoundShape) -> int:
    """The units of a group, of all replicates where they are computed together; 0 where it isn't known."""
    form, problem = shape.form, shape.problem
    assert form is not None
    assert isinstance(problem, FormedProblem)
    network = problem.formed_network
    assert network is not None
    one = network.bytes_of(form, problem.work(form.group, shape.replicates).examples) or 0
    return one * (shape.replicates if form.together else 1)


def _reserved(executable: Executable) -> int:
    """What XLA reserved for an executable's intermediate values and its result; 0 where it doesn't tell."""
    analysis = executable.memory_analysis()  # type: ignore[attr-defined]
    return int(analysis.temp_size_in_bytes + analysis.output_size_in_bytes) if analysis is not None else 0
