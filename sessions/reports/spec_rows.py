"""A session's spec as it is now, field by field, beside a preset, another session or another branch.

No JAX is imported here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sessions.specs.difference import MISSING, flattened
from sessions.specs.sources import named_table
from sessions.specs.spec import completed, parse_spec, spec_table
from sessions.store import SessionDirectory
from sessions.views.reading import Header, read_header, read_view, session_path
from sessions.views.session_view import SessionView
from ticket_explorer import presets
from ticket_explorer.errors import InvalidValue, TicketError

Table = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """One field."""

    path: str
    """`pruning.ratio`, or `branch.snr.pruning.ratio`."""
    here: Any
    there: Any
    """`MISSING` where there is no such field."""

    @property
    def differs(self) -> bool:
        """Whether the two have another value."""
        return bool(self.here != self.there)


def spec_now(header: Header, view: SessionView) -> dict[str, Any]:
    """The spec as it is now: what was fixed at the beginning, and every branch's plan as it was changed since."""
    fixed = {key: value for key, value in header.spec.items() if key not in ("branch", "remarks")}
    return {**fixed, "branch": [{"name": name, **whole_plan(branch.plan)} for name, branch in view.branches.items()]}


def whole_plan(plan: Table) -> dict[str, Any]:
    """A plan with every field written out: older sessions' plans lack the fields that came later."""
    try:
        (written,) = spec_table(parse_spec({"branch": [{**completed(plan), "name": "plan"}]}))["branch"]
    except TicketError:  # of a plug-in that isn't here
        return dict(plan)
    return {key: value for key, value in written.items() if key != "name"}


def rows_of(one: Table, other: Table, same: bool = False) -> list[Row]:
    """The fields of two tables, those of the first one first.

    Args:
        one: A spec or a plan.
        other: What it is compared with.
        same: Whether fields that don't differ are listed too.
    """
    here, there = ({path: _listed(value) for path, value in flattened(table)} for table in (one, other))
    found = [Row(path, here.get(path, MISSING), there.get(path, MISSING)) for path in dict.fromkeys((*here, *there))]
    return [row for row in found if same or row.differs]


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def preset_of(header: Header) -> str | None:
    """The preset that a session began from, which has its title; None if no preset has."""
    return next((name for name in presets.names() if presets.load(name).get("title") == header.title), None)


def other_spec(given: str, header: Header, view: SessionView) -> tuple[Table, Table]:
    """A session's spec and the one that it is to be compared with.

    Args:
        given: Another session, a preset, or two branches of this one: `snr:random`.
        header: What was fixed when the session was created.
        view: What has happened in it.

    Returns:
        Both tables: whole specs, or the plans of two branches.

    Raises:
        TicketError: if it is none of these.
    """
    first, _, second = given.partition(":")
    if first in view.branches and second in view.branches:
        return whole_plan(view.branches[first].plan), whole_plan(view.branches[second].plan)
    if given in presets.names():
        return spec_now(header, view), preset_table(given)
    path = session_path(given)
    if not path.exists():
        known = ":".join([*view.branches][:2])
        raise InvalidValue("--diff", given, f"another session, a preset, or two branches of this one, such as {known}")
    return spec_now(header, view), saved_spec(path)


def preset_table(name: str) -> dict[str, Any]:
    """A preset as a whole spec, every field written out."""
    table, _ = named_table(name)
    return spec_table(parse_spec(table))


def saved_spec(path: Path) -> dict[str, Any]:
    """The spec of a session on disk as it is now.

    Raises:
        TicketError: if it is no session.
    """
    return spec_now(read_header(SessionDirectory.open_for_reading(path)), read_view(path))


def beside_preset(header: Header, view: SessionView, branch: str) -> tuple[str | None, list[Row]]:
    """A branch's plan as it is now, all fields, beside that of the preset: its branch of that name, or its first.

    Returns:
        The preset's name, None if there is none, whose fields are `MISSING` then; and the rows.
    """
    name, plan = preset_of(header), whole_plan(view.branches[branch].plan)
    try:
        known: dict[str, dict[str, Any]] = (
            {} if name is None else {one["name"]: one for one in preset_table(name)["branch"]}
        )
    except TicketError:  # a preset that needs what isn't here
        name, known = None, {}
    base = known.get(branch) or next(iter(known.values()), {})
    whole = {key: value for key, value in base.items() if key in plan}
    return name, rows_of(plan, whole, same=True)
