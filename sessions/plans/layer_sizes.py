"""The layers that a plan's network will have on its task's inputs, from the settings alone. No JAX is imported."""

from dataclasses import dataclass, replace
from itertools import pairwise
from math import prod

from sessions.specs.spec import Plan
from ticket_explorer.errors import InvalidValue, TicketError
from ticket_explorer.networks.settings import CNN, MLP, Conv6, LeNet300100, MinAtarCNN, NetworkSettings, ResNet18
from ticket_explorer.registry import name_of
from ticket_explorer.tasks.catalogue import DATA_SETS, FASHION_MNIST
from ticket_explorer.tasks.control.settings import ControlSettings
from ticket_explorer.tasks.settings import Fashion, ImageSettings, TaskSettings

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Layer:
    """One layer: an example uses an entry of its kernel once, or at every pixel."""

    module: str
    """Its name in the network, `dense_0`."""
    shape: Shape
    """Of its kernel."""
    bias: int
    """Biases, and scales of its normalisation: never pruned."""
    uses: int = 1
    prunable: bool = True
    """Whether the settings let its kernel be pruned."""

    @property
    def name(self) -> str:
        """Of its kernel, as the layout has it."""
        return f"{self.module}/kernel"

    @property
    def kernel(self) -> int:
        """Its prunable weights."""
        return prod(self.shape) if self.prunable else 0

    @property
    def unpruned(self) -> int:
        """Kernel entries that the settings leave out of pruning."""
        return prod(self.shape) - self.kernel

    @property
    def size(self) -> int:
        """All its entries of θ."""
        return prod(self.shape) + self.bias


def layers_of(plan: Plan) -> list[Layer]:
    """The layers of the plan's network.

    Raises:
        TicketError: if the sizes aren't known, or can't go together.
    """
    layers = _layers(plan.network, *inputs_and_outputs(plan.task))
    return layers if plan.network.bias else [replace(layer, bias=0) for layer in layers]


def _layers(network: NetworkSettings, shape: Shape, outputs: int) -> list[Layer]:
    match network:
        case MLP() | LeNet300100():
            return _dense((prod(shape), *network.hidden, outputs))
        case CNN() | MinAtarCNN() | Conv6() | ResNet18() if len(shape) != 3:
            raise InvalidValue("$.network.name", name_of(network), f"mlp: inputs of shape {shape} are no images")
        case MinAtarCNN():
            height, width, channels = shape
            convolution = _convolution(0, network.kernel_size, channels, network.filters, height * width)
            return [convolution, *_dense((height * width * network.filters, network.hidden, outputs))]
        case CNN():
            return _cnn(network, shape, outputs)
        case Conv6():
            return _conv_6(network, shape, outputs)
        case ResNet18():
            return _resnet_18(network, shape, outputs)
    raise TicketError(f"The sizes of the network {name_of(network)!r} are known only once it is built.")


def inputs_and_outputs(task: TaskSettings) -> tuple[Shape, int]:
    """The shape of one input, and how many outputs there are.

    Raises:
        TicketError: if they aren't known, or the images can't be pooled so.
    """
    if isinstance(task, ControlSettings):
        return task.observation_shape, task.outputs
    data = FASHION_MNIST if isinstance(task, Fashion) else DATA_SETS.get(name_of(task))
    if data is None or not isinstance(task, ImageSettings):
        raise TicketError(f"The sizes of the task {name_of(task)!r} are known only once it is loaded.")
    height, width, channels = data.image_shape
    if height % task.pool or width % task.pool:
        raise InvalidValue("$.task.pool", task.pool, f"a divisor of the images' {height}×{width} pixels")
    return (height // task.pool, width // task.pool, channels), len(data.classes)


def _dense(widths: Shape) -> list[Layer]:
    return [Layer(f"dense_{depth}", pair, pair[1]) for depth, pair in enumerate(pairwise(widths))]


def _convolution(depth: int, side: int, channels: int, filters: int, pixels: int) -> Layer:
    return Layer(f"conv_{depth}", (side, side, channels, filters), filters, pixels)


def _cnn(network: CNN, shape: Shape, outputs: int) -> list[Layer]:
    (height, width, channels), (first, second) = shape, network.filters
    if min(height, width) < 4:
        raise InvalidValue("$.network.name", "cnn", f"mlp: images of {height}×{width} can't be pooled twice")
    return [
        _convolution(0, network.kernel_size, channels, first, height * width),
        _convolution(1, network.kernel_size, first, second, (height // 2) * (width // 2)),
        *_dense(((height // 4) * (width // 4) * second, outputs)),
    ]


def _conv_6(network: Conv6, shape: Shape, outputs: int) -> list[Layer]:
    height, width, channels = shape
    if min(height, width) < 8:
        raise InvalidValue("$.network.name", "conv_6", f"mlp: images of {height}×{width} can't be pooled three times")
    layers: list[Layer] = []
    for pair in range(3):
        filters = network.width * 2**pair
        layers += [
            _convolution(len(layers) + i, 3, before, filters, height * width)
            for i, before in enumerate((channels, filters))
        ]
        height, width, channels = height // 2, width // 2, filters
    return [*layers, *_dense((height * width * channels, 4 * network.width, 4 * network.width, outputs))]


def _resnet_18(network: ResNet18, shape: Shape, outputs: int) -> list[Layer]:
    height, width, channels = shape

    def normalised(name: str, side: int, before: int, after: int, prunes: bool = True) -> Layer:
        return Layer(name, (side, side, before, after), 2 * after, height * width, prunes)

    layers = [normalised("first", 3, channels, network.width, network.prune_first)]
    filters = network.width
    for stage in range(3):
        for block in range(network.blocks):
            name, before, filters = f"stage_{stage}_block_{block}", filters, network.width * 2**stage
            if stage and not block:
                height, width = -(-height // 2), -(-width // 2)
                layers.append(normalised(f"{name}/skip", 1, before, filters, network.prune_skips))
            layers += [
                normalised(f"{name}/conv_0", 3, before, filters),
                normalised(f"{name}/conv_1", 3, filters, filters),
            ]
    return [*layers, Layer("dense_0", (filters, outputs), outputs, 1, network.prune_last)]
