"""Cutting a run into pieces, in whatever way, changes no bit of what it finds."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sessions.engine.running_round
from sessions.session.session import Session
from sessions.store import SessionDirectory
from sessions.store.journal_records import MAGIC
from sessions.views.reading import read_view
from ticket_explorer.errors import TicketError
from ticket_explorer.trainers import TRAINERS

pytestmark = pytest.mark.thorough


def by_pulses(budget: int) -> Callable[[Session], None]:
    def drive(session: Session) -> None:
        while not session.is_finished:
            session.pulse(budget)

    return drive


def by_steps(generations: int) -> Callable[[Session], None]:
    def drive(session: Session) -> None:
        while not session.is_finished:
            session.step(generations)

    return drive


def by_rounds(session: Session) -> None:
    while session.run_round() is not None:
        pass


DRIVES: dict[str, Callable[[Session], None]] = {
    "pulses of 1": by_pulses(1),
    "pulses of 7": by_pulses(7),
    "steps of 7": by_steps(7),
    "steps of 50": by_steps(50),
    "rounds": by_rounds,
}


@pytest.mark.parametrize("drive", DRIVES.values(), ids=DRIVES)
def test_pieces_change_no_bit(lab: Any, whole: Path, drive: Callable[[Session], None]) -> None:
    with lab.create() as session:
        drive(session)
    lab.assert_same(whole, session.path, rounds=3)


@pytest.mark.parametrize("seconds", [1e-9, 1e9], ids=["shortest chunks", "longest chunks"])
def test_length_of_chunks_changes_no_bit(
    lab: Any, whole: Path, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    monkeypatch.setattr(sessions.engine.running_round, "CHUNK_SECONDS", seconds)
    lab.assert_same(whole, lab.finished("mine"), rounds=3)


@pytest.mark.parametrize("generations", [0, 1, 59, 60, 130])
def test_closed_and_opened_again(lab: Any, whole: Path, generations: int) -> None:
    with lab.create() as session:
        session.step(generations)
    lab.assert_same(whole, lab.go_on(session.path), rounds=3)


@pytest.mark.slow
@pytest.mark.parametrize("pulses", [1, 4])
def test_killed_again_and_again(lab: Any, whole: Path, pulses: int) -> None:
    session = lab.create()
    while not session.is_finished:
        for _ in range(pulses):
            session.pulse()
        session = Session.open(lab.kill(session))
    session.close()
    lab.assert_same(whole, session.path, rounds=3)


def test_without_its_checkpoint_a_round_is_computed_again(lab: Any, whole: Path) -> None:
    session = lab.create()
    session.step(90)
    path = lab.kill(session)
    SessionDirectory(path).remove_checkpoint()
    with Session.open(path) as session:
        assert session.view.running is not None
        assert session.view.running.done == 30
        session.pulse(1)
        assert session._engine.running is not None
        assert session._engine.running.collected == 1
        assert session.view.running.done == 30
        session.run()
    lab.assert_same(whole, path, rounds=3)


def test_with_its_checkpoint_only_what_came_after_is_computed_again(
    lab: Any, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where every chunk is checkpointed, a kill costs at most the chunks that were in flight."""
    monkeypatch.setattr(sessions.engine.running_round, "CHECKPOINT_SHARE", 1e9)
    monkeypatch.setattr(sessions.engine.running_round, "CHUNK_SECONDS", 1e-9)
    session = lab.create()
    for _ in range(75):
        session.pulse()
    known = session.view.running.done if session.view.running else 0
    assert 0 < known < 60
    with Session.open(lab.kill(session)) as session:
        session.pulse(1)
        assert session._engine.running is not None
        assert session._engine.running.collected == known + 1
        session.run()
    lab.assert_same(whole, session.path, rounds=3)


@pytest.mark.parametrize("seed", range(4))
def test_journal_cut_anywhere(lab: Any, whole: Path, seed: int) -> None:
    """A shorter journal than the rounds and the checkpoint on disk: they never disagree with it."""
    random = np.random.default_rng(seed)
    session = lab.create()
    session.step(int(random.integers(10, 175)))
    path = lab.kill(session)
    journal = SessionDirectory(path).journal
    size = journal.stat().st_size
    os.truncate(journal, int(random.integers(len(MAGIC), size + 1)))
    lab.assert_same(whole, lab.go_on(path), rounds=3)


