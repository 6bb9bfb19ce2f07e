"""A session in marimo: its charts, which are anywidgets, and marimo's own buttons in place of ipywidgets.

marimo calls a widget's `_display_` before anything else; no other front end does.
"""

from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from sessions.messages import commands
from widgets.notebook.attachment import Attachment
from widgets.notebook.chart import Chart

_BUTTONS: tuple[tuple[str, commands.Command], ...] = (
    ("Run", commands.Resume()),
    ("Pause", commands.Pause()),
    ("1 generation", commands.Step(generations=1)),
    ("1 round", commands.RunRounds(rounds=1)),
    ("End round", commands.EndRound()),
)
_SHOWN: WeakKeyDictionary[Attachment, list[Any]] = WeakKeyDictionary()
"""The buttons that are shown: marimo drops buttons that are not referenced."""


def marimo_layout(charts: Sequence[Chart], attachment: Attachment, controls: bool = True) -> Any:
    """Buttons, unless they are not wanted, above charts, two in a row."""
    import marimo

    rows = [marimo.hstack(charts[i : i + 2], widths="equal") for i in range(0, len(charts), 2)]
    if not controls:
        return marimo.vstack(rows)

    def asks(command: commands.Command) -> Callable[[object], None]:
        return lambda _: attachment.spawn(attachment.ask(command))

    buttons = [marimo.ui.button(label=label, on_click=asks(command)) for label, command in _BUTTONS]
    _SHOWN.setdefault(attachment, []).extend(buttons)
    return marimo.vstack([marimo.hstack(buttons, justify="start"), *rows])
