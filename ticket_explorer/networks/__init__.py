"""Networks: flax modules with a flat layout and a population forward.

A population forward evaluates N weight vectors on one batch at once. It belongs to the network,
because the fastest form depends on it: `jax.vmap` over convolutions is a grouped convolution, the
slowest way on a CPU.
"""

from ticket_explorer.networks.own_settings import OwnNetwork
from ticket_explorer.networks.settings import (
    CNN,
    MLP,
    Conv6,
    LeNet300100,
    MinAtarCNN,
    NetworkSettings,
    ResNet18,
)
from ticket_explorer.registry import Registry, register

NETWORKS: Registry[NetworkSettings] = register(
    "networks", MLP, LeNet300100, CNN, Conv6, ResNet18, MinAtarCNN, unlisted=(OwnNetwork,)
)

__all__ = ["NETWORKS"]
