"""What a plan will cost, before it runs: sizes, memory, time. No JAX is imported.

Sizes follow from the settings alone. Time is the multiply-adds of all generations divided by the speed measured on this
machine or, before anything was measured, by a speed that most machines exceed.
"""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import msgspec

from sessions.plans.devices import gpu_name
from sessions.plans.disk import round_bytes
from sessions.plans.filter_sizes import check_kernels
from sessions.plans.memory import check_memory
from sessions.specs.spec import Plan, Spec, check_ratios, parse_plan
from sessions.store.errors import UNREADABLE
from sessions.store.files import write_atomic
from sessions.views.branch_view import RoundView
from sessions.views.session_view import SessionView
from ticket_explorer.densities import Density, overall, parts
from ticket_explorer.errors import InvalidValue, TicketError
from ticket_explorer.networks.layers import Layer
from ticket_explorer.places import cache_dir, make_private

SLOW, SLOW_GPU = 5e9, 2e11
"""Multiply-adds per second if nothing was measured; two cores manage two to three times as many, an H200 four times as
many on the smallest preset and 25 times on the paper's CNN."""
START_SECONDS, BASE_BYTES = 8.0, 1_000_000_000
"""Seconds for loading data and compiling, once per session; bytes of a process with JAX and its executables."""


class _Speed(msgspec.Struct):
    multiply_adds_per_second: float


@dataclass(frozen=True)
class Estimate:
    """What a plan, or a whole session, will cost."""

    parameters: int
    prunable: int
    kept_last: int
    """Prunable weights in the last round."""
    generations: int
    memory_bytes: int
    """Roughly, the engine's peak."""
    disk_bytes: int
    """Roughly, of the whole session's files at its end."""
    seconds: float | None
    """Roughly, on this machine; None if the work of a generation isn't known."""


def estimate(plan: Plan, replicates: int) -> Estimate:
    """What one branch will cost on its own.

    Raises:
        TicketError: if the sizes of its task or network aren't known, or can't go together.
    """
    layers, rounds = plan.layers(), plan.pruning.rounds
    check_ratios(plan, layers)
    works = [_work(plan, replicates, plan.density_after(number, layers), layers) for number in range(rounds)]
    return Estimate(
        parameters=sum(layer.size for layer in layers),
        prunable=sum(layer.kernel for layer in layers),
        kept_last=sum(_kept_last(plan, layers)),
        generations=rounds * plan.trainer.generations,
        memory_bytes=_memory(plan, layers, replicates),
        disk_bytes=_disk(plan, layers, replicates),
        seconds=sum(filter(None, works)) * plan.trainer.generations / speed() if all(works) else None,
    )


def estimate_session(spec: Spec) -> Estimate:
    """The cost of all branches together; branches with the same training share the dense round.

    Raises:
        TicketError: as the engine would before the first generation, as far as no data are needed to know.
    """
    plans = [branch.plan for branch in spec.branches]
    parts = [_checked(plan, estimate(plan, spec.replicates), number) for number, plan in enumerate(plans)]
    for plan, part in zip(plans, parts, strict=True):
        check_kernels(plan)
        check_memory(plan, part.parameters, spec.replicates)
    shared = [plan for number, plan in enumerate(plans) if any(plan.trains_like(other) for other in plans[:number])]
    dense = [(_work(plan, spec.replicates, 1.0, plan.layers()) or 0) * plan.trainer.generations for plan in shared]
    seconds = [part.seconds for part in parts]
    return Estimate(
        parameters=max(part.parameters for part in parts),
        prunable=max(part.prunable for part in parts),
        kept_last=min(part.kept_last for part in parts),
        generations=sum(part.generations for part in parts) - sum(plan.trainer.generations for plan in shared),
        memory_bytes=max(part.memory_bytes for part in parts),
        disk_bytes=sum(part.disk_bytes for part in parts),
        seconds=None if None in seconds else START_SECONDS + sum(filter(None, seconds)) - sum(dense) / speed(),
    )


