"""An episode as an animated picture."""

from pathlib import Path

import numpy as np

from sessions import errors
from sessions.commands import Episode
from ticket_explorer.errors import TicketError
from widgets.plots.figure import Picture
from widgets.plots.figures.policy import policy

SIDE = 8
"""Pixels a value."""
MILLISECONDS = 50
GROUND, INK = np.array([16, 20, 28]), np.array([120, 190, 255])


def write_gif(episode: Episode, out: Path) -> None:
    """Write every step as a frame.

    Raises:
        TicketError: if pillow is not installed, or the file can't be written.
    """
    try:
        from PIL import Image
    except ImportError:
        raise TicketError("A GIF needs pillow; install it with: pip install 'ticket-explorer[data]'") from None
    frames = [Image.fromarray(_pixels(episode, step)) for step in range(episode.shape[0])]
    with errors.told(out):
        frames[0].save(out, save_all=True, append_images=frames[1:], duration=MILLISECONDS, loop=0)


def _pixels(episode: Episode, step: int) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    picture = policy(episode, step).marks[0]
    assert isinstance(picture, Picture)
    values = picture.values.repeat(SIDE, 0).repeat(SIDE, 1)[..., None]
    return np.asarray(GROUND + values * (INK - GROUND), np.uint8)
