"""An episode of a policy, asked of the engine for whatever plays it."""

import time

import msgspec

from sessions.messages import commands
from ticket_explorer.errors import TicketError
from widgets.plots.policy.player import PolicyPlayer
from widgets.shared.session_link import Link


async def ask_for_episode(link: Link, player: PolicyPlayer, branch: str, number: int | None) -> None:
    """Give a player an episode, or the sentence that says why there is none.

    Args:
        link: To the engine.
        player: What plays it.
        branch: The branch whose policy plays.
        number: Of a finished round; None: as it is now.
    """
    try:
        reply = await link.ask(commands.Rollout(branch=branch, round=number))
    except TicketError as error:
        player.take(None, str(error), time.monotonic())
    else:
        player.take(msgspec.convert(reply, commands.Episode), "", time.monotonic())
