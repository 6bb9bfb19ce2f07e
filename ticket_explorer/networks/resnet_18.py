"""ResNet-18 for CIFAR-10: a 3×3 convolution, three stages of residual blocks, average pooling, a dense layer.

He et al. (2016), Deep Residual Learning, section 4.2, as Frankle & Carbin (2019), figure 2, use it: 272,000
weights, skips of 1×1 convolutions where the size changes. Batch statistics are no weights: they are
carried as the problem's state, their means and variances running with the updates.
"""

from dataclasses import dataclass
from functools import cache, cached_property, partial
from typing import Any, cast

import jax
import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Bool, Float

from ticket_explorer.errors import TicketError
from ticket_explorer.layout import Layout, kept_indices
from ticket_explorer.networks.convolution import convolved
from ticket_explorer.networks.initialisers import bias_initialiser, initial_parameters, kernel_initialiser
from ticket_explorer.networks.network import Narrowing, Statistics
from ticket_explorer.networks.population import fastest
from ticket_explorer.networks.settings import BiasInit, KernelInit, ResNet18

STAGES = 3
MOMENTUM = 0.9
"""What running statistics keep of their value at each update."""


def build_resnet_18(settings: ResNet18, input_shape: tuple[int, ...], outputs: int) -> "ResNet18Network":
    """The network of `settings` for images of `input_shape` (height, width, channels).

    Raises:
        TicketError: if inputs are not images.
    """
    if len(input_shape) != 3:
        raise TicketError(
            f"$.network.name: resnet_18 needs images of height, width and channels, and the task's inputs have the "
            f"shape {input_shape}; use the network 'mlp'."
        )
    height, width, channels = input_shape
    return ResNet18Network(
        image=(height, width, channels),
        width=settings.width,
        blocks=settings.blocks,
        outputs=outputs,
        kernel_init=settings.kernel_init,
        last_kernel_init=settings.last_kernel_init or settings.kernel_init,
        bias_init=settings.bias_init,
        unpruned=tuple(
            name
            for name, prunes in (
                ("first", settings.prune_first),
                ("skip", settings.prune_skips),
                ("dense_0", settings.prune_last),
            )
            if not prunes
        ),
    )


@dataclass(frozen=True)
class ResNet18Network:
    """Leaves `first`, `stage_S_block_B/conv_0`, `conv_1` and `skip`, and `dense_0`; each convolution has a `norm`."""

    image: tuple[int, int, int]
    """Height, width, channels."""
    width: int
    """Filters of the first stage; the others have twice and four times as many."""
    blocks: int
    """Residual blocks of each stage."""
    outputs: int
    kernel_init: KernelInit
    last_kernel_init: KernelInit
    bias_init: BiasInit
    unpruned: tuple[str, ...]
    """The modules whose kernels are not prunable."""

    @cached_property
    def module(self) -> nn.Module:
        """The same network as a flax module, of inputs [B, H, W, C]."""
        return _Module(self)

    @property
    def layout(self) -> Layout:
        """The leaves of θ; kernels are prunable but for those of `unpruned`."""
        return _layout(self)

    def initialise(self, key: Array) -> Float[Array, " D"]:
        """Draw initial weights."""
        return self.layout.flatten(initial_parameters(self.module, self.image, key))

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

    def population_apply(self, population: Float[Array, "N D"], inputs: Float[Array, "B ..."]) -> Float[Array, "N B O"]:
        """The outputs of N networks on one batch, each by its own statistics."""
        return fastest(self._one_by_one, self.apply)(population, inputs)

    def narrow(self, mask: Bool[Array, " D"], kept: int) -> Narrowing:
        """This network itself: every pixel is seen by every filter."""
        return Narrowing(self, kept_indices(mask, kept), None)

    def _one_by_one(self, population: Float[Array, "N D"], inputs: Float[Array, "B ..."]) -> Float[Array, "N B O"]:
        return cast(Array, jax.lax.map(lambda theta: self.apply(theta, inputs), population))


@cache
def _variables(network: ResNet18Network) -> Any:
    """Shapes of parameters and statistics."""
    images = jax.ShapeDtypeStruct((1, *network.image), jnp.float32)
    return jax.eval_shape(network.module.init, jax.random.key(0), images)


@cache
def _layout(network: ResNet18Network) -> Layout:
    parameters = jax.eval_shape(partial(initial_parameters, network.module, network.image), jax.random.key(0))

    def prunable(name: str) -> bool:
        *modules, last = name.split("/")
        return last == "kernel" and modules[-1] not in network.unpruned

    return Layout.of(parameters, prunable)


class _Module(nn.Module):  # type: ignore[misc]
    network: ResNet18Network

    @nn.compact  # type: ignore[untyped-decorator]
    def __call__(self, images: Array, trains: bool = True) -> Array:
        network, kernel = self.network, kernel_initialiser(self.network.kernel_init)
        convolution = partial(nn.Conv, use_bias=False, kernel_init=kernel, conv_general_dilated=convolved)
        norm = partial(nn.BatchNorm, use_running_average=not trains, momentum=MOMENTUM)
        images = nn.relu(norm(name="norm")(convolution(network.width, (3, 3), name="first")(images)))
        for stage in range(STAGES):
            for block in range(network.blocks):
                stride = 2 if stage and not block else 1
                name = f"stage_{stage}_block_{block}"
                images = _Block(network.width * 2**stage, stride, convolution, norm, name=name)(images)
        last, bias = kernel_initialiser(network.last_kernel_init), bias_initialiser(network.bias_init)
        outputs: Array = nn.Dense(network.outputs, kernel_init=last, bias_init=bias, name="dense_0")(
            images.mean((1, 2))
        )
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
