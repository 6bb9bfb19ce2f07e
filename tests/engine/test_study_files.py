"""A study on disk: its journal has many writers, and it may be given more, never less."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sessions.store.errors import Damaged, NotASession, SessionExists
from sessions.studies.locks import is_held, locked
from sessions.studies.records import Retried
from sessions.studies.spec_text import with_more
from sessions.studies.study import Study, open_or_begin
from sessions.studies.study_journal import StudyJournal
from ticket_explorer.errors import TicketError
from ticket_explorer.places import studies_dir

TEXT = """# My question
title = "Tiny"
seeds = 2  # for now
[[axis]]
name = "strategy"
path = "trainer.strategy"
values = ["snes", "pgpe"]
"""
LOOK = """
import sys
from sessions.studies.study import Study
print(len([cell.now for cell in Study.open(sys.argv[1]).cells]), {"jax", "distributed"} & set(sys.modules))
"""


@pytest.fixture
def study(tmp_path: Path) -> Study:
    file = tmp_path / "mine.toml"
    file.write_text(TEXT)
    return open_or_begin(file, tmp_path / "mine.study")


def names(study: Study) -> list[str]:
    return [cell.name for cell in study.cells]


def test_looking_at_a_study_needs_neither_jax_nor_dask(study: Study) -> None:
    told = subprocess.run([sys.executable, "-c", LOOK, str(study.path)], capture_output=True, text=True, check=True)
    assert told.stdout == "4 set()\n"


def test_it_is_private_and_lies_with_the_users_studies(tmp_path: Path, home: Path) -> None:
    file = tmp_path / "figure 2.toml"
    file.write_text(TEXT)
    study = open_or_begin(file)
    assert study.path == studies_dir() / "figure-2.study" == home / "studies" / "figure-2.study"
    assert study.path.stat().st_mode & 0o077 == 0
    assert (study.path / "study.toml").read_text() == TEXT
    assert names(Study.open("figure-2")) == names(study)
    with pytest.raises(NotASession, match=r"Studies there: figure-2\.study"):
        Study.open("figure-3")
    with pytest.raises(SessionExists):
        Study.create(file, study.path)


def test_nothing_is_left_of_a_study_that_cant_be(tmp_path: Path) -> None:
    axis = {"name": "strategy", "path": "trainer.strategy", "values": ["sness"]}
    with pytest.raises(TicketError, match="Cell sness,seed-0 can't work"):
        Study.create({"seeds": 1, "axis": [axis]}, tmp_path / "mine.study")
    assert list(tmp_path.iterdir()) == []


def test_many_write_its_journal_and_nobody_loses_a_record(study: Study) -> None:
    """Several processes at once, one of which leaves half a record behind."""
    code = (
        "import sys; from sessions.studies.study import Study; from sessions.studies.records import Retried\n"
        "study = Study.open(sys.argv[1])\n"
        "for number in range(40): study.record(Retried(at=number, by=sys.argv[2], cells=[]))"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, str(study.path), name]) for name in "abc"]
    for number in range(20):
        study.record(Retried(at=number, by="here", cells=[]))
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    with study.directory.journal.open("ab") as file:
        file.write(b"\x01\x02\x03\x04\xff\x00\x00\x00half of a rec")
    study.record(Retried(at=0, by="after", cells=[]))
    told = StudyJournal(study.directory.journal, study.directory.journal_lock).news()
    by = [(record.by, record.at) for record in told if isinstance(record, Retried)]
    for name, count in (("a", 40), ("b", 40), ("c", 40), ("here", 20)):
        assert [at for who, at in by if who == name] == list(range(count)), "each in its order"
    assert by[-1] == ("after", 0)


def test_what_is_no_record_is_damage_and_is_left_alone(study: Study) -> None:
    journal = study.directory.journal
    data = bytearray(journal.read_bytes())
    data[20] ^= 1
    journal.write_bytes(data)
    other = Study(study.directory)
    with pytest.raises(Damaged):
        other.record(Retried(at=0, by="me", cells=[]))
    assert journal.read_bytes() == bytes(data)
    with pytest.raises(Damaged, match="says nothing of the study's cells"):
        Study.open(study.path)


def test_it_is_given_more_and_keeps_its_comments(study: Study) -> None:
    text, table = with_more(TEXT, 3, 5, ["strategy=open_es"])
    assert text.startswith("# My question\n")
    assert "seeds = 3  # for now" in text
    more = study.extend(text, table)
    assert len(more) == len(names(study)) == 9, "cells that haven't begun get the rounds too"
    assert {branch.plan.pruning.rounds for branch in study.cell("snes,seed-0").planned.spec().branches} == {5}
    assert study.extend(text, table) == []
    assert (study.path / "study.toml").read_text() == text
    assert names(Study.open(study.path)) == names(study)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((1, None, []), "at least 2, the seeds that it has"),
        ((None, None, ["strategy"]), "expected AXIS=VALUE"),
        ((None, None, ["strat=des"]), "unknown axis 'strat'"),
        ((None, None, ["strategy=snes"]), "a value that the axis lacks; it has snes, pgpe"),
    ],
)
def test_more_that_cant_be(arguments: Any, said: str) -> None:
    with pytest.raises(TicketError, match=said):
        with_more(TEXT, *arguments)


def test_what_a_person_edits_in_it_is_taken_up(study: Study) -> None:
    (study.path / "study.toml").write_text(TEXT.replace("seeds = 2", "seeds = 3"))
    assert names(Study.open(study.path)) == names(study), "looking changes nothing"
    assert len(open_or_begin(study.path).cells) == 6


def test_cells_that_have_begun_stay_and_others_may_change(study: Study, tmp_path: Path) -> None:
    study.directory.session("snes,seed-0").mkdir()
    file = tmp_path / "mine.toml"
    file.write_text(TEXT + '[set]\n"pruning.ratio" = 0.3\n')
    said = r"^Cell snes,seed-0 was begun from another spec: pruning\.ratio is 0\.2 there and 0\.3 here"
    with pytest.raises(TicketError, match=said):
        open_or_begin(file, study.path)
    file.write_text(TEXT.replace('"snes", ', ""))
    with pytest.raises(TicketError, match=r"^Cell snes,seed-0 has begun, and is no longer in the study"):
        open_or_begin(file, study.path)
    file.write_text("threads = 2\n" + TEXT)
    with pytest.raises(TicketError, match=r"^\$\.threads: 2, expected 1: cells have begun"):
        open_or_begin(file, study.path)
    file.write_text(TEXT.replace(', "pgpe"', ""))
    assert names(open_or_begin(file, study.path)) == ["snes,seed-0", "snes,seed-1"], "what hasn't begun may go"
    assert names(Study.open(study.path)) == ["snes,seed-0", "snes,seed-1"]


def test_a_lock_is_shared_by_runs_and_freed_by_the_system(study: Study) -> None:
    lock = study.directory.lock
    assert not is_held(lock)
    with locked(lock, shared=True) as one, locked(lock, shared=True) as other:
        assert one
        assert other
        assert is_held(lock)
        with locked(lock, wait=False) as alone:
            assert not alone
    assert not is_held(lock)


def test_a_frame_of_nothing(study: Study) -> None:
    with pytest.raises(TicketError, match=r"No cell of this study has begun yet\. Run the study first\."):
        study.to_frame()
    with pytest.raises(TicketError, match="Cell snes,seed-0 has not begun yet"):
        study.cell("snes,seed-0").read()
    with pytest.raises(TicketError, match="unknown cell 'snes'"):
        study.cell("snes")
    with pytest.raises(TicketError, match="has not failed; failed are: none"):
        study.retry(["snes,seed-0"])
