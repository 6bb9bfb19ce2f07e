"""Data and analyses of one's own: they are used, and what can't be is a sentence with its line."""

import os
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

import ticket_explorer as tx
from sessions.specs.own_code import with_own_code
from sessions.specs.spec import parse_spec
from sessions.views.own_code import KeptCode
from tests.engine.own_stage import DATA, own, task
from ticket_explorer.errors import InvalidValue, TicketError
from ticket_explorer.own_trust import trust
from ticket_explorer.problems import bind

pytestmark = pytest.mark.thorough


def test_data_that_a_function_returns(mine: Path, lab: Any) -> None:
    spec = own(lab, task={"name": "data.py:blobs", "count": 90, "split": False, "batch": 10})
    with tx.Session.create(spec, lab.path()) as session:
        session.run()
        measured = session.view.branches["snr"].plan["task"]["measured"]
    assert measured["classes"] == ["a", "b", "c"]
    assert measured["train"] + measured["test"] == 90
    lab.assert_whole(session.path)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("one", "expected x_train, y_train, x_test and y_test"),
        ("objects", "an array of Python objects"),
        ("fails", r"data.py, line \d+: ZeroDivisionError"),
    ],
)
def test_data_that_can_not_be_learned_from(mine: Path, name: str, said: str) -> None:
    with pytest.raises(TicketError, match=said):
        task(name=f"data.py:{name}")


def test_data_that_changed_are_refused(mine: Path) -> None:
    found = task(name="data.py:blobs")
    changed = with_own_code({"task": {"name": "data.py:blobs", "count": 30}}, Path.cwd())["task"]
    table = {"task": {**changed, "measured": msgspec.to_builtins(found.measured)}, "pruner": "magnitude"}
    with pytest.raises(TicketError, match="the data that it began with"):
        bind(parse_spec(table).branches[0].plan.task, parse_spec(table).branches[0].plan.network)


def test_an_analysis_of_ones_own(mine: Path, lab: Any) -> None:
    with lab.create() as session:
        session.run_round()
        found = session.analyse("looks.py:size", "snr", 0, {"power": 2})
        mean = session.ticket("snr", 0).trained
        by_leaf = session.analyse("looks.py:several", "snr")
    assert found.kind == "looks.py:size"
    assert found.array("value")[0] == pytest.approx(np.abs(mean).sum() ** 2, rel=1e-5)
    assert by_leaf.array("dense_0_kernel").shape == (1,)
    lab.assert_whole(session.path)


def look(result, problem, times=1):  # type: ignore[no-untyped-def]
    return times * result.mask.sum()


def test_a_function_of_a_cell_analyses_too(mine: Path, lab: Any) -> None:
    with lab.create() as session:
        session.run_round()
        found = session.analyse("own", "snr", 0, tx.code_of(look, times=3))
        size = session.ticket("snr", 0).mask.size
    assert found.array("value")[0] == 3 * size


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("words", "a number, or an array of numbers"),
        ("bad_name", "names of letters, digits and _"),
        ("huge", "at most 4,000,000"),
        ("nope", "looks.py has no nope"),
    ],
)
def test_an_analysis_that_can_not_be_leaves_the_session_whole(mine: Path, lab: Any, name: str, said: str) -> None:
    with lab.create() as session:
        session.run_round()
        with pytest.raises(TicketError, match=said):
            session.analyse(f"looks.py:{name}", "snr")
        session.run()
    lab.assert_whole(session.path)


def test_trust_in_a_text_is_none_in_what_it_imports(mine: Path, lab: Any) -> None:
    """A forged session could name any object that a trusted text imports, `subprocess.run`, and its arguments."""
    (mine / "data.py").write_text("from subprocess import run\n" + DATA)
    assert task(name="data.py:blobs").measured.train == 30
    table = with_own_code({"task": {"name": "data.py:blobs"}}, Path.cwd())["task"]
    forged = {**table, "place": "data.py:run", "parameters": {"args": f"touch {mine / 'mark'}", "shell": True}}
    trust(forged["place"], forged["source"], forged["parameters"])
    with pytest.raises(TicketError, match=r"data\.py:run is not defined in data\.py but imported there"):
        parse_spec({"task": forged, "network": "mlp", "pruner": "magnitude"}).branches[0].plan.task.taken_up()
    assert not (mine / "mark").exists()


def test_only_regular_files_are_read(mine: Path) -> None:
    os.mkfifo(mine / "pipe.py")
    with pytest.raises(InvalidValue, match="not a regular file"):
        task(name="pipe.py:blobs")
    assert KeptCode("pipe.py:blobs", "", str(mine / "pipe.py")).changes() == ""
