"""Branches compared against SciPy's paired test."""

import jax
import numpy as np
import pytest
from scipy import stats

from ticket_explorer.analysis.analysis import Subject, Trained, nothing_seen
from ticket_explorer.analysis.comparison import Comparison
from ticket_explorer.analysis.settings import Comparison as Settings
from ticket_explorer.errors import TicketError
from ticket_explorer.layout import Layout, Leaf

LAYOUT = Layout((Leaf("a/kernel", (2, 1), True, 0),))


def line(scores: np.ndarray, densities: tuple[float, ...]) -> tuple[Trained, ...]:
    arrays = np.ones((len(scores), 2), np.float32), None, np.ones((len(scores), 2), bool)
    return tuple(Trained("a", t, *arrays, density, scores[:, t]) for t, density in enumerate(densities))


def compare(one: tuple[Trained, ...], other: tuple[Trained, ...], interpolate: bool = False):
    analysis = Comparison(Settings(other="b", interpolate=interpolate))
    subject = Subject(LAYOUT, (2,), one[-1], one, other)
    assert analysis.points(jax.random.split(jax.random.key(0), 2), subject) is None
    return analysis.result(subject, nothing_seen(len(one[0].mean)))


def test_differences_are_those_of_scipys_paired_test():
    rng = np.random.default_rng(0)
    one, other = rng.random((5, 3)), rng.random((5, 3))
    found = compare(line(one, (1.0, 0.5, 0.25)), line(other, (1.0, 0.5, 0.1)))
    assert found.densities.tolist() == [1.0, 0.5]
    np.testing.assert_allclose(found.difference[0], (one - other)[:, :2].mean(0))
    np.testing.assert_allclose(found.standard_error[0], stats.sem((one - other)[:, :2]))
    np.testing.assert_allclose(found.p_value[0], stats.ttest_rel(one, other).pvalue[:2])
    low, high = sorted(found.p_value[0])
    np.testing.assert_allclose(sorted(found.holm_p_value[0]), [min(2 * low, 1.0), max(high, min(2 * low, 1.0))])


def test_one_replicate_has_a_difference_and_no_error():
    found = compare(line(np.array([[0.5]]), (1.0,)), line(np.array([[0.25]]), (1.0,)))
    assert found.difference.tolist() == [[0.25]]
    assert np.isnan([found.standard_error, found.p_value, found.holm_p_value]).all()


def test_twenty_densities_without_a_difference_have_none_after_correction():
    rng = np.random.default_rng(3)
    densities = tuple(0.8**t for t in range(20))
    found = compare(*(line(rng.normal(0.5, 0.01, (3, 20)), densities) for _ in range(2)))
    assert (found.p_value < 0.05).any()
    assert not (found.holm_p_value < 0.05).any()


def test_a_difference_of_two_standard_errors_at_three_replicates_is_none():
    spread = np.array([[-1.0], [0.0], [1.0]])  # of standard deviation 1
    found = compare(line(spread + 2 / np.sqrt(3), (1.0,)), line(np.zeros((3, 1)), (1.0,)))
    np.testing.assert_allclose(found.difference / found.standard_error, 2.0)
    np.testing.assert_allclose(found.p_value, 0.1835, atol=5e-5)


def test_branches_without_a_density_in_common_are_refused():
    with pytest.raises(TicketError, match=r"no density in common \(1 to 1 and 0.5 to 0.5\); .* interpolate=true"):
        compare(line(np.array([[0.5]]), (1.0,)), line(np.array([[0.5]]), (0.5,)))


def test_scores_between_densities_are_interpolated_if_asked_for():
    one, other = line(np.array([[0.7, 0.9]]), (0.5, 0.01)), line(np.array([[0.8, 0.4]]), (1.0, 0.25))
    found = compare(one, other, interpolate=True)
    np.testing.assert_allclose(found.densities, [0.5])  # 0.01 is sparser than any of the other's
    np.testing.assert_allclose(found.other_score, [[0.6]], rtol=1e-6)  # half-way from 1 to 1/4 in log density
    np.testing.assert_allclose(found.difference, [[0.1]], atol=1e-6)
