"""What each pruner would remove, and a pace for teaching: neither changes what is computed."""

import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sessions.messages import commands
from sessions.messages.events import Generations
from sessions.messages.goal import Goal
from sessions.serving.driver import Driver
from sessions.store import SessionDirectory, read_records
from sessions.store.round_file import decode_round
from sessions.views.reading import decoded
from ticket_explorer.errors import TicketError

pytestmark = pytest.mark.thorough


def mask(path: Path, number: int) -> np.ndarray:
    directory = SessionDirectory(path)
    return decode_round(directory.read_round("snr", number), path).mask[0]


def test_a_preview_removes_what_pruning_removes(lab: Any) -> None:
    with lab.create() as session:
        session.run_round()
        told = session.preview_pruning("snr")
        session.run_round()
    lost = mask(session.path, 0) & ~mask(session.path, 1)
    assert told.removed == lost.sum() == sum(told.layers["snr"].values())
    leaves = session.view.branches["snr"].leaves
    start = 0
    for leaf in leaves:
        size = int(np.prod(leaf.shape))
        if leaf.prunable:
            assert told.layers["snr"][leaf.name] == lost[start : start + size].sum()
        start += size
    assert start == mask(session.path, 0).size
    assert session.view.branches["snr"].input_shape == [14, 14, 1]


def test_overlap_is_a_jaccard_index(lab: Any) -> None:
    with lab.create() as session:
        session.step(20)
        told = session.preview_pruning("snr")
    overlap = np.array(told.overlap)
    assert (np.diag(overlap) == 1).all()
    assert (overlap == overlap.T).all()
    by_name = dict(zip(told.pruners, overlap, strict=True))
    chance = 0.3 / (2 - 0.3)
    assert abs(by_name["random"][told.pruners.index("snr")] - chance) < 0.06
    assert by_name["snr"][told.pruners.index("magnitude")] > 2 * chance


def test_a_preview_changes_nothing(lab: Any, whole: Path) -> None:
    with lab.create() as session:
        session.step(20)
        session.preview_pruning("snr")
        session.run()
    lab.assert_same(session.path, whole)


def test_nothing_to_preview(lab: Any) -> None:
    with lab.create() as session:
        with pytest.raises(TicketError, match="has no weights to prune yet"):
            session.preview_pruning("snr")
        with pytest.raises(TicketError, match="unknown branch"):
            session.preview_pruning("smr")


def test_a_pace_slows_and_changes_no_bit(lab: Any, whole: Path) -> None:
    session = lab.create()
    driver = Driver(session, Goal())
    thread = threading.Thread(target=driver.run, args=(True,))
    thread.start()
    driver.ask(commands.Pace(generations_per_second=50.0), client="test")
    driver.ask(commands.Step(generations=60), client="test")
    lab.until(lambda: session.view.generations_done >= 60)
    journal = SessionDirectory.open_for_reading(session.path).journal
    told = [event for event in decoded(read_records(journal).payloads, journal) if isinstance(event, Generations)]
    blocks = [event for event in told if event.round == 0]
    assert max(block.count for block in blocks) <= 10
    assert blocks[-1].at - blocks[0].at >= 50 / 50.0 * 0.9
    driver.ask(commands.Pace(), client="test")
    driver.ask(commands.Resume(), client="test")
    lab.until(lambda: session.view.state == "finished")
    driver.ask(commands.Stop(), client="test")
    thread.join()
    session.close()
    lab.assert_same(session.path, whole)


def test_a_slow_pace_does_not_delay_commands(lab: Any) -> None:
    with lab.create() as session:
        driver = Driver(session, Goal())
        thread = threading.Thread(target=driver.run, args=(True,))
        thread.start()
        driver.ask(commands.Pace(generations_per_second=0.1), client="test")
        driver.ask(commands.Resume(), client="test")
        lab.until(lambda: session.view.generations_done >= 1)
        answered = threading.Event()
        began = time.monotonic()
        driver.ask(commands.Pause(), client="test", reply=lambda result, error: answered.set())
        assert answered.wait(8), "the engine waited for its pace to end"
        assert time.monotonic() - began < 8
        driver.ask(commands.Stop(), client="test")
        thread.join()
