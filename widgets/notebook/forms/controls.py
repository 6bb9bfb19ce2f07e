"""Choices and lines to type, all of one width."""

from collections.abc import Mapping

import ipywidgets

STAY = ""
"""The value of a choice that changes nothing."""


def choice(label: str, options: Mapping[str, str]) -> ipywidgets.Dropdown:
    """One of several.

    Args:
        label: The label at its left.
        options: The texts to show, by their values.
    """
    made = ipywidgets.Dropdown(options=_shown(options), description=label, layout=ipywidgets.Layout(width="460px"))
    made.style.description_width = "90px"
    return made


def offer(dropdown: ipywidgets.Dropdown, options: Mapping[str, str], preferred: str | None = None) -> None:
    """Show other options; the chosen one stays if it can, unless another one is preferred."""
    wanted = dropdown.value if preferred is None else preferred
    if dropdown.options != _shown(options):
        dropdown.options = _shown(options)
    if wanted in options:
        dropdown.value = wanted
    elif options and dropdown.value is None:
        dropdown.index = 0


def text(label: str, placeholder: str = "") -> ipywidgets.Text:
    """A line to type."""
    made = ipywidgets.Text(description=label, placeholder=placeholder, layout=ipywidgets.Layout(width="460px"))
    made.style.description_width = "90px"
    return made


def stay_or(present: str, names: Mapping[str, str]) -> dict[str, str]:
    """Options of which the first leaves everything as it is."""
    return {STAY: f"as before: {present}", **names}


def _shown(options: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((words, value) for value, words in options.items())
