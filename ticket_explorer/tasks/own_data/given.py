"""Arrays that are handed over in Python: written once, under the name of their content."""

import os
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from msgspec import structs

from ticket_explorer.places import make_private, own_data_dir
from ticket_explorer.tasks.own_data import arrays
from ticket_explorer.tasks.own_data.examples import splits_of
from ticket_explorer.tasks.own_data.measuring import fingerprint
from ticket_explorer.tasks.own_data.settings import Arrays as Settings
from ticket_explorer.tasks.own_data.settings import PlacedSettings
from ticket_explorer.tasks.settings import TaskSettings


@dataclass(frozen=True)
class Arrays:
    """Data of one's own, for `Session.create(spec, data=...)`; whatever `numpy.asarray` takes.

    Images are [n, height, width] or [n, height, width, channels], vectors [n, features]; uint8, whole or floating-point
    numbers. Labels are whole numbers or texts; a spec whose task has `loss = "mse"` takes numbers to be predicted,
    [n] or [n, outputs].
    """

    x_train: Any
    y_train: Any
    x_test: Any
    y_test: Any

    def keep(self, predicts_numbers: bool = False) -> Path:
        """Write them under the user's home, unless they are there; returns the file.

        Raises:
            TicketError: if they can't be learned from.
        """
        given = {name: _plain(np.asarray(getattr(self, name))) for name in arrays.WHOLE}
        train, test = (given["x_train"], given["y_train"]), (given["x_test"], given["y_test"])
        name = f"{fingerprint(splits_of(train, test, predicts_numbers))}.npz"
        if not (place := own_data_dir() / name).is_file():
            make_private(place.parent)
            with TemporaryDirectory(dir=place.parent) as building:
                arrays.write(Path(building) / name, given)
                os.replace(Path(building) / name, place)
        return place

    def task(self, before: TaskSettings) -> PlacedSettings:
        """The task of learning from them.

        Args:
            before: The task of the spec: if it is `arrays`, all that it says but the path stays.

        Raises:
            TicketError: if they can't be learned from.
        """
        settings = structs.replace(before, measured=None) if isinstance(before, Settings) else Settings()
        return settings.at(str(self.keep(settings.predicts_numbers)))


def _plain(array: np.ndarray) -> np.ndarray:
    """Texts as NumPy's own, where pandas or a list of objects holds them."""
    is_text = array.dtype.kind == "T" or (array.dtype.kind == "O" and all(isinstance(one, str) for one in array.flat))
    return array.astype(np.str_) if is_text else array
