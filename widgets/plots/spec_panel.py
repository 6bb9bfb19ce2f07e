"""The panel Spec: how a branch trains, prunes and rewinds now, and in what that differs from something else."""

from dataclasses import dataclass

from sessions.reports.spec_rows import Row, beside_preset, rows_of, whole_plan
from sessions.specs.difference import MISSING
from sessions.views.reading import Header
from sessions.views.session_view import SessionView
from widgets.plots.compare_panel import Company, series_names
from widgets.plots.figures.selection import Selection

TURNS = 2
"""The spec with what differs from its preset; what differs from the branch that it is compared with."""


@dataclass(frozen=True)
class SpecTable:
    """What the panel shows."""

    title: str
    heads: tuple[str, str]
    """What the two columns of values are."""
    rows: tuple[Row, ...]
    note: str = ""


def spec_table_of(
    view: SessionView, selection: Selection, header: Header | None, company: Company, turn: int
) -> SpecTable:
    """The selected branch's plan beside its preset's, or the fields in which it differs from another branch's.

    Args:
        view: The session as its events tell it.
        selection: What is looked at.
        header: What was fixed when the session was created; None if it isn't known.
        company: What the branch is compared with.
        turn: Which of the two is shown.
    """
    branch = selection.branch_in(view)
    if branch is None or header is None:
        return SpecTable("Spec", ("", ""), (), selection.missing_in(view) if branch is None else "No spec yet.")
    if turn % TURNS == 0:
        name, rows = beside_preset(header, view, branch)
        changed = sum(row.differs for row in rows)
        note = f"{changed} of {len(rows)} fields differ from the preset {name}." if name else "It began from no preset."
        return SpecTable(f"Spec · {branch} now", ("now", name or ""), tuple(rows), note)
    other = _other(view, selection, branch, company)
    if other is None:
        return SpecTable(f"Spec · {branch}", ("", ""), (), "There is no other branch to compare with.")
    rows = rows_of(whole_plan(view.branches[branch].plan), whole_plan(_plan(view, company, other)))
    note = "" if rows else f"{branch} and {other} are planned alike."
    return SpecTable(f"Spec · {branch} and {other}", (branch, other), tuple(rows), note)


def written(value: object) -> str:
    """A value of a field as text; a dash where there is no such field."""
    return "–" if value == MISSING else str(value)


def _other(view: SessionView, selection: Selection, branch: str, company: Company) -> str | None:
    """The pinned branch, the branch's parent, or another one."""
    names = [name for name in series_names(view, selection, company) if name != branch]
    names += [name for name in view.branches if name != branch and name not in names]
    wanted = (company.pinned, view.branches[branch].parent, *names)
    return next((name for name in wanted if name in names), None)


def _plan(view: SessionView, company: Company, name: str) -> dict[str, object]:
    if name in view.branches:
        return view.branches[name].plan
    session, _, branch = name.partition(":")
    return company.beside[session][0].branches[branch].plan
