"""`study …` on the command line: what is planned, shown, added, retried, removed and refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from sessions.session.session import Session
from sessions.studies import running
from sessions.studies.records import CellFailed
from sessions.studies.study import Study, open_or_begin
from ticket_explorer.places import studies_dir

TEXT = """
title = "Tiny"
seeds = 2
threads = 1
[task]
name = "fashion"
batch = 64
[network]
name = "mlp"
hidden = [8]
[trainer]
name = "evolution"
population = 8
generations = 5
[pruning]
rounds = 2
[[axis]]
name = "strategy"
path = "trainer.strategy"
values = ["snes", "pgpe"]
"""
CELLS = ["snes,seed-0", "snes,seed-1", "pgpe,seed-0", "pgpe,seed-1"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(TEXT)
    return path


@pytest.fixture
def study(file: Path) -> Any:
    """A study of the user's, one cell of which is finished and one has failed."""
    made = open_or_begin(file)
    with Session.create(made.cells[0].planned.spec(), made.cells[0].path) as session:
        session.run()
    made.record(CellFailed(at=0, run="", cell="pgpe,seed-1", why="It broke."))
    yield made
    if made.path.exists():
        import shutil

        shutil.rmtree(made.path)


def test_a_study_is_listed_and_shown(study: Study, tell: Any) -> None:
    assert "mine" in tell("study", "list").stdout
    row, *others = json.loads(tell("study", "list", "--json").stdout)
    assert {other["state"] for other in others} == {"shipped"}
    assert "lange-2023-small" in [other["name"] for other in others]
    assert {key: row[key] for key in ("name", "axes", "cells", "failed", "state")} == {
        "name": "mine",
        "axes": ["strategy", "seed"],
        "cells": 4,
        "failed": 1,
        "state": "planned",
    }
    shown = tell("study", "show", "mine")
    assert shown.exit_code == 0
    assert [line.split()[0] for line in shown.stdout.splitlines() if "seed" in line] == CELLS
    assert "1 finished, 2 planned, 1 failed" in shown.stdout
    assert "Cell pgpe,seed-1 has failed: It broke." in shown.stderr


def test_a_study_as_json(study: Study, tell: Any) -> None:
    told = json.loads(tell("study", "show", str(study.path), "--json").stdout)
    assert told["study"] == str(study.path)
    first, last = told["cells"][0], told["cells"][-1]
    assert {key: first[key] for key in ("cell", "axes", "seed", "state", "why")} == {
        "cell": "snes,seed-0",
        "axes": {"strategy": "snes", "seed": 0},
        "seed": 0,
        "state": "finished",
        "why": None,
    }
    assert [round_["round"] for round_ in first["branches"][0]["rounds"]] == [0, 1]
    alone = json.loads(tell("show", first["session"], "--json").stdout)
    assert first["branches"] == alone["branches"], "a cell is a session like any other"
    assert (last["state"], last["why"], last["branches"]) == ("failed", "It broke.", [])


def test_more_is_added(study: Study, tell: Any) -> None:
    added = tell("study", "add", "mine", "--seeds", "3", "--value", "strategy=open_es")
    assert added.exit_code == 0, added.stderr
    assert added.stdout.split() == ["snes,seed-2", "pgpe,seed-2", *(f"open_es,seed-{seed}" for seed in range(3))]
    assert "Run them with: ticket-explorer study run mine" in added.stderr
    assert "Nothing to add" in tell("study", "add", "mine", "--seeds", "3").stderr
    refused = tell("study", "add", "mine", "--value", "strategy=sness")
    assert refused.exit_code == 2
    assert "Cell sness,seed-0 can't work: $.trainer.strategy: unknown strategy 'sness'" in refused.stderr
    assert len(Study.open("mine").cells) == 9


def test_a_file_takes_the_place_of_the_studys(study: Study, file: Path, tell: Any) -> None:
    file.write_text(TEXT.replace("rounds = 2", "rounds = 3"))
    assert tell("study", "add", "mine", str(file)).stdout.split() == CELLS
    assert "Give either a file or options" in tell("study", "add", "mine", str(file), "--seeds", "3").stderr


