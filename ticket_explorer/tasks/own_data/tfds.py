"""A data set of TensorFlow Datasets that was prepared before, read without TensorFlow and without a network.

Its builder need not be known: the files say what they hold. Without TensorFlow, TFDS reads ArrayRecord files only.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ticket_explorer.errors import InvalidValue, TicketError, shortened
from ticket_explorer.places import data_dir
from ticket_explorer.tasks.datasets import require_tfds
from ticket_explorer.tasks.own_data.decoded import kept
from ticket_explorer.tasks.own_data.examples import (
    OwnSplits,
    chosen_for_test,
    example_shape,
    in_splits,
    shape_words,
    splits_of,
)
from ticket_explorer.tasks.own_data.settings import TFDS, Measured

PATH = "$.task.dataset"
TESTS = ("test", "validation")
"""Which split is the test split: the first of these that there is."""
STEP = 1000
"""Examples that are read at once."""


def read(settings: TFDS) -> OwnSplits:
    """The examples of a prepared data set.

    Raises:
        TicketError: if TFDS is missing, the data set is not prepared, or its examples are no images or vectors with
            classes.
    """
    with _told(settings) as builder:
        features = _features(builder)
        train = _read(builder, "train", features)
        test = _test_split(builder)
        if test is not None:
            return splits_of(train, _read(builder, test, features), predicts_numbers=False)
        x, y = train
        chosen = chosen_for_test(y, settings.test_share, settings.split_seed, predicts_numbers=False)
        return splits_of((x[~chosen], y[~chosen]), (x[chosen], y[chosen]), predicts_numbers=False)


def peek(settings: TFDS) -> Measured:
    """What a prepared data set says of itself.

    Raises:
        TicketError: as `read`.
    """
    with _told(settings) as builder:
        inputs, label = _features(builder)
        count, test = builder.info.splits["train"].num_examples, _test_split(builder)
        held = round(settings.test_share * count) if test is None else builder.info.splits[test].num_examples
        shape = tuple(builder.info.features[inputs].shape)
        return Measured(
            shape=example_shape((1, *shape), inputs),
            outputs=builder.info.features[label].num_classes,
            train=count - held if test is None else count,
            test=held,
            itemsize=1 if np.dtype(builder.info.features[inputs].np_dtype) == np.uint8 else 4,
        )


@contextmanager
def _told(settings: TFDS) -> Iterator[Any]:
    """What reads a data set; what goes wrong with it is said with its name."""
    if not settings.dataset:
        raise InvalidValue(PATH, "no data set", "its name in TensorFlow Datasets, such as emnist/letters")
    require_tfds()
    place = _prepared(settings)
    from ticket_explorer.tasks.records import quiet_and_offline

    try:
        with quiet_and_offline():
            yield _builder(place, (place / "dataset_info.json").stat().st_mtime_ns)
    except TicketError as error:
        if error.path:
            raise
        raise TicketError(f"{settings.dataset}: {in_splits(error.said)}", path=PATH, remedy=error.remedy) from None


def _prepared(settings: TFDS) -> Path:
    """The directory of its newest version."""
    roots = [Path(settings.directory)] if settings.directory else [data_dir(), Path.home() / "tensorflow_datasets"]
    name, _, version = settings.dataset.partition(":")
    for root in roots:
        found = [info.parent for info in (root / name).glob(f"{version or '*'}/dataset_info.json")]
        if found:
            return max(found, key=_version)
    others = sorted({str(info.parent.parent.relative_to(root)) for root in roots for info in _infos(root)})
    known = f"; prepared there: {', '.join(others)}" if others else ""
    raise InvalidValue(
        PATH,
        f"{settings.dataset}, which is not in {' or '.join(map(str, roots))}",
        f"a prepared data set: ticket-explorer data prepare {name}, or tfds build --file_format=array_record{known}",
    )


def _infos(root: Path) -> list[Path]:
    return [*root.glob("*/*/dataset_info.json"), *root.glob("*/*/*/dataset_info.json")]


def _version(place: Path) -> tuple[int, ...]:
    return tuple(int(part) if part.isdecimal() else 0 for part in place.name.split("."))


@lru_cache(maxsize=8)
def _builder(place: Path, changed: int) -> Any:
    """What reads a directory as it is now; `changed` tells when that was."""
    import tensorflow_datasets as tfds

    return tfds.builder_from_directory(str(place))


def _features(builder: Any) -> tuple[str, str]:
    """What its inputs and its labels are called."""
    import tensorflow_datasets as tfds

    features = builder.info.features
    keys = builder.info.supervised_keys or ("image", "label")
    inputs, label = keys[:2]
    known = set(features.keys()) if hasattr(features, "keys") else set()
    if not {inputs, label} <= known or not isinstance(features[label], tfds.features.ClassLabel):
        raise TicketError(
            f"It has {', '.join(sorted(known)) or 'one feature'}, and no pair of inputs and classes among them.",
            remedy="Write what you want to learn from as arrays, for the task `arrays`.",
        )
    shape = features[inputs].shape
    if not shape or None in shape:
        raise TicketError(
            f"Its {inputs} has the shape {shape_words(tuple(shape or ()))}, which differs from example to example.",
            remedy="Write the examples as images of one size, for the task `image_folder` or `arrays`.",
        )
    return inputs, label


def _test_split(builder: Any) -> str | None:
    splits = builder.info.splits
    if "train" not in splits:
        raise TicketError(
            f"It has the splits {', '.join(splits) or 'none'}, and no `train` among them.",
            remedy="Write it as arrays, for the task `arrays`.",
        )
    return next((name for name in TESTS if name in splits), None)


def _read(builder: Any, split: str, features: tuple[str, str]) -> tuple[np.ndarray, np.ndarray]:
    """Inputs of a split, and the names of their classes."""
    place = Path(builder.data_dir)
    what = (str(place), (place / "dataset_info.json").stat().st_mtime_ns, split, features)
    arrays = kept(what, lambda: _decode(builder, split, *features))
    return arrays["inputs"], np.array(builder.info.features[features[1]].names)[arrays["numbers"]]


def _decode(builder: Any, split: str, inputs: str, label: str) -> dict[str, np.ndarray]:
    """Inputs of a split, and the numbers of their classes."""
    try:
        source = builder.as_data_source(split=split)
    except (NotImplementedError, ImportError) as error:
        raise TicketError(
            f"Its files ({builder.info.file_format.value}) can't be read without TensorFlow.",
            remedy="Prepare it again as ArrayRecord: tfds build --file_format=array_record, or "
            "ticket-explorer data prepare.",
        ) from error
    feature = builder.info.features[inputs]
    x = np.empty((len(source), *feature.shape), feature.np_dtype)
    numbers = np.empty(len(source), np.int64)
    for first in range(0, len(source), STEP):
        rows = range(first, min(first + STEP, len(source)))
        for row, example in zip(rows, source.__getitems__(rows), strict=True):
            x[row], numbers[row] = example[inputs], example[label]
    if (numbers < 0).any():
        raise TicketError(f"Its split {split} has no labels.", remedy="Choose a data set whose test split has labels.")
    return {"inputs": x, "numbers": numbers}


def prepare(name: str, manual: Path | None) -> Path:
    """Have TFDS download and prepare a data set that its own builders know.

    Args:
        name: Such as `emnist/letters`.
        manual: The directory of what has to be downloaded by hand; None if nothing has.

    Returns:
        Where its records are.

    Raises:
        TicketError: if TFDS doesn't know it, or can't prepare it.
    """
    require_tfds()
    import tensorflow_datasets as tfds

    from ticket_explorer.tasks.records import quiet_and_offline

    with quiet_and_offline():
        try:
            builder = tfds.builder(name, data_dir=str(data_dir()), file_format="array_record")
            config = tfds.download.DownloadConfig(manual_dir=None if manual is None else str(manual))
            builder.download_and_prepare(download_config=config)
        except Exception as error:  # builders are anybody's code
            reason = shortened(str(error).strip().partition("\n")[0])
            needs = isinstance(error, ImportError) or "tensorflow" in reason.lower()
            raise TicketError(
                f"TensorFlow Datasets can't prepare {shortened(repr(name))}: {type(error).__name__}: {reason}.",
                remedy="Its builder wants TensorFlow; prepare it where that is installed: "
                f"tfds build {name.partition('/')[0]} --file_format=array_record"
                if needs
                else "Is it in the catalogue at tensorflow.org/datasets, and the network there?",
            ) from error
    return Path(builder.data_dir)
