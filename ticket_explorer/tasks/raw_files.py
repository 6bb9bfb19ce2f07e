"""Reading data sets in the formats their authors publish: gzipped IDX files, and CIFAR-10's binary archive."""

import gzip
import tarfile
from collections.abc import Callable
from hashlib import file_digest
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from ticket_explorer.errors import TicketError
from ticket_explorer.tasks.catalogue import DATA_SETS, DataSet, RawFile
from ticket_explorer.tasks.labelled import LabelledImages, Splits

Report = Callable[[str, int, int], None]
"""Told what is being done, how many (bytes or images) are done, and of how many."""


def read_raw(data: DataSet, directory: Path) -> Splits:
    """All images of a data set, from its raw files in `directory`.

    Raises:
        TicketError: if a file is missing, or is not the one its authors publish.
    """
    for file in data.files:
        check(data, file, directory / file.name)
    splits = _read_cifar(directory / data.files[0].name) if data.container == "cifar" else _read_idx(data, directory)
    found = (len(splits.train.labels), len(splits.test.labels))
    if found != (data.train, data.test):
        raise TicketError(
            f"{directory} holds {found[0]:,} train and {found[1]:,} test images, "
            f"and {data.title} has {data.train:,} and {data.test:,}; fetch its files again."
        )
    return splits


def check(data: DataSet, file: RawFile, path: Path) -> None:
    """Raise a TicketError unless `path` holds the bytes that the authors of `data` publish as `file`."""
    if not path.is_file():
        names = ", ".join(known.name for known in data.files)
        raise TicketError(f"{path} is missing; {data.title} is prepared from these files in one directory: {names}.")
    found = _digest(path)
    if found == file.sha256:
        return
    owner = next((other.title for other in DATA_SETS.values() for raw in other.files if raw.sha256 == found), None)
    what = f"it is {owner}'s file" if owner else f"its SHA-256 is {found[:12]}…, expected {file.sha256[:12]}…"
    raise TicketError(
        f"{path} is not {data.title}'s {file.name}: {what}; "
        f"replace it with the one from {data.url}{file.name}, each data set in a directory of its own."
    )


def is_genuine(file: RawFile, path: Path) -> bool:
    """Whether `path` holds the bytes that are published as `file`."""
    return path.is_file() and _digest(path) == file.sha256


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def _read_idx(data: DataSet, directory: Path) -> Splits:
    arrays = [_idx_array(directory / file.name) for file in data.files]
    train_images, train_labels, test_images, test_labels = arrays
    return Splits(
        LabelledImages(train_images[..., None], train_labels),
        LabelledImages(test_images[..., None], test_labels),
    )


def _idx_array(path: Path) -> UInt8[np.ndarray, "..."]:
    """An IDX file of bytes: two zeros, the type 8, the number of axes, big-endian sizes, then the values."""
    content = gzip.decompress(path.read_bytes())
    axes = content[3]
    shape = np.frombuffer(content, ">u4", axes, offset=4).astype(int)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape)


def _read_cifar(path: Path) -> Splits:
    """Records of one label byte and 3×32×32 pixel bytes, channels first, in five train files and a test file."""
    with tarfile.open(path) as archive:
        train = [_cifar_records(archive, f"data_batch_{number}.bin") for number in range(1, 6)]
        test = [_cifar_records(archive, "test_batch.bin")]
    return Splits(_cifar_images(np.concatenate(train)), _cifar_images(np.concatenate(test)))


def _cifar_records(archive: tarfile.TarFile, name: str) -> UInt8[np.ndarray, "n 3073"]:
    member = archive.extractfile(f"cifar-10-batches-bin/{name}")
    assert member is not None, f"{name} is a file of the archive, whose checksum is right"
    return np.frombuffer(member.read(), np.uint8).reshape(-1, 3073)


def _cifar_images(records: UInt8[np.ndarray, "n 3073"]) -> LabelledImages:
    pixels = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return LabelledImages(np.ascontiguousarray(pixels), records[:, 0])
