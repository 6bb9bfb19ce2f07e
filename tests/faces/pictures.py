"""Pictures of screens, and the golden ones they are compared with."""

import asyncio
import os
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

from textual.pilot import Pilot

from widgets.terminal.app import TicketExplorer

GOLDEN = Path(__file__).parent / "golden_screens"
THUMB, BEHIND = "#224860", "#10141a"
"""Of a scrollbar, in the dark theme."""
SIZES = ((80, 24), (120, 36), (200, 60))


def picture(app: TicketExplorer, size: tuple[int, int], scenario: Callable[[Pilot[None]], Awaitable[None]]) -> str:
    """The screen as SVG after a scenario."""

    async def run() -> str:
        async with app.run_test(size=size) as pilot:
            await settled(app, pilot)
            await scenario(pilot)
            return await settled(app, pilot)

    return asyncio.run(run())


async def settled(app: TicketExplorer, pilot: Pilot[None]) -> str:
    """The picture when a replay is over and nothing moves any more, on a machine as busy as it may be."""
    seen: list[str] = []
    alike = 4
    while len(seen) < alike or len(set(seen[-alike:])) > 1:
        await pilot.pause(0.1)
        link = next((link for screen in app.screen_stack if (link := getattr(screen, "link", None))), None)
        alike = 4 if link is None else 12  # charts are drawn a few times a second, and later on a busy machine
        if link is None or not link.is_running:
            seen.append(_plain(app.export_screenshot()))
    return seen[-1]


def assert_golden(svg: str, name: str, size: tuple[int, int]) -> None:
    """It is the golden picture; TICKET_EXPLORER_REGOLD=1 makes it so."""
    golden = GOLDEN / f"{name}-{size[0]}x{size[1]}.svg"
    if os.environ.get("TICKET_EXPLORER_REGOLD"):
        golden.write_text(svg, encoding="utf-8")
    assert _shown(svg) == _shown(golden.read_text(encoding="utf-8")), (
        f"look at it: TICKET_EXPLORER_REGOLD=1, then {golden.name}"
    )


def _plain(svg: str) -> str:
    """A picture without what differs between two equal ones."""
    return re.sub(r"@font-face\s*{[^}]*}\s*", "", re.sub(r"terminal-\d+", "terminal", svg))


def _shown(svg: str) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """Texts with their styles and places, and what is behind them.

    Whether Textual has coloured the thumb of a scrollbar yet is a matter of its timing, and counts for nothing.
    """
    styles = dict(re.findall(r"\.[\w-]*-(r\d+) \{ ([^}]*) \}", svg))
    texts = re.findall(r'<text class="[\w-]*-(r\d+)" x="([^"]*)" y="([^"]*)"[^>]*>([^<]*)</text>', svg)
    behind = re.findall(r'<rect fill="([^"]*)" x="([^"]*)" y="([^"]*)" width="([^"]*)"', svg)
    told = [(styles.get(style, style), *rest) for style, *rest in texts]
    return told, [(colour, *place) for colour, *place in behind if colour not in (THUMB, BEHIND)]
