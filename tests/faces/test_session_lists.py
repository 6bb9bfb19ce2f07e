"""The list of sessions in the app and on the command line: its columns, its order, its filter, its cursor."""

import asyncio
import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.widgets import Static
from typer.testing import CliRunner

from sessions.reports.session_list import Listing, SessionState, session_state
from sessions.store import SessionDirectory, SessionLock
from ticket_explorer.errors import UnknownName
from widgets.cli.commands import app
from widgets.decisions.session_draft import Draft
from widgets.shared.session_table import COLUMNS, matching, sorted_by, state_in_words
from widgets.shared.wording import about
from widgets.terminal.app import TicketExplorer
from widgets.terminal.recorded import recorded_session
from widgets.terminal.screens.home import Home
from widgets.terminal.screens.session_list import SessionList

START = datetime(2026, 7, 1, 12, 30, tzinfo=UTC)


def made(name: str, minutes: int = 0, task: str = "pendulum", state: str = "finished", size: int = 0) -> SessionState:
    return SessionState(
        name=name,
        path=f"/sessions/{name}.session",
        title=f"About {name}",
        task=task,
        network="mlp",
        strategy="snes",
        branches=2,
        rounds_done=1,
        rounds_planned=3,
        best_score=0.5,
        lowest_density=0.1,
        curve=(0.4, 0.5),
        state=state,
        created=START,
        changed=START + timedelta(minutes=minutes),
        bytes_on_disk=size,
    )


SOME = (
    made("b", 1, size=30),
    made("a", 3, "cartpole", "running", size=10),
    made("c", 2, state="paused", size=20),
    SessionState("d", "/sessions/d", "", "", "", "", 0, 0, 0, None, None, (), "damaged: journal.msgpack"),
)


def names(sessions: list[SessionState]) -> str:
    return "".join(one.name for one in sessions)


@pytest.mark.parametrize(
    ("column", "reverse", "order"),
    [
        ("changed", False, "acbd"),
        ("changed", True, "bcad"),  # what has no such value stays last
        ("session", False, "abcd"),
        ("size", False, "bcad"),
        ("task", False, "abcd"),
    ],
)
def test_any_column_sorts(column: str, reverse: bool, order: str) -> None:
    assert names(sorted_by(SOME, column, reverse)) == order


def test_every_column_sorts_sessions_that_have_it_and_those_that_do_not() -> None:
    for column in COLUMNS:
        assert sorted(names(sorted_by(SOME, column))) == list("abcd")
    with pytest.raises(UnknownName, match="known: branches, changed, created"):
        sorted_by(SOME, "colour")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", "bacd"),
        ("PENDULUM", "bc"),
        ("task:pendulum state:paused", "c"),
        ("state:running", "a"),
        ("title:about mlp", "bac"),
        ("nowhere", ""),
    ],
)
def test_words_and_fields_filter(words: str, found: str) -> None:
    assert names(matching(SOME, words.split())) == found


def test_a_field_that_is_none_is_said() -> None:
    with pytest.raises(UnknownName, match="unknown field 'colour'; known: is, network, session, state"):
        matching(SOME, ["colour:red"])


def at_home(script: Callable[[SessionList], None]) -> None:
    async def story() -> None:
        app = TicketExplorer()
        async with app.run_test(size=(120, 36)) as pilot:
            assert isinstance(app.screen, Home)
            table = app.screen.query_one(SessionList)
            table.display = True
            script(table)
            await pilot.pause()

    asyncio.run(story())


CHANGES = st.lists(
    st.one_of(
        st.lists(st.integers(0, 9), min_size=10, max_size=10).map(lambda minutes: ("change", minutes)),
        st.sampled_from([("sort", 1), ("sort", -1), ("turn", 0)]),
    ),
    max_size=6,
)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 9), CHANGES)
def test_the_cursor_stays_on_its_session(row: int, changes: list[tuple[str, object]]) -> None:
    """`delete` and `f2` act on the session under the cursor, whatever the list does meanwhile."""

    def script(table: SessionList) -> None:
        table.take([made(f"s{n}", n) for n in range(10)])
        table.move_cursor(row=row)
        chosen = table.selected
        assert chosen is not None
        for what, given_ in changes:
            match what, given_:
                case "change", list(minutes):
                    table.take([made(f"s{n}", minute) for n, minute in enumerate(minutes)])
                case "sort", int(step):
                    table.sort_by_next(step)
                case _:
                    table.turn_round()
            assert table.selected is not None
            assert table.selected.name == chosen.name

    at_home(script)


def test_a_wrong_field_is_said_and_the_filter_stays() -> None:
    def script(table: SessionList) -> None:
        table.take(SOME)
        assert table.filter("task:pendulum") == ""
        assert "unknown field 'tas'" in table.filter("tas:")
        assert table.row_count == 2

    at_home(script)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with one finished session."""
    monkeypatch.setenv("TICKET_EXPLORER_HOME", str(tmp_path))
    return Path(shutil.copytree(recorded_session(), tmp_path / "sessions" / "recorded.session"))


def test_a_finished_session_that_an_engine_still_has_is_finished(home: Path) -> None:
    with SessionLock(SessionDirectory(home).lock):
        state = session_state(home)
    assert (state.state, state.is_open) == ("finished", True)
    assert state_in_words(state) == "finished"


def test_the_list_tells_times_size_and_duration(home: Path) -> None:
    (known,) = Listing().known()
    assert known.created is not None
    assert known.changed is not None
    assert known.created < known.changed
    assert 0 < known.seconds_run <= (known.changed - known.created).total_seconds() + 1
    assert known.bytes_on_disk == sum(path.stat().st_size for path in home.rglob("*") if path.is_file())


def test_json_has_times_with_their_zone(home: Path) -> None:
    runner = CliRunner()
    shown = runner.invoke(app, ["list", "--json", "task:fashion", "--sort", "size"])
    (row,) = json.loads(shown.stdout)
    assert datetime.fromisoformat(row["changed"]).tzinfo is not None
    assert (row["network"], row["state"], row["is_open"]) == ("mlp", "finished", False)
    assert json.loads(runner.invoke(app, ["list", "--json", "state:running"]).stdout) == []


def test_the_invitation_says_how_long_the_default_takes_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICKET_EXPLORER_HOME", str(tmp_path))
    monkeypatch.setattr("sessions.plans.cost.speed", lambda: 1e6)

    async def story() -> str:
        app = TicketExplorer()
        async with app.run_test(size=(120, 36)) as pilot:
            while "here" not in (said := str(app.screen.query_one("#invitation", Static).render())):
                await pilot.pause(0.05)
            return said

    assert f"three ways to prune, {about(Draft('fashion').cost().seconds)} here" in asyncio.run(story())
