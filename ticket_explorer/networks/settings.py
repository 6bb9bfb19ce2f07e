"""What can be said of each network; no JAX is imported here."""

import hashlib
from collections.abc import Mapping
from math import prod
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from ticket_explorer.errors import InvalidValue, TicketError
from ticket_explorer.networks.forms import Precision
from ticket_explorer.networks.layers import Layer, Shape, convolution, dense, image_shape
from ticket_explorer.registry import Former, Settings, name_of

KernelInit = Literal[
    "lecun_normal",
    "lecun_uniform",
    "kaiming_normal",
    "kaiming_uniform",
    "xavier_normal",
    "xavier_uniform",
    "orthogonal",
    "uniform",
    "zeros",
]
BiasInit = Literal["zeros", "uniform"]
Activation = Literal["relu", "tanh", "swish"]
SHORT = 40
"""Characters of a value that is told as it is."""
Scale = Annotated[float, Meta(gt=0, le=1_000_000, description="times what the distribution gives")]
Width = Annotated[int, Meta(ge=1, le=65_536, description="units of a hidden layer")]


class NetworkSettings(Settings, frozen=True, kw_only=True):
    """What all networks share."""

    formerly: ClassVar[Mapping[str, Former]] = {
        "last_bias_init": Former(None),
        "kernel_scale": Former(1.0),
        "last_kernel_scale": Former(None),
        "bias": Former(True),
        "precision": Former("float32"),
    }
    kernel_init: KernelInit = "lecun_normal"
    """Distribution of the initial kernels; `uniform` is U[-0.05, 0.05]."""
    last_kernel_init: KernelInit | None = None
    """The same for the output layer alone; None: as the others."""
    bias_init: BiasInit = "zeros"
    """`uniform` is U[0, 0.05], as in the reference code of Lange & Sprekeler (2023)."""
    last_bias_init: BiasInit | None = None
    """The same for the output layer alone; None: as the others."""
    kernel_scale: Scale | tuple[Scale, ...] = 1.0
    """What the initial kernels are multiplied by: one number, or one for each of `layer_names`."""
    last_kernel_scale: Scale | None = None
    """The same for the output layer alone; None: as the others."""
    bias: bool = True
    """Whether layers have biases."""
    precision: Precision = "float32"
    """What the products of a population's forward passes are computed in. The rest is float32: weights, σ, updates,
    scores, gradients."""

    @property
    def layer_names(self) -> tuple[str, ...]:
        """The layers that have a kernel, from the inputs to the outputs; none where only the network knows them."""
        return ()

    def layers(self, inputs: Shape, outputs: int) -> list[Layer]:
        """Those layers with their sizes, which estimates go by.

        Args:
            inputs: The shape of one input.
            outputs: How many there are.

        Raises:
            TicketError: if inputs of this shape don't go with the network, or its layers aren't told.
        """
        raise TicketError(f"The sizes of the network {name_of(self)!r} are known only after it is built.")

    @property
    def shape_words(self) -> str:
        """What the time of a forward pass depends on: its name, and the fields that are not of initial weights."""
        initial = {field for field in NetworkSettings.__struct_fields__ if field != "bias"}
        fields = [field for field in self.__struct_fields__ if field not in initial]
        said = {field: _short(getattr(self, field)) for field in fields}
        return " ".join([name_of(self), *(f"{field}={value}" for field, value in said.items())])

    def kernel_init_of(self, layer: str) -> KernelInit:
        """The distribution that the initial kernel of a layer is drawn from."""
        return (self.last_kernel_init if self._is_last(layer) else None) or self.kernel_init

    def bias_init_of(self, layer: str) -> BiasInit:
        """The distribution that the initial biases of a layer are drawn from."""
        return (self.last_bias_init if self._is_last(layer) else None) or self.bias_init

    def kernel_scale_of(self, layer: str) -> float:
        """What the initial kernel of a layer is multiplied by."""
        if isinstance(self.kernel_scale, tuple):
            return self.kernel_scale[self.layer_names.index(layer)]
        return (self.last_kernel_scale if self._is_last(layer) else None) or self.kernel_scale

    def _is_last(self, layer: str) -> bool:
        return self.layer_names[-1:] == (layer,)

    def check(self) -> None:
        """Refuse scales that are not one for each layer.

        Raises:
            InvalidValue: if there are more or fewer, or the output layer's is said twice.
        """
        if not isinstance(self.kernel_scale, tuple):
            return
        if len(self.kernel_scale) != len(names := self.layer_names):
            each = f", or a list of {len(names)}: of {', '.join(names)}" if names else ""
            raise InvalidValue("$.network.kernel_scale", list(self.kernel_scale), f"one number{each}")
        if self.last_kernel_scale is not None:
            expected = "nothing where kernel_scale is a list, whose last number is the output layer's"
            raise InvalidValue("$.network.last_kernel_scale", self.last_kernel_scale, expected)


