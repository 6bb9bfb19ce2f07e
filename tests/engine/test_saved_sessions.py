"""What a script takes from sessions: tickets as arrays, tables of many; sessions that are open, closed or shared."""

import gc
import multiprocessing
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

import ticket_explorer as tx
from sessions.saved.many import value_of
from sessions.saved.session import SavedSession
from sessions.session.session import Session
from sessions.specs.difference import differences, told_differences
from sessions.store import SessionDirectory
from sessions.store.errors import SessionExists, SessionLocked
from sessions.store.round_file import decode_round
from ticket_explorer.errors import InvalidValue, TicketError

pytestmark = pytest.mark.thorough

SECOND = {"branch": [{"name": "snr"}, {"name": "small", "pruner": "magnitude"}]}


@pytest.fixture(scope="session")
def grid(shared_lab: Any) -> Path:
    """Two strategies, two seeds, in a directory of their own."""
    for strategy in ("snes", "pgpe"):
        for seed in (0, 1):
            shared_lab.finished(f"grid/{strategy}-{seed}", trainer={"strategy": strategy}, seed=seed, **SECOND)
    return Path(shared_lab.place / "grid")


def test_a_ticket_is_what_the_round_file_and_the_next_round_hold(whole: Path) -> None:
    saved = SavedSession.read(whole)
    ticket = saved.ticket("snr", 1)
    arrays = decode_round(SessionDirectory(whole).read_round("snr", 1), whole)
    assert (ticket.mask == arrays.mask[0]).all()
    assert (ticket.trained == arrays.mean[0]).all()
    assert ticket.sigma is not None
    assert arrays.std is not None
    assert (ticket.sigma == arrays.std[0]).all()
    dense = saved.ticket("snr", 0)
    assert (ticket.start == np.where(ticket.mask, dense.start, 0)).all(), "rewound to the initial weights"
    assert not ticket.trained[~ticket.mask].any()


def test_it_scores_what_the_session_says(whole: Path) -> None:
    saved = SavedSession.read(whole)
    for number in saved.rounds("snr"):
        ticket = saved.ticket("snr", number)
        inputs, labels = ticket.problem.test_set()  # type: ignore[attr-defined]
        score = (ticket.apply(inputs).argmax(-1) == labels).mean()
        finished = saved.view.branches["snr"].rounds[number].finished
        assert finished is not None
        assert score == pytest.approx(finished.score[0], abs=1e-6)


def test_its_arrays_leaf_by_leaf_and_as_a_tree_are_the_flat_ones(whole: Path) -> None:
    ticket = SavedSession.read(whole).ticket("snr", 1)
    for part in ("mask", "start", "trained", "sigma"):
        leaves, tree = ticket.leaves(part), ticket.tree(part)  # type: ignore[arg-type]
        assert (np.concatenate([leaf.ravel() for leaf in leaves.values()]) == getattr(ticket, part)).all()
        assert (tree["dense_0"]["kernel"] == leaves["dense_0/kernel"]).all()
    assert sorted(ticket.arrays) == sorted(
        f"{part}/{name}" for part in ("mask", "start", "trained", "sigma") for name in ticket.leaves()
    )
    network = ticket.problem.network  # type: ignore[attr-defined]
    inputs, _ = ticket.problem.test_set()  # type: ignore[attr-defined]
    assert np.array_equal(network.apply(ticket.trained, inputs[:5]), ticket.apply(inputs[:5]))


def test_its_table_has_a_row_a_weight(whole: Path) -> None:
    pytest.importorskip("pandas")
    ticket = SavedSession.read(whole).ticket("snr", 1)
    frame = ticket.to_frame()
    assert len(frame) == ticket.mask.size
    assert frame.kept.sum() == ticket.mask.sum()
    kept = frame[frame.kept]
    assert np.allclose(kept.snr, kept.trained.abs() / kept.sigma)
    assert frame[~frame.kept].snr.isna().all()


def test_the_same_ticket_from_an_open_session(lab: Any) -> None:
    with lab.create() as session:
        session.run_round()
        session.step(2)
        ticket = session.ticket("snr", 0)
        with pytest.raises(TicketError, match="not finished"):
            session.ticket("snr", 1)
    assert (SavedSession.read(session.path).ticket("snr", 0).trained == ticket.trained).all()


def test_what_a_ticket_can_not_be(whole: Path) -> None:
    saved = SavedSession.read(whole)
    with pytest.raises(InvalidValue, match="a branch among snr"):
        saved.ticket("nope", 0)
    with pytest.raises(TicketError, match="not finished"):
        saved.ticket("snr", 9)
    with pytest.raises(TicketError, match="no replicate 3"):
        saved.ticket("snr", 0, replicate=3)
    ticket = saved.ticket("snr", 0)
    with pytest.raises(InvalidValue, match="an array of shape"):
        ticket.apply(np.zeros((3, 5)))
    with pytest.raises(InvalidValue, match="'sigma'"):
        ticket.leaves("std")  # type: ignore[arg-type]