STRATEGIES: list[dict[str, Any]] = [
    {"strategy": "pgpe", "optimizer": {"name": "adam", "learning_rate": 0.02, "learning_rate_decay": 0.99}},
    {"strategy": "sep_cma_es", "elite_ratio": 0.5},
]
"""Beside the one that every other test here resumes."""


@pytest.mark.parametrize("rounds", [1, pytest.param(3, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "trainer",
    [
        *({"name": name} for name, kind in TRAINERS.items() if name != "evolution" and not kind.acts),
        *(pytest.param(trainer, marks=pytest.mark.slow) for trainer in STRATEGIES),
    ],
    ids=lambda trainer: str(trainer.get("strategy", trainer.get("name"))),
)
def test_every_trainer(lab: Any, trainer: dict[str, Any], rounds: int) -> None:
    tables = {"trainer": trainer, "pruning": {"ratio": 0.3, "rounds": rounds}}
    expected = lab.finished(**tables)
    session = lab.create(**tables)
    while not session.is_finished:
        session.step(23)
        session = Session.open(lab.kill(session))
    session.close()
    lab.assert_same(expected, session.path, rounds=rounds)


def test_replicates(lab: Any) -> None:
    tables = {"replicates": 2, "pruning": {"ratio": 0.3, "rounds": 2}}
    expected = lab.finished(**tables)
    session = lab.create(**tables)
    session.step(67)
    lab.assert_same(expected, lab.go_on(lab.kill(session)), rounds=2)
    found = lab.outcome(expected)["snr:1"]
    assert len(found["score"]) == 2
    half = len(found["mean"]) // 2
    assert found["mean"][:half] != found["mean"][half:]


def test_learned_masks_of_several_sizes(lab: Any) -> None:
    """Replicates may keep different numbers: density, journal, files and the next round agree, killed or not."""
    learning = {"name": "stochastic_sparsification", "generations": 30, "penalty": 1e-3, "final_mask": "risen"}
    tables = {"trainer": learning, "replicates": 2, "pruning": {"ratio": 0.3, "rounds": 3}}
    expected = lab.finished(**tables)
    session = lab.create(**tables)
    session.step(47)
    lab.assert_same(expected, lab.go_on(lab.kill(session)), rounds=3)
    rounds = list(read_view(expected).lineage("learned"))
    kept = [round_.finished.kept for round_ in rounds]
    assert any(one != other for one, other in kept)
    assert [max(counts) for counts in kept] == sorted([max(counts) for counts in kept], reverse=True)
    prunable = sum(int(np.prod(leaf.shape)) for leaf in read_view(expected).branches["learned"].leaves if leaf.prunable)
    assert [round_.density for round_ in rounds] == pytest.approx([sum(k) / 2 / prunable for k in kept])
    with Session.open(expected) as session:
        dense = session.branch(
            "learned", 0, "by hand", {"trainer": {"name": "gradient_descent"}, "pruner": "magnitude"}
        )
        session.set_pruning(dense, {"rounds": 2})
        session.run_round()
        assert session.view.round(dense, 1).density == pytest.approx(0.7 * rounds[0].density)
        evolved = {"trainer": {"name": "evolution"}, "pruner": "magnitude", "pruning": {"ratio": 1e-6}}
        session.branch("learned", 0, "evolved", evolved)
        with pytest.raises(TicketError, match="evolution trains masks of one size together"):
            session.run()


def test_a_mask_that_keeps_nothing_is_said(lab: Any) -> None:
    learning: dict[str, Any] = {
        "name": "continuous_sparsification",
        "generations": 5,
        "penalty": 1.0,
        "score_init": -0.1,
    }
    learning["dropped"] = "removed"
    with lab.create(trainer=learning, pruning={"ratio": 0.3, "rounds": 2}) as session:
        assert session.run_round() is not None
        with pytest.raises(TicketError, match="learned in round 0 keeps no weights; branch from an earlier"):
            session.run()
    lab.assert_whole(session.path)


def test_augmented_images(lab: Any) -> None:
    task = {"name": "fashion", "batch": 64, "augment": ["flip", "crop"]}
    tables = {"task": task, "trainer": {"generations": 20}, "pruning": {"ratio": 0.3, "rounds": 2}}
    expected = lab.finished(**tables)
    session = lab.create(**tables)
    session.step(27)
    lab.assert_same(expected, lab.go_on(lab.kill(session)), rounds=2)
    plain = lab.finished("plain", **{**tables, "task": {**task, "augment": []}})
    assert lab.outcome(plain)["snr:0"]["mean"] != lab.outcome(expected)["snr:0"]["mean"]
