"""A network's leaves as PyTorch has them: other names, kernels with their axes turned round. No PyTorch is imported.

PyTorch flattens images channel by channel, flax pixel by pixel: the first dense kernel's rows are put in its order,
where the network's layers are known. Otherwise its module has to flatten pixel by pixel, `x.permute(0, 2, 3, 1)`.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sessions.specs.spec import Plan
from ticket_explorer.errors import TicketError
from ticket_explorer.layout import Leaf
from ticket_explorer.networks.layers import Layer

Array = npt.NDArray[Any]
_LAST = {"kernel": "weight", "scale": "weight"}
_STATISTICS = {"mean": "running_mean", "var": "running_var"}


@dataclass(frozen=True)
class TorchLeaf:
    """How a leaf is turned into a parameter of PyTorch's, and back."""

    leaf: Leaf
    channels: int | None = None
    """Of the units that a dense kernel's rows are of, if PyTorch has them in another order."""

    @property
    def name(self) -> str:
        """`conv_0.weight`, `dense_0.bias`."""
        *parents, last = self.leaf.name.split("/")
        return ".".join([*parents, _LAST.get(last, last)])

    @property
    def mask_name(self) -> str:
        """As `torch.nn.utils.prune` calls it."""
        return f"{self.name}_mask"

    def to_torch(self, array: Array) -> Array:
        """An array of the leaf's shape, as PyTorch has it."""
        if not self._is_kernel:
            return array
        if self.channels is not None:
            array = array.reshape(-1, self.channels, array.shape[-1]).swapaxes(0, 1).reshape(array.shape)
        spatial = tuple(range(array.ndim - 2))
        return np.ascontiguousarray(array.transpose(array.ndim - 1, array.ndim - 2, *spatial))

    def from_torch(self, array: Array) -> Array:
        """An array of PyTorch's in the shape of the leaf.

        Raises:
            ValueError: if it has another shape.
        """
        if not self._is_kernel:
            return array.reshape(self.leaf.shape)
        spatial = tuple(range(2, array.ndim))
        turned = array.transpose(*spatial, 1, 0)
        if turned.shape != self.leaf.shape:
            raise ValueError(f"shape {array.shape}")
        if self.channels is not None:
            turned = turned.reshape(self.channels, -1, turned.shape[-1]).swapaxes(0, 1).reshape(turned.shape)
        return np.ascontiguousarray(turned)

    @property
    def _is_kernel(self) -> bool:
        return self.leaf.name.rpartition("/")[2] == "kernel" and len(self.leaf.shape) > 1


def torch_leaves(leaves: Sequence[Leaf], plan: Plan) -> list[TorchLeaf]:
    """All leaves of a plan's network."""
    flattened = _flattened(plan)
    return [TorchLeaf(leaf, flattened.get(leaf.name)) for leaf in leaves]


def statistic_name(path: Sequence[str]) -> str:
    """A running statistic's name, by its path in the network's own: `norm_0.running_mean`."""
    return ".".join([*path[:-1], _STATISTICS.get(path[-1], path[-1])])


def _flattened(plan: Plan) -> dict[str, int]:
    """The dense kernel that flattened images go into, with the images' channels; none where layers aren't known."""
    layers: list[Layer] = []
    channels: int | None = None
    with suppress(TicketError):
        layers, inputs = plan.layers(), plan.task.input_shape
        channels = inputs[-1] if len(inputs) == 3 else None
    for layer in layers:
        if len(layer.shape) != 2:
            channels = layer.shape[-1]
            continue
        rows, _ = layer.shape
        return {layer.name: channels} if channels is not None and 1 < channels < rows and rows % channels == 0 else {}
    return {}
