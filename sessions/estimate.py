"""What a plan will cost, before anything of it runs: sizes, memory, time. No JAX is imported.

Sizes follow from the settings alone. Time is the multiply-adds of all generations divided by what this
machine was seen to do; where nothing was seen yet, by a figure that most machines exceed.
"""

from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from pathlib import Path
from statistics import median

import msgspec

from sessions.spec import Plan, Spec, parse_plan
from sessions.store.files import write_atomic
from sessions.view import RoundView, SessionView
from ticket_explorer.errors import InvalidValue, TicketError
from ticket_explorer.networks.settings import CNN, MLP, LeNet300100, MinAtarCNN
from ticket_explorer.places import cache_dir
from ticket_explorer.registry import name_of
from ticket_explorer.rewinds.settings import Early
from ticket_explorer.tasks.catalogue import DATA_SETS, FASHION_MNIST
from ticket_explorer.tasks.control.settings import ControlSettings
from ticket_explorer.tasks.settings import Fashion, ImageSettings, TaskSettings
from ticket_explorer.trainers.settings import Evolution

SLOW = 5e9
"""Multiply-adds a second where nothing was measured; two cores manage two to three times as many."""
START_SECONDS, BASE_BYTES = 8.0, 1_000_000_000
"""Loading data and compiling, once a session; a process with JAX and its executables."""
VECTORS, MATRICES = 8, 6
"""Populations, and full covariances, that a generation holds at its worst: noise, individuals, copies of them."""
FULL_COVARIANCE, EMBEDDED_IMAGES = ("cma_es", "xnes"), 7000


class _Speed(msgspec.Struct):
    multiply_adds_per_second: float


@dataclass(frozen=True)
class Layer:
    """One layer: its kernel is prunable, its bias is not; an example uses a kernel entry once, or at every pixel."""

    kernel: int
    bias: int
    uses: int = 1


@dataclass(frozen=True)
class Estimate:
    """What a plan, or a whole session, will cost."""

    parameters: int
    prunable: int
    kept_last: int
    """Prunable weights in the last round."""
    generations: int
    memory_bytes: int
    """Of the engine at its worst, about."""
    seconds: float | None
    """On this machine, about; None where the work of a generation isn't known."""


def estimate(plan: Plan, replicates: int) -> Estimate:
    """What one branch will cost on its own.

    Raises:
        TicketError: if the sizes of its task or network aren't known, or can't go together.
    """
    layers, rounds = layers_of(plan), plan.pruning.rounds
    works = [_work(plan, replicates, plan.density_after(number), layers) for number in range(rounds)]
    return Estimate(
        parameters=sum(layer.kernel + layer.bias for layer in layers),
        prunable=sum(layer.kernel for layer in layers),
        kept_last=sum(_kept_last(plan, layers)),
        generations=rounds * plan.trainer.generations,
        memory_bytes=_memory(plan, layers, replicates),
        seconds=sum(filter(None, works)) * plan.trainer.generations / speed() if all(works) else None,
    )


def estimate_session(spec: Spec) -> Estimate:
    """What all branches will cost together; branches that train alike share the dense round.

    Raises:
        TicketError: as the engine would before the first generation, as far as no data are needed to know.
    """
    plans = [branch.plan for branch in spec.branches]
    parts = [_checked(plan, estimate(plan, spec.replicates), number) for number, plan in enumerate(plans)]
    shared = [plan for number, plan in enumerate(plans) if any(plan.trains_like(other) for other in plans[:number])]
    dense = [(_work(plan, spec.replicates, 1.0, layers_of(plan)) or 0) * plan.trainer.generations for plan in shared]
    seconds = [part.seconds for part in parts]
    return Estimate(
        parameters=max(part.parameters for part in parts),
        prunable=max(part.prunable for part in parts),
        kept_last=min(part.kept_last for part in parts),
        generations=sum(part.generations for part in parts) - sum(plan.trainer.generations for plan in shared),
        memory_bytes=max(part.memory_bytes for part in parts),
        seconds=None if None in seconds else START_SECONDS + sum(filter(None, seconds)) - sum(dense) / speed(),
    )


