"""Analyses: what finished rounds tell about their weights."""

from ticket_explorer.analysis.own_settings import OwnAnalysis
from ticket_explorer.analysis.settings import (
    SNR,
    AnalysisSettings,
    Comparison,
    Connectivity,
    Curvature,
    Decomposition,
    Hessian,
    Instability,
    Layers,
    Surface,
)
from ticket_explorer.registry import Registry, register

ANALYSES: Registry[AnalysisSettings] = register(
    "analyses",
    *(SNR, Layers, Curvature, Surface, Connectivity, Instability, Comparison, Decomposition, Hessian),
    unlisted=(OwnAnalysis,),
)

__all__ = ["ANALYSES"]