class MLP(NetworkSettings, frozen=True, kw_only=True, tag="mlp"):
    """Fully connected layers."""

    implementation: ClassVar[str] = "ticket_explorer.networks.mlp:build_mlp"
    hidden: tuple[Width, ...] = (32,)
    """Units of each hidden layer."""
    activation: Activation = "relu"

    @property
    def layer_names(self) -> tuple[str, ...]:
        """Its dense layers, `dense_0` and so on, the output layer last."""
        return _numbered("dense", len(self.hidden) + 1)

    def layers(self, inputs: Shape, outputs: int) -> list[Layer]:
        """Their sizes; inputs are flattened."""
        return dense((prod(inputs), *self.hidden, outputs), self.bias)


class LeNet300100(NetworkSettings, frozen=True, kw_only=True, tag="lenet_300_100"):
    """LeNet-300-100: two hidden ReLU layers of 300 and 100 units (LeCun et al. 1998; Frankle & Carbin 2019)."""

    implementation: ClassVar[str] = "ticket_explorer.networks.mlp:build_mlp"
    hidden: ClassVar[tuple[int, ...]] = (300, 100)
    activation: ClassVar[Activation] = "relu"
    kernel_init: KernelInit = "xavier_normal"

    @property
    def layer_names(self) -> tuple[str, ...]:
        """Its dense layers, `dense_0` and so on, the output layer last."""
        return _numbered("dense", len(self.hidden) + 1)

    def layers(self, inputs: Shape, outputs: int) -> list[Layer]:
        """Their sizes; inputs are flattened."""
        return dense((prod(inputs), *self.hidden, outputs), self.bias)


