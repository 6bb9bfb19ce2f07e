"""ResNet-18 for CIFAR-10: a 3×3 convolution, three stages of residual blocks, average pooling, a dense layer.

He et al. (2016), Deep Residual Learning, section 4.2, as Frankle & Carbin (2019), figure 2, use it: 272,000
weights, skips of 1×1 convolutions where the size changes. Batch statistics are no weights: they are
carried as the problem's state, their means and variances running with the updates.
"""

from dataclasses import dataclass
from functools import cache, partial
from typing import Any, cast

import jax
import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Float

from ticket_explorer.networks.convolution import convolved
from ticket_explorer.networks.flax_network import FlaxNetwork, require_images
from ticket_explorer.networks.network import Statistics
from ticket_explorer.networks.settings import ResNet18

MOMENTUM = 0.9
"""What running statistics keep of their value at each update."""


def build_resnet_18(settings: ResNet18, input_shape: tuple[int, ...], outputs: int) -> "ResNet18Network":
    """The network of `settings` for images of `input_shape` (height, width, channels).

    Raises:
        TicketError: if inputs are not images.
    """
    require_images("resnet_18", input_shape)
    return ResNet18Network(settings=settings, input_shape=input_shape, outputs=outputs)


@dataclass(frozen=True, kw_only=True)
class ResNet18Network(FlaxNetwork):
    """Leaves `first`, `stage_S_block_B/conv_0`, `conv_1` and `skip`, and `dense_0`; each convolution has a `norm`."""

    settings: ResNet18

    def create_module(self) -> nn.Module:
        """The flax module, of images [B, height, width, channels]."""
        return _Module(self)

    def is_prunable(self, leaf: str) -> bool:
        """Whether a leaf's weights can be pruned: kernels', but for those that the settings leave out."""
        settings = self.settings
        said = {"first": settings.prune_first, "skip": settings.prune_skips, "dense_0": settings.prune_last}
        return super().is_prunable(leaf) and said.get(leaf.split("/")[-2], True)

    def apply(self, theta: Float[Array, " D"], inputs: Float[Array, "B ..."]) -> Float[Array, "B O"]:
        """The outputs of one network by the statistics of this batch; differentiable in θ."""
        return self.apply_training(theta, inputs, self.initial_statistics())[0]

    def initial_statistics(self) -> Statistics:
        """Means of zero and variances of one."""
        shapes = _variables(self)["batch_stats"]
        return jax.tree_util.tree_map_with_path(
            lambda path, leaf: jnp.full(leaf.shape, float(path[-1].key == "var"), leaf.dtype), shapes
        )

    def apply_training(
        self, theta: Float[Array, " D"], inputs: Float[Array, "B ..."], statistics: Statistics
    ) -> tuple[Float[Array, "B O"], Statistics]:
        """The outputs by the statistics of this batch, and the running ones after it."""
        variables = {"params": self.layout.unflatten(theta), "batch_stats": statistics}
        outputs, changed = self.module.apply(variables, inputs, mutable=["batch_stats"])
        return outputs, changed["batch_stats"]

    def apply_testing(
        self, theta: Float[Array, " D"], inputs: Float[Array, "B ..."], statistics: Statistics
    ) -> Float[Array, "B O"]:
        """The outputs by the running statistics."""
        variables = {"params": self.layout.unflatten(theta), "batch_stats": statistics}
        return cast(Array, self.module.apply(variables, inputs, trains=False))


@cache
def _variables(network: ResNet18Network) -> Any:
    """Shapes of parameters and statistics."""
    images = jax.ShapeDtypeStruct((1, *network.input_shape), jnp.float32)
    return jax.eval_shape(network.module.init, jax.random.key(0), images)


class _Module(nn.Module):  # type: ignore[misc]
    network: ResNet18Network

    @nn.compact  # type: ignore[untyped-decorator]
    def __call__(self, images: Array, trains: bool = True) -> Array:
        network, settings = self.network, self.network.settings
        norm = partial(nn.BatchNorm, use_running_average=not trains, momentum=MOMENTUM)
        first = _convolution(network, "first", settings.width, (3, 3))
        images = nn.relu(norm(name="norm")(first(images)))
        for stage in range(settings.stages):
            for block in range(settings.blocks):
                stride = 2 if stage and not block else 1
                name = f"stage_{stage}_block_{block}"
                images = _Block(network, name, settings.width * 2**stage, stride, norm, name=name)(images)
        last = nn.Dense(network.outputs, **network.layer("dense_0"))
        outputs: Array = last(images.mean((1, 2)))
        return outputs


class _Block(nn.Module):  # type: ignore[misc]
    network: ResNet18Network
    place: str
    filters: int
    stride: int
    norm: Any

    @nn.compact  # type: ignore[untyped-decorator]
    def __call__(self, images: Array) -> Array:
        units = self._convolution("conv_0", (3, 3), self.stride)(images)
        units = self._convolution("conv_1", (3, 3))(nn.relu(self.norm(name="norm_0")(units)))
        units = self.norm(name="norm_1")(units)
        if images.shape != units.shape:
            images = self.norm(name="norm_skip")(self._convolution("skip", (1, 1), self.stride)(images))
        outputs: Array = nn.relu(units + images)
        return outputs

    def _convolution(self, name: str, size: tuple[int, int], stride: int = 1) -> nn.Conv:
        return _convolution(self.network, f"{self.place}/{name}", self.filters, size, stride)


def _convolution(network: ResNet18Network, path: str, filters: int, size: tuple[int, int], stride: int = 1) -> nn.Conv:
    """A convolution without biases: normalisation follows it."""
    options = {**network.layer(path), "use_bias": False}
    return nn.Conv(filters, size, strides=(stride, stride), conv_general_dilated=convolved, **options)
