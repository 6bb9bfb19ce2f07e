"""Every screen as a picture, in three sizes: what a person sees is kept in tests/faces/golden_screens.

After a wanted change look at the new pictures: `TICKET_EXPLORER_REGOLD=1 uv run pytest -k screens -m ""`.
"""

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from textual.pilot import Pilot
from textual.screen import Screen

from sessions.messages import commands, events
from sessions.studies.records import CellFailed
from sessions.studies.study import Study
from tests.faces.dialog_stage import GOLDEN
from tests.faces.pictures import SIZES, assert_golden, picture
from tests.faces.test_landscape_figures import analysed
from tests.faces.test_terminal_explorer import FakeLink
from widgets.plots.figures import Selection
from widgets.terminal.app import TicketExplorer
from widgets.terminal.charts.chart import Chart
from widgets.terminal.dialogs import ask
from widgets.terminal.dialogs.branch import BranchDialog
from widgets.terminal.dialogs.breakpoint import BreakpointDialog
from widgets.terminal.dialogs.decompose import DecomposeDialog
from widgets.terminal.dialogs.export import ExportDialog
from widgets.terminal.dialogs.pruner import PrunerDialog
from widgets.terminal.dialogs.remove import RemoveDialog
from widgets.terminal.dialogs.rename import RenameDialog
from widgets.terminal.dialogs.strategy import StrategyDialog
from widgets.terminal.dialogs.transfer import TransferDialog
from widgets.terminal.dialogs.undo import UndoDialog
from widgets.terminal.recorded import recorded_session
from widgets.terminal.screens.explorer import Explorer
from widgets.terminal.screens.studies import Rows

pytestmark = pytest.mark.thorough

SCREENS = {
    "invitation": (False, ""),
    "new": (False, "n"),
    "explorer": (True, ""),
    "explorer-scrubbed": (True, "comma comma left left"),
    "explorer-mask": (True, "6 m"),
    "explorer-mask-lit": (True, "6 m comma l l"),
    "explorer-overlap": (True, "1 o m"),
    "explorer-compare": (True, "1 y"),
    "explorer-search": (True, "1 S m"),
    "explorer-spec": (True, "1 i m"),
    "explorer-journal": (True, "8 m"),
    "help": (True, "2 question_mark"),
    "keys": (True, "f1"),
}
"""Whether a session is replayed, and what is pressed."""
STUDY = {
    "title": "A small one",
    "preset": "fashion",
    "seeds": 2,
    "axis": [{"name": "strategy", "path": "trainer.strategy", "values": ["snes", "pgpe"]}],
}
DIALOGS: dict[str, Callable[[Any], Screen[Any]]] = {
    "pruner": lambda link: PrunerDialog(link, "snr", None),
    "strategy": lambda link: StrategyDialog(link, "snr", None),
    "branch": lambda link: BranchDialog(link, "snr", None),
    "transfer": lambda link: TransferDialog(link, "snr", None),
    "decompose": lambda link: DecomposeDialog(link, "snr", None),
    "undo": lambda link: UndoDialog(link, "snr", None),
    "export": lambda link: ExportDialog(link, "snr", None),
    "rename": lambda link: RenameDialog(link, "random", None),
    "remove": lambda link: RemoveDialog(link, "random", None),
    "breakpoint": lambda link: BreakpointDialog(link, "snr", None),
    "note": lambda link: ask.line("A note for the journal", "snr looks flatter"),
    "leave": lambda link: ask.choice("fashion is running. What should happen to it?", {"on": "Leave", "stop": "Stop"}),
}
USUAL = {
    ("explorer", (80, 24)),
    ("pruner", (80, 24)),
    *((name, (120, 36)) for name in ("home", "new", "explorer", "help")),
}
"""What every run of the tests looks at; the others are slow ones."""


def cases(*names: str) -> pytest.MarkDecorator:
    """These screens in all sizes."""
    each = [(name, size) for name in names for size in SIZES]
    marks = [[] if one in USUAL else [pytest.mark.slow] for one in each]
    found = [
        pytest.param(*one, id=f"{one[0]}-{one[1][0]}x{one[1][1]}", marks=m) for one, m in zip(each, marks, strict=True)
    ]
    return pytest.mark.parametrize(("name", "size"), found)


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A home without sessions, clocks that stand still, in no time zone."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.setenv("TICKET_EXPLORER_HOME", str(tmp_path))
    monkeypatch.setattr("widgets.terminal.screens.home.Home._assess", lambda home: None)  # it takes its time
    monkeypatch.setattr("widgets.shared.preset_list.find_spec", lambda module: module)  # as with all extras
    monkeypatch.setattr("textual.widgets.Input._toggle_cursor", lambda field: None)  # it doesn't blink
    monkeypatch.setattr("widgets.shared.wording.clock", lambda at, since=None: "12:34:56")
    monkeypatch.setattr("widgets.terminal.panels.journal.clock", lambda at, since=None: "12:34:56")


@cases(*SCREENS)
def test_screens(name: str, size: tuple[int, int]) -> None:
    is_replayed, keys = SCREENS[name]

    async def press(pilot: Pilot[None]) -> None:
        for key in keys.split():
            await pilot.press(key)
            await pilot.pause(0.1)

    app = TicketExplorer(recorded_session() if is_replayed else None, replay=is_replayed, speed=1e9)
    assert_golden(picture(app, size, press), name, size)


