"""What is measured of data when a session takes them up, and whether data are those that it began with."""

from collections.abc import Iterator
from hashlib import sha256
from importlib import import_module

import numpy as np
from jaxtyping import Float, Num

from ticket_explorer.errors import TicketError
from ticket_explorer.tasks.own_data.examples import OwnSplits
from ticket_explorer.tasks.own_data.settings import Measured, OwnDataSettings

DIGITS = 9
"""Significant digits of means and deviations: sums differ in the last bits from machine to machine."""
ROWS = 4096
"""Examples that are measured at once."""


def measured(settings: OwnDataSettings) -> Measured:
    """Read data and measure them.

    Raises:
        TicketError: if they are not there, or can't be learned from.
    """
    return settings.fitting(measure(read(settings), settings))


def read(settings: OwnDataSettings) -> OwnSplits:
    """The data of a task: if something was measured of them, those that have the same SHA-256.

    A session may have moved to another machine: the name is looked for in the working directory too, and among the
    arrays that were written under the user's home.

    Raises:
        TicketError: if they are not there, or are others.
    """
    reader = import_module(settings.reader)
    if settings.measured is None:
        splits: OwnSplits = reader.read(settings)
        return splits
    expected, reason = settings.measured.sha256, "is not there"
    for candidate in settings.candidates():
        splits = reader.read(candidate)
        if fingerprint(splits) == expected:
            return splits
        reason = "holds other data" if candidate.location == settings.location else reason
    raise TicketError(
        f"{settings.location} {reason}, and the session goes on only with the data that it began with "
        f"({settings.measured.words}, SHA-256 {expected[:12]}…).",
        path=settings.location_path,
        given=settings.location,
        expected=f"the data of SHA-256 {expected}",
        remedy=f"Put them back there, or start from a directory that has them as {settings.called}; "
        "to train on other data, begin another session.",
    )


def measure(splits: OwnSplits, settings: OwnDataSettings) -> Measured:
    """What holds of data: sizes, fingerprint, and means and deviations of the training split."""
    inputs, targets = splits.train.inputs, splits.train.targets
    shape, channels = inputs.shape[1:], inputs.shape[-1]
    if settings.standardise == "none":
        mean, deviation = (0.0,) * channels, (1.0,) * channels
    else:
        mean, deviation = _moments(inputs, unit(inputs))
    predicted = not splits.classes
    target_mean, target_deviation = _moments(targets, 1.0) if predicted else ((), ())
    return Measured(
        shape=shape,
        outputs=targets.shape[1] if predicted else len(splits.classes),
        train=len(inputs),
        test=len(splits.test.inputs),
        itemsize=inputs.dtype.itemsize,
        sha256=fingerprint(splits),
        classes=splits.classes,
        mean=mean,
        deviation=deviation,
        target_mean=target_mean,
        target_deviation=target_deviation,
    )


def unit(inputs: np.ndarray) -> float:
    """What inputs are divided by before they are standardised: 255 for uint8."""
    return 255.0 if inputs.dtype == np.uint8 else 1.0


def fingerprint(splits: OwnSplits) -> str:
    """The SHA-256 of all that is learned from: shapes, types, content, and the classes' names."""
    digest = sha256(repr(splits.classes).encode())
    for split in (splits.train, splits.test):
        for array in (split.inputs, split.targets):
            digest.update(f"{array.dtype.str} {array.shape}\n".encode())
            for rows in _slices(array):
                digest.update(np.ascontiguousarray(rows).data)
    return digest.hexdigest()


def _moments(values: Num[np.ndarray, "n ..."], divisor: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation over all but the last axis; deviations of 0 become 1."""
    count = values.size // values.shape[-1]
    mean = sum(_sums(rows / divisor) for rows in _slices(values)) / count
    variance = sum(_sums((rows / divisor - mean) ** 2) for rows in _slices(values)) / count
    deviation = np.sqrt(variance)
    return _rounded(mean), _rounded(np.where(deviation > 0, deviation, 1.0))


def _slices(values: np.ndarray) -> Iterator[np.ndarray]:
    return (values[first : first + ROWS] for first in range(0, len(values), ROWS))


def _sums(values: np.ndarray) -> Float[np.ndarray, " c"]:
    total: Float[np.ndarray, " c"] = values.reshape(-1, values.shape[-1]).sum(0, dtype=np.float64)
    return total


def _rounded(values: np.ndarray) -> tuple[float, ...]:
    return tuple(float(f"{value:.{DIGITS}g}") for value in values.tolist())
