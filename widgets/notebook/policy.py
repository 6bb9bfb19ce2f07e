"""A policy at play in a chart: its episodes are asked for, and moved on in, while somebody looks."""

import asyncio
import time

import msgspec

from sessions import commands
from ticket_explorer.errors import TicketError
from widgets.notebook.chart import Chart
from widgets.plots.policy_player import STEPS_A_SECOND


async def play(chart: Chart) -> None:
    """Keep a chart of a policy going until it is closed."""
    link, player = chart.attachment.link, chart.attachment.look.player
    while chart.comm is not None:
        await asyncio.sleep(1 / STEPS_A_SECOND)
        if not (chart.visible and chart.attachment.is_attached):
            continue
        if question := player.next_question(time.monotonic(), link.is_running):
            await _ask(chart, *question)
        if player.episode is not None and player.has_moved(time.monotonic()):
            chart.renew()
            chart.attachment.want_drawing()


async def _ask(chart: Chart, branch: str, number: int | None) -> None:
    player = chart.attachment.look.player
    try:
        reply = await chart.attachment.link.ask(commands.Rollout(branch=branch, round=number))
    except TicketError as error:
        player.take(None, str(error), time.monotonic())
    else:
        player.take(msgspec.convert(reply, commands.Episode), "", time.monotonic())
    chart.renew()
    chart.attachment.want_drawing()
