"""Fresh weights: the control of Frankle & Carbin (2019), `random reinitialization`."""

from jaxtyping import Array, Bool

from ticket_explorer.problems import Problem
from ticket_explorer.rewinds.rewind import Origin, Start
from ticket_explorer.trainers.trainer import TrainingResult


def restart(key: Array, origin: Origin, result: TrainingResult, mask: Bool[Array, " D"], problem: Problem) -> Start:
    """Fresh weights under the new mask."""
    return Start(problem.initialise(key), mask)
