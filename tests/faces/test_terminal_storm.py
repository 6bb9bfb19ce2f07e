"""The app never dies: screens and dialogs are left while events pour in, and no traceback reaches the screen."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Label

from sessions.messages import commands, events
from tests.faces.dialog_stage import PREVIEW
from tests.faces.test_terminal_explorer import FakeLink
from widgets.shared.session_link import Listener
from widgets.terminal.app import ERRORS, TicketExplorer
from widgets.terminal.dialogs.ask import ChoiceDialog
from widgets.terminal.screens.explorer import Explorer
from widgets.terminal.screens.home import Home
from widgets.terminal.status import Headline

pytestmark = pytest.mark.thorough

OPENED = ("p", "e", "b", "t", "u", "D", "n", "R", "question_mark", "slash", "x", "m", "v", "w", "0", "5", "ctrl+p")
"""Keys that open a dialog, another layout or another panel; each is left again."""


class StormLink(FakeLink):
    """Tells events of all kinds without a pause, also while it is being closed."""

    async def follow(self, told: Listener, moved: object = None) -> None:
        storm = [event for event in self.view.history if not isinstance(event, events.BranchAdded)]
        for at in range(100_000):
            told(storm[at % len(storm)])
            await asyncio.sleep(0)

    async def ask(self, command: Any) -> dict[str, Any]:
        await asyncio.sleep(0.001)
        return await super().ask(command) or (PREVIEW if isinstance(command, commands.PreviewPruning) else {})

    async def close(self) -> None:
        await asyncio.sleep(0.001)


def shown(app: TicketExplorer, scenario: Callable[[Pilot[None]], Awaitable[None]]) -> None:
    async def run() -> None:
        async with app.run_test(size=(120, 36)) as pilot:
            await scenario(pilot)

    asyncio.run(run())


@pytest.mark.parametrize("rounds", [pytest.param(0.5, id="short"), pytest.param(40, marks=pytest.mark.slow, id="long")])
def test_leaving_everything_in_a_storm(rounds: float) -> None:
    app, chance = TicketExplorer(), random.Random(7)

    async def scenario(pilot: Pilot[None]) -> None:
        for key in chance.choices(OPENED, k=int(rounds * len(OPENED))):
            await app.push_screen(Explorer(StormLink(), app.remembered))
            for _ in range(chance.randrange(4)):
                await asyncio.sleep(0)
            app.simulate_key(key)
            for _ in range(chance.randrange(4)):
                await asyncio.sleep(0)
            app.go_home()
            await asyncio.sleep(0)
        for _ in range(50):
            await pilot.pause()
            app.go_home()  # whatever the last keys open, however late
        await pilot.pause()
        assert isinstance(app.screen, Home)

    shown(app, scenario)


def test_leaving_the_app_in_a_storm() -> None:
    app = TicketExplorer()

    async def scenario(pilot: Pilot[None]) -> None:
        await app.push_screen(Explorer(StormLink(), app.remembered))
        await pilot.pause()
        app.exit()

    shown(app, scenario)


async def until(condition: Callable[[], bool]) -> None:
    """Let the app work until something holds; a screen whose code failed answers no pilot."""
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise ZeroDivisionError("by a test")

    monkeypatch.setattr(Headline, "show", fail)


def test_an_unexpected_error_becomes_a_dialog(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    app = TicketExplorer()
    app.shows_errors = True

    async def scenario(pilot: Pilot[None]) -> None:
        with monkeypatch.context() as patch:
            broken(patch)
            app.push_screen(Explorer(FakeLink(), app.remembered))
            await until(lambda: isinstance(app.screen, ChoiceDialog) and bool(app.screen.query(Label)))
        said = str(app.screen.query_one(Label).render())
        assert "ZeroDivisionError: by a test" in said
        assert "not affected" in said
        answered = set()

        def is_home() -> bool:
            """Answer each dialog once: a second error may have come meanwhile."""
            if isinstance(app.screen, ChoiceDialog) and app.screen not in answered:
                answered.add(app.screen)
                app.screen.dismiss("home")
            return isinstance(app.screen, Home)

        for _ in range(30):  # until no more of them come
            await until(is_home)
            await pilot.pause(0.02)
        await app.push_screen(Explorer(FakeLink(), app.remembered))
        await pilot.pause()
        assert isinstance(app.screen, Explorer)

    shown(app, scenario)
    (log,) = (path for path in home.rglob("app-errors.log"))
    assert "Traceback" in log.read_text()


def test_errors_that_keep_coming_end_the_app_with_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    app = TicketExplorer()
    app.shows_errors = True

    async def scenario(pilot: Pilot[None]) -> None:
        for _ in range(ERRORS + 1):
            app.call_later(app._handle_exception, ZeroDivisionError("again"))
        await pilot.pause()

    shown(app, scenario)
    assert app.return_code == 1
    assert not app.is_running
