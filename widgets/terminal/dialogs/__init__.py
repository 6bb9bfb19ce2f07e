"""Dialogs: each asks one thing and returns a command, or nothing."""

from importlib import import_module
from typing import Any


def dialog_called(name: str) -> Any:
    """The dialog of this name about a branch, imported only now: `pruner` is `PrunerDialog` in `pruner.py`."""
    return getattr(import_module(f"{__name__}.{name}"), f"{name.capitalize()}Dialog")
