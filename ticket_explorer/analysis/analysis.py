"""What every analysis offers: the points of weight space to evaluate, and what their losses amount to.

Points are combinations of few vectors, so that thousands of networks are one small matrix; an
analysis that evaluates no network names no points.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import jax
import numpy as np
from jaxtyping import Array, Bool, Float

from ticket_explorer.analysis.spectrum import Curved, Wanted
from ticket_explorer.analysis.way import Way
from ticket_explorer.layout import Layout
from ticket_explorer.problems import Problem, ProblemState


@dataclass(frozen=True)
class Trained:
    """What a round found, or has found so far; arrays lead with the replicate axis."""

    branch: str
    number: int
    """Of the round."""
    mean: Float[np.ndarray, "R D"]
    std: Float[np.ndarray, "R D"] | None
    """None if the trainer has no search distribution."""
    mask: Bool[np.ndarray, "R D"]
    density: float = 1.0
    score: Float[np.ndarray, " R"] | None = None
    """On held-out data; None while the round runs, NaN where it has no meaning."""
    start: Float[np.ndarray, "R D"] | None = None
    """Where the round began, if the analysis asks for it."""
    way: Way | None = None
    """That of the search, if it was sampled."""
    state: ProblemState = ()
    """What the task carried at the end, which losses depend on: statistics of batches, or of observations; arrays
    [R, ...]."""


@dataclass(frozen=True)
class Subject:
    """What is looked at."""

    layout: Layout
    input_shape: tuple[int, ...]
    centre: Trained
    """The round that was asked for, or the running mean."""
    line: tuple[Trained, ...] = ()
    """Finished rounds of the branch, in order: all, or the dense one, as the settings want."""
    other: tuple[Trained, ...] = ()
    """Finished rounds of another branch."""
    curved: Curved | None = None
    """What products with the centre's Hessian told, if the analysis wanted any."""
    controls: Mapping[str, tuple[Trained, ...]] = field(default_factory=dict)
    """Finished rounds of the branch's controls: `permuted_weights`, `permuted_mask` and `random`."""
    problem: Problem | None = None
    """What the centre's weights are weights of, for analyses of one's own; None where only arrays are looked at."""


@dataclass(frozen=True)
class Points:
    """N points of weight space for each replicate: θ_i = Σ_k c_ik · b_k."""

    basis: Float[np.ndarray, "R K D"]
    coefficients: Float[np.ndarray, "N K"]
    states: ProblemState = ()
    """A pytree of arrays [R, K, ...]: what the task carries for each vector, zero for directions. A point has the
    same combination of them."""
    draws: int = 1
    """How often each point is evaluated, each time on other examples; the first are those of all analyses."""


@dataclass(frozen=True)
class Seen:
    """What the points' networks do."""

    loss: Float[np.ndarray, "rows N"]
    """Rows are replicates, or the draws of the first replicate, of the second and so on."""
    score: Float[np.ndarray, "rows N"]
    points: Points | None = None
    """Where they are."""


class Analysis(Protocol):
    """Pure; built by `implementation_of(settings)(settings)`."""

    def points(self, keys: Array, subject: Subject) -> Points | None:
        """What is to be evaluated; None if nothing is.

        Args:
            keys: One a replicate: the same for all rounds and branches, so that they see the same directions.
            subject: What is looked at.

        Raises:
            TicketError: if the subject has not what the analysis needs.
        """
        ...

    def result(self, subject: Subject, seen: Seen) -> Any:
        """A frozen dataclass, or a mapping, of float arrays, given what the points' networks do.

        Raises:
            TicketError: if the subject has not what the analysis needs.
        """
        ...


@runtime_checkable
class CurvedAnalysis(Analysis, Protocol):
    """An analysis that first needs products with the Hessian at the centre."""

    def wanted(self, has_loss: bool) -> Wanted | None:
        """Which; None if it does without.

        Args:
            has_loss: Whether the task has a loss that can be differentiated.

        Raises:
            TicketError: if it needs one.
        """
        ...


def joint_state(networks: Sequence[Trained], directions: int = 0) -> ProblemState:
    """The states of some networks, and those of as many directions: none, so that they change nothing."""

    def stacked(*arrays: np.ndarray) -> np.ndarray:
        own = np.stack([np.asarray(array) for array in arrays], axis=1)
        return np.pad(own, [(0, 0), (0, directions), *[(0, 0)] * (own.ndim - 2)])

    return jax.tree.map(stacked, *(trained.state for trained in networks))


def nothing_seen(replicates: int) -> Seen:
    """What is seen where nothing is evaluated."""
    return Seen(np.zeros((replicates, 0)), np.zeros((replicates, 0)))
