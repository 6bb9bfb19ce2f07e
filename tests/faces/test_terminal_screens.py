"""Every screen as a picture, in three sizes: what a person sees is kept in tests/faces/golden_screens.

After a wanted change look at the new pictures: `TICKET_EXPLORER_REGOLD=1 uv run pytest -k screens -m ""`.
"""

import asyncio
import os
import re
from pathlib import Path

import pytest
from textual.pilot import Pilot

from widgets.terminal.app import TicketExplorer
from widgets.terminal.recorded import recorded_session

GOLDEN = Path(__file__).parent / "golden_screens"
SIZES = ((80, 24), (120, 36), (200, 60))
SCREENS = {
    "invitation": (False, ""),
    "new": (False, "n"),
    "explorer": (True, ""),
    "explorer-scrubbed": (True, "comma comma left left"),
    "explorer-mask": (True, "6 m"),
    "explorer-journal": (True, "8 m"),
    "help": (True, "2 question_mark"),
    "keys": (True, "f1"),
}
"""Whether a session is replayed, and what is pressed."""


def picture(size: tuple[int, int], replayed: bool, keys: str) -> str:
    """The screen as SVG."""

    async def run() -> str:
        session = recorded_session() if replayed else None
        app = TicketExplorer(session, replay=replayed, speed=1e9)
        async with app.run_test(size=size) as pilot:
            await settled(app, pilot)
            for key in keys.split():
                await pilot.press(key)
                await pilot.pause(0.1)
            return await settled(app, pilot)

    return asyncio.run(run())


async def settled(app: TicketExplorer, pilot: Pilot[None]) -> str:
    """The picture when a replay is over and nothing moves any more, on a machine as busy as it may be."""
    seen: list[str] = []
    while len(seen) < 4 or len(set(seen[-4:])) > 1:
        await pilot.pause(0.1)
        link = next((link for screen in app.screen_stack if (link := getattr(screen, "link", None))), None)
        if link is None or link.progress == 1.0:
            seen.append(plain(app.export_screenshot()))
    return seen[-1]


def plain(svg: str) -> str:
    """A picture without what differs between two equal ones."""
    return re.sub(r"@font-face\s*{[^}]*}\s*", "", re.sub(r"terminal-\d+", "terminal", svg))


USUAL = {("explorer", (80, 24))} | {
    (name, (120, 36)) for name in ("invitation", "new", "explorer", "explorer-mask", "help")
}
"""What every run of the tests looks at; the others are slow ones."""
CASES = [
    pytest.param(name, size, id=f"{name}-{size[0]}x{size[1]}", marks=[] if (name, size) in USUAL else pytest.mark.slow)
    for name in SCREENS
    for size in SIZES
]


@pytest.mark.parametrize(("name", "size"), CASES)
def test_screens(name: str, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TICKET_EXPLORER_HOME", str(tmp_path))
    monkeypatch.setattr("widgets.words.clock", lambda at: "12:34:56")
    monkeypatch.setattr("widgets.terminal.panels.journal.clock", lambda at: "12:34:56")
    svg = picture(size, *SCREENS[name])
    golden = GOLDEN / f"{name}-{size[0]}x{size[1]}.svg"
    if os.environ.get("TICKET_EXPLORER_REGOLD"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(svg, encoding="utf-8")
    assert svg == golden.read_text(encoding="utf-8"), f"look at it: TICKET_EXPLORER_REGOLD=1, then {golden.name}"
