"""An episode as an animated picture."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sessions.messages.commands import Episode
from sessions.store import errors
from ticket_explorer.errors import TicketError

if TYPE_CHECKING:
    from PIL import Image

HEIGHT, WIDEST = 288, 720
"""The height of a picture and its greatest width, in pixels."""
FINER = 2
"""The factor by which lines are drawn larger and then reduced, which makes them smooth."""
LINE = 4
"""The width of a line in pixels."""
MILLISECONDS = 50
GROUND, INK = np.array([16, 20, 28]), np.array([120, 190, 255])

Drawing = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


def write_gif(episode: Episode, out: Path) -> None:
    """Write every step as a frame.

    Raises:
        TicketError: if pillow is not installed, or the file can't be written.
    """
    try:
        import PIL  # noqa: F401
    except ImportError:
        raise TicketError("A GIF needs pillow; install it with: pip install 'ticket-explorer[data]'") from None
    drawings = np.frombuffer(episode.drawings, "<f4").reshape(episode.shape)
    frames = [_lines(one, episode.bounds) if episode.kind == "segments" else _cells(one) for one in drawings]
    with errors.told(out):
        frames[0].save(out, save_all=True, append_images=frames[1:], duration=MILLISECONDS, loop=0)


def _lines(segments: Drawing, bounds: list[float]) -> "Image.Image":
    """Segments [S, 4] in the frame left, right, bottom, top."""
    from PIL import Image, ImageDraw

    left, right, bottom, top = bounds
    height = FINER * HEIGHT
    width = min(max(round(height * (right - left) / (top - bottom)), 2), FINER * WIDEST)
    picture, ink = Image.new("RGB", (width, height), tuple(GROUND.tolist())), tuple(INK.tolist())
    pen, radius = ImageDraw.Draw(picture), FINER * LINE / 2
    across, up = width / (right - left), height / (top - bottom)
    ends = np.stack([(segments[:, ::2] - left) * across, (top - segments[:, 1::2]) * up], -1)
    for one in ends.tolist():
        pen.line([tuple(point) for point in one], fill=ink, width=FINER * LINE)
        for x, y in one:
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=ink)
    return picture.resize((width // FINER, height // FINER), Image.Resampling.LANCZOS)


def _cells(values: Drawing) -> "Image.Image":
    """Brightnesses [H, W] in [0, 1]."""
    from PIL import Image

    side = max(HEIGHT // len(values), 1)
    large = values.repeat(side, 0).repeat(side, 1)[..., None]
    return Image.fromarray(np.asarray(GROUND + large * (INK - GROUND), np.uint8))
