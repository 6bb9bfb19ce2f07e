"""The notebook's widgets: a session's charts, controls and branches, live in a cell."""

from widgets.notebook.board import Board
from widgets.notebook.branch_tree import BranchTree
from widgets.notebook.chart import Chart
from widgets.notebook.charts import (
    Compare,
    Correlation,
    Curvature,
    Distribution,
    Examples,
    Fitness,
    Mask,
    Overlap,
    Policy,
    Search,
    SnrMagnitude,
    Sparsity,
    TicketCurve,
)
from widgets.notebook.controls import Controls
from widgets.notebook.decisions import Decisions
from widgets.notebook.explorer import Explorer
from widgets.notebook.guess import Guess, ScoreGuess
from widgets.notebook.home import explore
from widgets.notebook.journal import Journal
from widgets.notebook.live_session import LiveSession
from widgets.notebook.replay import Replay
from widgets.notebook.study import Study
from widgets.plots.kinds import CHARTS

__all__ = [
    "CHARTS",
    "Board",
    "BranchTree",
    "Chart",
    "Compare",
    "Controls",
    "Correlation",
    "Curvature",
    "Decisions",
    "Distribution",
    "Examples",
    "Explorer",
    "Fitness",
    "Guess",
    "Journal",
    "LiveSession",
    "Mask",
    "Overlap",
    "Policy",
    "Replay",
    "ScoreGuess",
    "Search",
    "SnrMagnitude",
    "Sparsity",
    "Study",
    "TicketCurve",
    "explore",
]
