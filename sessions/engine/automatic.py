"""The analyses that a spec asks for: at the end of each round, and more coarsely while a round runs."""

from sessions.specs.spec import Analysis
from sessions.views.branch_view import RoundView
from sessions.views.session_view import SessionView
from ticket_explorer.analysis.settings import AnalysisSettings, Curvature, Hessian
from ticket_explorer.registry import name_of

LIVE_CURVATURE = Curvature(points=9)
"""A fifth of the work of a whole analysis, three blocks of points."""
LIVE_HESSIAN = Hessian(vectors=8, steps=8, eigenvalues=2, examples=200, weights=20, draws=2)
"""A tenth of the work of a whole analysis."""


def at_end(analysis: Analysis) -> tuple[AnalysisSettings, ...]:
    """The analyses of each finished round."""
    wanted = (Curvature() if analysis.curvature else None, Hessian() if analysis.hessian else None)
    return tuple(settings for settings in wanted if settings is not None)


def live(analysis: Analysis) -> tuple[tuple[int, AnalysisSettings], ...]:
    """The analyses of a running round, each with its interval in generations."""
    wanted = ((analysis.curvature_every, LIVE_CURVATURE), (analysis.hessian_every, LIVE_HESSIAN))
    return tuple((every, settings) for every, settings in wanted if every is not None)


def is_done(settings: AnalysisSettings, round_: RoundView, generation: int, view: SessionView) -> bool:
    """Whether an earlier process has done it."""
    grain = settings.grain
    wanted = (name_of(settings), round_.branch, round_.number, generation, getattr(settings, grain))
    return any(
        (known.kind, known.branch, known.round, known.generation, known.parameters.get(grain)) == wanted
        for known in view.analyses
        if known.automatic
    )
