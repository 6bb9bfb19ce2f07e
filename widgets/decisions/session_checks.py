"""Everything that is wrong with the table of a planned session, field by field."""

import re
from contextlib import suppress
from pathlib import Path

from sessions.plans.cost import estimate_session
from sessions.specs.overrides import FAMILIES
from sessions.specs.sources import anchored
from sessions.specs.spec import Table, parse_spec
from sessions.store import check_branch_name
from ticket_explorer.errors import TicketError
from ticket_explorer.tasks import datasets
from widgets.decisions.fields import Key, place_of, value_at, with_value

_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]")


def problems_of(table: Table) -> dict[str, str]:
    """What is wrong, by the place of the field; the empty place stands for the whole.

    Parsing stops at the first error, so wrong values are removed one after the other until none are left.
    """
    found: dict[str, str] = {}
    while (error := _error(table)) is not None:
        path, said = _parted(error)
        place = place_of(path) if path else ""
        if place in found or not path or value_at(table, path) is None or path == ("branch",):
            found.setdefault(place, said)
            break
        found[place] = said
        is_branch_name = path[0] == "branch" and len(path) == 3
        is_member = path[-1] == "name" and any(key in FAMILIES for key in path[-2:-1])
        whole = path[:-1] if is_member else path
        table = with_value(table, whole, f"branch-{path[1]}" if is_branch_name else None)
    return found


def missing_data(table: Table) -> str | None:
    """The data set that must be prepared first; None if nothing is missing."""
    name = str(value_at(table, ("task", "name")))
    return next((one.name for one in datasets.status() if one.name == name and not one.prepared), None)


def _error(table: Table) -> TicketError | None:
    try:
        spec = parse_spec(anchored(table, Path.cwd()))
        for number, branch in enumerate(spec.branches):
            _check_name(branch.name, number)
    except TicketError as error:
        return error
    with suppress(TicketError):  # sizes that aren't known are no fault
        try:
            estimate_session(spec)
        except TicketError as error:
            if error.path:
                return error
            raise
    return None


def _check_name(name: str, number: int) -> None:
    try:
        check_branch_name(name)
    except TicketError as error:
        path = f"$.branch[{number}].name"
        raise TicketError(error.said, path=path, given=error.given, expected=error.expected) from None


def _parted(error: TicketError) -> tuple[tuple[Key, ...], str]:
    steps = [int(index) if index else name for name, index in _STEP.findall(error.path)]
    while steps and isinstance(steps[-1], int):  # an item of a list is typed in its list's field
        steps.pop()
    return tuple(steps), error.said
