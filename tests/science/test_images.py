"""Image problems against NumPy, and the images that ship with the package."""

import os
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from ticket_explorer.errors import TicketError
from ticket_explorer.networks import CNN, MLP
from ticket_explorer.networks.mlp import build_mlp
from ticket_explorer.problems import DifferentiableProblem, bind
from ticket_explorer.registry import identity
from ticket_explorer.tasks import embedded, images
from ticket_explorer.tasks.augmentation import AUGMENT, BORDER, sources
from ticket_explorer.tasks.catalogue import FASHION_MNIST
from ticket_explorer.tasks.images import Images, ImageTask
from ticket_explorer.tasks.raw_files import read_raw
from ticket_explorer.tasks.settings import CIFAR10, Fashion

pytestmark = pytest.mark.thorough

RAW = Path(os.environ.get("TICKET_EXPLORER_RAW_DATA", Path(__file__).parents[3] / "shared" / "data"))
KEY = jax.random.key(7)


@pytest.fixture(scope="module")
def problem():
    return bind(Fashion(batch=64), MLP(hidden=(8,)))


@pytest.fixture(scope="module")
def population(problem):
    return 0.3 * jax.random.normal(jax.random.key(1), (5, problem.layout.size))


def logits(problem, theta, inputs):
    """The outputs of an MLP of one hidden layer, by NumPy in float64."""
    layers = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), problem.layout.unflatten(theta))
    hidden = np.maximum(inputs @ layers["dense_0"]["kernel"] + layers["dense_0"]["bias"], 0)
    return hidden @ layers["dense_1"]["kernel"] + layers["dense_1"]["bias"]


def standardised(pixels):
    return (np.asarray(pixels, np.float64) / 255 - 0.2860) / 0.3530


def test_it_is_a_differentiable_problem(problem):
    assert isinstance(problem, DifferentiableProblem)
    assert problem.train.shape == (14, 14, 1)
    assert problem.initial_state() == ()


def test_fitness_is_minus_the_mean_cross_entropy(problem, population):
    inputs, labels = (np.asarray(array) for array in problem.draw(KEY))
    fitness, state = problem.fitness(KEY, population, ())
    for theta, found in zip(population, fitness, strict=True):
        outputs = logits(problem, theta, inputs.reshape(64, -1).astype(np.float64))
        probabilities = np.exp(outputs) / np.exp(outputs).sum(1, keepdims=True)
        np.testing.assert_allclose(found, np.log(probabilities[np.arange(64), labels]).mean(), rtol=1e-5)
    assert state == ()


def test_the_score_is_test_accuracy_whatever_the_slices(problem, population, monkeypatch):
    inputs = standardised(problem.test.pixels)
    predicted = logits(problem, population[0], inputs).argmax(1)
    expected = (predicted == np.asarray(problem.test.labels)).mean()
    for size in (1000, 300, 7000):
        monkeypatch.setattr(images, "SLICE", size)
        assert float(problem.score(KEY, population[0], ())) == pytest.approx(expected, abs=1e-3)


def test_the_loss_is_minus_the_fitness_of_the_same_key(problem, population):
    loss, gradient = jax.value_and_grad(lambda theta: problem.loss(KEY, theta))(population[0])
    np.testing.assert_allclose(-loss, problem.fitness(KEY, population[:1], ())[0][0], rtol=1e-6)
    step = 1e-2 * gradient / jnp.linalg.norm(gradient)
    difference = problem.loss(KEY, population[0] + step) - problem.loss(KEY, population[0] - step)
    np.testing.assert_allclose(difference, 2e-2 * jnp.linalg.norm(gradient), rtol=0.05)


def test_batches_are_uniform_with_replacement_and_follow_the_key():
    count, batch = 20, 20_000
    split = Images((1, 1, 1), jnp.arange(count, dtype=jnp.uint8)[:, None], jnp.arange(count) % 2)
    task = ImageTask(batch, 2, (0.0,), (1.0,), split, split)
    problem = task.bind(build_mlp(MLP(hidden=(2,)), (1, 1, 1), 2))
    inputs, labels = problem.draw(KEY)
    rows = np.rint(np.asarray(inputs).ravel() * 255).astype(int)
    np.testing.assert_array_equal(labels, rows % 2)
    expected = batch / count
    chi_square = ((np.bincount(rows, minlength=count) - expected) ** 2 / expected).sum()
    assert 5 < chi_square < 44, "19 degrees of freedom: outside of it once in a thousand"
    np.testing.assert_array_equal(inputs, problem.draw(KEY)[0])
    assert not np.array_equal(inputs, problem.draw(jax.random.key(8))[0])


