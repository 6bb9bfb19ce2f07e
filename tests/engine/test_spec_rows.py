"""A session's spec as it is now, and in what it differs from others."""

from pathlib import Path

import pytest

from sessions.reports.spec_rows import beside_preset, other_spec, preset_of, rows_of, spec_now
from sessions.specs.difference import MISSING
from sessions.store import SessionDirectory
from sessions.views.reading import Header, read_header, read_view
from sessions.views.session_view import SessionView
from ticket_explorer.errors import TicketError
from widgets.plots.compare_panel import Company
from widgets.plots.figures import Selection
from widgets.plots.spec_panel import spec_table_of
from widgets.terminal.recorded import recorded_session


@pytest.fixture
def recorded() -> tuple[Header, SessionView]:
    path = recorded_session()
    return read_header(SessionDirectory.open_for_reading(path)), read_view(path)


def test_fields_of_both_tables_are_rows() -> None:
    rows = rows_of({"a": 1, "deep": {"b": 2}, "only": 3}, {"a": 1, "deep": {"b": 4}, "new": 5})
    assert [(row.path, row.here, row.there) for row in rows] == [
        ("deep.b", 2, 4), ("only", 3, MISSING), ("new", MISSING, 5),
    ]  # fmt: skip
    assert [row.path for row in rows_of({"a": 1}, {"a": 1}, same=True)] == ["a"]


def test_it_is_the_spec_as_it_was_changed(recorded: tuple[Header, SessionView]) -> None:
    header, view = recorded
    view.branches["snr"].plan = {**view.branches["snr"].plan, "pruner": {"name": "magnitude"}}
    (now,) = (branch for branch in spec_now(header, view)["branch"] if branch["name"] == "snr")
    assert now["pruner"] == {"name": "magnitude"}
    name, rows = beside_preset(header, view, "snr")
    assert name == preset_of(header) == "fashion"
    changed = {row.path: (row.here, row.there) for row in rows if row.differs}
    assert changed["pruner.name"] == ("magnitude", "snr")
    assert len(rows) > len(changed), "the others are listed too"


def test_two_branches_sessions_and_presets_can_be_compared(recorded: tuple[Header, SessionView]) -> None:
    header, view = recorded
    paths = [row.path for row in rows_of(*other_spec("snr:random", header, view))]
    assert {"pruner.name", "rewind.name"} >= set(paths) >= {"pruner.name"}
    assert not rows_of(*other_spec(str(recorded_session()), header, view))
    assert any(row.path.startswith("branch.") for row in rows_of(*other_spec("cartpole", header, view)))
    with pytest.raises(TicketError, match="another session, a preset, or two branches of this one, such as snr:magn"):
        other_spec("nowhere", header, view)


def test_the_panel_says_what_there_is_to_say(recorded: tuple[Header, SessionView], tmp_path: Path) -> None:
    header, view = recorded
    selection = Selection("snr")
    now, between = (spec_table_of(view, selection, header, Company(), turn) for turn in (0, 1))
    assert now.heads == ("now", "fashion")
    assert "differ from the preset fashion" in now.note
    assert between.title == "Spec · snr and magnitude"
    assert [row.path for row in between.rows] == ["pruner.name"]
    pinned = spec_table_of(view, selection, header, Company(beside={"x": (view, 0)}, pinned="x:snr"), 1)
    assert (pinned.rows, pinned.note) == ((), "snr and x:snr are planned alike.")
    assert not spec_table_of(SessionView(), Selection(), header, Company(), 0).rows
