"""Data with targets, images above all: fitness is minus the loss of one batch, the score is of the test split.

What loss and score are is the `Objective`'s: cross-entropy and accuracy of classes, squared error and R² of numbers.
All individuals of a generation see the same batch, drawn with replacement by the generation's key, so
that a population forward can share the work of their first layers. Pixels stay uint8 until a batch is
gathered (unless they are pooled): a quarter of the memory to read.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Num

from ticket_explorer.errors import InvalidValue
from ticket_explorer.layout import Layout
from ticket_explorer.networks.forms import Form, Work
from ticket_explorer.networks.network import FormedNetwork, Narrowing, Network, NormalisedNetwork, SparseNetwork
from ticket_explorer.networks.population import in_pairs
from ticket_explorer.problems import Evaluation, FixedExamples, ProblemState, Shown, Split
from ticket_explorer.tasks import datasets, embedded
from ticket_explorer.tasks.augmentation import AUGMENT, sources
from ticket_explorer.tasks.catalogue import MNIST
from ticket_explorer.tasks.labelled import Splits
from ticket_explorer.tasks.objectives import CLASSES, Objective
from ticket_explorer.tasks.settings import ImageSettings

SLICE = 1000
"""Test images evaluated at once; bounds the memory of a score."""
ENOUGH = 1000
"""Test images that a landscape is evaluated on unless more are asked for."""


def load(settings: ImageSettings) -> "ImageTask":
    """Read the data of a task and put them on the device.

    Raises:
        TicketError: if the data are not there, or their sides are not multiples of `pool`.
    """
    return _task(settings, datasets.read(settings.data.name))


def load_embedded(settings: ImageSettings) -> "ImageTask":
    """Put the images that ship with the package on the device.

    Raises:
        TicketError: if their sides are not multiples of `pool`.
    """
    return _task(settings, embedded.read())


def _task(settings: ImageSettings, splits: Splits) -> "ImageTask":
    data = settings.data
    constants = MNIST if settings.standardise == "reference" and data.image_shape[2] == 1 else data
    train = on_device(splits.train.images, splits.train.labels.astype(np.int32), settings.pool)
    test = on_device(splits.test.images, splits.test.labels.astype(np.int32), settings.pool)
    shown = constants.mean, constants.deviation
    return ImageTask(settings.batch, len(data.classes), *shown, train, test, settings.augment)


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Images:
    """One split on the device, a row an image, or another example of numbers."""

    shape: tuple[int, ...] = field(metadata={"static": True})
    """Height, width, channels of an image; the number of features of a vector."""
    pixels: Num[Array, "n P"]
    """P = the product of `shape`: uint8 in 0..255, or float32 (pooled images, and numbers of any range)."""
    labels: Num[Array, "n ..."]
    """The class of each, int32 [n]; or what is to be predicted, float32 [n, O]."""


@dataclass(frozen=True)
class ImageTask:
    """A data set on the device, and how its batches are drawn."""

    batch: int
    outputs: int
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    train: Images
    test: Images
    augment: tuple[str, ...] = ()
    unit: float = 255.0
    objective: Objective = CLASSES

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Height, width, channels of an image."""
        return self.train.shape

    def bind(self, network: Network) -> "ImageProblem":
        """The problem of predicting these targets with `network`."""
        shown = self.mean, self.deviation
        data = self.train, self.test
        return ImageProblem(network, self.batch, *shown, *data, self.augment, self.unit, self.objective)


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class ImageProblem:
    """Images bound to a network; a `DifferentiableProblem`. Its state is the batch statistics, where there are any."""

    network: Network = field(metadata={"static": True})
    batch: int = field(metadata={"static": True})
    mean: tuple[float, ...] = field(metadata={"static": True})
    """Subtracted from pixels / `unit`, for each channel, or for each feature of a vector."""
    deviation: tuple[float, ...] = field(metadata={"static": True})
    """Divides what is left, likewise."""
    train: Images
    test: Images
    augment: tuple[str, ...] = field(default=(), metadata={"static": True})
    """What happens to training images: `flip`, `crop`."""
    unit: float = field(default=255.0, metadata={"static": True})
    """What pixels are divided by: 255 for those in 0..255, 1 for numbers of any range."""
    objective: Objective = field(default=CLASSES, metadata={"static": True})
    """What the loss and the score are."""

    @property
    def layout(self) -> Layout:
        """The leaves of θ."""
        return self.network.layout

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Height, width, channels of an image."""
        return self.train.shape

    def initialise(self, key: Array) -> Float[Array, " D"]:
        """Draw initial weights θ₀."""
        return self.network.initialise(key)

    def initial_state(self) -> ProblemState:
        """The statistics of a network with batch normalisation; nothing for any other."""
        return self.network.initial_statistics() if isinstance(self.network, NormalisedNetwork) else ()

    def narrow(self, mask: Bool[Array, " D"], kept: int) -> Narrowing:
        """The smaller network that the `kept` kept entries of θ live in."""
        return self.network.narrow(mask, kept)

    def fitness(
        self,
        key: Array,
        population: Float[Array, "N D"],
        state: ProblemState,
        narrowing: Narrowing | None = None,
    ) -> tuple[Float[Array, " N"], ProblemState]:
        """Minus the mean loss of every individual on one training batch (cross-entropy in nats)."""
        inputs, labels = self.draw(key, None if narrowing is None else narrowing.inputs)
        network = self.network if narrowing is None else narrowing.network
        if isinstance(self.network, NormalisedNetwork):  # its statistics follow the mean of the population
            _, state = self.network.apply_training(population.mean(0), inputs, state)
        if narrowing is not None and isinstance(network, SparseNetwork):
            outputs = network.sparse_apply(population, inputs, narrowing.positions)
        else:
            outputs = network.population_apply(population, inputs)
        return -self._mean_loss(outputs, labels), state

    @property
    def judges_apart(self) -> bool:
        """Whether no individual's fitness depends on the others: batch statistics follow all of them."""
        return not isinstance(self.network, NormalisedNetwork)

    @property
    def formed_network(self) -> FormedNetwork | None:
        """The network, if it has forms."""
        return self.network if isinstance(self.network, FormedNetwork) else None

    def work(self, individuals: int, replicates: int) -> Work:
        """What a form of the network is chosen for."""
        assert isinstance(self.network, FormedNetwork)
        settings = self.network.settings
        return Work(
            network=settings.shape_words,
            inputs=self.input_shape,
            outputs=self.network.outputs,
            precision=settings.precision,
            individuals=individuals,
            examples=self.batch,
            replicates=replicates,
        )

    def in_form(self, form: Form) -> "ImageProblem":
        """The same problem, its populations computed in a form."""
        assert isinstance(self.network, FormedNetwork)
        return replace(self, network=self.network.in_form(form))

    def drawn_inputs(self, key: Array) -> Float[Array, "B ..."]:
        """The inputs of one training batch."""
        return self.draw(key)[0]

    def score(self, key: Array, theta: Float[Array, " D"], state: ProblemState) -> Float[Array, ""]:
        """How well θ does on the whole test split: the share classified correctly, or R²; `key` is not used."""

        def tally(pixels: Num[Array, "b P"], targets: Num[Array, "b ..."]) -> Any:
            inputs = self._standardise(pixels).reshape(-1, *self.test.shape)
            return self.objective.tally(self.outputs(theta, inputs, state)[None], targets)

        return self._judged(tally, len(self.test.labels)).score[0]

    def evaluate(
        self, key: Array, population: Float[Array, "N D"], states: ProblemState, examples: int | None = None
    ) -> Evaluation:
        """Mean loss and score of every individual on the first `examples` test examples."""

        def tally(pixels: Num[Array, "b P"], targets: Num[Array, "b ..."]) -> Any:
            inputs = self._standardise(pixels).reshape(-1, *self.test.shape)
            return self.objective.tally(self._population_tested(population, inputs, states), targets)

        return self._judged(tally, min(examples or ENOUGH, len(self.test.labels)))

    def _judged(self, tally: Callable[[Array, Array], Any], count: int) -> Evaluation:
        """What sums over the first `count` test examples come to, `SLICE` of them at once."""
        pixels, targets = self.test.pixels[:count], self.test.labels[:count]
        whole = count - count % SLICE
        sums = []
        if whole:
            parts = [array[:whole].reshape(-1, SLICE, *array.shape[1:]) for array in (pixels, targets)]
            slices = jax.lax.map(lambda part: tally(*part), tuple(parts))
            sums.append(jax.tree.map(lambda array: array.sum(0), slices))
        if whole < count:
            sums.append(tally(pixels[whole:], targets[whole:]))
        return self.objective.conclude(jax.tree.map(lambda *arrays: sum(arrays), *sums), targets)

    def loss(self, key: Array, theta: Float[Array, " D"]) -> Float[Array, ""]:
        """The mean loss of θ on the batch that `fitness` draws with the same key."""
        inputs, labels = self.draw(key)
        return self._mean_loss(self.network.apply(theta, inputs)[None], labels)[0]

    def training_loss(
        self, key: Array, theta: Float[Array, " D"], state: ProblemState
    ) -> tuple[Float[Array, ""], ProblemState]:
        """The loss, and the statistics after the batch, if the network has any."""
        if not isinstance(self.network, NormalisedNetwork):
            return self.loss(key, theta), state
        inputs, labels = self.draw(key)
        logits, state = self.network.apply_training(theta, inputs, state)
        return self._mean_loss(logits[None], labels)[0], state

    @property
    def depends_on_batch(self) -> bool:
        """Whether the network normalises by statistics of the batch."""
        return isinstance(self.network, NormalisedNetwork)

    def fixed_examples(self, split: Split, count: int | None, size: int) -> FixedExamples:
        """The first `count` images of a split and their labels, as they are, in parts of `size`; a `CurvedProblem`."""
        images = self.test if split == "test" else self.train
        count = min(count or ENOUGH, len(images.labels))
        size = min(size, count)
        parts = -(-count // size)
        rows = jnp.arange(parts * size)
        chosen = (images.pixels[rows % count], images.labels[rows % count])
        examples = jax.tree.map(lambda array: array.reshape(parts, size, *array.shape[1:]), chosen)
        return FixedExamples(examples, jnp.where(rows < count, 1 / count, 0.0).reshape(parts, size))

    def losses(self, theta: Float[Array, " D"], examples: tuple[Array, Array]) -> Float[Array, " B"]:
        """The loss of θ on each of some examples, given as pixels [B, P] and targets [B, ...]."""
        pixels, targets = examples
        outputs = self.network.apply(theta, self._standardise(pixels).reshape(-1, *self.train.shape))
        return self.objective.losses(outputs, targets)

    def outputs(
        self, theta: Float[Array, " D"], inputs: Float[Array, "n ..."], state: ProblemState
    ) -> Float[Array, "n O"]:
        """What the network of θ gives for standardised inputs, by the statistics of a test."""
        if isinstance(self.network, NormalisedNetwork):
            return self.network.apply_testing(theta, inputs, state)
        return self.network.apply(theta, inputs)

    def training_set(self) -> tuple[np.ndarray, np.ndarray]:
        """The training split: standardised inputs, float32 [n, ...], and targets, int32 [n] or float32 [n, O]."""
        return self._examples(self.train)

    def test_set(self) -> tuple[np.ndarray, np.ndarray]:
        """The test split, likewise."""
        return self._examples(self.test)

    def _examples(self, images: Images) -> tuple[np.ndarray, np.ndarray]:
        inputs = self._standardise(images.pixels).reshape(-1, *images.shape)
        return np.asarray(inputs), np.asarray(images.labels)

    def shown_examples(self, first: int, count: int) -> Shown | None:
        """Some test images, grey; None if examples are vectors, or what is predicted are numbers."""
        if len(self.test.shape) != 3 or self.test.labels.ndim != 1:
            return None
        rows = np.arange(first, first + count) % len(self.test.labels)
        pixels = self.test.pixels[rows]
        grey = np.asarray(pixels, np.float32).reshape(-1, *self.test.shape).mean(-1) / self.unit
        inputs = self._standardise(pixels).reshape(-1, *self.test.shape)
        return Shown(np.clip(grey, 0.0, 1.0), inputs, np.asarray(self.test.labels[rows]))

    def draw(
        self, key: Array, columns: Int[Array, " K"] | None = None
    ) -> tuple[Float[Array, "B ..."], Num[Array, "B ..."]]:
        """One training batch, standardised, and its targets.

        Args:
            key: Of the generation.
            columns: Which flattened inputs to take, [B, K]; None: all, as images.
        """
        rows = jax.random.randint(key, (self.batch,), 0, len(self.train.labels))
        labels = self.train.labels[rows]
        if self.augment:
            source = sources(jax.random.fold_in(key, AUGMENT), self.augment, self.batch, self.train.shape, columns)
            pixels = jnp.where(source.inside, self.train.pixels[rows[:, None], source.entries], 0)
            inputs = self._standardise(pixels, columns)
            return (inputs if columns is not None else inputs.reshape(-1, *self.train.shape)), labels
        if columns is None:
            return self._standardise(self.train.pixels[rows]).reshape(-1, *self.train.shape), labels
        # One gather of single pixels is up to twice as fast as rows first under vmap over replicates.
        pixels = self.train.pixels[rows[:, None], columns[None]]
        return self._standardise(pixels, columns), labels

    def _mean_loss(self, outputs: Float[Array, "N B O"], targets: Num[Array, "B ..."]) -> Float[Array, " N"]:
        return self.objective.losses(outputs, targets).mean(-1)

    def _population_tested(
        self, population: Float[Array, "N D"], inputs: Float[Array, "B ..."], states: ProblemState
    ) -> Float[Array, "N B O"]:
        if isinstance(self.network, NormalisedNetwork):
            return in_pairs(self.network.apply_testing, population, inputs, states)
        return self.network.population_apply(population, inputs)

    def _standardise(self, pixels: Num[Array, "b K"], columns: Int[Array, " K"] | None = None) -> Float[Array, "b K"]:
        repeats = self.train.pixels.shape[-1] // len(self.mean)
        scale = jnp.tile(1 / (self.unit * np.asarray(self.deviation, np.float32)), repeats)
        shift = jnp.tile(np.asarray(self.mean, np.float32) / np.asarray(self.deviation, np.float32), repeats)
        if columns is not None:
            scale, shift = scale[columns], shift[columns]
        return pixels.astype(jnp.float32) * scale[None] - shift[None]


def on_device(examples: Num[np.ndarray, "n ..."], targets: Num[np.ndarray, "n ..."], pool: int = 1) -> Images:
    """Put a split on the device, every `pool` × `pool` pixels of images averaged into one.

    Args:
        examples: Images [n, height, width, channels], or vectors [n, features]; uint8 or float32.
        targets: Of each: its class, int32 [n], or numbers, float32 [n, O].
        pool: Side of the square; 1 for vectors.

    Raises:
        InvalidValue: if the sides of images are no multiples of `pool`.
    """
    if pool > 1:
        count, height, width, channels = examples.shape
        if height % pool or width % pool:
            raise InvalidValue("$.task.pool", pool, f"a divisor of the images' {height}×{width} pixels")
        blocks = examples.reshape(count, height // pool, pool, width // pool, pool, channels)
        examples = blocks.mean((2, 4), dtype=np.float32)
    return Images(examples.shape[1:], jnp.asarray(examples.reshape(len(examples), -1)), jnp.asarray(targets))
