"""Running a study, with a crew that works in this process: what is checked, handed out, journalled and retried."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from sessions.session.session import Session
from sessions.studies import work
from sessions.studies.records import RunEnded
from sessions.studies.study import Study
from sessions.studies.study_journal import StudyJournal
from sessions.studies.study_run import Progress, StudyRun
from sessions.studies.work import Answer, Job, Question
from sessions.views.reading import read_view
from tests.engine.conftest import TINY
from tests.siege.disk import Disk
from ticket_explorer.errors import TicketError

pytestmark = pytest.mark.thorough

SEEDS = {**TINY, "seeds": 2, "pruning": {"ratio": 0.3, "rounds": 2}}


class CrewHere:
    """Works in this process, one piece after another."""

    def __init__(self) -> None:
        self.workers = 1
        self.sent: list[Question | Job] = []
        self._waiting: list[tuple[int, Question | Job]] = []

    def send(self, task: Question | Job, priority: int) -> None:
        self.sent.append(task)
        self._waiting.append((-priority, task))
        self._waiting.sort(key=lambda one: one[0])

    def answer(self, timeout: float) -> Answer | None:
        if not self._waiting:
            return None
        task = self._waiting.pop(0)[1]
        return work.work(task) if isinstance(task, Job) else work.check(task)

    def stop(self) -> None:
        work.stop()


@pytest.fixture(autouse=True)
def _a_round_a_piece(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(work, "PIECE_SECONDS", 0.0)
    yield
    work._stopping.clear()


def begun(lab: Any, **tables: Any) -> Study:
    return Study.create({**SEEDS, **tables}, lab.place / "mine.study")


def run(study: Study, tell: Any = None, is_stopping: Any = None) -> list[Progress]:
    """Run a study to its end; what was told with an answer."""
    told: list[Progress] = []
    listen = tell or (lambda now: told.append(now) if now.answer else None)
    one = StudyRun(study, CrewHere(), listen, is_stopping or bool)
    one.check()
    one.run()
    return told


def states(study: Study) -> dict[str, str]:
    return {cell.name: cell.now.state for cell in Study.open(study.path).cells}


def test_every_cell_ends_as_the_same_session_does_on_its_own(lab: Any) -> None:
    study = begun(lab)
    assert states(study) == {"seed-0": "planned", "seed-1": "planned"}
    told = run(study)
    assert [one.answer.cell for one in told] == ["seed-0"] * 2 + ["seed-1"] * 2, "a round a piece, first cells first"
    assert [one.finished for one in told] == [0, 1, 1, 2]
    assert told[0].seconds_left > 0
    assert states(study) == {"seed-0": "finished", "seed-1": "finished"}
    for cell in study.cells:
        with Session.create(cell.planned.spec(), lab.path(cell.name)) as alone:
            alone.run()
        lab.assert_same(alone.path, cell.path, rounds=2)
        assert cell.now == Study.open(study.path).cell(cell.name).now
        assert (cell.now.rounds_done, cell.now.rounds_planned) == (2, 2)
    assert [one.answer for one in run(study)] == [], "nothing is done twice"


def test_a_study_as_a_table_has_a_column_for_each_axis(lab: Any) -> None:
    axis = {"name": "strategy", "path": "trainer.strategy", "values": ["snes", "pgpe"]}
    study = begun(lab, axis=[axis])
    run(study)
    frame = study.to_frame()
    assert list(frame.columns[:4]) == ["cell", "strategy", "seed", "branch"]
    assert len(frame) == 4 * 2
    found = frame.groupby(["strategy", "seed"])["round"].apply(list).to_dict()
    assert found == {(strategy, seed): [0, 1] for strategy in ("snes", "pgpe") for seed in (0, 1)}
    assert len(study.to_frame("generations")) == 4 * 2 * TINY["trainer"]["generations"]


def test_more_rounds_and_seeds_go_on_from_what_is_there(lab: Any) -> None:
    study = begun(lab)
    run(study)
    before = study.cells[0].path.stat().st_ino, lab.outcome(study.cells[0].path)
    longer = {**SEEDS, "seeds": 3, "pruning": {"ratio": 0.3, "rounds": 3}}
    assert study.extend("", longer) == ["seed-0", "seed-1", "seed-2"]
    assert states(study)["seed-2"] == "planned"
    assert not study.cells[0].is_finished
    run(study)
    cell = study.cells[0]
    assert cell.path.stat().st_ino == before[0]
    assert {key: value for key, value in lab.outcome(cell.path).items() if not key.endswith(":2")}.keys() == before[
        1
    ].keys()
    with Session.create(cell.planned.spec(), lab.path("alone")) as alone:
        alone.run()
    lab.assert_same(alone.path, cell.path, rounds=3)
    assert set(states(study).values()) == {"finished"}


def test_finished_cells_are_analysed_even_if_that_was_asked_later(lab: Any) -> None:
    study = begun(lab, seeds=1)
    run(study)
    asked = {**SEEDS, "seeds": 1, "analyse": [{"name": "layers", "branches": ["snr"]}]}
    assert study.extend("", asked) == []
    assert not study.cells[0].is_finished
    assert len(run(study)) == 1
    assert [(one.kind, one.branch) for one in read_view(study.cells[0].path).analyses] == [("layers", "snr")]
    assert study.cells[0].is_finished
    assert run(study) == [], "it is analysed once"
    with pytest.raises(TicketError, match=r"^\$\.analyse\[0\]\.branches: .*'other'"):
        study.extend("", {**asked, "analyse": [{"name": "layers", "branches": ["other"]}]})


def test_the_whole_study_is_refused_before_anything_begins(lab: Any) -> None:
    """A network that can't have so many rounds, which only the engine knows."""
    axis = {"name": "rounds", "path": "pruning.rounds", "values": [1, 200]}
    study = begun(lab, axis=[axis])
    with pytest.raises(TicketError, match=r"^Cell rounds-200,seed-0 can't work: \$\.pruning.*Nothing was started\.$"):
        run(study)
    assert not any(cell.has_begun for cell in study.cells)
    assert not study.view.runs


