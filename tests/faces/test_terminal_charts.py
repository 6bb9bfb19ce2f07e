"""Charts of the explorer by keys and mouse: near and far, hidden branches, comparisons."""

import shutil
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.faces.test_terminal_explorer import FakeLink, explore
from widgets.plots.lens import Lens
from widgets.terminal.charts.chart import Chart
from widgets.terminal.recorded import recorded_session
from widgets.terminal.screens.explorer import Explorer


def chart_of(screen: Explorer) -> Chart:
    panel = screen.focused_panel
    assert panel is not None
    assert isinstance(panel.content, Chart)
    return panel.content


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home of our own: panels that are chosen here are not remembered elsewhere."""
    monkeypatch.setenv("TICKET_EXPLORER_HOME", str(tmp_path))
    return tmp_path


def test_a_chart_is_zoomed_moved_and_shown_whole_again() -> None:
    async def scenario(screen: Explorer, pilot: Pilot[None], link: FakeLink) -> None:
        await pilot.press("2", "z")
        chart = chart_of(screen)
        near = chart.lens
        assert near.x is not None
        assert near.y is not None
        await pilot.press("ctrl+right")
        assert chart.lens.x != near.x
        panel = screen.focused_panel
        assert panel is not None
        await pilot.pause()
        assert "zoomed" in str(panel.border_subtitle)
        await pilot.press("ctrl+r")
        assert chart.lens == Lens()
        await pilot.press("F")
        assert chart.lens.y is not None
        assert chart.lens.x is None
        await pilot._post_mouse_events([_scrolled()], chart, offset=(30, 6))
        assert chart.lens.x is not None
        await pilot.press("1")
        await pilot.press("g", "V")
        assert chart_of(screen).lens.smoothing
        assert chart_of(screen).lens.log_y

    explore(scenario)


def _scrolled() -> type:
    from textual.events import MouseScrollUp

    return MouseScrollUp


def test_dragging_moves_and_is_no_click() -> None:
    async def scenario(screen: Explorer, pilot: Pilot[None], link: FakeLink) -> None:
        await pilot.press("2")
        chart = chart_of(screen)
        await pilot.mouse_down(chart, offset=(20, 6))
        await pilot.hover(chart, offset=(24, 7))
        await pilot.mouse_up(chart, offset=(24, 7))
        assert chart.lens.x is not None

    explore(scenario)


def test_a_branch_is_hidden_by_key_and_by_its_name_in_the_legend() -> None:
    async def scenario(screen: Explorer, pilot: Pilot[None], link: FakeLink) -> None:
        await pilot.press("2", "H")
        assert len(screen.look.hidden) == 1
        await pilot.press("H")
        assert not screen.look.hidden
        chart = chart_of(screen)
        named = chart.drawing.legend[1]
        await pilot.click(chart, offset=(named.start, named.row))
        await pilot.pause()
        assert screen.look.hidden == {named.name}
        assert [one.name for one in chart.drawing.legend] == [one.name for one in chart.drawing.legend]
        (hidden,) = (mark for mark in chart.figure.marks if mark.name == named.name)
        assert hidden.y.size == 0  # type: ignore[union-attr]

    explore(scenario)


def test_two_branches_are_compared_by_one_key() -> None:
    async def scenario(screen: Explorer, pilot: Pilot[None], link: FakeLink) -> None:
        await pilot.press("2", "y")
        await pilot.pause()
        panel = screen.focused_panel
        assert panel is not None
        assert "Compare · less snr" in str(panel.border_title)
        await pilot.press("Y", "Y")
        await pilot.pause()
        assert screen.look.company.pinned == "magnitude"
        assert "less magnitude" in str(panel.border_title)

    explore(scenario)


def test_branches_of_another_session_are_compared_too(home: Path) -> None:
    shutil.copytree(recorded_session(), home / "sessions" / "twin.session")

    async def add(pilot: Pilot[None], name: str) -> None:
        await pilot.press("A")
        await pilot.pause()
        await pilot.press(*name, "enter")
        await pilot.pause()

    async def scenario(screen: Explorer, pilot: Pilot[None], link: FakeLink) -> None:
        await pilot.press("2", "y", "l")
        await add(pilot, "twin")
        names = [mark.name for mark in chart_of(screen).figure.marks]
        assert "twin:snr" in names
        await add(pilot, "nowhere")
        assert any("nowhere" in note.message for note in pilot.app._notifications)
        await add(pilot, "twin")
        assert not screen.look.company.beside

    explore(scenario)
