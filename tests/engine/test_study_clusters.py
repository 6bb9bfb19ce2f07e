"""Clusters that run a study: what is refused and warned of, and cells that stay on their kind of device."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("distributed")

from sessions.studies import dask_crew, slurm_crew, work, worker_look
from sessions.studies.joined_crew import address_of, caution
from sessions.studies.locks import locked
from sessions.studies.records import Moved
from sessions.studies.study import Study
from sessions.studies.study_journal import StudyJournal
from sessions.studies.study_run import StudyRun
from sessions.studies.worker_look import Seen, look
from tests.engine.conftest import TINY
from tests.engine.test_study_run import CrewHere, begun, run
from tests.engine.test_study_workers import ROOT, running, surroundings
from ticket_explorer.errors import TicketError


def test_a_scheduler_is_given_by_its_address_or_its_file(tmp_path: Path) -> None:
    assert address_of("tls://node-1:8786") == "tls://node-1:8786"
    (file := tmp_path / "scheduler.json").write_text(json.dumps({"address": "tcp://node-1:8786"}))
    assert address_of(str(file)) == "tcp://node-1:8786"
    with pytest.raises(TicketError, match=r"nothing\.json can't be read: no such file"):
        address_of(str(tmp_path / "nothing.json"))
    file.write_text("{}")
    with pytest.raises(TicketError, match=r"--scheduler: .*a scheduler file"):
        address_of(str(file))


def test_a_scheduler_without_tls_is_warned_of() -> None:
    assert caution("tls://node-1:8786") is None
    assert "tcp://node-1:8786 talks without TLS: whoever reaches it" in (caution("tcp://node-1:8786") or "")


class Client:
    """Workers that see what they are told to."""

    def __init__(self, **seen: Any) -> None:
        whole = {"machine": "node-7", "versions": worker_look.versions(), "sees_study": True, "heeds_lock": True}
        self._seen = Seen(**{**whole, **seen})

    def run(self, *call: Any) -> dict[str, Seen]:
        return {"tcp://node-7:1": self._seen}


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        ({"versions": {**worker_look.versions(), "jax": "0.1"}}, r"node-7 has jax 0\.1 instead of \d.*same versions"),
        ({"sees_study": False}, r"node-7 does not see .*mine\.study.*file system that all of them share"),
        ({"heeds_lock": False}, r"node-7 can lock .*don't hold between machines.*file system with locks"),
    ],
)
def test_a_worker_that_could_not_do_the_work_is_refused(seen: Any, said: str, tmp_path: Path) -> None:
    study = tmp_path / "mine.study"
    dask_crew.check_workers(Client(), study, study / "lock")  # type: ignore[arg-type]
    with pytest.raises(TicketError, match=said):
        dask_crew.check_workers(Client(**seen), study, study / "lock")  # type: ignore[arg-type]


def test_other_numbers_of_cores_are_no_other_version(tmp_path: Path) -> None:
    versions = {**worker_look.versions(), "cores": "4096"}
    dask_crew.check_workers(Client(versions=versions), tmp_path, tmp_path / "lock")  # type: ignore[arg-type]


def test_workers_without_this_package_are_refused(tmp_path: Path) -> None:
    class Without:
        def run(self, *call: Any) -> None:
            raise ModuleNotFoundError("No module named 'sessions'")

    with pytest.raises(TicketError, match=r"can't import this version .*No module named 'sessions'.*Install the same"):
        dask_crew.check_workers(Without(), tmp_path, tmp_path / "lock")  # type: ignore[arg-type]


class Done:
    """A task that has ended; what it came to takes its time to travel."""

    status = "finished"

    def __init__(self, cell: str, seconds: float) -> None:
        self._cell, self._seconds = cell, seconds

    def add_done_callback(self, call: Any) -> None:
        call(self)

    def __await__(self) -> Any:
        yield from asyncio.sleep(self._seconds).__await__()
        return work.Answer(self._cell, "advanced")


class Far:
    """A client of workers that have done everything, whose answers must still be fetched."""

    def __init__(self) -> None:
        self.loop = self

    def add_callback(self, call: Any, *arguments: Any) -> None:
        asyncio.get_running_loop().create_task(call(*arguments))

    def submit(self, _: Any, task: work.Question, **more: Any) -> Done:
        return Done(task.cell, 600.0 if task.cell == "slow" else 0.0)


@pytest.mark.anyio
async def test_an_answer_that_travels_slowly_holds_up_no_other() -> None:
    crew = dask_crew.DaskCrew(Far(), 2)  # type: ignore[arg-type]
    for cell in ("slow", "fast"):
        crew.send(work.Question(cell, b""), 0)
    answer = await asyncio.to_thread(crew.answer, 30.0)
    assert answer is not None
    assert answer.cell == "fast"


def test_a_worker_looks_at_files_and_locks(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    assert not look(str(tmp_path / "nothing"), str(lock)).sees_study
    with locked(lock, shared=True):
        assert look(str(tmp_path), str(lock)).heeds_lock
    assert not look(str(tmp_path), str(lock)).heeds_lock, "nobody holds it: its locks don't reach here"


def test_slurm_is_asked_for_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slurm_crew, "imported", lambda *names: [])
    monkeypatch.setattr(slurm_crew.shutil, "which", lambda name: None)
    with pytest.raises(TicketError, match="there is no sbatch"):
        slurm_crew.check_slurm({})
    monkeypatch.setattr(slurm_crew.shutil, "which", lambda name: "/usr/bin/sbatch")
    slurm_crew.check_slurm({"queue": "gpu"})
    with pytest.raises(TicketError, match=r"--slurm-set: cores, expected another option"):
        slurm_crew.check_slurm({"cores": 4})


@pytest.fixture
def _a_round_a_piece(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(work, "PIECE_SECONDS", 0.0)
    yield
    work._stopping.clear()


@pytest.mark.usefixtures("_a_round_a_piece")
def test_a_cell_stays_on_the_kind_of_device_that_it_began_with(lab: Any) -> None:
    study = begun(lab)
    told: list[Any] = []
    run(study, told.append, lambda: any(one.answer for one in told))  # stopped after a piece of the first cell
    work._stopping.clear()
    assert study.view.devices == {"seed-0": "cpu"}
    crew = CrewHere()
    gpu = StudyRun(study, crew, lambda now: None, bool, frozenset(["gpu-1"]))
    assert gpu.elsewhere == ["seed-0"]
    gpu.run()
    assert [cell.name for cell in study.cells if cell.is_finished] == ["seed-1"]
    assert {job.kind for job in crew.sent if job.cell == "seed-1"} == {"", "cpu-1"}, "the first piece may go anywhere"
    assert study.move() == ["seed-0"]
    assert not StudyRun(study, crew, lambda now: None, bool, frozenset(["gpu-1"])).elsewhere
    records = StudyJournal(study.directory.journal, study.directory.journal_lock).news()
    assert [one.cells for one in records if isinstance(one, Moved)] == [["seed-0"]]


def test_a_lost_scheduler_fails_no_cell(lab: Any) -> None:
    class Gone(CrewHere):
        def answer(self, timeout: float) -> Any:
            return work.Answer("seed-0", "lost", "The scheduler is gone.")

    study = begun(lab)
    with pytest.raises(TicketError, match="The scheduler is gone"):
        StudyRun(study, Gone(), lambda now: None, bool).run()
    assert not Study.open(study.path).view.failed


DASK = [sys.executable, "-m"]


@contextmanager
def process(*command: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (
        log.open("wb") as file,
        subprocess.Popen(
            [*DASK, *command], env=surroundings(), cwd=ROOT, stdout=file, stderr=file, start_new_session=True
        ) as started,
    ):
        try:
            yield started
        finally:
            with suppress(ProcessLookupError):
                os.killpg(started.pid, signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_cluster_that_is_there(lab: Any, tmp_path: Path) -> None:
    """A worker with several threads, that comes later and is killed; another one; then the scheduler is killed."""
    tables = {**TINY, "trainer": {**TINY["trainer"], "generations": 6000}, "pruning": {"rounds": 2}, "seeds": 2}
    study, file = Study.create(tables, tmp_path / "mine.study"), tmp_path / "scheduler.json"
    scheduler = ("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    worker = ("distributed.cli.dask_worker", "--scheduler-file", str(file), "--nthreads", "2", "--no-dashboard")

    def command() -> list[str]:
        return [*DASK, "ticket_explorer", "study", "run", str(study.path), "--scheduler", str(file)]

    with process(*scheduler, "--scheduler-file", str(file), log=tmp_path / "scheduler.log") as head:
        lab.until(file.exists, seconds=120)
        with subprocess.Popen(command(), env=surroundings(), cwd=ROOT, stderr=subprocess.PIPE, text=True) as client:
            with process(*worker, log=tmp_path / "worker-1.log"):
                lab.until(lambda: any(cell.is_running for cell in study.cells), seconds=240)
                assert sum(cell.is_running for cell in study.cells) == 1, "one cell at a time, whatever its threads"
            with process(*worker, log=tmp_path / "worker-2.log"):
                lab.until(lambda: any(cell.is_running for cell in study.cells), seconds=240)
                head.kill()
                _, err = client.communicate(timeout=240)
                assert client.returncode == 2, err
                assert "talks without TLS" in err
                assert "The scheduler is gone" in err
                assert "Traceback" not in err
    with running(study.path) as again:
        assert again.wait() == 0
    study.reread()
    assert {cell.now.state for cell in study.cells} == {"finished"}
    for cell in study.cells:
        assert cell.read().is_finished
