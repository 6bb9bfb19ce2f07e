"""Student's t against printed tables and SciPy, Holm's correction against a worked example."""

import numpy as np
import pytest
from scipy import stats

from ticket_explorer.analysis.significance import holm, p_value, quantile

TABLE = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 9: 2.262, 10: 2.228, 30: 2.042, 120: 1.980}
"""Degrees of freedom: |t| that chance exceeds in 5% of cases, as tables print it."""


@pytest.mark.parametrize(("degrees", "expected"), TABLE.items())
def test_quantiles_are_those_of_the_tables(degrees: int, expected: float) -> None:
    assert quantile(degrees) == pytest.approx(expected, abs=5e-4)


def test_two_standard_errors_of_three_replicates_are_no_difference() -> None:
    assert p_value(2.0, 2) == pytest.approx(0.1835, abs=5e-5)
    assert p_value(4.303, 2) == pytest.approx(0.05, abs=5e-5)


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 7, 8, 19, 40])
def test_probabilities_are_scipys(degrees: int) -> None:
    for statistic in (0.0, 0.3, -1.0, 2.5, 12.0):
        assert p_value(statistic, degrees) == pytest.approx(2 * stats.t.sf(abs(statistic), degrees), abs=1e-12)
    for level in (0.5, 0.1, 0.01, 0.001):
        assert quantile(degrees, level) == pytest.approx(stats.t.isf(level / 2, degrees), rel=1e-9)
    assert p_value(np.inf, degrees) == 0.0


def test_holms_correction_of_a_worked_example() -> None:
    """0.005 · 4, 0.01 · 3, 0.03 · 2, and 0.04 · 1, which must not be below the one before it."""
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])


def test_what_was_not_tested_is_not_counted() -> None:
    np.testing.assert_allclose(holm([np.nan, 0.03, 0.6, 0.9]), [np.nan, 0.09, 1.0, 1.0])
    assert holm([]).size == 0
