"""A study run for real: Dask's processes on this machine, which are killed, interrupted, and joined by others."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from sessions.store import SessionDirectory
from sessions.store.address import read_address
from sessions.studies.local_crew import cores
from sessions.studies.study import Study
from sessions.studies.threads import thread_settings
from sessions.views.reading import read_view
from tests.engine.conftest import TINY

pytest.importorskip("distributed")
pytest.importorskip("cryptography")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
GENERATIONS = 6000
AXIS = {"name": "strategy", "path": "trainer.strategy", "values": ["snes", "pgpe"]}
TABLES: dict[str, Any] = {
    **TINY,
    "trainer": {**TINY["trainer"], "generations": GENERATIONS},
    "pruning": {"ratio": 0.3, "rounds": 2},
    "seeds": 2,
    "axis": [AXIS],
}
ALONE = """
import sys
from sessions.session.session import Session
from sessions.studies.study import Study
for cell in Study.open(sys.argv[1]).cells:
    with Session.create(cell.planned.spec(), f"{sys.argv[2]}/{cell.name}.session") as session:
        session.run()
"""


SUM = """
import hashlib, sys
def found():
    import jax, jax.numpy as jnp, numpy as np
    x = jax.random.normal(jax.random.key(0), (1500, 1200))
    return hashlib.sha1(np.asarray(jax.jit(jnp.sum)(x)).tobytes()).hexdigest()
if __name__ == "__main__":
    if len(sys.argv) == 1:
        print(found())
    else:
        from pathlib import Path
        from sessions.studies.local_crew import local_crew
        with local_crew(Path(sys.argv[1]), 1, int(sys.argv[2])) as crew:
            print(crew._client.submit(found).result())
"""


def surroundings(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}


@pytest.fixture(scope="session")
def undisturbed(shared_lab: Any) -> Path:
    """The same sessions, each run to its end in one process, on as many threads."""
    study = Study.create(TABLES, shared_lab.place / "reference.study")
    place = shared_lab.place / "alone"
    place.mkdir()
    command = [sys.executable, "-c", ALONE, str(study.path), str(place)]
    subprocess.run(command, check=True, env=surroundings(**thread_settings(1)), cwd=ROOT)
    return place


@contextmanager
def running(path: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """`study run` in a process of its own, and none of its processes afterwards."""
    command = [sys.executable, "-m", "ticket_explorer", "study", "run", str(path), "--workers", "2", *options]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, env=surroundings(), cwd=ROOT, start_new_session=True, **pipes) as process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def is_alive(group: int) -> bool:
    """Whether any process of a group is left."""
    with suppress(ProcessLookupError):
        os.killpg(group, 0)
        return True
    return False


def worker_at_work(lab: Any, study: Study, process: Any, not_one_of: tuple[int, ...] = ()) -> int:
    """The process that has a cell's session in the middle of a round."""
    found: list[int] = []

    def is_found() -> bool:
        assert process.poll() is None, process.communicate()
        for cell in study.cells:
            address = read_address(SessionDirectory(cell.path).address) if cell.is_running else None
            if address is None or address.pid in not_one_of:
                continue
            view = read_view(cell.path)
            if view.running is not None and view.running.done > 0:
                found.append(address.pid)
                return True
        return False

    lab.until(is_found, seconds=240)
    return found[0]


def assert_as_undisturbed(lab: Any, study: Study, undisturbed: Path) -> None:
    study.reread()
    assert {cell.now.state for cell in study.cells} == {"finished"}
    for cell in study.cells:
        lab.assert_same(undisturbed / f"{cell.name}.session", cell.path, rounds=2)


@pytest.mark.skipif(cores() < 2, reason="sums are the same on one core")
def test_a_cell_computes_on_as_many_threads_as_the_study_says(tmp_path: Path) -> None:
    """However many cores there are: the last bits of a sum tell."""
    (script := tmp_path / "sums.py").write_text(SUM)

    def printed(*arguments: str, **environment: str) -> str:
        command = [sys.executable, str(script), *arguments]
        around = surroundings(**environment, JAX_DISABLE_MOST_OPTIMIZATIONS="0", XLA_FLAGS="")  # as people have it
        return subprocess.run(command, env=around, capture_output=True, text=True, check=True).stdout

    alone = {threads: printed(**thread_settings(threads)) for threads in (1, 2)}
    assert alone[1] != alone[2], "bits depend on threads, or this test says nothing"
    assert {threads: printed(str(tmp_path), str(threads)) for threads in (1, 2)} == alone


