"""Where one begins, in the app and in a notebook, if the sessions can't be listed."""

import asyncio
from pathlib import Path

import pytest
from textual.widgets import Static

from widgets.notebook.home import Home
from widgets.terminal.app import TicketExplorer

TROUBLE = "sessions: not a directory. Check that it exists"


@pytest.fixture(autouse=True)
def _not_listable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICKET_EXPLORER_HOME", str(tmp_path))
    (tmp_path / "sessions").write_text("")


def test_the_app_says_why() -> None:
    async def story() -> None:
        app = TicketExplorer()
        async with app.run_test() as pilot:
            await app.workers.wait_for_complete()
            await pilot.pause()
            assert TROUBLE in str(app.screen.query_one("#invitation", Static).render())

    asyncio.run(story())


def test_a_notebook_says_why() -> None:
    assert TROUBLE in Home()._said.value
