"""The way of a search, where it is known."""

import numpy as np

from ticket_explorer.analysis.way import SAMPLES, marks, way_of


def test_marks_are_inside_of_a_round_and_bounded():
    assert marks(160) == tuple(range(10, 160, 10))
    assert marks(4) == (1, 2, 3)
    assert marks(1) == ()
    assert len(marks(10_000)) == SAMPLES - 1


def test_a_way_in_a_plane_is_told_exactly_and_entries_that_stay_have_no_share():
    rng = np.random.default_rng(0)
    basis = np.linalg.qr(rng.normal(size=(50, 2)))[0].T
    places = np.stack([np.linspace(5, 0, 8), np.sin(np.linspace(0, np.pi, 8))], axis=1)
    means = np.float32(rng.normal(size=50) + places @ basis)
    means[:, 10:] = np.where(np.arange(10, 50) % 2, means[-1, 10:], means[:, 10:])
    way = way_of(np.arange(8), np.stack([means, 2 * means]))
    assert not way.coordinates[:, -1].any()
    np.testing.assert_allclose(way.components[0] @ way.components[0].T, np.eye(2), atol=1e-5)
    assert not way.components[:, :, 11::2].any()
    assert (way.explained[:, 0] > way.explained[:, 1]).all()
    whole = way_of(np.arange(8), np.float32(rng.normal(size=50) + places @ basis)[None])
    np.testing.assert_allclose(whole.explained.sum(), 1, rtol=1e-5)
    rebuilt = whole.coordinates[0] @ whole.components[0]
    np.testing.assert_allclose(rebuilt, (places - places[-1]) @ basis, atol=1e-5)


def test_a_search_that_did_not_move_has_a_way_of_length_0():
    means = np.ones((2, 3, 6), np.float32)
    means[1, 1] = np.nan  # of a replicate that diverged
    way = way_of(np.arange(3), means)
    assert not way.coordinates.any()
    assert np.isfinite(way.components).all()