@cases("tour", "tour-answered")
def test_screens_of_tours(name: str, size: tuple[int, int]) -> None:
    async def answer(pilot: Pilot[None]) -> None:
        if name == "tour-answered":
            link: Any = app.screen.link  # type: ignore[attr-defined]
            await link.ask(commands.Step(generations=10**9))  # clocks stand still: it can't be played
            for key in (*["greater_than_sign"] * 4, "G", "0", "full_stop", "4", "5", "enter"):
                await pilot.press(key)
                await pilot.pause(0.1)
            await pilot.pause(1.0)  # it looks twice a second whether something was done

    app = TicketExplorer(recorded_session(), replay=True, lesson="2")
    assert_golden(picture(app, size, answer), name, size)


@cases(*DIALOGS)
def test_screens_of_dialogs(name: str, size: tuple[int, int], link: Any) -> None:
    app = TicketExplorer(None)

    async def ask_it(pilot: Pilot[None]) -> None:
        app.push_screen(DIALOGS[name](link))
        await pilot.pause(0.1)

    assert_golden(picture(app, size, ask_it), name, size)


@cases("home")
def test_screens_of_sessions(name: str, size: tuple[int, int], tmp_path: Path) -> None:
    shutil.copytree(GOLDEN, tmp_path / "sessions" / "three branches.session")
    shutil.copytree(recorded_session(), tmp_path / "sessions" / "recorded.session")

    async def look(pilot: Pilot[None]) -> None:
        while not pilot.app.screen.query("DataTable").first().display:
            await pilot.pause(0.1)

    assert_golden(picture(TicketExplorer(None), size, look), name, size)


@cases("studies", "study")
def test_screens_of_studies(name: str, size: tuple[int, int], tmp_path: Path) -> None:
    """Of four cells one is finished, one has failed, two have not begun."""
    study = Study.create(STUDY, tmp_path / "studies" / "small.study")
    shutil.copytree(recorded_session(), study.cells[0].path)
    study.record(CellFailed(at=0, run="", cell=study.cells[3].name, why="It needs more memory than there is."))

    async def look(pilot: Pilot[None]) -> None:
        await pilot.press("y")
        while not pilot.app.screen.query(Rows) or not pilot.app.screen.query_one(Rows).row_count:
            await pilot.pause(0.01)
        if name == "study":
            await pilot.press("enter")
            while not pilot.app.screen.query(Chart):
                await pilot.pause(0.01)
            await pilot.pause(1.5)  # a chart is drawn a few times a second

    assert_golden(picture(TicketExplorer(None), size, look), name, size)


@pytest.mark.slow
@pytest.mark.parametrize("look", ["ansi", "plain"])
@pytest.mark.parametrize("name", SCREENS)
def test_screens_in_other_colours(name: str, look: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the sixteen colours of a terminal's own theme, and without colours."""
    is_replayed, keys = SCREENS[name]
    if look == "plain":
        monkeypatch.setenv("NO_COLOR", "1")

    async def press(pilot: Pilot[None]) -> None:
        if look == "ansi":
            pilot.app.theme = "ansi-dark"
        for key in keys.split():
            await pilot.press(key)
            await pilot.pause(0.1)

    app = TicketExplorer(recorded_session() if is_replayed else None, replay=is_replayed, speed=1e9)
    assert_golden(picture(app, (120, 36), press), f"{name}-{look}", (120, 36))


@cases("explorer-hessian", "explorer-hessian-rounds", "explorer-eigenvalues")
def test_screens_of_analyses(name: str, size: tuple[int, int]) -> None:
    """Weights whose σ says something about curvature in one branch, and nothing in the other."""
    link, chance = FakeLink(), np.random.default_rng(7)
    for number in range(6):
        for branch, agreement in (("snr", 0.1 * number), ("magnitude", 0.0)):
            link.view.apply(looked_into(chance, branch, number, agreement))
    app = TicketExplorer()

    async def look(pilot: Pilot[None]) -> None:
        screen = Explorer(link, app.remembered)
        await app.push_screen(screen)
        await pilot.pause(0.2)
        screen.look.turns["curvature"] = {"explorer-hessian": 2, "explorer-hessian-rounds": 3}.get(name, 4)
        screen._select(Selection("snr", 5))
        await screen.action_panel("curvature")
        await pilot.press("m")
        await pilot.pause(1.0)

    assert_golden(picture(app, size, look), name, size)


def looked_into(chance: np.random.Generator, branch: str, number: int, agreement: float) -> events.Analysed:
    """A Hessian's diagonal of 300 weights, some below 0, in one replicate."""
    diagonal = 10 ** chance.normal(-1, 0.8, 300)
    sigma = diagonal ** (-agreement / 2) * 10 ** chance.normal(-1.5, 0.2, 300)
    signs = np.where(chance.random(300) < 0.1, -1.0, 1.0)
    arrays = {
        "entries": np.arange(300)[None],
        "theta": chance.normal(0, 0.1, (1, 300)),
        "sigma": sigma[None],
        "diagonal": (signs * diagonal)[None],
        "spearman": [[agreement, 0.0]],
        "reliability": [[0.9, 0.9]],
        "trace": [[float((signs * diagonal).sum())] * 2],
        "eigenvalues": [np.sort(10 ** chance.normal(0.8 + 0.1 * number, 0.1, 4))[::-1]],
    }
    return analysed("hessian", branch, number, 200, **arrays)