def test_a_worker_killed_in_the_middle_changes_no_bit(lab: Any, undisturbed: Path) -> None:
    study = Study.create(TABLES, lab.place / "mine.study")
    with running(study.path, "--json") as process:
        first = worker_at_work(lab, study, process)
        assert first != process.pid
        assert_private(process.pid)
        os.kill(first, signal.SIGKILL)
        second = worker_at_work(lab, study, process, (first,))
        os.kill(second, signal.SIGKILL)
        out, err = process.communicate()
        assert process.returncode == 0, err
        assert "Traceback" not in err
        assert not psutil.pid_exists(first)
    told = json.loads(out)
    assert [cell["state"] for cell in told["cells"]] == ["finished"] * 4
    assert [cell["axes"] for cell in told["cells"]][1] == {"strategy": "snes", "seed": 1}
    assert [len(cell["branches"][0]["rounds"]) for cell in told["cells"]] == [2] * 4
    assert_as_undisturbed(lab, study, undisturbed)


def assert_private(process: int) -> None:
    """Nothing of a run listens beyond loopback, and nothing speaks to who has no certificate."""
    tree = [psutil.Process(process), *psutil.Process(process).children(recursive=True)]
    places = {one.laddr for each in tree for one in each.net_connections() if one.status == psutil.CONN_LISTEN}
    assert len(places) >= 3, "the scheduler and two workers"
    assert {place.ip for place in places} == {"127.0.0.1"}
    for place in places:
        with socket.create_connection(place, timeout=10) as stranger:
            stranger.settimeout(1)
            with suppress(OSError):
                stranger.sendall(b"GET /info/main/workers.html HTTP/1.0\r\n\r\n")
                said = stranger.recv(4096)
                assert said[:1] in (b"", b"\x15") or b" 404 " in said.partition(b"\r\n")[0] + b" ", said


def test_two_people_start_the_same_study(lab: Any, undisturbed: Path) -> None:
    study = Study.create(TABLES, lab.place / "mine.study")
    with running(study.path) as one, running(study.path) as other:
        told = [process.communicate() for process in (one, other)]
        assert [process.returncode for process in (one, other)] == [0, 0], told
    assert_as_undisturbed(lab, study, undisturbed)
    assert len(study.view.runs) == 2
    done = sum(study.view.generations.values())
    assert done == 4 * 2 * GENERATIONS, "no generation was computed by both"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_leaves_whole_sessions_and_the_same_command_goes_on(lab: Any, undisturbed: Path, number: int) -> None:
    study = Study.create(TABLES, lab.place / "mine.study")
    with running(study.path) as process:
        worker_at_work(lab, study, process)
        if number == signal.SIGINT:
            os.killpg(process.pid, number)  # as Ctrl-C does: the workers get it too
        else:
            process.send_signal(number)
        _, err = process.communicate(timeout=120)
        assert process.returncode == 130, err
        assert "Paused; everything is kept. Continue with: ticket-explorer study run" in err
        assert "Traceback" not in err
        lab.until(lambda: not is_alive(process.pid))
    begun = [cell for cell in study.cells if cell.has_begun]
    for cell in begun:
        lab.assert_whole(cell.path)
        assert not cell.is_running
    views = [read_view(cell.path) for cell in begun]
    assert {view.state for view in views} <= {"paused", "finished"}, "they were closed in order, with a checkpoint"
    assert any(view.running is not None and view.running.done < GENERATIONS for view in views), "in the middle"
    with running(study.path) as process:
        assert process.wait() == 0
    assert_as_undisturbed(lab, study, undisturbed)


def test_the_run_itself_is_killed(lab: Any, undisturbed: Path) -> None:
    study = Study.create(TABLES, lab.place / "mine.study")
    with running(study.path) as process:
        worker = worker_at_work(lab, study, process)
        process.kill()
        lab.until(lambda: not psutil.pid_exists(worker))
    with running(study.path) as process:
        assert process.wait() == 0
    assert_as_undisturbed(lab, study, undisturbed)
