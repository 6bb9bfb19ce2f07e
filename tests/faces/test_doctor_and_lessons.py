"""The commands `doctor` and `lessons`, as a person types them."""

import json
from pathlib import Path

import nbformat
import pytest

from sessions.serving.finding import Finding
from widgets.cli import doctor
from widgets.cli import lessons as command

FINDINGS = [
    Finding(name="Python", said="3.11"),
    Finding(name="browser", state="remark", said="none", remedy="Open pages elsewhere."),
]
TROUBLE = Finding(name="sockets", state="trouble", said="none can be used", remedy="Check the firewall.")


@pytest.mark.parametrize(("more", "code"), [([], 0), ([TROUBLE], 1)])
def test_doctor_says_each_finding_with_its_remedy_and_fails_only_for_trouble(tell, monkeypatch, more, code):
    monkeypatch.setattr(doctor, "checkup", lambda: iter([*FINDINGS, *more]))
    told = tell("doctor")
    assert told.exit_code == code
    assert told.stdout.splitlines()[:3] == [
        "ok      Python: 3.11",
        "remark  browser: none",
        "        → Open pages elsewhere.",
    ]
    assert ("trouble sockets: none can be used" in told.stdout) == bool(more)
    as_json = tell("doctor", "--json")
    assert as_json.exit_code == code
    found = json.loads(as_json.stdout)
    assert found["works"] is not bool(more)
    assert found["checks"][1] == {
        "name": "browser",
        "state": "remark",
        "said": "none",
        "remedy": "Open pages elsewhere.",
    }


def test_lessons_are_copied_whole(tell, tmp_path, root):
    told = tell("lessons", str(tmp_path / "new" / "lessons"))
    assert told.exit_code == 0, told.output
    copied = sorted((tmp_path / "new" / "lessons").iterdir())
    assert [path.name for path in copied] == sorted(path.name for path in (root / "demos").glob("*.ipynb"))
    assert sorted(map(Path, told.stdout.split("\n")[:-1])) == copied
    for path in copied:
        nbformat.validate(nbformat.read(path, 4))
        assert path.read_bytes() == (root / "demos" / path.name).read_bytes()


def test_lessons_overwrite_nothing(tell, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    assert tell("lessons", str(tmp_path)).exit_code == 0
    one = next(tmp_path.glob("1_*.ipynb"))
    one.write_text("my answers")
    others = [path for path in tmp_path.glob("*.ipynb") if path != one]
    for path in others:
        path.unlink()
    told = tell("lessons", str(tmp_path))
    assert told.exit_code == 2
    assert "nothing was overwritten" in told.stderr
    assert one.read_text() == "my answers"
    assert list(tmp_path.glob("*.ipynb")) == [one]


def test_lessons_that_cannot_be_written_or_found_are_a_sentence(tell, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    told = tell("lessons", str(tmp_path / "file"))
    assert told.exit_code == 2
    assert "file" in told.stderr
    monkeypatch.setattr(command, "_PLACES", (tmp_path / "nowhere",))
    told = tell("lessons", str(tmp_path / "new"))
    assert told.exit_code == 2
    assert "no lessons" in told.stderr
