"""What can be said of each network; no JAX is imported here."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from ticket_explorer.registry import Settings

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
Width = Annotated[int, Meta(ge=1, le=65_536, description="units of a hidden layer")]


class NetworkSettings(Settings, frozen=True, kw_only=True):
    """What all networks share."""

    kernel_init: KernelInit = "lecun_normal"
    """Distribution of the initial kernels; `uniform` is U[-0.05, 0.05]."""
    last_kernel_init: KernelInit | None = None
    """The same for the output layer alone; None: as the others."""
    bias_init: BiasInit = "zeros"
    """`uniform` is U[0, 0.05], as in the reference code of Lange & Sprekeler (2023)."""


class MLP(NetworkSettings, frozen=True, kw_only=True, tag="mlp"):
    """Fully connected layers."""

    implementation: ClassVar[str] = "ticket_explorer.networks.mlp:build_mlp"
    hidden: tuple[Width, ...] = (32,)
    """Units of each hidden layer."""
    activation: Activation = "relu"


class LeNet300100(NetworkSettings, frozen=True, kw_only=True, tag="lenet_300_100"):
    """LeNet-300-100: two hidden ReLU layers of 300 and 100 units (LeCun et al. 1998; Frankle & Carbin 2019)."""

    implementation: ClassVar[str] = "ticket_explorer.networks.mlp:build_lenet_300_100"
    kernel_init: KernelInit = "xavier_normal"


class CNN(NetworkSettings, frozen=True, kw_only=True, tag="cnn"):
    """Two 5×5 convolutions of 8 and 16 filters, ReLU, 2×2 max-pooling, one dense layer (Lange & Sprekeler 2023)."""

    implementation: ClassVar[str] = "ticket_explorer.networks.cnn:build_cnn"
    filters: tuple[Width, Width] = (8, 16)
    """Filters of the two convolutions."""
    kernel_size: Annotated[int, Meta(ge=1, le=15, description="side of a square filter, in pixels")] = 5


class MinAtarCNN(NetworkSettings, frozen=True, kw_only=True, tag="minatar_cnn"):
    """One 3×3 convolution of 16 filters, a dense layer of 48, ReLU: for MinAtar (Lange & Sprekeler 2023)."""

    implementation: ClassVar[str] = "ticket_explorer.networks.minatar_cnn:build_minatar_cnn"
    filters: Width = 16
    kernel_size: Annotated[int, Meta(ge=1, le=15, description="side of a square filter, in cells")] = 3
    hidden: Width = 48
    """Units of the dense layer."""


class Conv6(NetworkSettings, frozen=True, kw_only=True, tag="conv_6"):
    """Conv-6: six 3×3 convolutions pooled in pairs, three dense layers, for CIFAR-10 (Frankle & Carbin 2019)."""

    implementation: ClassVar[str] = "ticket_explorer.networks.conv_6:build_conv_6"
    kernel_init: KernelInit = "xavier_normal"
    width: Annotated[int, Meta(ge=1, le=4096, description="filters of the first pair of convolutions")] = 64


class ResNet18(NetworkSettings, frozen=True, kw_only=True, tag="resnet_18"):
    """ResNet-18 for CIFAR-10: residual blocks with batch normalisation (He et al. 2016; Frankle & Carbin 2019)."""

    implementation: ClassVar[str] = "ticket_explorer.networks.resnet_18:build_resnet_18"
    kernel_init: KernelInit = "kaiming_normal"
    width: Annotated[int, Meta(ge=1, le=4096, description="filters of the first stage")] = 16
    blocks: Annotated[int, Meta(ge=1, le=1000, description="residual blocks of each stage")] = 3
    prune_first: bool = False
    """Whether the first convolution is prunable."""
    prune_skips: bool = False
    """Whether the 1×1 convolutions of skips are prunable."""
    prune_last: bool = False
    """Whether the output layer is prunable."""
