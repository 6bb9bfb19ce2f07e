"""Arrays from an .npz file, or from a directory of .npy files: read, peeked at, and written.

Nothing is ever unpickled. Sizes are read from the arrays' heads, so that an estimate need not read examples.
"""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from math import prod
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy

from ticket_explorer.errors import InvalidValue, TicketError
from ticket_explorer.machine_memory import memory_limit
from ticket_explorer.tasks.own_data.examples import (
    OwnSplits,
    check_sizes,
    chosen_for_test,
    classes_of,
    example_shape,
    one_each,
    splits_of,
)
from ticket_explorer.tasks.own_data.settings import Arrays, Measured

WHOLE = ("x_train", "y_train", "x_test", "y_test")
UNSPLIT = ("x", "y")
PATH = "$.task.path"


def read(settings: Arrays) -> OwnSplits:
    """The arrays of a file, checked.

    Raises:
        TicketError: if the file is not there or not readable, or its arrays can't be learned from.
    """
    with _told(settings) as place:
        names = _names(place)
        arrays = {name: _load(place, name) for name in names}
        if names == WHOLE:
            train, test = (arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"])
        else:
            train, test = _split(settings, arrays["x"], arrays["y"])
        return splits_of(train, test, settings.predicts_numbers)


def peek(settings: Arrays) -> Measured:
    """What the heads of the arrays and the targets tell.

    Raises:
        TicketError: as `read`, as far as examples need not be read to know.
    """
    with _told(settings) as place:
        changed = tuple((file.stat().st_mtime_ns, file.stat().st_size) for file in _files(place))
        return _peeked(settings, changed)


@lru_cache(maxsize=32)
def _peeked(settings: Arrays, changed: tuple[tuple[int, int], ...]) -> Measured:
    """What is known of a file as it is now; `changed` tells when that was."""
    place = Path(settings.path)
    if _names(place) == WHOLE:
        x_train, x_test = _head(place, "x_train"), _head(place, "x_test")
        y_train, y_test = _load(place, "y_train"), _load(place, "y_test")
        check_sizes(x_train[0], y_train.shape, "x_train", "y_train")
        check_sizes(x_test[0], y_test.shape, "x_test", "y_test")
    else:
        x_train, y = _head(place, "x"), _load(place, "y")
        check_sizes(x_train[0], y.shape, "x", "y")
        chosen = chosen_for_test(y, settings.test_share, settings.split_seed, settings.predicts_numbers)
        y_train, y_test = y[~chosen], y[chosen]
    outputs = _width(y_train) if settings.predicts_numbers else len(_classes(y_train, y_test))
    itemsize = 1 if x_train[1] == np.uint8 else 4
    shape = example_shape(x_train[0], "x_train")
    return Measured(shape=shape, outputs=outputs, train=len(y_train), test=len(y_test), itemsize=itemsize)


def write(place: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write arrays as an .npz file that `read` takes."""
    np.savez(place, allow_pickle=False, **arrays)


def _split(
    settings: Arrays, x: np.ndarray, y: np.ndarray
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    check_sizes(x.shape, y.shape, "x", "y")
    chosen = chosen_for_test(y, settings.test_share, settings.split_seed, settings.predicts_numbers)
    return (x[~chosen], y[~chosen]), (x[chosen], y[chosen])


def _classes(y_train: np.ndarray, y_test: np.ndarray) -> np.ndarray:
    return classes_of(one_each(y_train, "y_train"), one_each(y_test, "y_test"))


def _width(y: np.ndarray) -> int:
    return y.size // len(y)


@contextmanager
def _told(settings: Arrays) -> Iterator[Path]:
    """The file of a task; what goes wrong with it is said with its path."""
    place = Path(settings.path)
    expected = f"an .npz file of {', '.join(WHOLE)}, or of x and y"
    if not settings.path:
        raise InvalidValue(PATH, "no file", expected)
    try:
        if not place.exists():
            raise InvalidValue(PATH, f"{place}, which is not there", expected)
        yield place
    except (OSError, MemoryError) as error:
        why = "more than memory holds" if isinstance(error, MemoryError) else (error.strerror or str(error)).lower()
        raise InvalidValue(PATH, f"{place}, which can't be read: {why}", expected) from None
    except TicketError as error:
        if error.path:
            raise
        said = f"{settings.called}: {error.said}"
        raise TicketError(said, path=PATH, given=error.given, expected=error.expected, remedy=error.remedy) from None


def _files(place: Path) -> list[Path]:
    return sorted(place.glob("*.npy")) if place.is_dir() else [place]


def _names(place: Path) -> tuple[str, ...]:
    """Which arrays are there: those of both splits, or those that are to be split."""
    if place.is_dir():
        there = [file.stem for file in _files(place)]
    else:
        with _archive(place) as archive:
            there = [name.removesuffix(".npy") for name in archive.namelist()]
    for names in (WHOLE, UNSPLIT):
        if set(names) <= set(there):
            return names
    found = f"{', '.join(there[:10])}{' …' if len(there) > 10 else ''}" if there else "no array"
    raise InvalidValue(PATH, f"{place.name} with {found}", f"arrays called {', '.join(WHOLE)}, or x and y")


@contextmanager
def _archive(place: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(place) as archive:
            yield archive
    except (zipfile.BadZipFile, NotImplementedError):
        given = f"{place.name}, which is not an .npz file or is damaged"
        raise InvalidValue(PATH, given, "a file that numpy.savez(...) wrote") from None


@contextmanager
def _opened(place: Path, name: str) -> Iterator[IO[bytes]]:
    if place.is_dir():
        with open(place / f"{name}.npy", "rb") as stream:
            yield stream
    else:
        with _archive(place) as archive, archive.open(f"{name}.npy") as stream:
            yield stream


def _load(place: Path, name: str) -> np.ndarray:
    shape, dtype = _head(place, name)
    size = prod(shape) * dtype.itemsize
    if size > (limit := memory_limit()):
        raise TicketError(
            f"{name} says that it has {size / 1e9:,.0f} GB, and the machine has {limit / 1e9:,.0f} GB of memory.",
            remedy="Save fewer examples, or whole numbers as uint8.",
        )
    with _opened(place, name) as stream:
        try:
            array: np.ndarray = npy.read_array(stream, allow_pickle=False)
        except (ValueError, EOFError) as error:
            raise _unreadable(name, error) from None
    return array


def _head(place: Path, name: str) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and type of an array."""
    with _opened(place, name) as stream:
        try:
            version = npy.read_magic(stream)
            heads = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
            shape, _, dtype = heads.get(version, npy.read_array_header_2_0)(stream)
        except (ValueError, EOFError) as error:
            raise _unreadable(name, error) from None
    if dtype.hasobject:
        raise _pickled(name)
    return shape, dtype


def _pickled(name: str) -> TicketError:
    return TicketError(
        f"{name} holds Python objects, which are never unpickled here: they could run any code.",
        remedy="Give it a type of its own: numpy.stack(list_of_images), or y.astype(str) for labels.",
    )


def _unreadable(name: str, error: Exception) -> TicketError:
    if "allow_pickle" in str(error):
        return _pickled(name)
    return TicketError(f"{name} is damaged or no array ({error}).", remedy="Write the file anew with numpy.savez(...).")
