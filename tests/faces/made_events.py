"""Events, weights and views made by hand, and what holds of every figure of them."""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from sessions.engine.round_summary import Arrays
from sessions.engine.weight_samples import Framer
from sessions.messages import events
from sessions.views.session_view import SessionView
from tests.folding import fold
from ticket_explorer.layout import Layout, Leaf
from widgets.plots.figure import Bars, Figure, Line, Picture, Points, Rule

LEAVES = [
    events.LeafShape(name="dense_0/bias", shape=[50], prunable=False),
    events.LeafShape(name="dense_0/kernel", shape=[80, 50], prunable=True),
    events.LeafShape(name="dense_1/kernel", shape=[50, 20], prunable=True),
]
LAYOUT = Layout(
    tuple(
        Leaf(leaf.name, tuple(leaf.shape), leaf.prunable, sum(prod(before.shape) for before in LEAVES[:i]))
        for i, leaf in enumerate(LEAVES)
    )
)
KEPT = LAYOUT.prunable_size


def plan(pruner: str = "snr", ratio: float = 0.25, scope: str = "global") -> dict[str, Any]:
    return {
        "trainer": {"name": "evolution", "generations": 100},
        "pruner": {"name": pruner},
        "rewind": {"name": "initial"},
        "pruning": {"ratio": ratio, "rounds": 5, "scope": scope},
    }


def branch(name: str, parent: str | None = None, after: int | None = None, **kwargs: Any) -> events.BranchAdded:
    return events.BranchAdded(
        branch=name, parent=parent, parent_round=after, plan=plan(**kwargs), leaves=LEAVES, input_shape=[8, 5, 2]
    )


def start(name: str, number: int = 0, density: float = 1.0, at: float = 1.0) -> events.RoundStarted:
    kept = round(density * KEPT)
    return events.RoundStarted(
        at=at, branch=name, round=number, density=density, kept=kept, dimension=kept + 50, generations=100
    )


def block(name: str, first: int, values: Any, number: int = 0) -> events.Generations:
    """A block of metrics [count, replicates, 4]."""
    array = np.asarray(values, "<f4")
    return events.Generations(branch=name, round=number, first=first, count=len(array), values=array.tobytes())


def finish(name: str, number: int = 0, score: Sequence[float | None] = (0.5,), **kwargs: Any) -> events.RoundFinished:
    return events.RoundFinished(branch=name, round=number, generations=100, score=list(score), fitness=[None], **kwargs)


def summaries(first: float, second: float) -> dict[str, events.LeafSummary]:
    densities = {"dense_0/bias": 1.0, "dense_0/kernel": first, "dense_1/kernel": second}
    return {name: events.LeafSummary(density=density) for name, density in densities.items()}


def weights(sigma: bool = True, zeros: int = 0) -> Arrays:
    """A search distribution whose first prunable leaf is ten times smaller than its second."""
    rng = np.random.default_rng(7)
    mean = rng.normal(size=(1, LAYOUT.size)).astype(np.float32)
    mean[:, LAYOUT.leaves[2].slice] *= 10
    mean[:, 50 : 50 + zeros] = 0
    std = np.exp(rng.normal(size=mean.shape)).astype(np.float32) if sigma else None
    return Arrays(mean, std, np.ones(mean.shape, bool))


def frame(name: str, arrays: Arrays, generation: int = 100, number: int = 0) -> events.Frame:
    return Framer(name, number, 100, LAYOUT, arrays.mask[0]).take(arrays, generation)


def scores(arrays: Arrays, criterion: str) -> np.ndarray:
    magnitude = np.abs(arrays.mean[0, LAYOUT.prunable])
    return magnitude if criterion == "magnitude" else magnitude / arrays.std[0, LAYOUT.prunable]  # type: ignore[index]


def view_of(*stream: events.Event) -> SessionView:
    return fold(iter(stream))


def marks(figure: Figure, kind: type) -> dict[str, Any]:
    return {mark.name: mark for mark in figure.marks if isinstance(mark, kind)}


def check(figure: Figure) -> None:
    """What holds of every figure: shapes agree, axes can show the values, an empty one says why."""
    assert figure.title
    assert figure.note or not figure.is_empty
    for mark in figure.marks:
        match mark:
            case Line():
                assert mark.x.shape == mark.y.shape
                assert (np.diff(mark.x) > 0).all()
                assert mark.x.size <= 2002
                known = np.isfinite(mark.y)
                assert figure.y.scale == "linear" or (mark.y[known] > 0).all()
                if mark.low is not None and mark.high is not None:
                    assert (mark.low[known] <= mark.y[known]).all()
                    assert (mark.high[known] >= mark.y[known]).all()
            case Points():
                assert mark.x.shape == mark.y.shape
                assert (mark.x > 0).all()
                assert (mark.y > 0).all()
            case Bars():
                assert mark.edges.size == mark.heights.size + 1
                assert (np.diff(mark.edges) > 0).all()
            case Rule():
                assert np.isfinite(mark.value)
            case Picture():
                assert mark.values.ndim == 2