def remember_speed(view: SessionView) -> None:
    """Learn this machine's speed from a session's finished rounds; if the disk is full, it is forgotten."""
    speeds = [known for b in view.branches.values() for r in b.rounds.values() if (known := _speed_of(r))]
    if speeds:
        with suppress(OSError, TicketError):
            make_private(_speed_file().parent)
            write_atomic(_speed_file(), msgspec.msgpack.encode(_Speed(multiply_adds_per_second=median(speeds))))


def speed() -> float:
    """Multiply-adds a second of this machine, as far as it is known."""
    try:
        return max(msgspec.msgpack.decode(_speed_file().read_bytes(), type=_Speed).multiply_adds_per_second, 1.0)
    except (OSError, *UNREADABLE):
        return SLOW if gpu_name() is None else SLOW_GPU


def _speed_file() -> Path:
    """The file with the speed of this machine's processor, or of its kind of GPU."""
    gpu = gpu_name()
    return cache_dir() / ("speed.msgpack" if gpu is None else f"speed-{'-'.join(gpu.split())}.msgpack")


def _speed_of(round_: RoundView) -> float | None:
    if round_.finished is None or round_.finished.seconds <= 0:
        return None
    with suppress(TicketError):  # made with a plug-in that isn't installed
        plan = parse_plan(round_.plan)
        work = _work(plan, len(round_.finished.score), round_.trained_density, plan.layers())
        return work and work * round_.finished.generations / round_.finished.seconds
    return None


def _work(plan: Plan, replicates: int, density: Density, layers: list[Layer]) -> float | None:
    """Multiply-adds of a generation: half of a dense layer's shrink with its density, a convolution's don't."""
    examples = plan.task.examples_a_generation
    if plan.trainer.passes is None or examples is None:
        return None
    shares = [
        1.0
        if layer.uses > 1 or not plan.trainer.narrows or not layer.prunable
        else 0.5 + 0.5 * overall(density, [layer])
        for layer in layers
    ]
    work = sum(
        (share * layer.kernel + layer.unpruned) * layer.uses for share, layer in zip(shares, layers, strict=True)
    )
    return work * examples * plan.trainer.passes * replicates


def _kept_last(plan: Plan, layers: list[Layer]) -> list[int]:
    """The sizes of the parts that are ranked separately."""
    prunable = [layer for layer in layers if layer.prunable]
    density = plan.density_after(plan.pruning.rounds - 1, layers)
    return [
        round(overall(density, part) * sum(layer.kernel for layer in part))
        for part in parts(plan.scope(layers), prunable)
    ]


def _disk(plan: Plan, layers: list[Layer], replicates: int) -> int:
    """The files of a branch with all its rounds."""
    weights, prunable = (sum(sizes) for sizes in zip(*((layer.size, layer.kernel) for layer in layers), strict=True))
    kernels = [layer for layer in layers if layer.prunable]
    shares = [overall(plan.density_after(number, layers), kernels) for number in range(plan.pruning.rounds)]
    generations = plan.trainer.generations
    return round(sum(round_bytes(weights, prunable, prunable * share, generations, replicates) for share in shares))


def _memory(plan: Plan, layers: list[Layer], replicates: int) -> int:
    """The memory of the process, the images on the device, and each replicate's copies of the population."""
    size = sum(layer.size for layer in layers)
    return BASE_BYTES + plan.task.device_bytes + 4 * replicates * plan.trainer.numbers_held(size)


def _checked(plan: Plan, cost: Estimate, number: int) -> Estimate:
    if cost.kept_last < 1:
        given = f"{plan.pruning.words} over {plan.pruning.rounds} rounds"
        raise InvalidValue("$.pruning.rounds", given, "fewer rounds, or a smaller ratio: no weight would be left")
    generations, early = plan.trainer.generations, plan.rewind.early_generation
    if early is not None and early > generations:
        expected = f"at most {generations}, the generations of round 0"
        raise InvalidValue(f"$.branch[{number}].rewind.generation", early, expected)
    return cost
