"""Frames: the same weights as long as they are kept, and histograms that count every one."""

from typing import Any

import numpy as np
import pytest

from sessions.engine.round_summary import Arrays
from sessions.engine.weight_samples import BINS, SAMPLE, Framer
from sessions.session.session import Session
from ticket_explorer.layout import Layout

LAYOUT = Layout.of({"dense_0": {"kernel": np.zeros((40, 30)), "bias": np.zeros(30)}})


def arrays(mask: np.ndarray, seed: int = 0) -> Arrays:
    rng = np.random.default_rng(seed)
    mean = np.where(mask, rng.normal(size=mask.size), 0).astype(np.float32)
    std = np.where(mask, rng.uniform(0.01, 1, mask.size), 0).astype(np.float32)
    return Arrays(mean[None], std[None], mask[None])


def frame_of(mask: np.ndarray):
    return Framer("snr", 0, 100, LAYOUT, mask).take(arrays(mask), 7)


def indices(mask: np.ndarray) -> np.ndarray:
    return np.frombuffer(frame_of(mask).indices, "<i4")


def test_the_sample_is_kept_prunable_weights_with_their_values() -> None:
    mask = np.random.default_rng(1).random(LAYOUT.size) < 0.8
    frame = frame_of(mask)
    chosen = indices(mask)
    assert chosen.size == SAMPLE
    assert (mask & LAYOUT.prunable)[chosen].all()
    np.testing.assert_array_equal(np.frombuffer(frame.mean, "<f4"), arrays(mask).mean[0, chosen])
    np.testing.assert_array_equal(np.frombuffer(frame.std or b"", "<f4"), arrays(mask).std[0, chosen])


def test_weights_stay_in_the_sample_for_as_long_as_they_are_kept() -> None:
    mask = np.ones(LAYOUT.size, bool)
    sparser = mask & (np.random.default_rng(2).random(LAYOUT.size) < 0.7)
    before = indices(mask)
    assert set(before[sparser[before]]) <= set(indices(sparser))


@pytest.mark.parametrize("name", ["magnitude", "sigma", "snr"])
def test_histograms_count_every_kept_prunable_weight_in_its_bin(name: str) -> None:
    mask = np.random.default_rng(3).random(LAYOUT.size) < 0.5
    kept = mask & LAYOUT.prunable
    found = arrays(mask)
    values = {
        "magnitude": np.abs(found.mean[0, kept]),
        "sigma": found.std[0, kept],
        "snr": np.abs(found.mean[0, kept]) / found.std[0, kept],
    }[name]
    histogram = np.frombuffer(frame_of(mask).histograms[name], "<f4")
    expected, edges = np.histogram(np.log10(values), BINS)
    np.testing.assert_allclose(histogram[:2], edges[[0, -1]], rtol=1e-5)
    assert histogram[2:].sum() == kept.sum()
    assert np.abs(histogram[2:] - expected).sum() <= 4  # values on an edge may fall to either side


def test_a_round_journals_a_bounded_number_of_frames_and_its_last() -> None:
    framer = Framer("snr", 0, 1000, LAYOUT, np.ones(LAYOUT.size, bool))
    due = [generation for generation in range(1, 1001) if framer.is_due(generation, last=generation == 1000)]
    assert 20 <= len(due) <= 26
    assert due[-1] == 1000


def test_a_round_begins_with_a_frame_of_where_its_search_begins(lab: Any) -> None:
    killed = lab.create(trainer={"std_init": 0.25})
    killed.step(3)
    path = lab.kill(killed)
    with Session.open(path) as session:
        session.run_round()
        frames = session.view.branches["snr"].rounds[0].frames
    assert frames[0].generation == 0
    assert [frame.generation for frame in frames].count(0) == 1, "a resumed round has it already"
    np.testing.assert_array_equal(np.frombuffer(frames[0].std or b"", "<f4"), np.float32(0.25))
    assert frames[-1].std != frames[0].std
