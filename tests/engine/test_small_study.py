"""The small study of the paper, its images run for real: tickets beat random pruning; SNR − magnitude as it comes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sessions.studies import work
from sessions.studies.shipped import text
from sessions.studies.study import Study
from sessions.studies.study_run import StudyRun
from tests.engine.test_study_run import CrewHere
from widgets.plots.studies import study_figure

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
CELLS = ("images-snes", "images-pgpe", "images-sep-cma-es")


@pytest.fixture
def study(tmp_path: Path) -> Iterator[Study]:
    made = Study.create("lange-2023-small", tmp_path / "small.study")
    assert (made.path / "study.toml").read_text() == text("lange-2023-small")
    run = StudyRun(made, CrewHere(), lambda now: None, bool)
    for name in list(run._cells):
        if name not in CELLS:
            del run._cells[name]
    run.run()
    yield made
    work._stopping.clear()


def test_tickets_beat_random_pruning_where_few_weights_are_left(study: Study) -> None:
    sheet = study_figure(study, 2)
    assert "6 not begun" in sheet.note
    sparse = [row for row in sheet.rows if row["density"] <= 0.1]
    against = {(row["strategy"], row["better"]): row["difference"] for row in sparse if row["than"] == "random"}
    assert len(against) == 3 * 2
    assert min(against.values()) > 0, against
    for row in sparse:
        if row["than"] == "magnitude":  # reported, and nothing is tuned for it
            interval = f"{row['low']:+.3f} to {row['high']:+.3f}"
            print(f"{row['setting']}: SNR − magnitude {row['difference']:+.3f} ({interval})")
