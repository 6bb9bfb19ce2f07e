"""The part of Fashion-MNIST that ships with the package: 600 train and 100 test images of each class.

It is one xz stream of 7,000 labels, then 7,000 images of 28×28 pixels, all uint8, the train split
first; in each split the first images of every class, in the order of the data set. Fashion-MNIST is
MIT-licensed, (c) 2017 Zalando SE; the licence is next to the file.
"""

import lzma
from importlib.resources import files

import numpy as np
from jaxtyping import Int

from ticket_explorer.tasks.catalogue import EMBEDDED
from ticket_explorer.tasks.labelled import LabelledImages, Splits

_TRAIN, _TEST = EMBEDDED.train, EMBEDDED.test
TRAIN_PER_CLASS, TEST_PER_CLASS = _TRAIN // len(EMBEDDED.classes), _TEST // len(EMBEDDED.classes)


def read() -> Splits:
    """The embedded images."""
    packed = files("ticket_explorer.tasks").joinpath("fashion_7000.xz").read_bytes()
    values = np.frombuffer(lzma.decompress(packed), np.uint8)
    labels = values[: _TRAIN + _TEST]
    images = values[_TRAIN + _TEST :].reshape(-1, 28, 28, 1)
    return Splits(
        LabelledImages(images[:_TRAIN], labels[:_TRAIN]),
        LabelledImages(images[_TRAIN:], labels[_TRAIN:]),
    )


def choose(full: Splits) -> Splits:
    """The images of the full data set that are embedded."""
    chosen = []
    for split, count in ((full.train, TRAIN_PER_CLASS), (full.test, TEST_PER_CLASS)):
        indices = first_of_each_class(split.labels, count)
        chosen.append(LabelledImages(split.images[indices], split.labels[indices]))
    return Splits(*chosen)


def pack(splits: Splits) -> bytes:
    """The bytes of the embedded file."""
    parts = (splits.train.labels, splits.test.labels, splits.train.images, splits.test.images)
    return lzma.compress(b"".join(part.tobytes() for part in parts), preset=9 | lzma.PRESET_EXTREME)


def first_of_each_class(labels: np.ndarray, count: int) -> Int[np.ndarray, " n"]:
    """The indices of the first `count` images of each class, ascending."""
    return np.sort(np.concatenate([np.flatnonzero(labels == label)[:count] for label in np.unique(labels)]))
