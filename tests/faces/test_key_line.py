"""The footer: whatever the width, it says how to get help and how to leave; a replay offers nothing to decide."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets._footer import FooterKey

from widgets.terminal.app import TicketExplorer
from widgets.terminal.key_line import KeyLine
from widgets.terminal.recorded import recorded_session
from widgets.terminal.status import Headline

WIDTHS = (60, 80, 120, 200)


def shown(app: App[None]) -> list[str]:
    """The keys that are wholly in sight."""
    line = app.screen.query_one(KeyLine)
    keys = [key for key in line.query(FooterKey) if key.region.right <= app.size.width]
    return [f"{key.key_display} {key.description}" for key in keys]


def footers(*keys: str, wanted: Callable[[list[str]], bool], session: Path | None = None) -> dict[int, list[str]]:
    """For each width, what is in sight once what is wanted is, or when nothing more comes."""

    async def story() -> dict[int, list[str]]:
        app = TicketExplorer(session, replay=session is not None, speed=1e9)
        async with app.run_test(size=(WIDTHS[0], 24)) as pilot:
            await settled(pilot, *keys)
            return {width: await at_width(pilot, width, wanted) for width in WIDTHS}

    return asyncio.run(story())


async def at_width(pilot: Pilot[None], width: int, wanted: Callable[[list[str]], bool]) -> list[str]:
    await pilot.resize_terminal(width, 24)
    limit = time.monotonic() + 10
    while not (found := shown(pilot.app)) or (not wanted(found) and time.monotonic() < limit):
        await pilot.pause(0.05)
    return found


async def settled(pilot: Pilot[None], *keys: str) -> None:
    await pilot.pause(0.3)
    for key in keys:
        await pilot.press(key)
        await pilot.pause(0.3)


@pytest.mark.parametrize("keys", [(), ("n",), ("n", "tab")])
def test_help_and_quit_are_in_sight_at_every_width(keys: tuple[str, ...]) -> None:
    def is_in_sight(found: list[str]) -> bool:
        if keys == ("n", "tab"):  # a field takes both single letters as text
            return {"f1 Help", "ctrl+q Quit"} <= set(found)
        return all(any(key.endswith(word) for key in found) for word in (" Help", " Quit"))

    for width, found in footers(*keys, wanted=is_in_sight).items():
        assert is_in_sight(found), (width, found)


def test_a_replay_offers_what_it_can_do_at_every_width() -> None:
    offered = {"space Play", "s Step", "? Help"}
    for width, found in footers(wanted=lambda found: offered <= set(found), session=recorded_session()).items():
        assert offered <= set(found), (width, found)
        assert not any(key.split()[1] in ("Run", "Pruner", "Strategy", "Branch", "Undo") for key in found)


def test_a_replay_that_is_over_is_no_alarm() -> None:
    async def story() -> None:
        app = TicketExplorer(recorded_session(), replay=True, speed=1e9)
        async with app.run_test(size=(80, 24)) as pilot:
            while "replayed" not in str((line := app.screen.query_one(Headline)).render()):
                await pilot.pause(0.05)
            assert "bold cyan" in [str(span.style) for span in line.content.spans]  # type: ignore[union-attr]
            await pilot.press("p")  # nothing to decide: not even a refusal
            assert list(app._notifications) == []

    asyncio.run(story())
