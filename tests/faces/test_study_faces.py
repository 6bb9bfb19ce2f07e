"""A study in the app and in notebooks: its grid of cells, and their ticket curves over each other."""

from pathlib import Path
from typing import Any

import pytest

from sessions.session.session import Session
from sessions.studies.records import CellFailed
from sessions.studies.study import Study, open_or_begin
from tests.faces.test_cli_study import TEXT
from widgets.plots.cell_table import cell_rows, device_hours, summed_up
from widgets.plots.studies.overlay import overlay
from widgets.terminal.app import TicketExplorer
from widgets.terminal.charts.chart import Chart
from widgets.terminal.screens.studies import Rows, Studies, StudyScreen


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Two cells are finished, one has failed, one is planned."""
    place = tmp_path_factory.mktemp("study")
    (file := place / "mine.toml").write_text(TEXT)
    study = Study.create(file, place / "mine.study")
    for cell in study.cells[:2]:
        with Session.create(cell.planned.spec(), cell.path) as session:
            session.run()
    study.record(CellFailed(at=0, run="", cell="pgpe,seed-1", why="It broke."))
    return study


def test_cells_are_rows_of_words(made: Study) -> None:
    rows = cell_rows(made)
    assert [row.state for row in rows] == ["finished", "finished", "planned", "failed"]
    first, planned, failed = rows[0], rows[2], rows[3]
    assert (first.rounds, first.sparsest, first.left) == ("2/2", "80%", "")
    assert len(first.curve) == 2, "a bar for each density"
    assert (planned.rounds, planned.curve, planned.has_begun) == ("", "", False)
    assert failed.why == "It broke."
    assert summed_up(made, rows).startswith("4 cells: 2 finished, 1 planned, 1 failed; about ")
    assert "device hours" in device_hours(made)


def test_curves_of_several_cells_are_told_apart_by_their_numbers(made: Study) -> None:
    alone = overlay(made, ["snes,seed-0"])
    names = [mark.name for mark in alone.marks]
    assert names == list(made.cells[0].read().branches)
    both = overlay(made, ["snes,seed-0", "snes,seed-1", "pgpe,seed-0"])
    assert [mark.name for mark in both.marks] == [f"{cell} {name}" for cell in (1, 2) for name in names]
    assert both.note == "1 cell has not begun."
    assert overlay(made, ["pgpe,seed-0"]).is_empty


@pytest.mark.anyio
async def test_the_apps_study_screen(made: Study) -> None:
    app = TicketExplorer(study=made.path)
    async with app.run_test(size=(110, 40)) as pilot:
        screen = await reached(pilot, StudyScreen)
        table = screen.query_one(Rows)
        await until(pilot, lambda: table.row_count == 4 and bool(screen.query(Chart)))
        chart = screen.query_one(Chart)
        assert not chart.figure.is_empty
        await pilot.press("space", "down", "space")
        await until(pilot, lambda: len(chart.figure.marks) == 2 * len(made.cells[0].read().branches))
        assert screen.marked == ["snes,seed-0", "snes,seed-1"]
        await pilot.press("space")
        assert screen.marked == ["snes,seed-0"]
        await pilot.press("down", "down")
        why = screen.query_one("#why")
        await until(pilot, lambda: why.display)
        await pilot.press("enter")
        await pilot.pause()
        assert app.screen is screen, "a cell that hasn't begun has no session to open"
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is not screen)


@pytest.mark.anyio
async def test_enter_opens_the_cells_session(made: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(TicketExplorer, "open_session", lambda self, path, *more: opened.append(path))
    app = TicketExplorer(study=made.path)
    async with app.run_test(size=(110, 40)) as pilot:
        screen = await reached(pilot, StudyScreen)
        await until(pilot, lambda: screen.query_one(Rows).row_count == 4)
        await pilot.press("enter")
        await until(pilot, lambda: bool(opened))
    assert opened == [made.cells[0].path]


@pytest.mark.anyio
async def test_the_list_of_studies(tmp_path: Path) -> None:
    (file := tmp_path / "mine.toml").write_text(TEXT)
    app = TicketExplorer()
    async with app.run_test(size=(110, 40)) as pilot:
        await pilot.press("y")
        screen = await reached(pilot, Studies)
        assert screen.query_one("#invitation").display
        open_or_begin(file)
        await pilot.press("f5")
        await until(pilot, lambda: screen.query_one(Rows).row_count == 1)
        await pilot.press("enter")
        await reached(pilot, StudyScreen)
        await pilot.press("escape", "escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)


async def reached(pilot: Any, kind: Any) -> Any:
    await until(pilot, lambda: isinstance(pilot.app.screen, kind))
    return pilot.app.screen


async def until(pilot: Any, what: Any) -> None:
    for _ in range(400):
        if what():
            return
        await pilot.pause(0.025)
    assert what()


def test_the_notebooks_study(made: Study) -> None:
    pytest.importorskip("ipywidgets")
    import ticket_explorer as tx

    shown = tx.widgets.Study(made.path)
    assert "2 finished" in shown._head.value
    assert "It broke." in shown._table.value
    assert "<svg" in shown._chart.value
    shown.cells.value = ("snes,seed-0", "snes,seed-1")
    assert "Ticket curves of 2 cells" in shown._chart.value
    assert shown.figure(2).figure.title.startswith("Tiny")
    assert tx.figure(2, made).figure.title == shown.figure(2).figure.title
