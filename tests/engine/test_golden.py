"""A session of every schema version, made by a real run, still opens, folds, verifies and goes on.

`golden/schema_1` has two branches and a third after a round, two replicates, a change of
hyper-parameters, a remark, an early end, another pruner, early weights, and a round that was
interrupted after two of its six generations.
"""

import shutil
from pathlib import Path
from typing import Any

import pytest

from sessions.messages import events
from sessions.reports.generation_rows import metric_rows
from sessions.reports.json_report import report
from sessions.reports.session_list import session_state
from sessions.session.session import Session
from sessions.store import SCHEMA, SessionDirectory
from sessions.views.reading import read_header, read_view

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def golden(tmp_path: Path) -> Path:
    return Path(shutil.copytree(GOLDEN / "schema_1", tmp_path / "golden.session"))


def test_every_schema_has_its_session() -> None:
    assert sorted(path.name for path in GOLDEN.glob("schema_*")) == [
        f"schema_{number}" for number in range(1, SCHEMA + 1)
    ]


def test_it_folds_to_what_it_was(golden: Path) -> None:
    view = read_view(golden)
    assert {name: (branch.parent, branch.parent_round) for name, branch in view.branches.items()} == {
        "snr": (None, None),
        "random": ("snr", 0),
        "again": ("snr", 1),
    }
    assert (view.state, view.running and (view.running.branch, view.running.number, view.running.done)) == (
        "paused",
        ("snr", 2, 2),
    )
    rounds = view.branches["snr"].rounds
    assert rounds[0].finished is not None
    assert rounds[0].finished.score == pytest.approx([0.098, 0.177])
    assert [(change.generation, change.changes) for change in rounds[0].tuned] == [(3, {"std": 0.04})]
    assert rounds[0].metrics().shape == (6, 2, len(events.METRICS))
    assert view.branches["random"].rounds[1].generations == 2
    assert [remark.text for remark in view.remarks] == ["A remark"]
    assert len(view.commands) == 9
    assert len(list(metric_rows(view))) == 2 * (6 + 6 + 2 + 2)


def test_it_is_whole_and_reported(lab: Any, golden: Path) -> None:
    lab.assert_whole(golden)
    table = report(golden, read_header(SessionDirectory(golden)), read_view(golden))
    assert [branch["parent"] for branch in table["branches"]] == [None, "snr:0", "snr:1"]
    assert session_state(golden).rounds_done == 3


def test_it_goes_on(lab: Any, golden: Path) -> None:
    before = lab.outcome(golden)
    with Session.open(golden) as session:
        session.run()
        assert session.is_finished
        assert session.view.branches["snr"].rounds[2].pruned == []
    after = lab.outcome(golden)
    assert sorted(after) == ["again:2", "random:1", "random:2", "snr:0", "snr:1", "snr:2"]
    for key, found in before.items():
        assert found["mean"] == after[key]["mean"]
        assert found["score"] == after[key]["score"]
    lab.assert_whole(golden)
