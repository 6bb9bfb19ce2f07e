"""The correlation of SNR and magnitude, and thresholds, against SciPy and NumPy."""

import numpy as np
import pytest
from scipy import stats

from ticket_explorer.analysis.snr_magnitude import snr_magnitude_correlation, threshold


@pytest.fixture
def weights() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    mean = rng.normal(size=500).astype(np.float32)
    std = rng.uniform(0.1, 2.0, 500).astype(np.float32)
    considered = rng.random(500) < 0.6
    return np.where(considered, mean, 0).astype(np.float32), np.where(considered, std, 0).astype(np.float32), considered


def test_correlations_are_those_of_scipy(weights: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    mean, std, considered = weights
    magnitude = np.abs(mean[considered]).astype(np.float64)
    snr = magnitude / std[considered]
    found = snr_magnitude_correlation(mean, std, considered)
    assert found.pearson == pytest.approx(stats.pearsonr(magnitude, snr).statistic, rel=1e-9)
    assert found.spearman == pytest.approx(stats.spearmanr(magnitude, snr).statistic, rel=1e-9)


def test_one_sigma_for_all_weights_makes_the_criteria_coincide(
    weights: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    mean, _, considered = weights
    found = snr_magnitude_correlation(mean, np.full_like(mean, 0.3), considered)
    assert found.pearson == pytest.approx(1.0)
    assert found.spearman == pytest.approx(1.0)


@pytest.mark.parametrize("kept", [0, 1, 2])
def test_too_few_weights_have_no_correlation(kept: int) -> None:
    considered = np.arange(10) < kept
    found = snr_magnitude_correlation(np.ones(10, np.float32), np.ones(10, np.float32), considered)
    assert found.pearson is None
    assert found.spearman is None


def test_weights_that_are_not_finite_have_no_correlation() -> None:
    mean = np.array([1.0, 2.0, np.inf, 3.0], np.float32)
    found = snr_magnitude_correlation(mean, np.ones(4, np.float32), np.ones(4, bool))
    assert found.pearson is None


def test_the_threshold_is_the_highest_score_lost() -> None:
    score = np.random.default_rng(1).permutation(np.arange(100.0))
    assert threshold(score, 20) == 19.0
    assert threshold(score, 100) == 99.0
    assert threshold(score, 0) is None
