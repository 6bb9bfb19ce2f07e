"""From a session's view to figures: one pure function for each, drawn elsewhere. No JAX is imported here."""

from widgets.plots.figures.compare import compare
from widgets.plots.figures.comparison import comparison
from widgets.plots.figures.correlation import correlation
from widgets.plots.figures.curvature import curvature, sharpness
from widgets.plots.figures.decomposition import decomposition
from widgets.plots.figures.distribution import QUANTITIES, distribution, distributions
from widgets.plots.figures.examples import examples
from widgets.plots.figures.fitness import fitness
from widgets.plots.figures.hessian import eigenvalues, hessian, hessian_correlation
from widgets.plots.figures.instability import instability, instability_from, instability_profile
from widgets.plots.figures.landscapes import BARRIERS, Barrier, connectivity, surface
from widgets.plots.figures.learning import learning
from widgets.plots.figures.mask import lit_weights, mask
from widgets.plots.figures.metrics_cache import MetricsCache
from widgets.plots.figures.normalised import normalised
from widgets.plots.figures.overlap import overlap
from widgets.plots.figures.policy import policy
from widgets.plots.figures.sample import Quantity
from widgets.plots.figures.search import search
from widgets.plots.figures.selection import Selection
from widgets.plots.figures.snr_magnitude import snr_magnitude
from widgets.plots.figures.sparsity import sparsity, sparsity_now
from widgets.plots.figures.ticket_curve import ticket_curve
from widgets.plots.names import AGAINST, FIGURES, SHOWN, Against, Kind

__all__ = [
    "AGAINST",
    "BARRIERS",
    "FIGURES",
    "QUANTITIES",
    "SHOWN",
    "Against",
    "Barrier",
    "Kind",
    "MetricsCache",
    "Quantity",
    "Selection",
    "compare",
    "comparison",
    "connectivity",
    "correlation",
    "curvature",
    "decomposition",
    "distribution",
    "distributions",
    "eigenvalues",
    "examples",
    "fitness",
    "hessian",
    "hessian_correlation",
    "instability",
    "instability_from",
    "instability_profile",
    "learning",
    "lit_weights",
    "mask",
    "normalised",
    "overlap",
    "policy",
    "search",
    "sharpness",
    "snr_magnitude",
    "sparsity",
    "sparsity_now",
    "surface",
    "ticket_curve",
]
