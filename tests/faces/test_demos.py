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


@pytest.mark.slow
@pytest.mark.parametrize("path", DEMOS, ids=lambda path: path.stem)
def test_a_lesson_runs(path, home, tmp_path, monkeypatch):
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    if "mnist" in path.read_text(encoding="utf-8").partition("data prepare ")[2][:6]:
        prepare_mnist()
    monkeypatch.setenv("TICKET_EXPLORER_HOME", str(home))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    lesson = nbformat.read(path, 4)
    for cell in lesson.cells:
        if "parameters" in cell.metadata.get("tags", ()):
            cell.source = SMALL
    environment = {**os.environ, "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    nbclient.NotebookClient(lesson, timeout=200, kernel_name="python3").execute(env=environment)
    shown = [output.data for cell in lesson.cells for output in cell.get("outputs", ()) if "data" in output]
    pictures = [data["image/svg+xml"] for data in shown if "image/svg+xml" in data]
    assert pictures
    assert all(len(picture.encode()) < 2 * 300_000 for picture in pictures)
