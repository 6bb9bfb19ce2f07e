"""How fast a population is evaluated: against `jax.vmap` of the CNN's module, and against a large matrix product."""

import jax
from jax import Array

from benchmarks.figures import Figure, speed_ratio
from ticket_explorer.networks.cnn import build_cnn
from ticket_explorer.networks.mlp import build_mlp
from ticket_explorer.networks.network import Network
from ticket_explorer.networks.settings import CNN, MLP

REPEATS = 15


def measure() -> list[Figure]:
    return [
        Figure("a population of CNNs against vmap of the flax module, speed", cnn_against_vmap(), 4, at_least=True),
        Figure("a population of CNNs against a matrix product, FLOP/s", cnn_against_matmul(), 0.7, at_least=True),
        Figure("a population of MLPs against a matrix product, FLOP/s", mlp_against_matmul(), 0.7, at_least=True),
    ]


def cnn_against_vmap() -> float:
    """The speed of 16 networks on 256 images of 28×28, relative to `jax.vmap` of the flax module."""
    network = build_cnn(CNN(), (28, 28, 1), 10)
    population, images = _population(network, 16), jax.random.normal(jax.random.key(1), (256, 28, 28, 1))
    ours = jax.jit(network.population_apply)
    plain = jax.jit(jax.vmap(network.apply, (0, None)))
    return speed_ratio(
        lambda: ours(population, images).block_until_ready(),
        lambda: plain(population, images).block_until_ready(),
        REPEATS,
    )


def cnn_against_matmul() -> float:
    """The FLOP/s of 32 of the paper's CNNs on 256 images, relative to a 1024³ matrix product."""
    network = build_cnn(CNN(), (28, 28, 1), 10)
    layers = network.settings.layers((28, 28, 1), 10)
    return _share(network, 32, (256, 28, 28, 1), sum(layer.kernel * layer.uses for layer in layers))


def mlp_against_matmul() -> float:
    """The FLOP/s of 64 MLPs 784–32–10 on 512 images, relative to a 1024³ matrix product."""
    network = build_mlp(MLP(hidden=(32,)), (784,), 10)
    return _share(network, 64, (512, 784), network.layout.prunable_size)


def _share(network: Network, individuals: int, inputs: tuple[int, ...], multiply_adds: int) -> float:
    """The FLOP/s of a population, relative to a 1024³ matrix product.

    Args:
        network: The network of all individuals.
        individuals: The size of the population.
        inputs: The shape of the batch.
        multiply_adds: The multiply-adds of one network for one example.
    """
    side = 1024
    population, images = _population(network, individuals), jax.random.normal(jax.random.key(1), inputs)
    matrix = jax.random.normal(jax.random.key(2), (side, side))
    ours, product = jax.jit(network.population_apply), jax.jit(lambda a, b: a @ b)
    ratio = speed_ratio(
        lambda: ours(population, images).block_until_ready(),
        lambda: product(matrix, matrix).block_until_ready(),
        REPEATS,
    )
    return ratio * individuals * inputs[0] * multiply_adds / side**3


def _population(network: Network, individuals: int) -> Array:
    return jax.vmap(network.initialise)(jax.random.split(jax.random.key(0), individuals))