@pytest.mark.parametrize(
    ("module", "task", "said"),
    [
        ("brax", "ant", r"needs brax, .*pip install 'ticket-explorer\[control\]'"),
        ("mujoco_playground", "walker_walk", r"needs .*pip install 'ticket-explorer\[playground\]'"),
        ("", "mnist", "mnist"),
    ],
)
def test_a_task_that_needs_an_extra_or_data_is_refused(lab: Any, module: str, task: str, said: str) -> None:
    if module and find_spec(module) is not None:
        pytest.skip(f"{module} is installed here")
    axis = {"name": "task", "path": "task.name", "values": ["fashion", task]}
    study = Study.create({**SEEDS, "axis": [axis]}, lab.place / "mine.study")
    with pytest.raises(TicketError, match=rf"^Cell {task},seed-0 can't work: .*{said}.*Nothing was started"):
        run(study)
    assert not any(cell.has_begun for cell in study.cells)


def test_cells_that_differ_in_their_seed_alone_are_checked_once(lab: Any) -> None:
    study, crew = begun(lab, seeds=4), CrewHere()
    StudyRun(study, crew, lambda now: None, bool).check()
    assert [task.cell for task in crew.sent] == ["seed-0"]


def test_a_cell_that_always_fails_is_said_and_the_others_go_on(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    study = begun(lab, seeds=3)
    broken = True
    real = Session.pulse

    def pulse(session: Session, *arguments: int) -> int:
        if broken and session.spec.seed == 1:
            raise ZeroDivisionError("on purpose")
        return real(session, *arguments)

    monkeypatch.setattr(Session, "pulse", pulse)
    told = run(study)
    assert [one.answer.came for one in told if one.answer.cell == "seed-1"] == ["failed"]
    assert states(study) == {"seed-0": "finished", "seed-1": "failed", "seed-2": "finished"}
    why = Study.open(study.path).cell("seed-1").failure
    assert why is not None
    assert "ZeroDivisionError: on purpose" in why
    assert "workers.log" in why
    assert run(study) == [], "it is left alone until it is retried"
    broken = False
    assert Study.open(study.path).retry() == ["seed-1"]
    study.reread()
    run(study)
    assert set(states(study).values()) == {"finished"}
    lab.assert_whole(study.cell("seed-1").path)


def test_a_branch_that_diverges_fails_its_cell(lab: Any) -> None:
    sgd = {"name": "gradient_descent", "optimizer": {"name": "sgd"}, "generations": 12}
    wild = {**sgd, "optimizer": {"name": "sgd", "learning_rate": 1e12}}
    study = begun(lab, branch=[{"name": "bad", "trainer": wild}, {"name": "good", "trainer": sgd}], seeds=1)
    run(study)
    (cell,) = Study.open(study.path).cells
    assert cell.now.state == "failed"
    assert "bad:0 diverged" in str(cell.failure)
    assert cell.read().rounds("good") == (0, 1), "its other branch has all its rounds"


def test_a_cell_that_another_process_has_is_left_to_it(lab: Any) -> None:
    study = begun(lab)
    other = Session.create(study.cells[0].planned.spec(), study.cells[0].path)
    waited = []

    def tell(now: Progress) -> None:
        if now.others and not now.working:
            waited.append(now)
            if len(waited) == 3:
                other.close()  # and it is taken up

    run(study, tell)
    assert len(waited) >= 3
    assert waited[0].finished == 1
    assert set(states(study).values()) == {"finished"}


def test_a_run_that_is_stopped_leaves_whole_sessions_and_is_gone_on_with(lab: Any) -> None:
    study = begun(lab)
    answers = []
    run(study, lambda now: answers.append(now.answer) if now.answer else None, lambda: bool(answers))
    assert [answer.came for answer in answers] == ["advanced", "stopped", "stopped"]
    told = StudyJournal(study.directory.journal, study.directory.journal_lock).news()
    assert isinstance(told[-1], RunEnded)
    assert told[-1].why == "stopped"
    assert states(study) == {"seed-0": "paused", "seed-1": "planned"}
    assert read_view(study.cells[0].path).state == "paused"
    work._stopping.clear()
    run(study)
    assert set(states(study).values()) == {"finished"}


def test_who_ran_what_is_in_the_journal(lab: Any) -> None:
    study = begun(lab, seeds=1)
    run(study)
    told = StudyJournal(study.directory.journal, study.directory.journal_lock).news()
    assert [type(record).__name__ for record in told] == ["Planned", "RunBegan", "Worked", "Worked", "RunEnded"]
    worked = told[2:4]
    assert [record.left for record in worked] == [60, 0]
    assert sum(record.generations for record in worked) == 120
    assert {record.device for record in worked} == {"cpu"}
    assert {record.run for record in told[1:]} == {told[1].run}


def test_a_session_that_somebody_changed_is_read_again(lab: Any) -> None:
    study = begun(lab, seeds=1)
    run(study)
    (cell,) = study.cells
    with Session.open(cell.path) as session:
        session.branch("snr", 0, "more", {"pruner": "magnitude"})
    assert not cell.is_finished
    assert cell.now.rounds_planned == 3
    run(Study.open(study.path))
    assert cell.read().rounds("more") == (0, 1)
    assert Path(cell.path).exists()


def test_a_full_disk_ends_the_run_and_fails_no_cell(lab: Any, tmp_path: Path) -> None:
    study = Study.create(SEEDS, tmp_path / "mine.study")
    with Disk(tmp_path).watched() as disk:
        disk.room = 6_000
        with pytest.raises(TicketError, match=r"is full\. .*Free some space"):
            run(study)
    assert not Study.open(study.path).view.failed
    again = Study.open(study.path)
    run(again)
    assert set(states(again).values()) == {"finished"}
    for cell in again.cells:
        with Session.create(cell.planned.spec(), lab.path(cell.name)) as alone:
            alone.run()
        lab.assert_same(alone.path, cell.path, rounds=2)
