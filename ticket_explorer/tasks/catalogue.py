"""The data sets there are: where their raw files come from, their checksums, sizes and pixel statistics.

Addresses, sizes and checksums are those that TensorFlow Datasets 4.9.10 registers (`url_checksums/`).
Addresses are HTTPS; where TFDS registers plain HTTP the same host is asked over HTTPS.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from ticket_explorer.places import data_dir


@dataclass(frozen=True)
class RawFile:
    """One file as its authors publish it."""

    name: str
    size: int
    """How many bytes it has."""
    sha256: str


@dataclass(frozen=True)
class DataSet:
    """What is known of a data set before any of its files is there."""

    name: str
    title: str
    version: str
    """Of the TFDS records."""
    url: str
    """The directory that the raw files are published in."""
    files: tuple[RawFile, ...]
    train: int
    """How many training images there are."""
    test: int
    """How many test images there are."""
    image_shape: tuple[int, int, int]
    """Height, width, channels; pixels are uint8."""
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    """Of the training pixels / 255, for each channel."""
    deviation: tuple[float, ...]
    """Standard deviation of the training pixels / 255, for each channel."""
    licence: str
    container: Literal["idx", "cifar"] = "idx"

    @property
    def download_size(self) -> int:
        """Bytes of all raw files."""
        return sum(file.size for file in self.files)

    @property
    def records(self) -> Path:
        """Where its TFDS records are once it is prepared."""
        return data_dir() / self.name / self.version

    @property
    def is_prepared(self) -> bool:
        """Whether its records are there."""
        return (self.records / "dataset_info.json").is_file()


def _idx_files(*sizes_and_checksums: tuple[int, str]) -> tuple[RawFile, ...]:
    names = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
    pairs = zip(names, sizes_and_checksums, strict=True)
    return tuple(RawFile(f"{name}-ubyte.gz", size, sha256) for name, (size, sha256) in pairs)


MNIST = DataSet(
    name="mnist",
    title="MNIST",
    version="3.0.1",
    url="https://storage.googleapis.com/cvdf-datasets/mnist/",
    files=_idx_files(
        (9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
        (28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
        (1_648_877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
        (4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
    ),
    train=60_000,
    test=10_000,
    image_shape=(28, 28, 1),
    classes=tuple("0123456789"),
    mean=(0.1307,),
    deviation=(0.3081,),
    licence="CC BY-SA 3.0",
)
FASHION_MNIST = DataSet(
    name="fashion_mnist",
    title="Fashion-MNIST",
    version="3.0.1",
    url="https://fashion-mnist.s3.eu-central-1.amazonaws.com/",  # the website end point TFDS names has no HTTPS
    files=_idx_files(
        (26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
        (29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
        (4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
        (5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
    ),
    train=60_000,
    test=10_000,
    image_shape=(28, 28, 1),
    classes=(
        *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
        *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    ),
    mean=(0.2860,),
    deviation=(0.3530,),
    licence="MIT, (c) 2017 Zalando SE",
)
KMNIST = DataSet(
    name="kmnist",
    title="Kuzushiji-MNIST",
    version="3.0.1",
    url="https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
    files=_idx_files(
        (18_165_135, "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4"),
        (29_497, "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17"),
        (3_041_136, "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5"),
        (5_120, "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c"),
    ),
    train=60_000,
    test=10_000,
    image_shape=(28, 28, 1),
    classes=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    mean=(0.1918,),  # as widely used with torchvision's KMNIST; the train images were not at hand to recompute it
    deviation=(0.3483,),
    licence='CC BY-SA 4.0, "KMNIST Dataset" (created by CODH), adapted from "Kuzushiji Dataset" (NIJL and others)',
)
CIFAR10 = DataSet(
    name="cifar10",
    title="CIFAR-10",
    version="3.0.2",
    url="https://www.cs.toronto.edu/~kriz/",
    files=(
        RawFile(
            "cifar-10-binary.tar.gz",
            170_052_171,
            "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        ),
    ),
    train=50_000,
    test=10_000,
    image_shape=(32, 32, 3),
    classes=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    mean=(0.4914, 0.4822, 0.4465),  # as widely published for the 50,000 training images
    deviation=(0.2470, 0.2435, 0.2616),
    licence="no licence stated by its authors",
    container="cifar",
)
DATA_SETS: dict[str, DataSet] = {entry.name: entry for entry in (MNIST, FASHION_MNIST, KMNIST, CIFAR10)}

EMBEDDED = replace(FASHION_MNIST, train=6_000, test=1_000)
"""The part of Fashion-MNIST that ships with the package."""
