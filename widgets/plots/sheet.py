"""A sheet: several figures side by side under one title, as a paper prints them."""

from dataclasses import dataclass
from typing import Any

from widgets.plots.figure import Figure


@dataclass(frozen=True)
class Sheet:
    """Panels in rows, from left to right and from top to bottom."""

    title: str
    panels: tuple[Figure, ...]
    columns: int = 1
    """Panels of a row."""
    note: str = ""
    """What error bars mean, and what is missing."""
    rows: tuple[dict[str, Any], ...] = ()
    """Numbers that the sheet reports beside its drawing, a table; empty if there are none."""

    @property
    def is_empty(self) -> bool:
        """Whether no panel has anything to draw."""
        return all(panel.is_empty for panel in self.panels)
