"""Rewind to early weights (Frankle et al. 2020, section 3)."""

from jaxtyping import Array, Bool

from ticket_explorer.errors import TicketError
from ticket_explorer.problems import Problem
from ticket_explorer.rewinds.rewind import Origin, Start
from ticket_explorer.trainers.trainer import TrainingResult


def restart(key: Array, origin: Origin, result: TrainingResult, mask: Bool[Array, " D"], problem: Problem) -> Start:
    """The weights of an early generation of the first round under the new mask.

    Raises:
        TicketError: if they were not kept.
    """
    if origin.early is None:
        raise TicketError("The weights of the early generation are missing; rewind to `initial` instead.")
    return Start(origin.early, mask)
