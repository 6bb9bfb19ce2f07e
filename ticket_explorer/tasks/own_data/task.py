"""One's own data on the device, as the task that images are too."""

import numpy as np

from ticket_explorer.tasks.images import ImageTask, on_device
from ticket_explorer.tasks.objectives import CLASSES, Regression
from ticket_explorer.tasks.own_data.examples import Examples
from ticket_explorer.tasks.own_data.measuring import measure, read, unit
from ticket_explorer.tasks.own_data.settings import Measured, OwnDataSettings


def load(settings: OwnDataSettings) -> ImageTask:
    """Read the data of a task and put them on the device.

    Raises:
        TicketError: if they are not there, can't be learned from, or are not those that the session began with.
    """
    splits = read(settings)
    found = settings.measured or measure(splits, settings)
    known = settings.with_measured(found)
    train, test = (
        on_device(part.inputs, _targets(part, found), settings.pool if found.is_images else 1)
        for part in (splits.train, splits.test)
    )
    return ImageTask(
        known.batch_size,
        known.outputs,
        found.mean,
        found.deviation,
        train,
        test,
        settings.augment,
        unit(splits.train.inputs),
        Regression() if settings.predicts_numbers else CLASSES,
    )


def _targets(part: Examples, found: Measured) -> np.ndarray:
    """Classes as they are, numbers standardised by the training split."""
    if not found.target_mean:
        return part.targets
    mean, deviation = (np.asarray(values, np.float32) for values in (found.target_mean, found.target_deviation))
    standardised: np.ndarray = (part.targets - mean) / deviation
    return standardised
