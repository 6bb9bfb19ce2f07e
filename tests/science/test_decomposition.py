"""A ticket's effect in parts: known shares, their sum, errors against SciPy and a jackknife by hand."""

import jax
import numpy as np
import pytest
from scipy import stats

from ticket_explorer.analysis.analysis import Subject, Trained, nothing_seen
from ticket_explorer.analysis.decomposition import CONTROLS, Decomposition, DecompositionResult
from ticket_explorer.analysis.settings import Decomposition as Settings
from ticket_explorer.errors import TicketError
from ticket_explorer.layout import Layout, Leaf

LAYOUT = Layout((Leaf("a/kernel", (2, 1), True, 0),))
DENSITIES = (1.0, 0.5, 0.25)


def line(scores: np.ndarray, densities: tuple[float, ...] = DENSITIES) -> tuple[Trained, ...]:
    arrays = np.ones((len(scores), 2), np.float32), None, np.ones((len(scores), 2), bool)
    return tuple(Trained("a", t, *arrays, density, scores[:, t]) for t, density in enumerate(densities))


def decomposed(ticket: tuple[Trained, ...], *controls: tuple[Trained, ...]) -> DecompositionResult:
    subject = Subject(LAYOUT, (2,), ticket[-1], ticket, controls=dict(zip(CONTROLS, controls, strict=True)))
    analysis = Decomposition(Settings())
    assert analysis.points(jax.random.split(jax.random.key(0), 2), subject) is None
    return analysis.result(subject, nothing_seen(len(ticket[0].mean)))


def test_known_scores_have_known_shares() -> None:
    found = decomposed(*(line(np.full((2, 3), score)) for score in (0.9, 0.8, 0.5, 0.1)))
    np.testing.assert_allclose(found.contribution[:, 1], [0.1, 0.3, 0.4, 0.8])
    np.testing.assert_allclose(found.share[:, 1], [0.125, 0.375, 0.5, 1.0])


def test_one_replicate_has_contributions_and_no_shares() -> None:
    found = decomposed(*(line(np.full((1, 3), score)) for score in (0.9, 0.8, 0.5, 0.1)))
    np.testing.assert_allclose(found.contribution[:, 1], [0.1, 0.3, 0.4, 0.8])
    assert np.isnan([found.standard_error, found.share, found.share_error]).all()


def test_an_effect_of_three_standard_errors_at_three_replicates_has_no_shares() -> None:
    """A 95% interval of three replicates is 4.3 standard errors to each side."""
    spread = np.array([[-1.0], [0.0], [1.0]])
    for errors, is_told in ((3.0, False), (4.2, False), (4.4, True)):
        ticket = spread + errors / np.sqrt(3)
        found = decomposed(*(line(score, (0.5,)) for score in (ticket, *3 * [np.zeros((3, 1))])))
        np.testing.assert_allclose(found.contribution[3] / found.standard_error[3], errors)
        assert np.isfinite(found.share).all() == is_told


def test_parts_add_up_and_have_the_errors_of_paired_differences() -> None:
    scores = [np.random.default_rng(i).normal(10 - i, 0.1, (6, 3)) for i in range(4)]
    found = decomposed(*(line(score) for score in scores))
    np.testing.assert_allclose(found.contribution[:3].sum(0), found.contribution[3])
    np.testing.assert_allclose(found.share[:3].sum(0), 1.0)
    for part in range(3):
        np.testing.assert_allclose(found.standard_error[part], stats.sem(scores[part] - scores[part + 1]))
    np.testing.assert_allclose(found.share_error[3], 0.0, atol=1e-12)


def test_the_error_of_a_share_is_the_jackknifes() -> None:
    scores = [np.random.default_rng(i).normal(10 - i, 0.5, (5, 1)) for i in range(4)]
    found = decomposed(*(line(score, (0.5,)) for score in scores))
    left_out = [
        (np.delete(scores[0] - scores[1], i).mean()) / (np.delete(scores[0] - scores[3], i).mean()) for i in range(5)
    ]
    expected = np.sqrt(4 / 5 * np.square(np.array(left_out) - np.mean(left_out)).sum())
    np.testing.assert_allclose(found.share_error[0, 0], expected)


def test_an_effect_within_its_error_has_no_shares() -> None:
    scores = [np.random.default_rng(i).normal(0.0, 1.0, (8, 1)) for i in range(4)]
    found = decomposed(*(line(score, (1.0,)) for score in scores))
    assert abs(found.contribution[3, 0]) < 2.365 * found.standard_error[3, 0]  # t of seven degrees of freedom
    assert np.isnan([found.share, found.share_error]).all()
    worse = decomposed(*(line(np.full((1, 1), score), (0.5,)) for score in (0.1, 0.1, 0.1, 0.2)))
    assert np.isnan(worse.share).all()


def test_only_densities_that_all_have_are_compared() -> None:
    every, last = line(np.ones((1, 3))), line(np.zeros((1, 1)), (0.25,))
    assert decomposed(every, every, every, last).densities.tolist() == [0.25]
    with pytest.raises(TicketError, match="no density yet that the ticket and all its controls"):
        decomposed(every, every, every, line(np.zeros((1, 1)), (0.1,)))
