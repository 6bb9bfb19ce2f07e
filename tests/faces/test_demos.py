"""The lessons run from top to bottom, at small sizes."""

import json
import os
from pathlib import Path

import pytest

from ticket_explorer.tasks.datasets import prepare

DEMOS = sorted((Path(__file__).parents[2] / "demos").glob("*.ipynb"))
RAW = Path(os.environ.get("TICKET_EXPLORER_RAW_DATA", Path(__file__).parents[3] / "shared" / "data"))
SMALL = (
    'SETTINGS = {"pruning.rounds": 3, "pruning.ratio": 0.4, "trainer.generations": 10, "trainer.population": 8, '
    '"task.batch": 64, "network.hidden": [8]}'
)


@pytest.mark.parametrize("path", DEMOS, ids=lambda path: path.stem)
def test_a_lesson_asks_before_and_answers_after(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    words = " ".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in code)
    settings = next("".join(cell["source"]) for cell in code if "parameters" in cell["metadata"].get("tags", ()))
    assert settings.startswith("SETTINGS = ")
    assert words.count("**Question.**") == words.count("**Answer.**") >= 3
    assert len(words.split()) < 15 * 200, "more than a quarter of an hour to read"


def prepare_mnist() -> None:
    if not (RAW / "mnist").is_dir():
        pytest.skip(f"MNIST's files are not in {RAW}")
    prepare("mnist", RAW / "mnist")


CLAIM = "def claim("
"""What a lesson has whose answers are checked in the run: it prints ✓ or ✗ before each."""


@pytest.fixture
def execute(home, tmp_path, monkeypatch):
    """Runs a lesson from top to bottom, with its own settings or others; returns its notebook."""
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    monkeypatch.setenv("TICKET_EXPLORER_HOME", str(home))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))

    def run(path, settings=None, seconds=200):
        lesson = nbformat.read(path, 4)
        for cell in lesson.cells:
            if settings is not None and "parameters" in cell.metadata.get("tags", ()):
                cell.source = settings
        environment = {**os.environ, "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
        nbclient.NotebookClient(lesson, timeout=seconds, kernel_name="python3").execute(env=environment)
        return lesson

    return run


@pytest.mark.slow
@pytest.mark.optimised
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "path", [path for path in DEMOS if CLAIM in path.read_text(encoding="utf-8")], ids=lambda path: path.stem
)
def test_what_a_lesson_claims_holds_at_its_own_size(path, execute, monkeypatch):
    monkeypatch.delenv("JAX_DISABLE_MOST_OPTIMIZATIONS", raising=False)
    lesson = execute(path, seconds=1200)
    printed = "".join(output.get("text", "") for cell in lesson.cells for output in cell.get("outputs", ()))
    claims = [line for line in printed.splitlines() if line[:1] in "✓✗"]
    assert len(claims) >= 5
    assert [line for line in claims if line.startswith("✗")] == []


@pytest.mark.slow
@pytest.mark.parametrize("path", DEMOS, ids=lambda path: path.stem)
def test_a_lesson_runs(path, execute):
    if "mnist" in path.read_text(encoding="utf-8").partition("data prepare ")[2][:6]:
        prepare_mnist()
    lesson = execute(path, SMALL)
    shown = [output.data for cell in lesson.cells for output in cell.get("outputs", ()) if "data" in output]
    pictures = [data["image/svg+xml"] for data in shown if "image/svg+xml" in data]
    assert pictures
    assert all(len(picture.encode()) < 2 * 300_000 for picture in pictures)
