"""The search as a picture: the mean's way through a round, and individuals, on the plane in which the mean moves.

No engine is asked: frames hold the mean and σ of a fixed sample of weights, at some generations of each round.
"""

from dataclasses import dataclass

import numpy as np

from sessions.messages.events import Frame
from sessions.views.branch_view import RoundView
from sessions.views.session_view import SessionView
from widgets.plots.figure import MUTED, Axis, Figure, Mark, Points, Values
from widgets.plots.figures.selection import Selection, colour_of, percent
from widgets.plots.names import FIGURES

INDIVIDUALS = 96
"""How many are drawn from the search distribution."""
_BETWEEN = 24
"""Points between two samples of the way."""
_AROUND = 72
_APART = (3, 4)
"""Palette indices of the start and of the present."""


@dataclass(frozen=True)
class _Plane:
    """The two directions in which the mean moved most."""

    origin: Values
    """[n], the mean that is looked at."""
    axes: Values
    """[2, n], orthonormal."""
    shares: Values
    """[2], of the variance of the way."""

    def places(self, points: Values) -> Values:
        """[..., 2] of points [..., n]."""
        found: Values = (points - self.origin) @ self.axes.T
        return found


def search(view: SessionView, selection: Selection) -> Figure:
    """The way of the mean of a sample of weights, on the plane of its first two principal components.

    The cloud are individuals drawn from the search distribution of the selected generation, N(mean, σ²); the rings are
    one σ around the mean, at the round's first sample and now.
    """
    title = f"{FIGURES['search'].title} · {selection.place_in(view)}"
    x, y = Axis("first direction of the mean's way"), Axis("second direction")
    branch, round_, frame = selection.branch_in(view), selection.round_in(view), selection.frame_in(view)
    if branch is None or round_ is None or frame is None:
        return Figure(title, x, y, note=selection.missing_in(view))
    frames = _way(round_, frame)
    if len(frames) < 3:
        return Figure(title, x, y, note="The plane of the mean's way is known after three samples of weights.")
    means = np.stack([_array(one.mean) for one in frames])
    plane = _plane_of(means)
    marks = _marks(frames, means, plane, colour_of(view, branch))
    x = Axis(f"{x.label} ({percent(float(plane.shares[0]))} of it)")
    y = Axis(f"{y.label} ({percent(float(plane.shares[1]))})")
    return Figure(f"{title}, generation {frame.generation}", x, y, marks, _told(frames))


def _way(round_: RoundView, last: Frame) -> list[Frame]:
    """The round's frames up to one, of the same weights."""
    before = [one for one in round_.frames if one.generation < last.generation and one.indices == last.indices]
    return [*before, last]


def _plane_of(means: Values) -> _Plane:
    centred = means - means.mean(0)
    _, strengths, axes = np.linalg.svd(centred, full_matrices=False)
    total = float((strengths**2).sum()) or 1.0
    axes = axes[:2] * np.where((axes[:2] @ (means[-1] - means[0])) < 0, -1.0, 1.0)[:, None]
    return _Plane(means[-1], axes, strengths[:2] ** 2 / total)


def _marks(frames: list[Frame], means: Values, plane: _Plane, colour: int) -> tuple[Mark, ...]:
    way = plane.places(means)
    marks: list[Mark] = []
    first, last = frames[0], frames[-1]
    if last.std is not None:
        draws = np.random.default_rng(last.generation).normal(size=(INDIVIDUALS, means.shape[1]))
        marks.append(_points("individuals", plane.places(means[-1] + draws * _array(last.std)), MUTED))
        if first.std is not None:
            marks.append(_points("1 σ at first", way[0] + _ring(plane, _array(first.std)), _APART[0]))
        marks.append(_points("1 σ now", _ring(plane, _array(last.std)), _APART[1]))
    marks.append(_points("way of the mean", _joined(way), colour))
    start = "θ₀" if first.generation == 0 else f"start, generation {first.generation}"
    marks.append(_points(start, way[:1], _APART[0], marked=True))
    marks.append(_points("mean", way[-1:], _APART[1], marked=True))
    return tuple(marks)


def _ring(plane: _Plane, std: Values) -> Values:
    """The ellipse of one standard deviation of N(0, σ²), projected [_AROUND, 2]."""
    covariance = (plane.axes * std**2) @ plane.axes.T
    angle = np.linspace(0, 2 * np.pi, _AROUND, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle)], 1)
    return np.asarray(circle @ np.linalg.cholesky(covariance + 1e-18 * np.eye(2)).T, np.float64)


def _joined(way: Values) -> Values:
    """The way with points between its samples, so that it reads as a line."""
    at = np.linspace(0, len(way) - 1, _BETWEEN * (len(way) - 1) + 1)
    return np.stack([np.interp(at, np.arange(len(way)), way[:, axis]) for axis in (0, 1)], 1)


def _points(name: str, places: Values, colour: int, marked: bool = False) -> Points:
    return Points(name, places[:, 0].copy(), places[:, 1].copy(), colour, marked=marked)


def _told(frames: list[Frame]) -> str:
    size = _array(frames[0].mean).size
    words = [f"Of {size} sampled weights; individuals are drawn anew."]
    first, last = frames[0].std, frames[-1].std
    if first is not None and last is not None:
        shrunk = float(np.median(_array(last)) / max(float(np.median(_array(first))), 1e-30))
        words.append(f"σ is {percent(shrunk)} of what it was at generation {frames[0].generation}.")
    return " ".join(words)


def _array(content: bytes) -> Values:
    return np.frombuffer(content, "<f4").astype(np.float64)
