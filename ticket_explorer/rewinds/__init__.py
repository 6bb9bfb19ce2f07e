"""Rewinds: where kept weights restart."""

from ticket_explorer.registry import Registry, register
from ticket_explorer.rewinds.own_settings import OwnRewind
from ticket_explorer.rewinds.settings import (
    Early,
    Fresh,
    Initial,
    PermutedMask,
    PermutedWeights,
    RewindSettings,
    Trained,
)

REWINDS: Registry[RewindSettings] = register(
    "rewinds", Initial, Fresh, Early, Trained, PermutedWeights, PermutedMask, unlisted=(OwnRewind,)
)

__all__ = ["REWINDS"]
