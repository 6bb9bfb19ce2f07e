"""What can be said of each task; no JAX is imported here."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from ticket_explorer.registry import Former, Settings

Batch = Annotated[int, Meta(ge=1, le=1_000_000, description="images")]


class TaskSettings(Settings, frozen=True, kw_only=True):
    """What all tasks share: nothing but their name."""


class ImageSettings(TaskSettings, frozen=True, kw_only=True):
    """What all image classification tasks share."""

    implementation: ClassVar[str] = "ticket_explorer.tasks.images:load"
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


class Fashion(ImageSettings, frozen=True, kw_only=True, tag="fashion"):
    """Fashion-MNIST, 6,000 + 1,000 images that ship with the package, pooled to 14×14; no download."""

    batch: Batch = 512
    pool: Annotated[int, Meta(ge=1, le=8, description="side of the square of pixels averaged into one")] = 2


class MNIST(ImageSettings, frozen=True, kw_only=True, tag="mnist"):
    """Handwritten digits, 60,000 + 10,000 images of 28×28 (LeCun et al. 1998)."""


class FashionMNIST(ImageSettings, frozen=True, kw_only=True, tag="fashion_mnist"):
    """Articles of clothing, 60,000 + 10,000 images of 28×28 (Xiao et al. 2017)."""


class KMNIST(ImageSettings, frozen=True, kw_only=True, tag="kmnist"):
    """Cursive Japanese characters, 60,000 + 10,000 images of 28×28 (Clanuwat et al. 2018)."""


class CIFAR10(ImageSettings, frozen=True, kw_only=True, tag="cifar10"):
    """Small colour photographs of ten classes, 50,000 + 10,000 images of 32×32×3 (Krizhevsky 2009)."""
