"""Whatever is wrong with a session, every reader ends in time, with a result or a sentence."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.siege.figures import KEPT, PAGE, count, shown
from tests.siege.mutations import tried

pytestmark = pytest.mark.thorough


@pytest.mark.parametrize("times", [40, pytest.param(5_000, marks=[pytest.mark.siege, pytest.mark.timeout(7200)])])
def test_every_reader_of_every_broken_session_ends_in_a_sentence(
    shared_lab: Any, whole: Path, tmp_path: Path, times: int
) -> None:
    shutil.copytree(whole, tmp_path / "sealed.session")
    complaints: list[str] = []
    tried(times, count.seed, tmp_path, complaints.append)
    assert not complaints, "\n".join(complaints)
    count.add("broken sessions before all readers", times)


def test_the_page_shows_the_figures() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == shown(page, json.loads(KEPT.read_text(encoding="utf-8")))