class CNN(NetworkSettings, frozen=True, kw_only=True, tag="cnn"):
    """Two 5×5 convolutions of 8 and 16 filters, ReLU, 2×2 max-pooling, one dense layer (Lange & Sprekeler 2023)."""

    implementation: ClassVar[str] = "ticket_explorer.networks.cnn:build_cnn"
    filters: tuple[Width, Width] = (8, 16)
    """Filters of the two convolutions."""
    kernel_size: Annotated[int, Meta(ge=1, le=15, description="side of a square filter, in pixels")] = 5

    @property
    def layer_names(self) -> tuple[str, ...]:
        """Two convolutions and a dense one."""
        return *_numbered("conv", 2), "dense_0"

    def layers(self, inputs: Shape, outputs: int) -> list[Layer]:
        """Their sizes, of images that can be pooled twice."""
        height, width, channels = image_shape(name_of(self), inputs, 4, "twice")
        (first, second), side = self.filters, (self.kernel_size, self.kernel_size)
        return [
            convolution(0, (*side, channels, first), height * width, self.bias),
            convolution(1, (*side, first, second), (height // 2) * (width // 2), self.bias),
            *dense(((height // 4) * (width // 4) * second, outputs), self.bias),
        ]


class MinAtarCNN(NetworkSettings, frozen=True, kw_only=True, tag="minatar_cnn"):
    """One 3×3 convolution of 16 filters, a dense layer of 48, ReLU: for MinAtar (Lange & Sprekeler 2023)."""

    implementation: ClassVar[str] = "ticket_explorer.networks.minatar_cnn:build_minatar_cnn"
    filters: Width = 16
    kernel_size: Annotated[int, Meta(ge=1, le=15, description="side of a square filter, in cells")] = 3
    hidden: Width = 48
    """Units of the dense layer."""

    @property
    def layer_names(self) -> tuple[str, ...]:
        """A convolution and two dense ones."""
        return "conv_0", *_numbered("dense", 2)

    def layers(self, inputs: Shape, outputs: int) -> list[Layer]:
        """Their sizes, of images."""
        height, width, channels = image_shape(name_of(self), inputs)
        kernel = self.kernel_size, self.kernel_size, channels, self.filters
        widths = height * width * self.filters, self.hidden, outputs
        return [convolution(0, kernel, height * width, self.bias), *dense(widths, self.bias)]


class Conv6(NetworkSettings, frozen=True, kw_only=True, tag="conv_6"):
    """Conv-6: six 3×3 convolutions pooled in pairs, three dense layers, for CIFAR-10 (Frankle & Carbin 2019)."""

    implementation: ClassVar[str] = "ticket_explorer.networks.conv_6:build_conv_6"
    kernel_init: KernelInit = "xavier_normal"
    width: Annotated[int, Meta(ge=1, le=4096, description="filters of the first pair of convolutions")] = 64
    """The other pairs have twice and four times as many, hidden layers four times as many units."""

    @property
    def layer_names(self) -> tuple[str, ...]:
        """Six convolutions and three dense ones."""
        return *_numbered("conv", 6), *_numbered("dense", 3)

    def layers(self, inputs: Shape, outputs: int) -> list[Layer]:
        """Their sizes, of images that can be pooled three times."""
        height, width, channels = image_shape(name_of(self), inputs, 8, "three times")
        layers: list[Layer] = []
        for pair in range(3):
            filters = self.width * 2**pair
            for before in (channels, filters):
                layers.append(convolution(len(layers), (3, 3, before, filters), height * width, self.bias))
            height, width, channels = height // 2, width // 2, filters
        hidden = 4 * self.width
        return [*layers, *dense((height * width * channels, hidden, hidden, outputs), self.bias)]


class ResNet18(NetworkSettings, frozen=True, kw_only=True, tag="resnet_18"):
    """ResNet-18 for CIFAR-10: residual blocks with batch normalisation (He et al. 2016; Frankle & Carbin 2019)."""

    implementation: ClassVar[str] = "ticket_explorer.networks.resnet_18:build_resnet_18"
    stages: ClassVar[int] = 3
    kernel_init: KernelInit = "kaiming_normal"
    width: Annotated[int, Meta(ge=1, le=4096, description="filters of the first stage")] = 16
    """The other stages have twice and four times as many."""
    blocks: Annotated[int, Meta(ge=1, le=1000, description="residual blocks of each stage")] = 3
    prune_first: bool = False
    """Whether the first convolution is prunable."""
    prune_skips: bool = False
    """Whether the 1×1 convolutions of skips are prunable."""
    prune_last: bool = False
    """Whether the output layer is prunable."""

    @property
    def layer_names(self) -> tuple[str, ...]:
        """The first convolution, those of each block, and a dense layer; a stage's first block may have a skip."""
        blocks = [(stage, block) for stage in range(self.stages) for block in range(self.blocks)]
        convolutions = [
            f"stage_{stage}_block_{block}/{name}"
            for stage, block in blocks
            for name in ("conv_0", "conv_1", *(["skip"] if stage and not block else []))
        ]
        return "first", *convolutions, "dense_0"

    def layers(self, inputs: Shape, outputs: int) -> list[Layer]:
        """Their sizes, of images; convolutions have scales and shifts of their normalisation."""
        height, width, channels = image_shape(name_of(self), inputs)

        def normalised(name: str, shape: tuple[int, int, int, int], is_prunable: bool = True) -> Layer:
            return Layer(name, shape, 2 * shape[-1], height * width, is_prunable)

        filters = self.width
        layers = [normalised("first", (3, 3, channels, filters), self.prune_first)]
        for stage in range(self.stages):
            for block in range(self.blocks):
                name, before, filters = f"stage_{stage}_block_{block}", filters, self.width * 2**stage
                has_skip = stage > 0 and block == 0
                if has_skip:
                    height, width = -(-height // 2), -(-width // 2)
                layers.append(normalised(f"{name}/conv_0", (3, 3, before, filters)))
                layers.append(normalised(f"{name}/conv_1", (3, 3, filters, filters)))
                if has_skip:
                    layers.append(normalised(f"{name}/skip", (1, 1, before, filters), self.prune_skips))
        return [*layers, Layer("dense_0", (filters, outputs), outputs, 1, self.prune_last)]

    def check(self) -> None:
        """Refuse what the other networks refuse, and biases that this one has not.

        Raises:
            InvalidValue: if biases are to be left out.
        """
        super().check()
        if not self.bias:
            raise InvalidValue("$.network.bias", False, "true: normalisation shifts units here, and stays")


def _short(value: object) -> str:
    """A value in few characters; a long text, such as a file's, by its digest."""
    text = str(value)
    return text if len(text) <= SHORT else hashlib.sha256(text.encode()).hexdigest()[:12]


def _numbered(name: str, count: int) -> tuple[str, ...]:
    return tuple(f"{name}_{number}" for number in range(count))
