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
from ticket_explorer.networks.flax_network import FlaxNetwork, require_images, shared
from ticket_explorer.networks.network import Statistics
from ticket_explorer.networks.settings import ResNet18

STAGES = 3
MOMENTUM = 0.9
"""What running statistics keep of their value at each update."""


def build_resnet_18(settings: ResNet18, input_shape: tuple[int, ...], outputs: int) -> "ResNet18Network":
    """The network of `settings` for images of `input_shape` (height, width, channels).

    Raises:
        TicketError: if inputs are not images.
    """
    require_images("resnet_18", input_shape)
    prunes = {"first": settings.prune_first, "skip": settings.prune_skips, "dense_0": settings.prune_last}
    return ResNet18Network(
        **shared(settings, input_shape, outputs),
        width=settings.width,
        blocks=settings.blocks,
        unpruned=tuple(module for module, is_prunable in prunes.items() if not is_prunable),
    )


@dataclass(frozen=True, kw_only=True)
class ResNet18Network(FlaxNetwork):
    """Leaves `first`, `stage_S_block_B/conv_0`, `conv_1` and `skip`, and `dense_0`; each convolution has a `norm`."""

    width: int
    """Filters of the first stage; the others have twice and four times as many."""
    blocks: int
    """Residual blocks of each stage."""
    unpruned: tuple[str, ...]
    """The modules whose kernels are not prunable."""

    def create_module(self) -> nn.Module:
        """The flax module, of images [B, height, width, channels]."""
        return _Module(self)

    def is_prunable(self, leaf: str) -> bool:
        """Whether a leaf's weights can be pruned: kernels', but for those of `unpruned`."""
        return super().is_prunable(leaf) and leaf.split("/")[-2] not in self.unpruned

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
        network = self.network
        convolution = partial(nn.Conv, use_bias=False, kernel_init=network.kernel, conv_general_dilated=convolved)
        norm = partial(nn.BatchNorm, use_running_average=not trains, momentum=MOMENTUM)
        images = nn.relu(norm(name="norm")(convolution(network.width, (3, 3), name="first")(images)))
        for stage in range(STAGES):
            for block in range(network.blocks):
                stride = 2 if stage and not block else 1
                name = f"stage_{stage}_block_{block}"
                images = _Block(network.width * 2**stage, stride, convolution, norm, name=name)(images)
        last = nn.Dense(network.outputs, kernel_init=network.last_kernel, bias_init=network.bias, name="dense_0")
        outputs: Array = last(images.mean((1, 2)))
        return outputs


class _Block(nn.Module):  # type: ignore[misc]
    filters: int
    stride: int
    convolution: Any
    norm: Any

    @nn.compact  # type: ignore[untyped-decorator]
    def __call__(self, images: Array) -> Array:
        strides = (self.stride, self.stride)
        units = self.convolution(self.filters, (3, 3), strides=strides, name="conv_0")(images)
        units = self.convolution(self.filters, (3, 3), name="conv_1")(nn.relu(self.norm(name="norm_0")(units)))
        units = self.norm(name="norm_1")(units)
        if images.shape != units.shape:
            images = self.norm(name="norm_skip")(
                self.convolution(self.filters, (1, 1), strides=strides, name="skip")(images)
            )
        outputs: Array = nn.relu(units + images)
        return outputs