def test_a_narrowed_network_has_the_same_fitness(problem, population):
    kept = 60
    mask = jnp.zeros(problem.layout.size, bool).at[jax.random.permutation(KEY, problem.layout.size)[:kept]].set(True)
    mask = mask | ~problem.layout.prunable
    kept = int(mask.sum())
    narrowing = problem.narrow(mask, kept)
    assert narrowing.inputs is not None
    values = population[:, np.flatnonzero(mask)]
    narrow = jnp.zeros((5, narrowing.network.layout.size)).at[:, narrowing.positions].set(values)
    full, _ = problem.fitness(KEY, population * mask, ())
    np.testing.assert_allclose(problem.fitness(KEY, narrow, (), narrowing)[0], full, rtol=1e-5)


@pytest.mark.slow
def test_replicates_together_equal_one_by_one(problem, population):
    keys = jax.random.split(KEY, 3)
    populations = jnp.stack([population * scale for scale in (0.5, 1, 2)])
    masks = jnp.arange(problem.layout.size)[None] % 37 == jnp.array([0, 5, 9])[:, None]
    kept = int(masks.sum(1).min())
    narrowings = jax.vmap(lambda mask: problem.narrow(mask, kept))(masks)
    narrow = populations[:, :, : narrowings.network.layout.size]

    def evaluate(problem, key, population, small, narrowing):
        theta = population[0]
        full = problem.fitness(key, population, ())[0]
        return full, problem.fitness(key, small, (), narrowing)[0], problem.score(key, theta, ())

    every = jax.jit(jax.vmap(evaluate, in_axes=(None, 0, 0, 0, 0)))
    together = every(problem, keys, populations, narrow, narrowings)
    single = jax.jit(evaluate)
    for replicate in range(3):
        narrowing = jax.tree.map(lambda array, index=replicate: array[index], narrowings)
        alone = single(problem, keys[replicate], populations[replicate], narrow[replicate], narrowing)
        for found, expected in zip(together, alone, strict=True):
            np.testing.assert_allclose(found[replicate], expected, rtol=1e-4, atol=1e-5)


def test_images_are_arguments_and_nothing_compiles_twice(problem, population):
    compiled = jax.jit(lambda problem, key, population: problem.fitness(key, population, ())[0])
    compiled(problem, KEY, population)
    compiled(problem, jax.random.key(9), population + 1)
    assert compiled._cache_size() == 1
    trace = jax.make_jaxpr(lambda problem, key: problem.fitness(key, population, ())[0])(problem, KEY)
    assert all(np.size(constant) <= population.size for constant in trace.consts)


@pytest.mark.slow
def test_convolutions_see_images():
    problem = bind(Fashion(batch=4), CNN(filters=(2, 3), kernel_size=3))
    theta = problem.initialise(KEY)
    fitness = jax.jit(lambda problem: problem.fitness(KEY, theta[None], ())[0])(problem)
    np.testing.assert_allclose(fitness[0], -problem.loss(KEY, theta), rtol=1e-4)


@pytest.mark.slow
def test_adam_learns_to_classify():
    problem = bind(Fashion(), MLP())
    optimiser = optax.adam(3e-3)

    def step(carry, key):
        theta, state = carry
        updates, state = optimiser.update(jax.grad(lambda theta: problem.loss(key, theta))(theta), state)
        return (optax.apply_updates(theta, updates), state), None

    theta = problem.initialise(KEY)
    (theta, _), _ = jax.lax.scan(step, (theta, optimiser.init(theta)), jax.random.split(KEY, 300))
    assert float(problem.score(KEY, theta, ())) > 0.8


def test_embedded_images_are_balanced():
    splits = embedded.read()
    np.testing.assert_array_equal(np.bincount(splits.train.labels), [600] * 10)
    np.testing.assert_array_equal(np.bincount(splits.test.labels), [100] * 10)
    assert splits.train.images.shape == (6000, 28, 28, 1)


def test_pooling_averages_squares_of_pixels(problem):
    image = embedded.read().train.images[5, :, :, 0].astype(np.float64)
    expected = [
        [image[2 * row : 2 * row + 2, 2 * column : 2 * column + 2].mean() for column in range(14)] for row in range(14)
    ]
    np.testing.assert_allclose(problem.train.pixels[5].reshape(14, 14), expected)


