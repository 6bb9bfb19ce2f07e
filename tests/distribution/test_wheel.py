"""The wheel in somebody else's environment: what it shows, runs and says of its types."""

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
TYPED = Path(__file__).parents[1] / "typing"
DEMOS = Path(__file__).parents[2] / "demos"
MARK = "# expect-error"
NOTEBOOK = """
import nbformat, nbclient, json, sys
cells = [nbformat.v4.new_code_cell(source) for source in json.load(sys.stdin)]
book = nbformat.v4.new_notebook(cells=cells)
nbclient.NotebookClient(book, timeout=300, kernel_name="python3").execute()
print(json.dumps([[dict(output.get("data", {})) for output in cell.outputs] for cell in book.cells]))
"""
CELLS = (
    "import ticket_explorer as tx; tx.__file__",
    "live = tx.LiveSession.create('fashion', {'pruning.rounds': 1, 'trainer.generations': 5})\n"
    "await live.run_async(); len(live.to_frame())",
    "tx.widgets.TicketCurve(live)",
    "tx.explore(live)",
    "await live.stop_async()",
)


def marked(path: Path) -> set[int]:
    """The lines that a type checker must report."""
    return {number for number, line in enumerate(path.read_text().splitlines(), 1) if MARK in line}


@pytest.fixture
def typed(tmp_path: Path) -> dict[str, Path]:
    """The files that are checked, away from the source tree."""
    copies = {path.name: tmp_path / path.name for path in sorted(TYPED.glob("*.py"))}
    for name, copy in copies.items():
        copy.write_text((TYPED / name).read_text())
    assert len(copies) > 1
    return copies


def test_mypy_reports_what_is_wrong_and_nothing_else(typed: dict[str, Path], theirs: Path, tmp_path: Path) -> None:
    options = ["--strict", "--config-file=", "--python-executable", str(theirs / "bin" / "python")]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, *typed], cwd=tmp_path, capture_output=True, text=True
    )
    found = re.findall(r"^(\w+\.py):(\d+): error", done.stdout, re.MULTILINE)
    for name, path in typed.items():
        assert {int(line) for file, line in found if file == name} == marked(path), done.stdout + done.stderr


def test_pyright_reports_what_is_wrong_and_nothing_else(typed: dict[str, Path], theirs: Path, tmp_path: Path) -> None:
    options = ["--outputjson", "--pythonpath", str(theirs / "bin" / "python")]
    done = subprocess.run(
        [sys.executable, "-m", "pyright", *options, *typed], cwd=tmp_path, capture_output=True, text=True
    )
    found = [
        (Path(one["file"]).name, one["range"]["start"]["line"] + 1)
        for one in json.loads(done.stdout)["generalDiagnostics"]
        if one["severity"] == "error"
    ]
    for name, path in typed.items():
        assert {line for file, line in found if file == name} == marked(path), done.stdout


def test_a_notebook_shows_widgets(theirs: Path, environment_variables: dict[str, str], tmp_path: Path) -> None:
    command = [str(theirs / "bin" / "python"), "-c", NOTEBOOK]
    done = subprocess.run(
        command, input=json.dumps(CELLS), cwd=tmp_path, env=environment_variables, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    where, rows, chart, explorer, _ = json.loads(done.stdout.splitlines()[-1])
    assert str(theirs) in where[-1]["text/plain"]
    assert rows[-1]["text/plain"] == "3"  # a round of each branch
    for shown in (chart, explorer):
        assert any("application/vnd.jupyter.widget-view+json" in data for data in shown)


def test_the_default_runs_from_anywhere(theirs: Path, environment_variables: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "widgets.py").write_text("raise SystemExit('foreign')\n")
    short = ["--rounds", "2", "--generations", "5", "--json"]
    command = [str(theirs / "bin" / "ticket-explorer"), "run", *short]
    done = subprocess.run(command, cwd=tmp_path, env=environment_variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert {branch["name"] for branch in json.loads(done.stdout)["branches"]} == {"snr", "magnitude", "random"}
    module = [str(theirs / "bin" / "python"), "-m", "ticket_explorer", "list"]
    listed = subprocess.run(module, cwd=tmp_path, env=environment_variables, capture_output=True, text=True, check=True)
    assert "fashion" in listed.stdout


def test_the_wheel_holds_the_lessons_and_what_a_page_is_made_of(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        for lesson in DEMOS.glob("*.ipynb"):
            assert archive.read(f"widgets/demos/{lesson.name}") == lesson.read_bytes()
    assert {"widgets/replay_page/page.html", "widgets/replay_page/page.css", "widgets/canvas/esm/page.js"} <= names


def test_lessons_a_replay_and_a_checkup_come_out_of_it(
    theirs: Path, environment_variables: dict[str, str], tmp_path: Path
) -> None:
    command = str(theirs / "bin" / "ticket-explorer")

    def tell(*arguments: str) -> str:
        told = [command, *arguments]
        done = subprocess.run(told, cwd=tmp_path, env=environment_variables, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    tell("lessons", "lessons")
    copied = {path.name for path in (tmp_path / "lessons").iterdir()}
    assert copied == {path.name for path in DEMOS.glob("*.ipynb")}
    tell("run", "--rounds", "1", "--generations", "5", "--session", "mine.session")
    tell("export", "mine.session", "replay", "--out", "ticket.html")
    assert (tmp_path / "ticket.html").read_text("utf-8").startswith("<!doctype html>")
    found = json.loads(tell("doctor", "--json"))
    assert found["works"]
    assert {"name": "packages", "state": "ok"}.items() <= found["checks"][1].items()
