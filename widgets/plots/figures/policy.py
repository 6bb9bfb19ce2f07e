"""A policy at work: one step of an episode as a picture."""

import numpy as np

from sessions.messages.commands import Episode
from widgets.plots.figure import Axis, Figure, Picture, Values

ROWS = 36
"""Rows of a picture of line segments, unless a face asks for more."""
WIDEST = 7 / 3
"""Its greatest width, in heights."""
_X, _Y = Axis("column"), Axis("row")


def policy(episode: Episode, step: int, colour: int = 0, rows: int = ROWS) -> Figure:
    """The drawing of one step, with the return so far.

    Args:
        episode: The episode, from the engine.
        step: The step to draw; beyond the end it is the last one.
        colour: The branch's palette index.
        rows: How finely line segments are drawn.
    """
    drawings = np.frombuffer(episode.drawings, "<f4").reshape(episode.shape)
    at = min(step, len(drawings) - 1)
    rewards = np.frombuffer(episode.rewards, "<f4")
    place = f"Policy · {episode.branch}, round {episode.round}, generation {episode.generation}"
    note = f"Step {at + 1} of {len(drawings)}, return so far {rewards[: at + 1].sum():.4g}"
    is_drawing = episode.kind == "segments"
    values = _drawn(drawings[at], episode.bounds, rows) if is_drawing else drawings[at].astype(np.float64)
    return Figure(place, _X, _Y, (Picture("policy", values, colour, is_drawing),), note)


def _drawn(segments: "np.ndarray[tuple[int, ...], np.dtype[np.float32]]", bounds: list[float], rows: int) -> Values:
    """Segments [S, 4] as pixels: 1 on a line, 0.12 elsewhere, so that the frame can be seen."""
    left, right, bottom, top = bounds
    columns = min(max(round((right - left) * rows / (top - bottom)), 2), round(WIDEST * rows))
    picture = np.full((rows, columns), 0.12)
    along = np.linspace(0.0, 1.0, 2 * max(rows, columns))[:, None]
    x = segments[:, 0] + along * (segments[:, 2] - segments[:, 0])
    y = segments[:, 1] + along * (segments[:, 3] - segments[:, 1])
    column = np.floor((x - left) / (right - left) * columns)
    row = np.floor((top - y) / (top - bottom) * rows)
    seen = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
    picture[row[seen].astype(int), column[seen].astype(int)] = 1.0
    return picture
