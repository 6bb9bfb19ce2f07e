"""What values of an axis are called: short, readable, and fit for a file's name on any system."""

import re
from collections.abc import Sequence
from typing import Any

from sessions.specs.overrides import name_in
from ticket_explorer.tables import is_table

LONGEST = 40
"""Characters of a label."""
_UNFIT = re.compile(r"[^A-Za-z0-9._+-]+")


def labels_of(axis: str, values: Sequence[Any]) -> tuple[str, ...]:
    """The label of each value; empty if it has none of its own.

    Args:
        axis: The axis's name, which stands before numbers: `population-64`.
        values: Texts, numbers, lists, or tables with a name.
    """
    return tuple(_label(axis, value) for value in values)


def _label(axis: str, value: Any) -> str:
    if isinstance(value, str) or is_table(value):
        label = _UNFIT.sub("-", name_in(value)).strip("-.+_")
    else:
        label = f"{axis}-{_UNFIT.sub('-', _words(value))}"
    return label if len(label) <= LONGEST else ""


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return "-".join(map(_words, value))
    return f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else str(value)
