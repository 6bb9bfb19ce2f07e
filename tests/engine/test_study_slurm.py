"""A study in jobs of a real Slurm on this machine, which are cancelled, requeued and run out of time.

Needs root, Debian's slurm-wlm and munge, and dask-jobqueue; `tests/cluster/slurm.sh` starts and stops Slurm.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from sessions.studies.study import Study
from tests.engine.conftest import TINY
from tests.engine.test_study_workers import ROOT, assert_as_undisturbed, surroundings, undisturbed

__all__ = ["undisturbed"]
SCRIPT = ROOT / "tests" / "cluster" / "slurm.sh"
MISSING = [name for name in ("slurmctld", "slurmd", "sbatch", "munged") if shutil.which(name) is None]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(bool(MISSING), reason=f"no Slurm here: {', '.join(MISSING)}"),
    pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="Slurm's daemons need root"),
]
pytest.importorskip("dask_jobqueue")
TABLES: dict[str, Any] = {
    **TINY,
    "trainer": {**TINY["trainer"], "generations": 6000},
    "pruning": {"ratio": 0.3, "rounds": 2},
    "seeds": 2,
    "axis": [{"name": "strategy", "path": "trainer.strategy", "values": ["snes", "pgpe"]}],
}
JOBS = ["--slurm", "--workers", "2", "--slurm-set", "memory=1GB"]


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment in which Slurm's commands find it."""
    place = tmp_path_factory.mktemp("slurm")
    place.chmod(0o711)
    subprocess.run(["sh", str(SCRIPT), "start", str(place)], check=True)
    try:
        yield {**surroundings(), "SLURM_CONF": str(place / "slurm.conf")}
    finally:
        subprocess.run(["sh", str(SCRIPT), "stop", str(place)], check=False)


def asked(slurm: dict[str, str], *command: str) -> list[str]:
    return subprocess.run(command, env=slurm, capture_output=True, text=True, check=True).stdout.split()


def jobs(slurm: dict[str, str]) -> list[str]:
    return asked(slurm, "squeue", "--noheader", "--states=R", "--format=%A")


@contextmanager
def running(study: Study, slurm: dict[str, str], *options: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "ticket_explorer", "study", "run", str(study.path), *JOBS, *options]
    with subprocess.Popen(
        command, env=slurm, cwd=ROOT, text=True, stderr=subprocess.PIPE, start_new_session=True
    ) as one:
        try:
            yield one
        finally:
            with suppress(ProcessLookupError):
                os.killpg(one.pid, signal.SIGKILL)
            subprocess.run(["scancel", "--user=root"], env=slurm, check=False)


def is_at_work(study: Study) -> bool:
    return any(cell.is_running for cell in study.cells)


def test_jobs_that_slurm_would_not_take_are_refused_with_its_words(lab: Any, slurm: dict[str, str]) -> None:
    study = Study.create(TABLES, lab.place / "mine.study")
    with running(study, slurm, "--slurm-set", "memory=9000GB") as run:
        _, err = run.communicate(timeout=120)
    assert run.returncode == 2, err
    assert "Slurm would not take these jobs" in err
    assert "Traceback" not in err
    assert not study.view.runs


def test_cancelled_and_requeued_jobs_change_no_bit(lab: Any, slurm: dict[str, str], undisturbed: Path) -> None:
    study = Study.create(TABLES, lab.place / "mine.study")
    with running(study, slurm) as run:
        lab.until(lambda: is_at_work(study), seconds=240)
        asked(slurm, "scancel", jobs(slurm)[0])
        lab.until(lambda: not is_at_work(study) or bool(jobs(slurm)), seconds=120)
        lab.until(lambda: bool(jobs(slurm)) and is_at_work(study), seconds=240)
        asked(slurm, "scontrol", "requeue", jobs(slurm)[-1])
        _, err = run.communicate(timeout=600)
        assert run.returncode == 0, err
        assert not jobs(slurm), "no job is left"
    assert_as_undisturbed(lab, study, undisturbed)


def test_a_time_limit_costs_no_cell(lab: Any, slurm: dict[str, str], undisturbed: Path) -> None:
    """Jobs of a minute, which is less than all cells take."""
    study = Study.create(TABLES, lab.place / "mine.study")
    with running(study, slurm, "--slurm-set", "walltime=00:01:00") as run:
        _, err = run.communicate(timeout=800)
        assert run.returncode == 0, err
    assert_as_undisturbed(lab, study, undisturbed)
