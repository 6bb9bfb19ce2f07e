"""What can be said of a task on one's own data; neither JAX nor NumPy is imported here.

What only the data tell is measured when a session takes them up, and stays in its plans: then they can be told
from others, and inputs are standardised alike for good.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from math import prod
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import Meta, structs

from ticket_explorer.errors import InvalidValue
from ticket_explorer.places import own_data_dir
from ticket_explorer.registry import Former
from ticket_explorer.tasks.settings import Batch, TaskSettings, absolute

LARGEST_BATCH = 512
"""Examples of a batch where none is asked for and there are as many."""
NAMED = 12
"""Classes that a sentence names."""
Count = Annotated[int, Meta(ge=1)]
Share = Annotated[float, Meta(gt=0, lt=1, description="share of the examples that are held out")]


class Measured(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was found of data."""

    shape: tuple[Count, ...]
    """Of an example: height, width and channels of an image, or the number of features."""
    outputs: Count
    """How many classes there are, or numbers to be predicted."""
    train: Count
    """How many training examples there are."""
    test: Count
    """How many test examples there are."""
    itemsize: Count
    """Bytes of a pixel, or of a feature: 1 or 4."""
    sha256: str = ""
    """Of all examples and targets, as they are learned from; empty before they were read."""
    classes: tuple[str, ...] = ()
    """Their names, in the order of the outputs; none where numbers are predicted."""
    mean: tuple[float, ...] = ()
    """Of the training split, for each channel or feature; of uint8 divided by 255."""
    deviation: tuple[Annotated[float, Meta(gt=0)], ...] = ()
    """Standard deviations of the same."""
    target_mean: tuple[float, ...] = ()
    """Of the numbers to be predicted in the training split; none for classes."""
    target_deviation: tuple[Annotated[float, Meta(gt=0)], ...] = ()
    """Standard deviations of the same."""

    @property
    def is_images(self) -> bool:
        """Whether examples are images, rather than vectors."""
        return len(self.shape) == 3

    @property
    def words(self) -> str:
        """How many there are of what shape: `1,437 + 360 images of 8×8×1`."""
        what = (
            f"images of {'×'.join(map(str, self.shape))}" if self.is_images else f"vectors of {self.shape[0]} features"
        )
        return f"{self.train:,} + {self.test:,} {what}"

    @property
    def story(self) -> str:
        """The same with what is to be learned: `…, in 10 classes: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9`."""
        if not self.classes:
            return f"{self.words}, each with {self.outputs} number{'s' if self.outputs > 1 else ''} to predict"
        names = ", ".join(self.classes[:NAMED]) + (", …" if len(self.classes) > NAMED else "")
        return f"{self.words}, in {len(self.classes)} classes: {names}"


