"""An analysis of one's own: any function of a round's weights that returns numbers or arrays."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Array

from ticket_explorer.analysis.analysis import Points, Seen, Subject
from ticket_explorer.errors import InvalidValue
from ticket_explorer.own_running import Called
from ticket_explorer.trainers.trainer import TrainingResult

if TYPE_CHECKING:
    from ticket_explorer.analysis.own_settings import OwnAnalysis

LARGEST = 4_000_000
"""Numbers that an analysis may keep."""


class OwnLook:
    """`def my_look(result, problem)`, which returns numbers or arrays by name; called for each replicate.

    Args:
        settings: Where the function is, and its keyword arguments.

    Raises:
        TicketError: if its code is not trusted, or doesn't run.
    """

    def __init__(self, settings: "OwnAnalysis") -> None:
        self._place = settings.place
        self._function = Called(settings.place, settings.source, settings.parameters)

    def points(self, keys: Array, subject: Subject) -> Points | None:
        """None: the function sees the weights themselves."""
        return None

    def result(self, subject: Subject, seen: Seen) -> Mapping[str, np.ndarray]:
        """What it returns, stacked over replicates.

        Raises:
            TicketError: if the function fails, or returns something else.
        """
        centre = subject.centre
        found = [self._of(subject, replicate) for replicate in range(len(centre.mean))]
        first = {name: array.shape for name, array in found[0].items()}
        for other in found[1:]:
            if (shapes := {name: array.shape for name, array in other.items()}) != first:
                raise InvalidValue(self._place, f"arrays {shapes} after {first}", "the same of each replicate")
        stacked = {name: np.stack([one[name] for one in found]) for name in first}
        if (size := sum(array.size for array in stacked.values())) > LARGEST:
            raise InvalidValue(self._place, f"{size:,} numbers", f"at most {LARGEST:,}")
        return stacked

    def _of(self, subject: Subject, replicate: int) -> dict[str, np.ndarray]:
        centre = subject.centre
        std = None if centre.std is None else centre.std[replicate]
        found = self._function(TrainingResult(centre.mean[replicate], std, centre.mask[replicate]), subject.problem)
        named = dict(found) if isinstance(found, Mapping) else {"value": found}
        return {self._name(name): self._numbers(name, value) for name, value in named.items()}

    def _name(self, name: Any) -> str:
        if not (isinstance(name, str) and name.isidentifier()):
            raise InvalidValue(self._place, f"the name {name!r}", "names of letters, digits and _")
        return name

    def _numbers(self, name: str, value: Any) -> np.ndarray:
        try:
            return np.asarray(value, np.float32)
        except (TypeError, ValueError):
            raise InvalidValue(
                f"{self._place}: {name}", type(value).__name__, "a number, or an array of numbers"
            ) from None
