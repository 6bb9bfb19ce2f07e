"""Image classification: fitness is minus the cross-entropy of one batch, the score is test accuracy.

All individuals of a generation see the same batch, drawn with replacement by the generation's key, so
that a population forward can share the work of their first layers. Pixels stay uint8 until a batch is
gathered (unless they are pooled): a quarter of the memory to read.
"""

from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Num

from ticket_explorer.errors import InvalidValue
from ticket_explorer.layout import Layout
from ticket_explorer.networks.network import Narrowing, Network, NormalisedNetwork
from ticket_explorer.networks.population import in_pairs
from ticket_explorer.problems import Evaluation, FixedExamples, ProblemState, Split
from ticket_explorer.tasks import datasets, embedded
from ticket_explorer.tasks.augmentation import AUGMENT, sources
from ticket_explorer.tasks.catalogue import MNIST
from ticket_explorer.tasks.labelled import LabelledImages, Splits
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
    train = _on_device(splits.train, settings.pool)
    test = _on_device(splits.test, settings.pool)
    shown = constants.mean, constants.deviation
    return ImageTask(settings.batch, len(data.classes), *shown, train, test, settings.augment)


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Images:
    """One split on the device, a row an image."""

    shape: tuple[int, int, int] = field(metadata={"static": True})
    """Height, width, channels of an image."""
    pixels: Num[Array, "n P"]
    """In 0..255, P = height · width · channels: uint8, or float32 if pooled."""
    labels: Int[Array, " n"]


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

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Height, width, channels of an image."""
        return self.train.shape

    def bind(self, network: Network) -> "ImageProblem":
        """The problem of classifying these images with `network`."""
        return ImageProblem(network, self.batch, self.mean, self.deviation, self.train, self.test, self.augment)


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class ImageProblem:
    """Images bound to a network; a `DifferentiableProblem`. Its state is the batch statistics, where there are any."""

    network: Network = field(metadata={"static": True})
    batch: int = field(metadata={"static": True})
    mean: tuple[float, ...] = field(metadata={"static": True})
    """Subtracted from pixels / 255, for each channel."""
    deviation: tuple[float, ...] = field(metadata={"static": True})
    """Divides what is left, for each channel."""
    train: Images
    test: Images
    augment: tuple[str, ...] = field(default=(), metadata={"static": True})
    """What happens to training images: `flip`, `crop`."""

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
        """Minus the mean cross-entropy (nats) of every individual on one training batch."""
        inputs, labels = self.draw(key, None if narrowing is None else narrowing.inputs)
        network = self.network if narrowing is None else narrowing.network
        if isinstance(self.network, NormalisedNetwork):  # its statistics follow the mean of the population
            _, state = self.network.apply_training(population.mean(0), inputs, state)
        return -cross_entropy(network.population_apply(population, inputs), labels), state

    def score(self, key: Array, theta: Float[Array, " D"], state: ProblemState) -> Float[Array, ""]:
        """The share of the test images that θ classifies correctly; `key` is not used."""

        def hits(pixels: Num[Array, "b P"], labels: Int[Array, " b"]) -> Int[Array, ""]:
            inputs = self._standardise(pixels).reshape(-1, *self.test.shape)
            return jnp.sum(self._tested(theta, inputs, state).argmax(-1) == labels)

        pixels, labels = self.test.pixels, self.test.labels
        size = len(labels) - len(labels) % SLICE
        whole = pixels[:size].reshape(-1, SLICE, pixels.shape[1]), labels[:size].reshape(-1, SLICE)
        correct = jax.lax.map(lambda part: hits(*part), whole).sum()
        if size < len(labels):
            correct += hits(pixels[size:], labels[size:])
        return jnp.asarray(correct / len(labels), jnp.float32)

    def evaluate(
        self, key: Array, population: Float[Array, "N D"], states: ProblemState, examples: int | None = None
    ) -> Evaluation:
        """Mean cross-entropy (nats) and accuracy of every individual on the first `examples` test images."""
        count = min(examples or ENOUGH, len(self.test.labels))
        whole = count - count % SLICE if count > SLICE else 0

        def summed(part: tuple[Num[Array, "b P"], Int[Array, " b"]]) -> Evaluation:
            inputs, labels = self._standardise(part[0]).reshape(-1, *self.test.shape), part[1]
            logits = self._population_tested(population, inputs, states)
            return Evaluation(
                cross_entropy(logits, labels) * len(labels), (logits.argmax(-1) == labels).sum(-1, dtype=jnp.float32)
            )

        sums = []
        if whole:
            parts = self.test.pixels[:whole].reshape(whole // SLICE, SLICE, -1), self.test.labels[:whole]
            slices = jax.lax.map(summed, (parts[0], parts[1].reshape(-1, SLICE)))
            sums.append(jax.tree.map(lambda array: array.sum(0), slices))
        if whole < count:
            sums.append(summed((self.test.pixels[whole:count], self.test.labels[whole:count])))
        total: Evaluation = jax.tree.map(lambda *arrays: sum(arrays) / count, *sums)
        return total

    def loss(self, key: Array, theta: Float[Array, " D"]) -> Float[Array, ""]:
        """The mean cross-entropy (nats) of θ on the batch that `fitness` draws with the same key."""
        inputs, labels = self.draw(key)
        return cross_entropy(self.network.apply(theta, inputs)[None], labels)[0]

    def training_loss(
        self, key: Array, theta: Float[Array, " D"], state: ProblemState
    ) -> tuple[Float[Array, ""], ProblemState]:
        """The loss, and the statistics after the batch, if the network has any."""
        if not isinstance(self.network, NormalisedNetwork):
            return self.loss(key, theta), state
        inputs, labels = self.draw(key)
        logits, state = self.network.apply_training(theta, inputs, state)
        return cross_entropy(logits[None], labels)[0], state

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
        """The cross-entropy (nats) of θ on each of some images, given as pixels [B, P] and labels [B]."""
        pixels, labels = examples
        logits = self.network.apply(theta, self._standardise(pixels).reshape(-1, *self.train.shape))
        chosen = jnp.take_along_axis(logits, labels[:, None], axis=-1)[:, 0]
        return jax.nn.logsumexp(logits, axis=-1) - chosen

    def draw(
        self, key: Array, columns: Int[Array, " K"] | None = None
    ) -> tuple[Float[Array, "B ..."], Int[Array, " B"]]:
        """One training batch, standardised, and its labels.

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

    def _tested(self, theta: Float[Array, " D"], inputs: Float[Array, "B ..."], state: ProblemState) -> Array:
        if isinstance(self.network, NormalisedNetwork):
            return self.network.apply_testing(theta, inputs, state)
        return self.network.apply(theta, inputs)

    def _population_tested(
        self, population: Float[Array, "N D"], inputs: Float[Array, "B ..."], states: ProblemState
    ) -> Float[Array, "N B O"]:
        if isinstance(self.network, NormalisedNetwork):
            return in_pairs(self.network.apply_testing, population, inputs, states)
        return self.network.population_apply(population, inputs)

    def _standardise(self, pixels: Num[Array, "b K"], columns: Int[Array, " K"] | None = None) -> Float[Array, "b K"]:
        repeats = self.train.pixels.shape[-1] // len(self.mean)
        scale = jnp.tile(1 / (255 * np.asarray(self.deviation, np.float32)), repeats)
        shift = jnp.tile(np.asarray(self.mean, np.float32) / np.asarray(self.deviation, np.float32), repeats)
        if columns is not None:
            scale, shift = scale[columns], shift[columns]
        return pixels.astype(jnp.float32) * scale[None] - shift[None]


def cross_entropy(logits: Float[Array, "N B O"], labels: Int[Array, " B"]) -> Float[Array, " N"]:
    """The mean cross-entropy of each of N networks on one batch, in nats."""
    chosen = jnp.take_along_axis(logits, labels[None, :, None], axis=-1)[..., 0]
    return (jax.nn.logsumexp(logits, axis=-1) - chosen).mean(-1)


def _on_device(split: LabelledImages, pool: int) -> Images:
    """Put a split on the device, every `pool` × `pool` pixels averaged into one."""
    count, height, width, channels = split.images.shape
    if height % pool or width % pool:
        raise InvalidValue("$.task.pool", pool, f"a divisor of the images' {height}×{width} pixels")
    shape = (height // pool, width // pool, channels)
    pixels = split.images
    if pool > 1:
        blocks = pixels.reshape(count, shape[0], pool, shape[1], pool, channels)
        pixels = blocks.mean((2, 4), dtype=np.float32)
    return Images(shape, jnp.asarray(pixels.reshape(count, -1)), jnp.asarray(split.labels, jnp.int32))
