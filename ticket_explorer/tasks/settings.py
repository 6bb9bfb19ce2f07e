"""What can be said of each task; no JAX is imported here."""

from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, structs

from ticket_explorer.errors import InvalidValue, TicketError
from ticket_explorer.registry import Former, Settings, name_of
from ticket_explorer.tasks.catalogue import DATA_SETS, EMBEDDED, DataSet

Batch = Annotated[int, Meta(ge=1, le=1_000_000, description="images")]


class TaskSettings(Settings, frozen=True, kw_only=True):
    """What all tasks share: what a plan's costs depend on, as far as it is known before the task is loaded."""

    has_examples: ClassVar[bool] = False
    """Whether a network is evaluated on batches of examples, rather than acting in an environment."""
    only_training: ClassVar[tuple[str, ...]] = ()
    """Fields that the data don't depend on."""
    paths: ClassVar[tuple[str, ...]] = ()
    """Fields that hold paths; relative ones are relative to the file that a spec is read from."""
    names_data: ClassVar[bool] = True
    """Whether its name says which data it has, so that no path has to be given."""

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of one of the network's inputs.

        Raises:
            TicketError: if it is not known, or can't be.
        """
        raise self._sizes_unknown()

    @property
    def outputs(self) -> int:
        """How many outputs the network has.

        Raises:
            TicketError: if it is not known.
        """
        raise self._sizes_unknown()

    @property
    def examples_a_generation(self) -> int | None:
        """How often a network is evaluated for its fitness in one generation; None if nothing tells before it runs."""
        return None

    @property
    def device_bytes(self) -> int:
        """What its data take on the device."""
        return 0

    def taken_up(self) -> "TaskSettings":
        """These settings as a session's plans keep them: with what only the data tell, where they don't say it yet.

        Raises:
            TicketError: if the data are not there, or can't be learned from.
        """
        return self

    def as_measured(self) -> "TaskSettings":
        """These settings without what only training depends on: tasks that agree in the rest have the same losses."""
        return self

    def caution(self) -> str:
        """What a person should know about a task that works but may not mean what it seems to; empty if nothing."""
        return ""

    def _sizes_unknown(self) -> TicketError:
        return TicketError(f"The sizes of the task {name_of(self)!r} are known only after it is loaded.")


def absolute(path: str, directory: Path) -> str:
    """A path that is relative to a directory, from everywhere; `~` is the user's home; empty stays empty."""
    return str((directory / Path(path).expanduser()).absolute()) if path else ""


class ImageSettings(TaskSettings, frozen=True, kw_only=True):
    """What all image classification tasks share."""

    implementation: ClassVar[str] = "ticket_explorer.tasks.images:load"
    has_examples: ClassVar[bool] = True
    formerly: ClassVar[Mapping[str, Former]] = {"augment": Former(())}
    batch: Batch = 1024
    """Training images a generation, drawn with replacement and shared by all individuals."""
    standardise: Literal["dataset", "reference"] = "dataset"
    """Mean and deviation of the pixels: of this data set, or 0.1307 / 0.3081 (MNIST's) for all
    MNIST-likes, as the reference code of Lange & Sprekeler (2023) does."""
    pool: Annotated[int, Meta(ge=1, le=8, description="side of the square of pixels averaged into one")] = 1
    augment: tuple[Literal["flip", "crop"], ...] = ()
    """What happens to training images at random: `flip` mirrors them, which digits don't bear, and `crop` shifts them
    by up to 4 pixels each way."""

    @property
    def data(self) -> DataSet:
        """What is known of its data set.

        Raises:
            TicketError: if it is none of the catalogue.
        """
        if (data := DATA_SETS.get(name_of(self))) is None:
            raise self._sizes_unknown()
        return data

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of a pooled image.

        Raises:
            TicketError: if the data set is unknown, or its images can't be pooled so.
        """
        height, width, channels = self.data.image_shape
        if height % self.pool or width % self.pool:
            raise InvalidValue("$.task.pool", self.pool, f"a divisor of the images' {height}×{width} pixels")
        return height // self.pool, width // self.pool, channels

    @property
    def outputs(self) -> int:
        """One output for each class."""
        return len(self.data.classes)

    @property
    def examples_a_generation(self) -> int:
        """As many as a batch has."""
        return self.batch

    @property
    def device_bytes(self) -> int:
        """All images, each pixel a byte, or a float32 where pixels are averaged."""
        pixel = 4 if self.pool > 1 else 1
        return (self.data.train + self.data.test) * prod(self.input_shape) * pixel

    def as_measured(self) -> "ImageSettings":
        """With whatever training batches."""
        return structs.replace(self, batch=1, augment=())


class Fashion(ImageSettings, frozen=True, kw_only=True, tag="fashion"):
    """Fashion-MNIST, 6,000 + 1,000 images that ship with the package, pooled to 14×14; no download."""

    implementation: ClassVar[str] = "ticket_explorer.tasks.images:load_embedded"
    batch: Batch = 512
    pool: Annotated[int, Meta(ge=1, le=8, description="side of the square of pixels averaged into one")] = 2

    @property
    def data(self) -> DataSet:
        """The part of Fashion-MNIST that ships."""
        return EMBEDDED


class MNIST(ImageSettings, frozen=True, kw_only=True, tag="mnist"):
    """Handwritten digits, 60,000 + 10,000 images of 28×28 (LeCun et al. 1998)."""


class FashionMNIST(ImageSettings, frozen=True, kw_only=True, tag="fashion_mnist"):
    """Articles of clothing, 60,000 + 10,000 images of 28×28 (Xiao et al. 2017)."""


class KMNIST(ImageSettings, frozen=True, kw_only=True, tag="kmnist"):
    """Cursive Japanese characters, 60,000 + 10,000 images of 28×28 (Clanuwat et al. 2018)."""


class CIFAR10(ImageSettings, frozen=True, kw_only=True, tag="cifar10"):
    """Small colour photographs of ten classes, 50,000 + 10,000 images of 32×32×3 (Krizhevsky 2009)."""
