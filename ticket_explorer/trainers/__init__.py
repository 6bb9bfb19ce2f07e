"""Trainers: how a round finds weights."""

from ticket_explorer.registry import register
from ticket_explorer.trainers.settings import Evolution, TrainerSettings

TRAINERS: dict[str, type[TrainerSettings]] = register("trainers", Evolution)

__all__ = ["TRAINERS"]