class OwnDataSettings(TaskSettings, frozen=True, kw_only=True):
    """What all tasks on one's own data share."""

    implementation: ClassVar[str] = "ticket_explorer.tasks.own_data.task:load"
    reader: ClassVar[str]
    """The module that reads the data: `read(settings)` gives all of them, `peek(settings)` what is quickly known."""
    formerly: ClassVar[Mapping[str, Former]] = {}
    has_examples: ClassVar[bool] = True
    names_data: ClassVar[bool] = False
    filled_in: ClassVar[tuple[str, ...]] = ("measured",)
    only_training: ClassVar[tuple[str, ...]] = ("batch", "augment")
    batch: Batch | None = None
    """Training examples a generation, drawn with replacement and shared by all individuals; None: 512, or as many as
    there are."""
    standardise: Literal["training", "none"] = "training"
    """By mean and deviation of the training split, of each channel or feature; `none` only divides pixels by 255."""
    pool: Annotated[int, Meta(ge=1, le=64, description="side of the square of pixels averaged into one")] = 1
    augment: tuple[Literal["flip", "crop"], ...] = ()
    """What happens to training images at random: `flip` mirrors them, which digits don't bear, and `crop` shifts them
    by up to 4 pixels each way."""
    measured: Measured | None = None
    """What the session found of the data when it took them up; it goes on with the same data only."""

    @property
    def predicts_numbers(self) -> bool:
        """Whether targets are numbers, not classes."""
        return False

    @property
    def location(self) -> str:
        """Where the data are, or what they are called."""
        raise NotImplementedError

    @property
    def location_path(self) -> str:
        """The field that says so, as errors write it."""
        return "$.task.path"

    @property
    def called(self) -> str:
        """What the data are called in sentences: the name of their file."""
        return Path(self.location).name

    def candidates(self) -> Iterator["OwnDataSettings"]:
        """Places that are there and may hold the data, where the session expects them first."""
        yield self

    def with_measured(self, measured: Measured | None) -> "OwnDataSettings":
        """With what was measured of the data."""
        return structs.replace(self, measured=measured)

    @property
    def facts(self) -> Measured:
        """What was measured, or what is quickly known of the data as they are now.

        Raises:
            TicketError: if they are not there, or can't be learned from.
        """
        return self.fitting(self.measured or import_module(self.reader).peek(self))

    def fitting(self, found: Measured) -> Measured:
        """What was found of the data, if they are what these settings want.

        Raises:
            InvalidValue: if a batch has more examples than there are, or vectors are to be treated as images.
        """
        if self.batch is not None and self.batch > found.train:
            expected = f"at most {found.train:,}: there are no more training examples in {self.called}"
            raise InvalidValue("$.task.batch", self.batch, expected)
        for field, asked in (("pool", self.pool > 1), ("augment", bool(self.augment))):
            if asked and not found.is_images:
                given: Any = getattr(self, field)
                raise InvalidValue(f"$.task.{field}", given, f"none: examples of {self.called} are vectors, no images")
        return found

    @property
    def batch_size(self) -> int:
        """Examples of a batch."""
        return self.batch or min(LARGEST_BATCH, self.facts.train)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Height, width and channels of a pooled image, or the number of features."""
        shape = self.facts.shape
        if len(shape) != 3:
            return shape
        height, width, channels = shape
        if height % self.pool or width % self.pool:
            raise InvalidValue("$.task.pool", self.pool, f"a divisor of the images' {height}×{width} pixels")
        return height // self.pool, width // self.pool, channels

    @property
    def outputs(self) -> int:
        """One for each class, or for each number to be predicted."""
        return self.facts.outputs

    @property
    def examples_a_generation(self) -> int:
        """As many as a batch has."""
        return self.batch_size

    @property
    def device_bytes(self) -> int:
        """All examples."""
        facts = self.facts
        return (facts.train + facts.test) * prod(self.input_shape) * (4 if self.pool > 1 else facts.itemsize)

    def as_measured(self) -> "OwnDataSettings":
        """With whatever training batches, and wherever the data that were measured are."""
        places = dict.fromkeys(self.paths, "") if self.measured is not None else {}
        return structs.replace(self, batch=1, augment=(), **places)

    def taken_up(self) -> "OwnDataSettings":
        """With what is measured of the data, and where they are from everywhere.

        Raises:
            TicketError: if they are not there, or can't be learned from.
        """
        anchored = structs.replace(self, **{field: absolute(getattr(self, field), Path.cwd()) for field in self.paths})
        if anchored.measured is not None:
            return anchored
        measured = import_module("ticket_explorer.tasks.own_data.measuring").measured(anchored)
        return anchored.with_measured(measured)

    def check(self) -> None:
        """Refuse measurements that don't fit the data's shape: those of a session that was tampered with."""
        found = self.measured
        if found is None:
            return
        sizes = {"mean": found.shape[-1], "deviation": found.shape[-1]}
        if self.predicts_numbers:
            sizes |= {"target_mean": found.outputs, "target_deviation": found.outputs}
        else:
            sizes |= {"classes": found.outputs}
        for field, size in sizes.items():
            if len(getattr(found, field)) != size:
                given = f"{len(getattr(found, field))} values"
                raise InvalidValue(f"$.task.measured.{field}", given, f"{size}, as its shape and outputs say")
        if len(found.shape) not in (1, 3):
            raise InvalidValue("$.task.measured.shape", list(found.shape), "[height, width, channels] or [features]")


class PlacedSettings(OwnDataSettings, frozen=True, kw_only=True):
    """What tasks share whose data are at a path, and may have to be split."""

    paths: ClassVar[tuple[str, ...]] = ("path",)
    path: str = ""
    test_share: Share = 0.2
    """Of the examples, where nothing says which are the test split."""
    split_seed: Annotated[int, Meta(ge=0, lt=2**32)] = 0
    """What draws those examples."""

    @property
    def location(self) -> str:
        """Where the data are on disk."""
        return self.path

    def candidates(self) -> Iterator["OwnDataSettings"]:
        """What is at the path, and under the same name among the user's own data and in the working directory."""
        for directory in (Path(self.path).parent, own_data_dir(), Path.cwd()):
            if (place := directory / self.called).exists():
                yield self.at(str(place))

    def at(self, path: str) -> "PlacedSettings":
        """The same at another path."""
        return structs.replace(self, path=path)


class Arrays(PlacedSettings, frozen=True, kw_only=True, tag="arrays"):
    """Your own arrays: an .npz file of x_train, y_train, x_test and y_test, or of x and y."""

    reader: ClassVar[str] = "ticket_explorer.tasks.own_data.arrays"
    path: str = ""
    """The .npz file, or a directory of .npy files; relative to the file that the spec is read from."""
    loss: Literal["cross_entropy", "mse"] = "cross_entropy"
    """`mse` where y holds numbers to be predicted: the score is R² then, and they are standardised for the loss."""

    @property
    def predicts_numbers(self) -> bool:
        """Whether `y` holds numbers to be predicted."""
        return self.loss == "mse"


class ImageFolder(PlacedSettings, frozen=True, kw_only=True, tag="image_folder"):
    """Your own images: a directory with one for each class, or with `train` and `test` that have these."""

    reader: ClassVar[str] = "ticket_explorer.tasks.own_data.image_folder"
    path: str = ""
    """The directory; relative to the file that the spec is read from."""
    size: Annotated[int, Meta(ge=1, le=512, description="side of a square image, in pixels")] = 32
    """Images are cropped to their central square and scaled to this side."""
    colours: Literal["rgb", "grey"] = "rgb"
    """Three channels, or one."""


class TFDS(OwnDataSettings, frozen=True, kw_only=True, tag="tfds"):
    """A data set of TensorFlow Datasets: `emnist/letters`, prepared by `ticket-explorer data prepare` or by TFDS."""

    reader: ClassVar[str] = "ticket_explorer.tasks.own_data.tfds"
    paths: ClassVar[tuple[str, ...]] = ("directory",)
    dataset: str = ""
    """Its name, with its configuration if it has several: `emnist/letters`."""
    directory: str = ""
    """Where prepared data sets are; empty: those of Ticket Explorer, then those of TFDS (`~/tensorflow_datasets`)."""
    test_share: Share = 0.2
    """Of the training split, where there is no test split and no validation split."""
    split_seed: Annotated[int, Meta(ge=0, lt=2**32)] = 0
    """What draws those examples."""

    @property
    def location(self) -> str:
        """The data set."""
        return self.dataset

    @property
    def location_path(self) -> str:
        """The field that names it."""
        return "$.task.dataset"

    @property
    def called(self) -> str:
        """What errors call the data."""
        return self.dataset
