"""Arrays that a function of one's own makes or reads: called when a session takes them up, and when it goes on."""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ticket_explorer.errors import InvalidValue
from ticket_explorer.own_running import Called
from ticket_explorer.tasks.own_data.examples import OwnSplits, check_sizes, chosen_for_test, splits_of
from ticket_explorer.tasks.own_data.measuring import measure
from ticket_explorer.tasks.own_data.settings import Measured

if TYPE_CHECKING:
    from ticket_explorer.tasks.own_data.own_settings import OwnData

EXPECTED = "x_train, y_train, x_test and y_test, or x and y"


def read(settings: "OwnData") -> OwnSplits:
    """What the function returns, checked.

    Raises:
        TicketError: if its code is not trusted or fails, or what it returns can't be learned from.
    """
    found = Called(settings.place, settings.source, settings.parameters)()
    if not isinstance(found, tuple | list) or len(found) not in (2, 4):
        what = f"{len(found)} values" if isinstance(found, tuple | list) else type(found).__name__
        raise InvalidValue(settings.place, what, EXPECTED)
    arrays = [_plain(settings.place, given) for given in found]
    if len(arrays) == 2:
        x, y = arrays
        check_sizes(x.shape, y.shape, "x", "y")
        chosen = chosen_for_test(y, settings.test_share, settings.split_seed, settings.predicts_numbers)
        arrays = [x[~chosen], y[~chosen], x[chosen], y[chosen]]
    return splits_of((arrays[0], arrays[1]), (arrays[2], arrays[3]), settings.predicts_numbers)


@lru_cache(maxsize=8)
def peek(settings: "OwnData") -> Measured:
    """What its arrays tell.

    Raises:
        TicketError: as `read`.
    """
    return measure(read(settings), settings)


def _plain(place: str, given: Any) -> np.ndarray:
    try:
        array = np.asarray(given)
    except (TypeError, ValueError) as error:
        raise InvalidValue(place, f"what is no array ({error})", EXPECTED) from None
    if array.dtype.hasobject:
        raise InvalidValue(place, "an array of Python objects", f"{EXPECTED}: arrays of numbers, or texts for labels")
    return array
