"""The command line's only outputs: data to stdout, narration to stderr, neither of them raw."""

import os
import re
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from ticket_explorer.plain_ascii import is_utf8
from widgets.shared.printable import printable

_NOT_ASCII = re.compile(r"[^\x20-\x7e\n]")


class PrintableConsole(Console):
    """A console that shows text as it is: no `:two:` becomes a picture, and no control character comes through.

    Its own, for colours and cursors, do.

    Args:
        **options: Of `rich.console.Console`, such as `stderr=True`.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, emoji=False)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The segments of anything that can be drawn."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(printable(segment.text, keep="\n"), segment.style)


narration = PrintableConsole(stderr=True)
"""Where progress and remarks go."""


def say(text: str, style: str | None = None) -> None:
    """Write a remark to stderr."""
    narration.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


def write(text: str) -> None:
    """Write a line, or several, to stdout."""
    sys.stdout.write(printable(text, keep="\n") + "\n")
    sys.stdout.flush()


def flush() -> None:
    """Write out everything now.

    Raises:
        OSError: if stdout accepts no more.
    """
    sys.stdout.flush()


def give_up() -> None:
    """Discard what is not written yet: Python would try again at its end, and complain."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def print_json(value: Any) -> None:
    """Write a value as JSON to stdout."""
    encoded = msgspec.json.encode(value, enc_hook=_plain)
    sys.stdout.write(escaped(msgspec.json.format(encoded, indent=2).decode()) + "\n")


def escaped(json: str) -> str:
    """The same JSON, with whatever a terminal might obey, or stdout can't hold, as `\\uXXXX`."""
    held = is_utf8(sys.stdout.encoding)
    return _NOT_ASCII.sub(
        lambda found: found[0] if held and printable(found[0]) == found[0] else _codes(found[0]), json
    )


def _codes(sign: str) -> str:
    """The JSON escapes of one character: two of them beyond the basic plane."""
    units = sign.encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def _plain(value: object) -> str:
    if isinstance(value, Path):
        return str(value)
    raise NotImplementedError(type(value).__name__)
