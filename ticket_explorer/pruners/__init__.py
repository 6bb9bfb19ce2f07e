"""Pruners: which weights of a finished round stay."""

from ticket_explorer.pruners.own_settings import OwnPruner
from ticket_explorer.pruners.settings import (
    SNIP,
    SNR,
    Fisher,
    GraSP,
    HessianDiagonal,
    InitialMagnitude,
    Learned,
    Magnitude,
    MagnitudeIncrease,
    Movement,
    PrunerSettings,
    Random,
)
from ticket_explorer.registry import Registry, register

PRUNERS: Registry[PrunerSettings] = register(
    "pruners",
    SNR,
    Magnitude,
    Random,
    Movement,
    MagnitudeIncrease,
    InitialMagnitude,
    SNIP,
    GraSP,
    HessianDiagonal,
    Fisher,
    Learned,
    unlisted=(OwnPruner,),
)

__all__ = ["PRUNERS"]
