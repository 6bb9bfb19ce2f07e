"""A directory of images, one for each class: listed at once, decoded once.

Decoding thousands of photographs takes a minute, so that what came out is kept in the user's cache, by the names, sizes
and times of the files.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from ticket_explorer.errors import InvalidValue, TicketError
from ticket_explorer.tasks.own_data.decoded import kept
from ticket_explorer.tasks.own_data.examples import OwnSplits, chosen_for_test, classes_of, in_splits, splits_of
from ticket_explorer.tasks.own_data.settings import ImageFolder, Measured

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm"})
SPLITS = ("train", "test")
PATH = "$.task.path"
EXPECTED = "a directory with one for each class, or with `train` and `test` that have these"


@dataclass(frozen=True)
class _Listed:
    """The images of a split, in the order of their names."""

    files: tuple[Path, ...]
    labels: np.ndarray


def read(settings: ImageFolder) -> OwnSplits:
    """The images of a directory, cropped and scaled.

    Raises:
        TicketError: if Pillow is missing, the directory is not there or has no images of two classes, or an image is
            damaged.
    """
    with _told(settings) as place:
        listed = _listed(place)
        decoded = [(_decoded(settings, part), part.labels) for part in listed]
        if len(decoded) == 1:
            ((x, y),) = decoded
            chosen = chosen_for_test(y, settings.test_share, settings.split_seed, predicts_numbers=False)
            decoded = [(x[~chosen], y[~chosen]), (x[chosen], y[chosen])]
        return splits_of(decoded[0], decoded[1], predicts_numbers=False)


def peek(settings: ImageFolder) -> Measured:
    """What the names of the files tell.

    Raises:
        TicketError: as `read`, but for damaged images.
    """
    with _told(settings) as place:
        directories = [place, *_directories(place)]
        directories += [inner for path in directories[1:] if path.name in SPLITS for inner in _directories(path)]
        return _peeked(settings, tuple(path.stat().st_mtime_ns for path in directories))


@lru_cache(maxsize=32)
def _peeked(settings: ImageFolder, changed: tuple[int, ...]) -> Measured:
    listed = [part.labels for part in _listed(Path(settings.path))]
    if len(listed) == 1:
        chosen = chosen_for_test(listed[0], settings.test_share, settings.split_seed, predicts_numbers=False)
        listed = [listed[0][~chosen], listed[0][chosen]]
    return Measured(
        shape=(settings.size, settings.size, 3 if settings.colours == "rgb" else 1),
        outputs=len(classes_of(*listed)),
        train=len(listed[0]),
        test=len(listed[1]),
        itemsize=1,
    )


def _listed(place: Path) -> list[_Listed]:
    """Both splits, or all images if they aren't split."""
    there = {path.name: path for path in _directories(place)}
    if not there:
        raise InvalidValue(PATH, f"{place}, which has no directories", EXPECTED)
    if set(SPLITS) <= set(there):
        return [_of_classes(there[split]) for split in SPLITS]
    return [_of_classes(place)]


def _of_classes(place: Path) -> _Listed:
    files, labels = [], []
    for directory in _directories(place):
        found = sorted(path for path in directory.iterdir() if path.suffix.lower() in SUFFIXES and path.name[0] != ".")
        if not found:
            given = f"{directory}, which holds no image ({', '.join(sorted(SUFFIXES))})"
            raise InvalidValue(PATH, given, "images in each class's directory; remove those that are empty")
        files += found
        labels += [directory.name] * len(found)
    if not files:
        raise InvalidValue(PATH, f"{place}, which has no directories", EXPECTED)
    return _Listed(tuple(files), np.array(labels))


def _directories(place: Path) -> list[Path]:
    return sorted(path for path in place.iterdir() if path.is_dir() and path.name[0] != ".")


@contextmanager
def _told(settings: ImageFolder) -> Iterator[Path]:
    """The directory of a task; what goes wrong with it is said with its path."""
    place = Path(settings.path)
    if not settings.path:
        raise InvalidValue(PATH, "no directory", EXPECTED)
    if not place.is_dir():
        raise InvalidValue(PATH, f"{place}, which is {'no directory' if place.exists() else 'not there'}", EXPECTED)
    try:
        yield place
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise InvalidValue(PATH, f"{error.filename or place}, which can't be read: {why}", EXPECTED) from None
    except TicketError as error:
        if error.path:
            raise
        raise TicketError(f"{settings.called}: {in_splits(error.said)}", path=PATH, remedy=error.remedy) from None


def _decoded(settings: ImageFolder, listed: _Listed) -> UInt8[np.ndarray, "n S S C"]:
    """The images of a split, from the cache if these files were decoded before."""
    files = [(str(path), (known := path.stat()).st_size, known.st_mtime_ns) for path in listed.files]
    what = (settings.size, settings.colours, files)
    return kept(what, lambda: {"images": _decode(settings, listed.files)})["images"]


def _decode(settings: ImageFolder, files: tuple[Path, ...]) -> UInt8[np.ndarray, "n S S C"]:
    if find_spec("PIL") is None:
        raise TicketError(
            "Images are decoded by Pillow, which is not installed.", remedy="Run: pip install 'ticket-explorer[data]'"
        )
    from PIL import Image, ImageOps

    mode, side = ("RGB", 3) if settings.colours == "rgb" else ("L", 1), (settings.size, settings.size)
    images = np.empty((len(files), *side, mode[1]), np.uint8)
    for row, file in enumerate(files):
        try:
            with warnings.catch_warnings(), Image.open(file) as image:
                warnings.simplefilter("ignore")  # of metadata that is no use here
                upright = ImageOps.exif_transpose(image).convert(mode[0])
                images[row] = np.asarray(ImageOps.fit(upright, side, Image.Resampling.BOX)).reshape(*side, mode[1])
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            raise InvalidValue(
                PATH, f"{file}, which can't be decoded ({error})", "an image; remove it or mend it"
            ) from None
    return images
