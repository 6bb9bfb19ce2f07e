"""SNR where σ is 0: everything that tells of pruning ranks as the pruner does."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sessions.engine.weight_samples import BINS, Framer
from ticket_explorer import masks
from ticket_explorer.analysis.snr import overlap
from ticket_explorer.analysis.snr_magnitude import snr_magnitude_correlation, threshold
from ticket_explorer.criteria import comparable, snr
from ticket_explorer.layout import Layout, Leaf
from ticket_explorer.pruners.snr import score
from ticket_explorer.tickets import Ticket
from ticket_explorer.trainers.trainer import TrainingResult
from widgets.plots.figures.sample import histogram_of, sample_of

MEAN = np.array([0.5, -3.0, 0.0, 0.0, 2.0, -0.1, 7.0, 0.25], np.float32)
STD = np.array([1.0, 0.0, 0.0, 2.0, 0.5, 0.1, 0.0, 4.0], np.float32)
LAYOUT = Layout((Leaf("dense_0/kernel", (8, 1), True, 0),))
ALL = np.ones(8, bool)


def result() -> TrainingResult:
    return TrainingResult(jnp.asarray(MEAN), jnp.asarray(STD), jnp.asarray(ALL))


@pytest.mark.parametrize("lost", range(1, 8))
def test_thresholds_and_samples_tell_what_the_pruner_removes(lost: int, quadratic: Any) -> None:
    ticket = Ticket(jnp.asarray(ALL), jnp.asarray(MEAN), jnp.asarray(MEAN))
    ranked = score(jax.random.key(0), result(), ticket, quadratic(np.ones(8)))
    pruned = masks.prune(jnp.asarray(ALL), ranked, LAYOUT, np.array([8 - lost]))
    ratio = snr(MEAN, STD)
    np.testing.assert_array_equal(ratio, ranked)
    cut = threshold(ratio, lost)
    assert cut == pruned.threshold
    frame = Framer("snr", 0, 1, LAYOUT, ALL).take(_Arrays(), 1)
    sample = sample_of(frame)
    assert sample.snr is not None
    assert set(sample.indices[sample.snr <= cut]) >= set(np.flatnonzero(~np.asarray(pruned.mask)))
    assert overlap(ratio, comparable(ratio), lost) == 1.0


def test_frames_count_weights_without_sigma_among_the_highest() -> None:
    histogram = histogram_of(Framer("snr", 0, 1, LAYOUT, ALL).take(_Arrays(), 1), "snr")
    assert histogram is not None
    assert histogram.counts.sum() == 6, "two means are 0"
    assert (histogram.counts[-1], histogram.counts.size) == (3, BINS)


def test_ranks_are_defined_where_the_correlation_of_values_is_not() -> None:
    found = snr_magnitude_correlation(MEAN, STD, ALL)
    assert found.pearson is None
    assert found.spearman == pytest.approx(1.0, abs=0.4)


class _Arrays:
    mean, std = MEAN[None], STD[None]
