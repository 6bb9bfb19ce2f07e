"""Every network, built small, with weights and inputs for it."""

from typing import Any

import jax
import pytest

from ticket_explorer.networks import NETWORKS
from ticket_explorer.registry import implementation_of

IMAGE, OUTPUTS, BATCH, INDIVIDUALS, REPLICATES = (8, 9, 2), 4, 5, 3, 2


def built(name: str, image: tuple[int, ...] = IMAGE, **changes: Any) -> Any:
    settings = NETWORKS[name](**changes)
    return implementation_of(settings)(settings, image, OUTPUTS)


SMALL: dict[str, dict[str, Any]] = {"conv_6": {"width": 3}, "resnet_18": {"width": 3, "blocks": 1}}
"""Networks so deep that they are built smaller here; compiling them takes most of a minute even so."""
ALSO = {*SMALL, "lenet_300_100", "minatar_cnn"}
"""Networks that are not always tried: the deep ones, and an MLP and a CNN by other names."""
UNBIASED = [name for name in NETWORKS if name != "resnet_18"]
"""Networks that can do without biases; batch normalisation can't."""
every_network = pytest.mark.parametrize(
    "network",
    [
        *(
            pytest.param(built(name, **SMALL.get(name, {})), id=name, marks=[pytest.mark.slow] * (name in ALSO))
            for name in NETWORKS
        ),
        *(
            pytest.param(
                built(name, bias=False, **SMALL.get(name, {})),
                id=f"{name} without biases",
                marks=[pytest.mark.slow] * (name != "mlp"),
            )
            for name in UNBIASED
        ),
    ],
)


def drawn(network: Any, individuals: int = INDIVIDUALS, seed: int = 0) -> jax.Array:
    """Weights with biases that are not zero."""
    return 0.2 * jax.random.normal(jax.random.key(seed), (individuals, network.layout.size))


def images(batch: int = BATCH, seed: int = 1, image: tuple[int, ...] = IMAGE) -> jax.Array:
    return jax.random.normal(jax.random.key(seed), (batch, *image))
