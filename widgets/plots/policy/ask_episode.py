"""Requests an episode of a policy from the engine, for a player."""

import time

import msgspec

from sessions.messages import commands
from ticket_explorer.errors import TicketError
from widgets.plots.policy.player import PolicyPlayer
from widgets.shared.session_link import Link


async def ask_for_episode(link: Link, player: PolicyPlayer, branch: str, number: int | None) -> None:
    """Give a player an episode, or a sentence on why there is none.

    Args:
        link: The link to the engine.
        player: The player that plays it.
        branch: The branch whose policy plays.
        number: The number of a finished round; None: the policy as it is now.
    """
    try:
        reply = await link.ask(commands.Rollout(branch=branch, round=number))
    except TicketError as error:
        player.take(None, str(error), time.monotonic())
    else:
        player.take(msgspec.convert(reply, commands.Episode), "", time.monotonic())
