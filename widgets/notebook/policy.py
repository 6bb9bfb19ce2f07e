"""A policy at work in a cell: episodes are requested while the chart is visible, and played step by step."""

import asyncio
import time
from typing import Any, Protocol

from widgets.notebook.attachment import Attachment
from widgets.plots.policy.ask_episode import ask_for_episode
from widgets.plots.policy.player import STEPS_A_SECOND, PolicyPlayer
from widgets.shared.session_link import Condition

NOT_PLAYED = "No engine runs, so no policy plays: press Run, or await session.ready_async()."


class Stage(Protocol):
    """The chart that a policy plays in."""

    attachment: Attachment
    player: PolicyPlayer
    is_open: bool
    """Whether it has not been closed yet."""

    @property
    def visible(self) -> Any:
        """Whether a person can see it."""
        ...

    def renew(self) -> None:
        """Take note that everything may have changed."""
        ...


async def play(chart: Stage) -> None:
    """Play one episode after another, until the chart is closed."""
    while chart.is_open:
        if chart.visible:
            await _moved_on(chart)
        await asyncio.sleep(1 / STEPS_A_SECOND)


async def _moved_on(chart: Stage) -> None:
    attachment, player = chart.attachment, chart.player
    if attachment.link.condition is Condition.RESTING and player.refusal != NOT_PLAYED:
        player.refusal = NOT_PLAYED
    elif attachment.is_attached and (question := player.next_question(time.monotonic(), attachment.view)):
        await ask_for_episode(attachment.link, player, *question)
    elif not player.has_moved(time.monotonic()):
        return
    chart.renew()
    attachment.want_drawing()
