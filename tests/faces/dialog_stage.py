"""A stage for dialogs: a session read from disk, what a person does, and what a dialog returns."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static

import widgets.terminal.app
from sessions.messages import commands
from sessions.store import SessionDirectory
from sessions.views.reading import read_header, read_view
from ticket_explorer.errors import TicketError
from ticket_explorer.pruners import PRUNERS
from widgets.terminal.dialogs.fields import Row

GOLDEN = Path(__file__).parents[1] / "engine" / "golden" / "schema_1"
NAMES = list(PRUNERS)
PREVIEW = {
    "kept": 25,
    "removed": 7,
    "pruners": NAMES[:5],
    "overlap": [[1.0 if one == other else 0.4 for other in range(5)] for one in range(5)],
    "layers": {name: {"dense_0/kernel": 5, "dense_1/kernel": 2} for name in NAMES[:5]},
}
SIZES = [(80, 24), pytest.param((120, 36), marks=pytest.mark.slow)]
NOTHING = "still open"

Scenario = Callable[[ModalScreen[Any], Pilot[None]], Awaitable[None]]


class FakeLink:
    """A session that was read from disk, and an engine that answers what it is told to."""

    def __init__(self, answer: dict[str, Any] | TicketError = PREVIEW, path: Path = GOLDEN) -> None:
        self.path = path
        self.header = read_header(SessionDirectory.open_for_reading(path))
        self.view = read_view(path)
        self.asked: list[commands.Command] = []
        self.answer = answer

    async def ask(self, command: commands.Command) -> dict[str, Any]:
        self.asked.append(command)
        if isinstance(self.answer, TicketError):
            raise self.answer
        return self.answer


class Host(App[None]):
    CSS_PATH = Path(widgets.terminal.app.__file__).with_name("app.tcss")


def returned(dialog: ModalScreen[Any], scenario: Scenario, size: tuple[int, int] = (80, 24)) -> Any:
    """What a dialog returns after a scenario; NOTHING if it is still open."""
    results: list[Any] = []

    async def main() -> None:
        app = Host()
        async with app.run_test(size=size) as pilot:
            await app.push_screen(dialog, results.append)
            await pilot.pause()
            await scenario(dialog, pilot)
            await app.workers.wait_for_complete()
            await pilot.pause()

    asyncio.run(main())
    return results[0] if results else NOTHING


def keys(*presses: str) -> Scenario:
    async def scenario(dialog: ModalScreen[Any], pilot: Pilot[None]) -> None:
        await pilot.press(*presses)
        await pilot.pause()

    return scenario


def fill(**texts: str) -> Scenario:
    """Type into fields, then enter."""

    async def scenario(dialog: ModalScreen[Any], pilot: Pilot[None]) -> None:
        for field, text in texts.items():
            row(dialog, field).query_one(Input).value = text
        await pilot.pause()
        await pilot.press("enter")
        await pilot.pause()

    return scenario


def then(*scenarios: Scenario) -> Scenario:
    async def scenario(dialog: ModalScreen[Any], pilot: Pilot[None]) -> None:
        for one in scenarios:
            await one(dialog, pilot)

    return scenario


def says(*parts: str) -> Scenario:
    """All of these texts are shown."""

    async def scenario(dialog: ModalScreen[Any], pilot: Pilot[None]) -> None:
        seen = shown(dialog)
        for part in parts:
            assert part in seen, seen

    return scenario


def shown(dialog: ModalScreen[Any]) -> str:
    texts = [str(widget.render()) for widget in dialog.query(Static) if widget.display]
    return "\n".join(texts + [str(o.prompt) for options in dialog.query(OptionList) for o in options.options])


def row(dialog: ModalScreen[Any], field: str) -> Row:
    found = [row for row in dialog.query(Row) if row.field.rpartition(".")[2] == field and row.display]
    assert len(found) == 1, field
    return found[0]
