"""The data sets that are not embedded: which exist, which are prepared, preparing and reading them.

They are kept as TensorFlow Datasets' records and decoded once: decoding 70,000 images takes tens of
seconds, reading the cached arrays a tenth of one. Neither JAX nor TFDS is imported until it is needed.
"""

import os
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from ticket_explorer.errors import TicketError, UnknownName
from ticket_explorer.places import cache_dir, data_dir, make_private
from ticket_explorer.tasks.catalogue import DATA_SETS, DataSet
from ticket_explorer.tasks.labelled import LabelledImages, Splits
from ticket_explorer.tasks.raw_files import Report, read_raw

INSTALL = 'pip install "ticket-explorer[data]"'


@dataclass(frozen=True)
class Status:
    """What is known of a data set on this machine."""

    name: str
    title: str
    images: int
    """Train and test images."""
    download_size: int
    """Bytes of the raw files."""
    disk_size: int
    """Bytes of the prepared records; 0 if it is not prepared."""
    path: Path
    """Where its records are, or would be."""
    licence: str

    @property
    def prepared(self) -> bool:
        """Whether it can be used at once."""
        return self.disk_size > 0


def status() -> tuple[Status, ...]:
    """Every data set, prepared or not."""
    return tuple(_status(data) for data in DATA_SETS.values())


def silent(what: str, done: int, total: int) -> None:
    """Tell nobody how far it is: the default of what reports progress."""


def read(name: str, report: Report = silent) -> Splits:
    """All images of a prepared data set.

    Args:
        name: In the catalogue.
        report: Told how many images are decoded, the first time.

    Raises:
        TicketError: if the data set is not prepared, with how to prepare it.
    """
    data = _data_set(name)
    info = data.records / "dataset_info.json"
    if not info.is_file():
        raise TicketError(_how_to_prepare(data))
    cached = cache_dir() / "data" / f"{data.name}-{data.version}.npz"
    if cached.is_file() and cached.stat().st_mtime >= info.stat().st_mtime:
        return _load(cached)
    require_tfds()
    from ticket_explorer.tasks import records

    splits = records.read(data, data_dir(), report)
    _save(splits, cached)
    return splits


def prepare(name: str, source: Path | None = None, report: Report = silent) -> Path:
    """Make a data set ready for use, unless it is.

    Args:
        name: In the catalogue.
        source: The directory that its raw files are in; None: download them.
        report: Told what is being done, how many bytes or images of how many.

    Returns:
        Where its records are.

    Raises:
        TicketError: if a file is missing, can't be downloaded or is not the right one.
    """
    data = _data_set(name)
    if data.is_prepared:
        return data.records
    require_tfds()
    from ticket_explorer.tasks import records
    from ticket_explorer.tasks.download import download

    if source is None:
        source = cache_dir() / "downloads" / data.name
        download(data, source, report)
    records.write(data, read_raw(data, source), data_dir(), report)
    read(name, report)
    return data.records


def _data_set(name: str) -> DataSet:
    if name not in DATA_SETS:
        raise UnknownName("data set", name, DATA_SETS)
    return DATA_SETS[name]


def _status(data: DataSet) -> Status:
    path, found = data.records, data.is_prepared
    size = sum(file.stat().st_size for file in path.iterdir()) if found else 0
    return Status(data.name, data.title, data.train + data.test, data.download_size, size, path, data.licence)


def _how_to_prepare(data: DataSet) -> str:
    first = "" if find_spec("tensorflow_datasets") else f"Install the reader with `{INSTALL}`, then run"
    return (
        f"{data.title} is not in {data_dir()}. {first or 'Run'} `ticket-explorer data prepare {data.name}` "
        f"(downloads {data.download_size / 1e6:.0f} MB), adding `--from DIR` if its raw files are in DIR; "
        "the task `fashion` needs no download."
    )


def require_tfds() -> None:
    """See that what reads data sets is installed.

    Raises:
        TicketError: with how to install it.
    """
    missing = [name for name in ("tensorflow_datasets", "array_record") if find_spec(name) is None]
    if missing:
        raise TicketError(
            f"data sets are read through TensorFlow Datasets, and {' and '.join(missing)} is not installed: "
            f"run `{INSTALL}` (Linux and macOS); the task `fashion` works without."
        )


def _load(path: Path) -> Splits:
    with np.load(path) as arrays:
        train, test = (
            LabelledImages(arrays[f"{split}_images"], arrays[f"{split}_labels"]) for split in ("train", "test")
        )
    return Splits(train, test)


def _save(splits: Splits, path: Path) -> None:
    make_private(path.parent)
    with TemporaryDirectory(dir=path.parent) as place:
        whole = Path(place) / path.name
        np.savez(
            whole,
            train_images=splits.train.images,
            train_labels=splits.train.labels,
            test_images=splits.test.images,
            test_labels=splits.test.labels,
        )
        os.replace(whole, path)
