"""Test images with what the search mean makes of them, now and after the next pruning."""

from collections.abc import Sequence

import numpy as np

from sessions.messages.commands import ExamplesSeen
from widgets.plots.figure import MUTED, Axis, Figure, Picture

_X, _Y = Axis("column"), Axis("row", reverse=True)


def examples(seen: ExamplesSeen, classes: Sequence[str], colour: int = 0, picked: int | None = None) -> Figure:
    """Each image, named by ✓ or ✗, the class it is taken for and how sure that is, in percent, now and after pruning.

    Args:
        seen: The engine's answer.
        classes: The names of the classes; numbers stand for what has none.
        colour: The branch's palette index; images that are taken for another class are muted.
        picked: The image whose path is lit up.
    """
    pixels = np.frombuffer(seen.pixels, "<f4").reshape(seen.shape).astype(np.float64)
    before, after = _probabilities(seen.before, seen.classes), _probabilities(seen.after, seen.classes)
    names = [classes[i] if i < len(classes) else str(i) for i in range(seen.classes)]
    right, right_after = _right(before, seen.labels), _right(after, seen.labels)
    pictures = tuple(
        Picture(
            ("▶ " if number == picked else "") + _told(number, seen.labels[number], names, before, after),
            pixels[number],
            colour if right[number] else MUTED,
        )
        for number in range(len(pixels))
    )
    title = f"Examples · {seen.branch}, round {seen.round}, generation {seen.generation}"
    then = f", {int(right_after.sum())} after the next pruning" if after is not None else ""
    lost = int((right & ~right_after).sum()) if after is not None else 0
    note = f"{int(right.sum())} of {len(pixels)} right now{then}" + (f": it takes {lost}." if lost else ".")
    return Figure(title, _X, _Y, pictures, note)


def path_of(seen: ExamplesSeen, number: int) -> tuple[int, ...]:
    """The entries of θ that weigh most in what an image is taken for."""
    return tuple(np.frombuffer(seen.paths, "<i4").reshape(seen.shape[0], -1)[number].tolist())


def _probabilities(content: bytes, classes: int) -> "np.ndarray | None":
    return np.frombuffer(content, "<f4").reshape(-1, classes) if content else None


def _right(found: "np.ndarray | None", labels: list[int]) -> "np.ndarray":
    return np.zeros(len(labels), bool) if found is None else found.argmax(1) == np.array(labels)


def _told(
    number: int, label: int, names: Sequence[str], before: "np.ndarray | None", after: "np.ndarray | None"
) -> str:
    """`✓98→✗bag 51 boot`: what is most important comes first, where there is little room."""
    parts = [_verdict(found[number], label, names) for found in (before, after) if found is not None]
    return f"{'→'.join(parts)} {names[label]}"


def _verdict(found: "np.ndarray", label: int, names: Sequence[str]) -> str:
    chosen = int(found.argmax())
    sure = f"{100 * found[chosen]:.0f}"
    return f"✓{sure}" if chosen == label else f"✗{names[chosen]} {sure}"
