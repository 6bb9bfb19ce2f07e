"""A policy at work, or examples, in a cell: the engine is asked while the chart is visible, and episodes are played."""

import asyncio
import time
from typing import Any, Protocol

from widgets.notebook.attachment import Attachment
from widgets.plots.policy.asking import Asker, ask_for
from widgets.plots.policy.player import STEPS_A_SECOND
from widgets.shared.session_link import Condition

NOT_PLAYED = "No engine runs that could be asked: press Run, or await session.ready_async()."


class Stage(Protocol):
    """The chart that asks."""

    attachment: Attachment
    asker: Asker | None
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
    """Ask for one thing after another, until the chart is closed."""
    while chart.is_open:
        if chart.visible:
            await _moved_on(chart)
        await asyncio.sleep(1 / STEPS_A_SECOND)


async def _moved_on(chart: Stage) -> None:
    attachment, asker, now = chart.attachment, chart.asker, time.monotonic()
    assert asker is not None
    if attachment.link.condition is Condition.RESTING and asker.refusal != NOT_PLAYED:
        asker.refusal = NOT_PLAYED
    elif attachment.is_attached and (question := asker.question(now, attachment.view)) is not None:
        await ask_for(attachment.link, asker, question)
    elif not asker.has_moved(now):
        return
    chart.renew()
    attachment.want_drawing()
