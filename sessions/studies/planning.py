"""What a study may become: more seeds, values and rounds. Cells that have begun stay, but for more rounds."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sessions.specs.difference import differences, told_differences
from sessions.studies.cells import PlannedCell
from ticket_explorer.errors import TicketError

_ROUNDS = re.compile(r"branch\..+\.pruning\.rounds")
_UNCOMPARED = ("title", "remarks")


def additions(
    before: Mapping[str, PlannedCell], now: Iterable[PlannedCell], has_begun: Callable[[str], bool]
) -> list[PlannedCell]:
    """The cells that are new, have more rounds than before, or changed before they began.

    Args:
        before: The cells so far, by their names.
        now: All cells that the study is to have.
        has_begun: Whether a cell has a session, by its name.

    Raises:
        TicketError: if a cell that has begun would vanish, or become another one.
    """
    planned = {cell.name: cell for cell in now}
    for name in before:
        if name not in planned and has_begun(name):
            raise TicketError(
                f"Cell {name} has begun, and is no longer in the study.",
                remedy="Keep its value on each axis; a study may be given more, not less.",
            )
    return [cell for cell in planned.values() if _is_new(cell, before.get(cell.name), has_begun)]


def _is_new(cell: PlannedCell, known: PlannedCell | None, has_begun: Callable[[str], bool]) -> bool:
    if known is None:
        return True
    found = differences(_compared(known), _compared(cell))
    other = {path: pair for path, pair in found.items() if not _more(path, pair)}
    if other and has_begun(cell.name):
        raise TicketError(
            f"Cell {cell.name} was begun from another spec: {told_differences(other)}.",
            remedy="A cell that has begun may only be given more rounds; begin another study, with --study.",
        )
    return bool(found)


def _compared(cell: PlannedCell) -> dict[str, Any]:
    return {key: value for key, value in cell.spec_table().items() if key not in _UNCOMPARED}


def _more(path: str, pair: tuple[Any, Any]) -> bool:
    """Whether a difference is that of more rounds."""
    before, now = pair
    return _ROUNDS.fullmatch(path) is not None and isinstance(now, int) and isinstance(before, int) and now > before
