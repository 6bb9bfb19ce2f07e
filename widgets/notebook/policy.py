"""A policy at work in a cell: episodes are asked for while somebody sees them, and moved on step by step."""

import asyncio
import time
from typing import TYPE_CHECKING

import msgspec

from sessions import commands
from ticket_explorer.errors import TicketError
from widgets.notebook.attachment import Attachment
from widgets.plots.policy_player import STEPS_A_SECOND, PolicyPlayer

if TYPE_CHECKING:
    from widgets.notebook.chart import Chart


async def play(chart: "Chart") -> None:
    """Play one episode after another, until the chart is closed."""
    while chart.is_open:
        if chart.visible:
            await _moved_on(chart)
        await asyncio.sleep(1 / STEPS_A_SECOND)


async def _moved_on(chart: "Chart") -> None:
    attachment, player = chart.attachment, chart.player
    running = attachment.is_attached and attachment.view.state == "running"
    if attachment.is_attached and (question := player.next_question(time.monotonic(), running)):
        await _ask(attachment, player, *question)
    elif not player.has_moved(time.monotonic()):
        return
    chart.renew()
    attachment.want_drawing()


async def _ask(attachment: Attachment, player: PolicyPlayer, branch: str, number: int | None) -> None:
    try:
        reply = await attachment.link.ask(commands.Rollout(branch=branch, round=number))
    except TicketError as error:
        player.take(None, str(error), time.monotonic())
    else:
        player.take(msgspec.convert(reply, commands.Episode), "", time.monotonic())
