"""The explorer: which key asks for what, and where one looks. The engine is told apart, in a real terminal."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Collection
from typing import Any

import pytest
from textual.pilot import Pilot

from sessions.messages import commands, events
from sessions.store import SessionDirectory
from sessions.views.reading import read_header, read_view
from ticket_explorer.errors import TicketError
from widgets.plots.kinds import PANELS
from widgets.shared.session_link import Condition, Listener
from widgets.terminal.action import key_name
from widgets.terminal.actions import ACTIONS, SCOPES, keys_page, of_scope
from widgets.terminal.app import TicketExplorer
from widgets.terminal.banner import Banner
from widgets.terminal.charts.chart import Chart
from widgets.terminal.panels.journal import JournalPanel
from widgets.terminal.panels.journal_search import JournalSearch
from widgets.terminal.panels.panel import Panel
from widgets.terminal.recorded import recorded_session
from widgets.terminal.screens.explorer import Explorer
from widgets.terminal.screens.help import PanelHelp
from widgets.terminal.screens.home import Home
from widgets.terminal.screens.new_session import NewSession
from widgets.terminal.screens.studies import Studies, StudyScreen
from widgets.terminal.screens.too_small import TooSmall
from widgets.terminal.settings import keys_path
from widgets.terminal.status import Headline

PATH = recorded_session()
Scenario = Callable[[Explorer, Pilot[None], "FakeLink"], Awaitable[None]]


class FakeLink:
    """The recorded session, and an engine that takes note of what it is asked."""

    def __init__(self) -> None:
        self.path = PATH
        self.header = read_header(SessionDirectory.open_for_reading(PATH))
        self.view = read_view(PATH)
        self.view.state = "paused"
        self.condition = Condition.ATTACHED
        self.reason = self.silence = ""
        self.is_pausing = False
        self.is_running = False
        self.asked: list[commands.Command | float] = []
        self.refusal: str | None = None
        self.told: Listener = lambda event: None
        self.gone = asyncio.Event()

    async def follow(self, told: Listener, moved: object = None) -> None:
        self.told = told
        await self.gone.wait()

    async def ask(self, command: commands.Command) -> dict[str, Any]:
        self.asked.append(command)
        if isinstance(command, commands.Examples):
            raise TicketError("This engine has no images.")
        if self.refusal is not None:
            raise TicketError(self.refusal)
        return {}

    async def change_pace(self, factor: float) -> None:
        self.asked.append(factor)

    async def close(self) -> None:
        pass


def explore(scenario: Scenario, size: tuple[int, int] = (120, 36)) -> None:
    async def run() -> None:
        app, link = TicketExplorer(), FakeLink()
        async with app.run_test(size=size) as pilot:
            screen = Explorer(link, app.remembered)
            await app.push_screen(screen)
            await pilot.pause()
            await scenario(screen, pilot, link)

    asyncio.run(run())


ASKED: list[tuple[str, list[commands.Command | float]]] = [
    ("space", [commands.Resume()]),
    ("s d f", [commands.Step(generations=n) for n in (1, 10, 100)]),
    ("r", [commands.RunRounds(rounds=1)]),
    ("R 7 enter", [commands.RunRounds(rounds=7)]),
    ("R escape", []),
    ("k", [commands.EndRound()]),
    ("minus plus equals_sign", [0.5, 2.0, 2.0]),
    ("n h i enter", [commands.Note(text="hi")]),
    ("n enter", []),
    ("c", [commands.Analyse(kind="curvature", branch="snr")]),
    ("a", [commands.SetAside(branch="snr", aside=True)]),
    ("right_square_bracket a", [commands.SetAside(branch="magnitude", aside=True)]),
]
"""What is pressed, and what the engine is asked for."""


def test_keys_ask() -> None:
    async def scenario(screen: Explorer, pilot: Pilot[None], link: FakeLink) -> None:
        for keys, asked in ASKED:
            link.asked.clear()
            screen.action_scrub("branch", 0)
            screen._select(type(screen.look.selection)("snr"))
            await pilot.press(*keys.split())
            await pilot.pause()
            assert link.asked == asked, keys

    explore(scenario)


@pytest.mark.parametrize(
    ("turns", "kind"),
    [*enumerate(("curvature", "curvature", "hessian")), (5, "surface"), (6, "connectivity"), (10, "decomposition")],
)
def test_the_landscape_that_is_shown_is_computed_of_the_round_that_is_looked_at(turns: int, kind: str) -> None:
    async def scenario(screen: Explorer, pilot: Pilot[None], link: FakeLink) -> None:
        screen.look.turns["curvature"] = turns
        screen._select(type(screen.look.selection)("snr", 1))
        await pilot.press("c")
        await pilot.pause()
        assert link.asked == [commands.Analyse(kind=kind, branch="snr", round=1)]

    explore(scenario)


def test_what_is_under_way_is_cancelled() -> None:
    async def scenario(screen: Explorer, pilot: Pilot[None], link: FakeLink) -> None:
        for number in (3, 4):
            progress = events.Analysing(id=number, kind="surface", branch="snr", round=1, done=1, total=4)
            link.view.apply_live(progress)
        await pilot.press("C")
        await pilot.pause()
        assert link.asked == [commands.CancelAnalysis(id=3), commands.CancelAnalysis(id=4)]

    explore(scenario)


def test_space_pauses_what_runs() -> None:
    async def scenario(screen: Explorer, pilot: Pilot[None], link: FakeLink) -> None:
        link.is_running = True
        await pilot.press("space")
        await pilot.pause()
        assert link.asked == [commands.Pause()]

    explore(scenario)


def test_the_engines_sentence_is_shown() -> None:
    async def scenario(screen: Explorer, pilot: Pilot[None], link: FakeLink) -> None:
        link.refusal = "No round is running, so nothing can be ended early; [run] or step first."
        await pilot.press("k")
        await pilot.pause()
        assert [notification.message for notification in pilot.app._notifications] == [link.refusal]

    explore(scenario)


def test_an_engine_that_ends_is_said_and_can_be_resumed() -> None:
    async def scenario(screen: Explorer, pilot: Pilot[None], link: FakeLink) -> None:
        link.condition, link.reason = Condition.GONE, "The engine was killed."
        link.gone.set()
        await pilot.pause()
        assert screen.query_one(Banner).display
        assert "The engine was killed." in str(screen.query_one(Banner).render())
        link.gone = asyncio.Event()
        link.condition = Condition.ATTACHED
        screen.link.condition = Condition.GONE
        await pilot.press("space")
        link.condition = Condition.ATTACHED
        await pilot.pause()
        assert link.asked == []  # nothing is sent to an engine that is not there

    explore(scenario)


def headline(screen: Explorer) -> str:
    return str(screen.query_one(Headline).render())


def cursors(screen: Explorer) -> dict[str, float | None]:
    return {p.kind.name: p.content.cursor for p in screen.query(Panel) if isinstance(p.content, Chart)}


def test_scrubbing_goes_through_generations_and_rounds() -> None:
    async def scenario(screen: Explorer, pilot: Pilot[None], link: FakeLink) -> None:
        last = max(round_.number for round_ in link.view.lineage("snr"))
        screen._select(type(screen.look.selection)("snr"))
        await pilot.press("left")
        await pilot.pause(0.1)
        generation = screen.look.selection.generation
        assert generation is not None
        assert generation < link.view.branches["snr"].rounds[last].done
        assert cursors(screen)["fitness"] == generation
        assert f"looking at snr, round {last}" in headline(screen)
        await pilot.press("comma", "comma")
        await pilot.pause(0.1)
        assert screen.look.selection.round == last - 2
        found = cursors(screen)
        assert found["sparsity"] == last - 2
        assert found["ticket_curve"] == link.view.branches["snr"].rounds[last - 2].density
        await pilot.press("end")
        await pilot.pause(0.1)
        assert "looking at" not in headline(screen)
        assert set(cursors(screen).values()) == {None}

    explore(scenario)


def test_cursors_of_the_same_axis_go_together() -> None:
    async def scenario(screen: Explorer, pilot: Pilot[None], link: FakeLink) -> None:
        await pilot.press("9")  # the correlation takes the first panel's place: its axis is that of the layers
        await pilot.pause()
        panels = {panel.kind.name: panel for panel in screen.query(Panel)}
        assert set(panels) == {"correlation", "ticket_curve", "sparsity", "snr_magnitude"}
        content = panels["sparsity"].content
        await pilot.hover(content, offset=(content.size.width // 2, content.size.height // 2))
        await pilot.pause()
        found = cursors(screen)
        assert found["correlation"] == found["sparsity"] is not None
        assert found["ticket_curve"] is None

    explore(scenario)


@pytest.mark.parametrize(("size", "count"), [((80, 24), 1), ((120, 36), 4), ((200, 60), 6)])
def test_the_layout_fits_the_terminal(size: tuple[int, int], count: int) -> None:
    async def scenario(screen: Explorer, pilot: Pilot[None], link: FakeLink) -> None:
        assert len(screen.query(Panel)) == count
        assert not any(panel.content.size.width < 20 for panel in screen.query(Panel))
        await pilot.press("m")
        await pilot.pause()
        assert screen.maximized is screen.focused_panel
        await pilot.press("escape")
        await pilot.pause()
        assert screen.maximized is None

    explore(scenario, size)


def test_every_kind_of_panel_comes_by_its_key() -> None:
    async def scenario(screen: Explorer, pilot: Pilot[None], link: FakeLink) -> None:
        shown = []
        for number in range(1, 10):
            await pilot.press(str(number))
            await pilot.pause(0.1)
            assert screen.focused_panel is not None
            shown.append(screen.focused_panel.kind.name)
            content = screen.focused_panel.content
            assert isinstance(content, JournalPanel) or content.figure.note or not content.figure.is_empty
        assert shown == [
            *("fitness", "ticket_curve", "sparsity", "snr_magnitude", "curvature"),
            *("mask", "distribution", "journal", "correlation"),
        ]

    explore(scenario, (80, 24))


def test_where_nothing_acts_no_policy_is_offered(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("TICKET_EXPLORER_HOME", str(tmp_path))

    async def scenario(screen: Explorer, pilot: Pilot[None], link: FakeLink) -> None:
        await pilot.press("0")
        await pilot.pause()
        assert "don't act" in next(iter(pilot.app._notifications)).message
        seen = set()
        for _ in PANELS:
            assert screen.focused_panel is not None
            seen.add(screen.focused_panel.kind.name)
            await pilot.press("w")
            await pilot.pause()
        assert "policy" not in seen
        assert seen == {name for name, kind in PANELS.items() if not kind.plays}

    explore(scenario, (80, 24))


def journal_entries(screen: Explorer) -> list[str]:
    """What the journal shows, however it is wrapped: each entry begins with its time."""
    shown = " ".join(line.text.strip() for line in screen.query_one(JournalPanel).lines)
    return [entry.strip() for entry in re.split(r"\b\d\d:\d\d:\d\d ", shown)[1:]]


def test_the_journal_is_searched() -> None:
    async def scenario(screen: Explorer, pilot: Pilot[None], link: FakeLink) -> None:
        await pilot.press("slash", *"pruned by random")
        await pilot.pause()
        entries = journal_entries(screen)
        assert entries
        assert all("pruned by random" in entry for entry in entries)
        await pilot.press("escape")
        await pilot.pause()
        assert len(journal_entries(screen)) > len(entries)
        assert not screen.query_one(JournalSearch).is_open

    explore(scenario)


def test_new_events_are_drawn() -> None:
    async def scenario(screen: Explorer, pilot: Pilot[None], link: FakeLink) -> None:
        await pilot.press("8")
        event = events.Remarked(at=0.0, text="a remark from elsewhere", author="notebook")
        link.view.apply(event)
        link.told(event)
        await pilot.pause(1.0)
        assert journal_entries(screen)[-1].endswith("notebook: a remark from elsewhere")

    explore(scenario)


def test_help_is_about_what_is_focused() -> None:
    async def scenario(screen: Explorer, pilot: Pilot[None], link: FakeLink) -> None:
        await pilot.press("2", "question_mark")
        await pilot.pause()
        shown = pilot.app.screen
        assert isinstance(shown, PanelHelp)
        text = "\n".join(str(widget.render()) for widget in shown.query("Label, Static"))
        assert "winning ticket" in text
        await pilot.press("escape")
        await pilot.pause()
        assert pilot.app.screen is screen

    explore(scenario)


def test_a_small_terminal_is_told_so_and_recovers() -> None:
    async def scenario(screen: Explorer, pilot: Pilot[None], link: FakeLink) -> None:
        await pilot.resize_terminal(50, 12)
        await pilot.pause()
        assert isinstance(pilot.app.screen, TooSmall)
        await pilot.resize_terminal(100, 30)
        await pilot.pause()
        assert pilot.app.screen is screen

    explore(scenario)


def test_every_action_can_be_done() -> None:
    screens: Collection[type[Any]] = (Home, NewSession, Explorer, Studies, StudyScreen)
    places = {SCOPES[screen.__name__]: screen for screen in screens} | {"everywhere": TicketExplorer}
    for action in ACTIONS:
        method = (action.call or action.name).partition("(")[0]
        assert hasattr(places[action.scope], f"action_{method}"), action.name


def test_no_key_means_two_things() -> None:
    assert len({action.name for action in ACTIONS}) == len(ACTIONS)
    for scope in SCOPES.values():
        keys = [key for action in (*of_scope(scope), *of_scope("everywhere")) for key in action.keys]
        assert len(set(keys)) == len(keys), scope


def test_the_keys_page_is_what_the_keys_are(root: Any) -> None:
    assert (root / "docs" / "keys.md").read_text(encoding="utf-8") == keys_page()
    assert key_name("shift+left") == "shift+←"


def test_two_actions_change_their_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("TICKET_EXPLORER_HOME", str(tmp_path))
    keys_path().write_text('step_1 = "p"\npruner = "s"\n')

    async def scenario(screen: Explorer, pilot: Pilot[None], link: FakeLink) -> None:
        await pilot.press("p")
        await pilot.pause()
        assert link.asked == [commands.Step(generations=1)]

    explore(scenario)


def test_a_persons_own_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("TICKET_EXPLORER_HOME", str(tmp_path))
    keys_path().write_text('step_1 = "z"\n')

    async def scenario(screen: Explorer, pilot: Pilot[None], link: FakeLink) -> None:
        await pilot.press("z", "s")
        await pilot.pause()
        assert link.asked == [commands.Step(generations=1)]

    explore(scenario)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("stop = 'x'", "'stop', which is not an action"),
        ("step_1 = 3", "expected text such as"),
        ("= =", "can't be used"),
        ("step_1 = 'p'", "gives 'p' to 'step_1', but it is the key of 'pruner'"),
        ("filter = 'n'", "gives 'n' to 'filter', but it is the key of 'new'"),
        ("open = 'q'", "gives 'q' to 'open', but it is the key of 'leave'"),
    ],
)
def test_wrong_keys_are_said(text: str, sentence: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("TICKET_EXPLORER_HOME", str(tmp_path))
    keys_path().write_text(text)

    async def scenario(screen: Explorer, pilot: Pilot[None], link: FakeLink) -> None:
        assert sentence in next(iter(pilot.app._notifications)).message

    explore(scenario)
