"""TensorFlow Datasets' records of a data set, written and read without TensorFlow and without a network.

TFDS's own builders need TensorFlow to prepare. The builder here has the same name, version and
features, and yields the same examples from raw files; what it writes is opened by TFDS's own.
They are ArrayRecord files: TFDS 4.9.10 leaves out all but 3,400 of 60,000 images when it writes Parquet,
and can't read its other formats without TensorFlow.
"""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image
from tensorflow_datasets.core.utils import gcs_utils

from ticket_explorer.errors import TicketError
from ticket_explorer.tasks.catalogue import DataSet
from ticket_explorer.tasks.labelled import LabelledImages, Splits
from ticket_explorer.tasks.raw_files import Report

STEP = 1000
"""Images between two reports, and read at once."""


def write(data: DataSet, splits: Splits, directory: Path, report: Report) -> None:
    """Write the records of `splits` to `directory`/NAME/VERSION.

    Args:
        data: Which data set they are.
        splits: All its images.
        directory: Of all prepared data sets.
        report: Called as images are written.
    """
    with quiet_and_offline():
        builder = _builder(data, splits, report)(data_dir=str(directory), file_format="array_record")
        builder.download_and_prepare()


def read(data: DataSet, directory: Path, report: Report) -> Splits:
    """The images of a prepared data set, in the order of its records.

    Args:
        data: Which data set.
        directory: Of all prepared data sets.
        report: Called as images are decoded.

    Raises:
        TicketError: if the records can't be read without TensorFlow, or are not all there.
    """
    with quiet_and_offline():
        try:
            train, test = (
                tfds.data_source(data.name, split=split, data_dir=str(directory), download=False)
                for split in ("train", "test")
            )
        except (NotImplementedError, AssertionError, ValueError) as error:
            raise TicketError(
                f"the records of {data.title} in {directory / data.name} can't be read without TensorFlow "
                f"(TFRECORD files can't); remove that directory and run `ticket-explorer data prepare {data.name}`."
            ) from error
        if (len(train), len(test)) != (data.train, data.test):
            raise TicketError(
                f"{directory / data.name} holds {len(train):,} train and {len(test):,} test images, and {data.title} "
                f"has {data.train:,} and {data.test:,}; remove it and run `ticket-explorer data prepare {data.name}`."
            )
        return Splits(_decode(data, train, report), _decode(data, test, report))


def _decode(data: DataSet, source: Any, report: Report) -> LabelledImages:
    images = np.empty((len(source), *data.image_shape), np.uint8)
    labels = np.empty(len(source), np.uint8)
    for first in range(0, len(source), STEP):
        report(f"decoding {data.title}", first, len(source))
        rows = range(first, min(first + STEP, len(source)))
        for row, example in zip(rows, source.__getitems__(rows), strict=True):
            images[row], labels[row] = example["image"], example["label"]
    return LabelledImages(images, labels)


def _builder(data: DataSet, splits: Splits, report: Report) -> Any:
    """The class of a TFDS builder that yields the images of `splits`."""
    features = {
        "image": tfds.features.Image(shape=data.image_shape),
        "label": tfds.features.ClassLabel(names=list(data.classes)),
    }
    if data.container == "cifar":  # TFDS gives its examples an id
        features["id"] = tfds.features.Text()

    class RawBuilder(tfds.core.GeneratorBasedBuilder, skip_registration=True):  # type: ignore[misc, call-arg]
        name = data.name
        VERSION = tfds.core.Version(data.version)
        code_path = None  # TFDS would look next to it for checksums, with a package it doesn't require

        def _info(self) -> Any:
            return tfds.core.DatasetInfo(
                builder=self,
                description=data.title,
                homepage=data.url,
                license=data.licence,
                features=tfds.features.FeaturesDict(features),
                supervised_keys=("image", "label"),
            )

        def _split_generators(self, downloads: Any) -> dict[str, Any]:
            return {split: self._generate_examples(split) for split in ("train", "test")}

        def _generate_examples(self, split: str) -> Iterator[tuple[int, dict[str, Any]]]:
            labelled: LabelledImages = getattr(splits, split)
            for index, (image, label) in enumerate(zip(labelled.images, labelled.labels, strict=True)):
                if index % STEP == 0:
                    report(f"writing {data.title}, {split}", index, len(labelled.labels))
                pixels = Image.fromarray(image[..., 0] if data.image_shape[2] == 1 else image)
                example = {"image": pixels, "label": int(label), "id": f"{split}_{index:05d}"}
                yield index, {feature: example[feature] for feature in features}

    return RawBuilder


@contextmanager
def quiet_and_offline() -> Iterator[None]:
    """Keep TFDS from printing bars and advice, and from asking Google's storage for metadata (for good:
    without a network it would try again for minutes, and no public switch turns that off)."""
    logger, level = logging.getLogger("absl"), logging.getLogger("absl").level
    gcs_utils._is_gcs_disabled = True
    tfds.disable_progress_bar()
    logger.setLevel(logging.ERROR)
    try:
        with redirect_stdout(io.StringIO()):
            yield
    finally:
        logger.setLevel(level)