def test_pixels_stay_bytes_unless_pooled():
    task = images.load_embedded(Fashion(pool=1))
    assert task.train.pixels.dtype == jnp.uint8
    assert task.input_shape == (28, 28, 1)


def test_a_pool_that_does_not_fit_is_refused():
    with pytest.raises(TicketError, match=r"\$\.task\.pool: 5, expected a divisor of the images' 28×28 pixels"):
        images.load_embedded(Fashion(pool=5))


def test_reference_constants_are_those_of_mnist():
    assert images.load_embedded(Fashion(standardise="reference")).mean == (0.1307,)


@pytest.mark.slow
@pytest.mark.skipif(not (RAW / "fashion_mnist").is_dir(), reason=f"no raw Fashion-MNIST files in {RAW}")
def test_embedded_images_come_from_the_raw_files():
    chosen, kept = embedded.choose(read_raw(FASHION_MNIST, RAW / "fashion_mnist")), embedded.read()
    for name in ("train", "test"):
        np.testing.assert_array_equal(getattr(kept, name).images, getattr(chosen, name).images)
        np.testing.assert_array_equal(getattr(kept, name).labels, getattr(chosen, name).labels)
    assert len(embedded.pack(chosen)) < 2_700_000


def augmented(image, flip, shift):
    """A mirrored image, and a crop of its own size out of it with a black border."""
    image = image[:, ::-1] if flip else image
    padded = np.pad(image, ((BORDER, BORDER), (BORDER, BORDER), (0, 0)))
    top, left = BORDER + shift[0], BORDER + shift[1]
    return padded[top : top + image.shape[0], left : left + image.shape[1]]


@pytest.mark.parametrize("kinds", [("flip",), ("crop",), ("flip", "crop")])
def test_images_are_mirrored_and_shifted_within_a_black_border(kinds):
    pixels = np.random.default_rng(0).integers(1, 256, size=(40, 6, 5, 3))
    source = sources(KEY, kinds, 40, (6, 5, 3), None)
    found = np.where(source.inside, np.take_along_axis(pixels.reshape(40, -1), np.asarray(source.entries), 1), 0)
    reach = range(-BORDER, BORDER + 1)
    possible = [(f, (y, x)) for f in (False, True) for y in reach for x in reach]
    seen = []
    for image, shown in zip(pixels, found.reshape(40, 6, 5, 3), strict=True):
        ways = [way for way in possible if (augmented(image, *way) == shown).all()]
        assert ways
        seen += ways[:1]
    flips, shifts = {way[0] for way in seen}, {way[1] for way in seen}
    assert flips == ({False, True} if "flip" in kinds else {False})
    assert len(shifts) > 20 if "crop" in kinds else shifts == {(0, 0)}
    columns = jnp.asarray([3, 44, 89])
    some = sources(KEY, kinds, 40, (6, 5, 3), columns)
    np.testing.assert_array_equal(some.entries, source.entries[:, columns])
    np.testing.assert_array_equal(some.inside, source.inside[:, columns])


def test_only_training_batches_are_augmented_and_the_same_images_are_drawn(problem, population):
    both = bind(Fashion(batch=64, augment=("flip", "crop")), MLP(hidden=(8,)))
    plain, labels = problem.draw(KEY)
    shown, same = both.draw(KEY)
    np.testing.assert_array_equal(labels, same)
    assert not np.array_equal(plain, shown)
    source = sources(jax.random.fold_in(KEY, AUGMENT), both.augment, 64, (14, 14, 1), None)
    black = -0.2860 / 0.3530
    expected = np.where(source.inside, np.take_along_axis(np.asarray(plain).reshape(64, -1), source.entries, 1), black)
    np.testing.assert_allclose(shown.reshape(64, -1), expected, rtol=1e-4, atol=1e-5)
    columns = jnp.asarray([0, 100, 195])
    np.testing.assert_array_equal(both.draw(KEY, columns)[0], shown.reshape(64, -1)[:, columns])
    np.testing.assert_array_equal(both.score(KEY, population[0], ()), problem.score(KEY, population[0], ()))
    np.testing.assert_array_equal(both.evaluate(KEY, population, ()).loss, problem.evaluate(KEY, population, ()).loss)


def test_nothing_is_augmented_unless_asked_for_and_older_checkpoints_go_on():
    assert (CIFAR10().augment, Fashion().augment) == ((), ())
    assert "augment" not in identity(CIFAR10())
    assert identity(CIFAR10(augment=("crop",)))["augment"] == ("crop",)
