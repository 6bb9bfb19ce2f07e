"""From a thread to a screen, which may not have its widgets yet, or have been left meanwhile."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from textual.screen import Screen


def is_left(screen: Screen[Any]) -> bool:
    """Whether the screen is being closed: its widgets may be gone already."""
    return not screen.is_attached or screen not in screen.app.screen_stack


def hand_over(screen: Screen[Any], take: Callable[..., object], *found: object) -> None:
    """Give a screen what a thread found, once the screen has its widgets.

    A screen that has been left takes nothing, nor does one whose app has ended.

    Args:
        screen: Which one.
        take: Its method, called in the app's own thread.
        found: What `take` is given.
    """

    def taken() -> None:
        if is_left(screen):
            return
        if screen.is_mounted:
            take(*found)
        else:
            screen.call_later(taken)

    with suppress(RuntimeError):  # what Textual says of an app that has ended
        screen.app.call_from_thread(taken)
