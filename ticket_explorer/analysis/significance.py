"""Whether a difference may be chance: Student's t for few replicates, Holm's correction for many densities.

With three replicates a mean must be 4.3 standard errors from zero before chance would bring it there in one of twenty
cases only; two standard errors are p = 0.18. Degrees of freedom are whole numbers here, for which the distribution is
a finite sum (Abramowitz & Stegun 1964, equations 26.7.3 and 26.7.4): no SciPy, whose statistics take a second to
import.

Holm (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6.
"""

from functools import cache
from math import atan2, cos, pi, sin, sqrt, tan

import numpy as np
import numpy.typing as npt

LEVEL = 0.05
"""A difference is called sure whose p-value is below it: chance would bring one as large in one of twenty cases."""


def p_value(statistic: float, degrees: int) -> float:
    """That chance brings a |t| as large, on both sides.

    Args:
        statistic: A mean divided by its standard error; infinite where the error is zero.
        degrees: Of freedom: for a mean, one less than there are values.
    """
    return max(1.0 - _between(atan2(abs(statistic), sqrt(degrees)), degrees), 0.0)


@cache
def quantile(degrees: int, level: float = LEVEL) -> float:
    """The |t| that chance exceeds with probability `level`.

    A mean ± so many standard errors is an interval of confidence 1 − `level`.
    4.303 for two degrees of freedom, which are three values; 1.960 for very many.
    """
    low, high = 0.0, pi / 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _between(middle, degrees) < 1 - level else (low, middle)
    return sqrt(degrees) * tan(low)


def holm(p_values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """p-values of several tests, so that one below `LEVEL` is no more likely to be chance than one of a single test.

    The smallest of m is multiplied by m, the next by m − 1 and so on, none is smaller than one before it, and none
    exceeds 1. What is not a number was not tested, and stays so.
    """
    given = np.asarray(p_values, float)
    found, tested = np.full(given.shape, np.nan), np.flatnonzero(np.isfinite(given))
    order = tested[np.argsort(given.flat[tested], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    found.flat[order] = np.minimum(np.maximum.accumulate(given.flat[order] * factors), 1.0)
    return found


def _between(angle: float, degrees: int) -> float:
    """The probability of |T| < √ν · tan(angle)."""
    if angle >= pi / 2:
        return 1.0
    even = degrees % 2 == 0
    term = total = 1.0 if even else cos(angle)
    for i in range(1 if even else 2, degrees - 2, 2):
        term *= i / (i + 1) * cos(angle) ** 2
        total += term
    if even:
        return sin(angle) * total
    return 2 / pi * (angle + (sin(angle) * total if degrees > 1 else 0.0))
