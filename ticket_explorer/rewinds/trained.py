"""No rewinding: training continues from the weights it found (Han et al. 2015, figure 2; Savarese et al. 2020)."""

from jaxtyping import Array, Bool

from ticket_explorer.problems import Problem
from ticket_explorer.rewinds.rewind import Origin, Start
from ticket_explorer.trainers.trainer import TrainingResult


def restart(key: Array, origin: Origin, result: TrainingResult, mask: Bool[Array, " D"], problem: Problem) -> Start:
    """The trained weights under the new mask."""
    return Start(result.mean, mask)
