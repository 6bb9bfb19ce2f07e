"""A result that is chosen from candidates, which are tested again at a round's end: the same however the run is cut."""

from pathlib import Path
from typing import Any

import pytest

from sessions.specs.spec import completed
from sessions.views.reading import read_view

TRAINER = {"name": "mask_evolution", "population": 8, "elites": 2, "generations": 6, "retests": 3}
TABLES: dict[str, Any] = {"trainer": TRAINER, "pruning": {"rounds": 2}}


@pytest.fixture(scope="session")
def chosen(shared_lab: Any) -> Path:
    path: Path = shared_lab.finished("chosen", **TABLES)
    return path


def told(path: Path) -> list[str]:
    return [remark.text for remark in read_view(path).remarks]


def test_each_round_says_how_its_result_was_chosen(chosen: Path) -> None:
    said = [text for text in told(chosen) if "the best of 2 elites in 3 fresh tests" in text]
    assert [text.partition(" ")[0] for text in said] == ["learned:0:", "learned:1:"]


@pytest.mark.slow
@pytest.mark.parametrize("generations", [4, 6])
def test_a_killed_run_chooses_the_same(
    lab: Any, chosen: Path, monkeypatch: pytest.MonkeyPatch, generations: int
) -> None:
    session = lab.create(**TABLES)
    if generations == 6:  # all generations are known, and the choice is made, when the process dies
        monkeypatch.setattr("sessions.engine.engine.summarise", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            session.run()
    else:
        session.step(generations)
    path = lab.kill(session)
    monkeypatch.undo()
    lab.assert_same(chosen, lab.go_on(path), rounds=2)


@pytest.mark.slow
def test_a_round_that_is_ended_early_chooses_too(lab: Any) -> None:
    with lab.create(**TABLES) as session:
        session.step(2)
        session.end_round()
    assert any("learned:0: The result is the best of 2 elites" in text for text in told(session.path))


@pytest.mark.slow
def test_the_rule_of_early_sessions_is_kept_where_it_is_asked_for(lab: Any, chosen: Path) -> None:
    path = lab.finished(**{**TABLES, "trainer": {**TRAINER, "retests": 0}})
    assert not any("elites" in text for text in told(path))
    mine, other = (lab.outcome(one)["learned:0"] for one in (path, chosen))
    assert mine["metrics"] == other["metrics"], "retests come after the last generation"


def test_an_early_session_is_told_of_its_rules() -> None:
    said: dict[str, None] = {}
    plan = completed({"trainer": {"name": "mask_evolution"}}, said)
    assert (plan["trainer"]["averaging"], plan["trainer"]["retests"]) == (False, 0)
    assert len(said) == 2