def test_reading_needs_no_jax_and_locks_nothing(whole: Path) -> None:
    before = sorted((path.name, path.stat().st_mtime_ns) for path in whole.iterdir())
    code = (
        "import sys, ticket_explorer as tx; from pathlib import Path; saved = tx.read(sys.argv[1]); "
        "tx.read_all(Path(sys.argv[1]).parent); saved.rounds('snr'); assert 'jax' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(whole)], check=True, timeout=60)
    with Session.open(whole):
        SavedSession.read(whole).ticket("snr", 0)
    after = sorted((path.name, path.stat().st_mtime_ns) for path in whole.iterdir())
    assert {name for name, _ in before} <= {name for name, _ in after}


def test_a_table_of_many_has_columns_for_what_differs(grid: Path) -> None:
    pytest.importorskip("pandas")
    frame = tx.to_frame(tx.read_all(grid))
    assert list(frame.columns[:4]) == ["session", "seed", "trainer.strategy", "pruner.name"]
    assert len(frame) == 4 * 2 * 3
    assert set(frame["trainer.strategy"]) == {"snes", "pgpe"}
    assert set(frame[frame.branch == "small"]["pruner.name"]) == {"magnitude"}
    more = tx.to_frame(tx.read_all(grid), columns=["pruning.ratio"])
    assert set(more["pruning.ratio"]) == {0.3}


def test_what_a_table_of_many_can_not_be(grid: Path, tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    sessions = tx.read_all(grid)
    with pytest.raises(InvalidValue, match="a field of the spec"):
        tx.to_frame(sessions, columns=["trainer.nope"])
    with pytest.raises(TicketError, match="no sessions"):
        tx.to_frame([])
    with pytest.raises(InvalidValue, match="a directory of sessions"):
        tx.read_all(tmp_path / "nope")
    assert tx.read_all(tmp_path) == []
    assert value_of(sessions[0], "snr", "pruner") == "snr"


def test_open_or_create_goes_on_and_refuses_another_spec(lab: Any) -> None:
    spec, path = lab.spec(), lab.path()
    with Session.open_or_create(spec, path) as session:
        session.run_round()
    with Session.open_or_create(spec, path) as session:
        assert session.view.branches["snr"].next_round == 1
    with pytest.raises(
        TicketError, match=r"from another spec: seed is 0 there and 7 here, branch.snr.pruning.ratio is 0.3 there"
    ):
        Session.open_or_create(lab.spec(seed=7, pruning={"ratio": 0.5, "rounds": 3}, **SECOND), path)


def test_differences_are_told_once_for_branches_that_share_them() -> None:
    one = {"seed": 1, "branch": [{"name": "a", "x": {"y": 1}}, {"name": "b", "x": {"y": 1}}]}
    other = {"seed": 1, "branch": [{"name": "a", "x": {"y": 2}}, {"name": "b", "x": {"y": 2}}]}
    assert differences(one, one) == {}
    assert told_differences(differences(one, other)) == "x.y is 1 there and 2 here"


def test_a_closed_session_says_so_and_may_be_closed_again(lab: Any) -> None:
    session = lab.create()
    session.step(1)
    session.close()
    session.close()
    for ask in (
        session.run,
        session.run_round,
        session.step,
        session.pause,
        lambda: session.note("x"),
        lambda: session.analyse("snr", "snr"),
        lambda: session.ticket("snr", 0),
    ):
        with pytest.raises(TicketError, match="is closed; open it again"):
            ask()
    assert session.view.state == "paused"


def test_a_closed_session_gives_its_data_back(tmp_path: Path, lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from sessions.plans.problems import Problems

    monkeypatch.setattr("sessions.session.session.Problems", Problems)
    gc.collect()
    before = sum(array.nbytes for array in jax.live_arrays())
    session = Session.create(lab.spec(task={"name": "fashion", "batch": 65}), tmp_path / "a.session")
    session.run()
    held = sum(array.nbytes for array in jax.live_arrays())
    gc.disable()
    try:
        session.close()
        left = sum(array.nbytes for array in jax.live_arrays())
    finally:
        gc.enable()
    assert held - before > 5_000_000, "7,000 images"
    assert left - before < 1_000_000


def test_open_sessions_share_problems(tmp_path: Path, lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from sessions.plans.problems import Problems

    one, other = Problems(), Problems()
    plan = lab.spec().branches[0].plan
    assert one.of(plan) is other.of(plan)


def test_who_has_it_open_is_told_so(lab: Any) -> None:
    with lab.create() as session, pytest.raises(SessionLocked, match="is open in this process already"):
        Session.open(session.path)
    with pytest.raises(SessionExists):
        Session.create(lab.spec(), session.path)


def _step(path: Path) -> str:
    try:
        with Session.open(path) as session:
            session.step(1)
    except TicketError as error:
        return str(error)
    return "done"


@pytest.mark.filterwarnings("ignore:This process")
@pytest.mark.filterwarnings("ignore:os.fork")
def test_a_forked_process_is_refused_in_place_of_hanging(lab: Any) -> None:
    lab.create().close()
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
        assert "start processes by spawn" in pool.submit(_step, lab.path()).result(timeout=60).replace("Start", "start")