def test_failed_cells_are_retried(study: Study, tell: Any) -> None:
    assert tell("study", "retry", "mine", "snes,seed-0").exit_code == 2
    assert tell("study", "retry", "mine").stdout.split() == ["pgpe,seed-1"]
    assert "No cell has failed" in tell("study", "retry", "mine").stderr


def test_it_is_removed_unless_it_is_used(study: Study, tell: Any) -> None:
    assert tell("study", "rm", "mine", stdin="n\n").exit_code == 2
    with Session.open(study.cells[0].path):
        refused = tell("study", "rm", "mine", "--yes")
        assert refused.exit_code == 2
        assert "Cell snes,seed-0 of" in refused.stderr
        assert "is in use by another process" in refused.stderr
    assert tell("study", "rm", "mine", "--yes").exit_code == 0
    assert not study.path.exists()


def test_bad_input_is_a_sentence_and_leaves_nothing(file: Path, tell: Any, tmp_path: Path) -> None:
    file.write_text(TEXT.replace("trainer.strategy", "trainer.strateg"))
    refused = tell("study", "run", str(file))
    assert refused.exit_code == 2
    assert "Cell snes,seed-0 can't work: $.trainer.strateg: unknown field" in refused.stderr
    assert not (studies_dir() / "mine.study").exists()
    file.write_text("title = ")
    assert "is not valid TOML" in tell("study", "run", str(file)).stderr
    assert "can't be read: no such file" in tell("study", "run", str(tmp_path / "other.toml")).stderr
    assert "There is no study at" in tell("study", "run", "nowhere").stderr
    assert "There is no study at" in tell("study", "show", "nowhere").stderr


def test_without_dask_it_says_what_to_install(
    file: Path, tell: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    refused = tell("study", "run", str(file), "--study", str(tmp_path / "mine.study"))
    assert refused.exit_code == 2
    assert "pip install 'ticket-explorer[cluster]'" in refused.stderr


def test_a_run_ends_with_what_failed(study: Study, tell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sessions.studies.running.run_study", lambda *arguments: "finished")
    ended = tell("study", "run", "mine")
    assert ended.exit_code == 1
    assert "4 cells" in ended.stderr
    assert "To run them again: ticket-explorer study retry mine" in ended.stderr
    monkeypatch.setattr("sessions.studies.running.run_study", lambda *arguments: "stopped")
    assert tell("study", "run", "mine").exit_code == 130


def test_the_plan_of_workers_fits_cores_and_memory(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    from sessions.studies import local_crew

    assert running.usual_workers is local_crew.usual_workers
    monkeypatch.setattr(local_crew, "computing_gpu", lambda: None)
    monkeypatch.setattr(local_crew, "cores", lambda: 8)
    monkeypatch.setattr(local_crew, "memory_limit", lambda: 10**12)
    assert local_crew.usual_workers(study.view) == 4, "no more than there are cells"
    monkeypatch.setattr(local_crew, "cores", lambda: 3)
    assert local_crew.usual_workers(study.view) == 3
    study.view.threads = 2
    assert local_crew.usual_workers(study.view) == 1
    study.view.threads = 1
    monkeypatch.setattr(local_crew, "memory_limit", lambda: 2_500_000_000)
    assert local_crew.usual_workers(study.view) == 2, "each needs a gigabyte"


def test_options_that_contradict_each_other(tell: Any, tmp_path: Path) -> None:
    (file := tmp_path / "mine.toml").write_text('preset = "fashion"')
    place = ("--study", str(tmp_path / "mine.study"))
    told = tell("study", "run", str(file), *place, "--scheduler", "tcp://a:1", "--workers", "2")
    assert told.exit_code == 2
    assert "give --scheduler without them" in told.stderr
    assert "give --slurm too" in tell("study", "run", str(file), *place, "--slurm-set", "queue=a").stderr
    assert "NAME=VALUE" in tell("study", "run", str(file), *place, "--slurm", "--slurm-set", "queue").stderr
    assert not (tmp_path / "mine.study").exists()
