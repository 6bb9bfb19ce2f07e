"""Trainers: how a round finds weights."""

from ticket_explorer.registry import Registry, register
from ticket_explorer.trainers.gradient_settings import (
    ContinuousSparsification,
    GradientDescent,
    StochasticSparsification,
)
from ticket_explorer.trainers.mask_evolution_settings import MaskEvolution
from ticket_explorer.trainers.own_settings import OwnSearch, OwnTrainer
from ticket_explorer.trainers.ppo_settings import PPO
from ticket_explorer.trainers.settings import TrainerSettings
from ticket_explorer.trainers.strategies.settings import Evolution

TRAINERS: Registry[TrainerSettings] = register(
    "trainers",
    *(Evolution, GradientDescent, ContinuousSparsification, StochasticSparsification, MaskEvolution, PPO),
    unlisted=(OwnTrainer, OwnSearch),
)

__all__ = ["TRAINERS"]
