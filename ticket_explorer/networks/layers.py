"""The layers of a network from its settings alone: names, shapes, how often each is used. No JAX is imported here."""

from dataclasses import dataclass
from itertools import pairwise
from math import prod

from ticket_explorer.errors import InvalidValue

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


def dense(widths: Shape, has_bias: bool) -> list[Layer]:
    """Fully connected layers `dense_0`, `dense_1`, …, from each of the widths to the next."""
    pairs = enumerate(pairwise(widths))
    return [Layer(f"dense_{depth}", (before, after), after * has_bias) for depth, (before, after) in pairs]


def convolution(depth: int, shape: tuple[int, int, int, int], pixels: int, has_bias: bool) -> Layer:
    """The layer `conv_DEPTH`, its kernel of height, width, channels and filters, each used at so many pixels."""
    return Layer(f"conv_{depth}", shape, shape[-1] * has_bias, pixels)


def image_shape(network: str, inputs: Shape, least: int = 1, pooled: str = "") -> tuple[int, int, int]:
    """Height, width and channels of a network's inputs.

    Args:
        network: Its name, for the refusal.
        inputs: The shape of one input.
        least: Pixels that both sides must have.
        pooled: What smaller images can't be: `twice`.

    Raises:
        InvalidValue: if the inputs are not images, or are too small.
    """
    if len(inputs) != 3:
        raise InvalidValue("$.network.name", network, f"mlp: inputs of shape {inputs} are not images")
    height, width, channels = inputs
    if min(height, width) < least:
        raise InvalidValue("$.network.name", network, f"mlp: images of {height}×{width} can't be pooled {pooled}")
    return height, width, channels