def layers_of(plan: Plan) -> list[Layer]:
    """The layers that the plan's network has on its task's inputs.

    Raises:
        TicketError: if the sizes aren't known, or can't go together.
    """
    shape, outputs = _shape(plan.task)
    match plan.network:
        case MLP() | LeNet300100():
            hidden = plan.network.hidden if isinstance(plan.network, MLP) else (300, 100)
            widths = (prod(shape), *hidden, outputs)
            return [Layer(before * after, after) for before, after in pairwise(widths)]
        case CNN() | MinAtarCNN() if len(shape) != 3:
            raise InvalidValue("$.network.name", name_of(plan.network), f"mlp: inputs of shape {shape} are no images")
        case MinAtarCNN():
            height, width, channels = shape
            filters, units, area = plan.network.filters, plan.network.hidden, plan.network.kernel_size**2
            return [
                Layer(area * channels * filters, filters, height * width),
                Layer(height * width * filters * units, units),
                Layer(units * outputs, outputs),
            ]
        case CNN():
            height, width, channels = shape
            if min(height, width) < 4:
                raise InvalidValue("$.network.name", "cnn", f"mlp: images of {height}×{width} can't be pooled twice")
            (first, second), area = plan.network.filters, plan.network.kernel_size**2
            return [
                Layer(area * channels * first, first, height * width),
                Layer(area * first * second, second, (height // 2) * (width // 2)),
                Layer((height // 4) * (width // 4) * second * outputs, outputs),
            ]
    raise TicketError(f"The sizes of the network {name_of(plan.network)!r} are known only once it is built.")


def remember_speed(view: SessionView) -> None:
    """Learn this machine's speed from a session's finished rounds; a disk that is full only costs the memory."""
    speeds = [known for b in view.branches.values() for r in b.rounds.values() if (known := _speed_of(r))]
    if speeds:
        with suppress(OSError, TicketError):
            _speed_file().parent.mkdir(parents=True, exist_ok=True)
            write_atomic(_speed_file(), msgspec.msgpack.encode(_Speed(multiply_adds_per_second=median(speeds))))


def speed() -> float:
    """Multiply-adds a second of this machine, as far as it is known."""
    try:
        return max(msgspec.msgpack.decode(_speed_file().read_bytes(), type=_Speed).multiply_adds_per_second, 1.0)
    except (OSError, msgspec.MsgspecError):
        return SLOW


def _speed_file() -> Path:
    return cache_dir() / "speed.msgpack"


def _speed_of(round_: RoundView) -> float | None:
    if round_.finished is None or round_.finished.seconds <= 0:
        return None
    with suppress(TicketError):  # made with a plug-in that isn't installed
        plan = parse_plan(round_.plan)
        work = _work(plan, len(round_.finished.score), round_.density, layers_of(plan))
        return work and work * round_.finished.generations / round_.finished.seconds
    return None


def _work(plan: Plan, replicates: int, density: float, layers: list[Layer]) -> float | None:
    """Multiply-adds of a generation: half of a dense layer's shrink with its density, a convolution's don't."""
    if plan.trainer.passes is None or not isinstance(plan.task, ImageSettings):
        return None
    shares = [1.0 if layer.uses > 1 or not plan.trainer.narrows else 0.5 + 0.5 * density for layer in layers]
    example = sum(share * layer.kernel * layer.uses for share, layer in zip(shares, layers, strict=True))
    return example * plan.task.batch * plan.trainer.passes * replicates


def _kept_last(plan: Plan, layers: list[Layer]) -> list[int]:
    density, kernels = plan.density_after(plan.pruning.rounds - 1), [layer.kernel for layer in layers]
    return [round(density * part) for part in ([sum(kernels)] if plan.pruning.scope == "global" else kernels)]


def _memory(plan: Plan, layers: list[Layer], replicates: int) -> int:
    """The process, the images as they lie on the device, and for each replicate its copies of the population."""
    size = sum(layer.kernel + layer.bias for layer in layers)
    numbers = VECTORS * size * getattr(plan.trainer, "population", 1)
    if isinstance(plan.trainer, Evolution) and plan.trainer.strategy in FULL_COVARIANCE:
        numbers += MATRICES * size**2
    return BASE_BYTES + _data(plan.task) + 4 * replicates * numbers


def _data(task: TaskSettings) -> int:
    """Bytes of the images on the device; environments have none."""
    if isinstance(task, ControlSettings):
        return 0
    data = DATA_SETS.get(name_of(task))
    count = EMBEDDED_IMAGES if data is None else data.train + data.test
    pixel = 4 if getattr(task, "pool", 1) > 1 else 1  # float32 if pooled, else bytes
    return count * prod(_shape(task)[0]) * pixel


def _shape(task: TaskSettings) -> tuple[tuple[int, ...], int]:
    if isinstance(task, ControlSettings):
        return task.observation_shape, task.outputs
    data = FASHION_MNIST if isinstance(task, Fashion) else DATA_SETS.get(name_of(task))
    if data is None or not isinstance(task, ImageSettings):
        raise TicketError(f"The sizes of the task {name_of(task)!r} are known only once it is loaded.")
    height, width, channels = data.image_shape
    if height % task.pool or width % task.pool:
        raise InvalidValue("$.task.pool", task.pool, f"a divisor of the images' {height}×{width} pixels")
    return (height // task.pool, width // task.pool, channels), len(data.classes)


def _checked(plan: Plan, cost: Estimate, number: int) -> Estimate:
    if cost.kept_last < 1:
        given = f"ratio {plan.pruning.ratio} over {plan.pruning.rounds} rounds"
        raise InvalidValue("$.pruning.rounds", given, "fewer rounds, or a smaller ratio: no weight would be left")
    generations = plan.trainer.generations
    if isinstance(plan.rewind, Early) and plan.rewind.generation > generations:
        expected = f"at most {generations}, the generations of round 0"
        raise InvalidValue(f"$.branch[{number}].rewind.generation", plan.rewind.generation, expected)
    return cost
