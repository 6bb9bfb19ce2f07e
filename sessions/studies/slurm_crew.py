"""A crew of Slurm's jobs, by dask-jobqueue: as many jobs as there is work for, each a worker for one cell at a time.

The scheduler runs in this process and listens to the cluster's network; TLS with certificates of this run keeps others
out. A job that ends, at its time limit or because it was cancelled, costs its cell the running chunk.
"""

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from sessions.studies.dask_crew import CELL, DEATHS, DaskCrew, check_workers, imported, quiet
from sessions.studies.joined_crew import Newcomers
from sessions.studies.study_dir import StudyDirectory
from sessions.studies.threads import thread_settings
from sessions.studies.work import LOG_NAME
from ticket_explorer.child_process import HOME, INTERPRETER
from ticket_explorer.errors import InvalidValue, TicketError
from ticket_explorer.places import make_private

MEMORY = "4GB"
"""What a job asks for, if nobody says otherwise."""
PLACE = "slurm"
"""Where jobs' output goes, in a study's directory, and while it runs the certificates that only they and it have."""
OWN = ("cores", "processes", "python", "security", "shared_temp_directory", "env_extra", "job_script_prologue")
"""Options of `SLURMCluster` that are decided here."""
_NO_SLURM = "Slurm is not on this machine: there is no sbatch. Run the study where jobs are submitted."


def check_slurm(options: Mapping[str, Any]) -> None:
    """Refuse what can't be before anything starts.

    Raises:
        TicketError: if there is no Slurm, no dask-jobqueue, or an option is decided elsewhere.
    """
    imported("dask_jobqueue")
    if shutil.which("sbatch") is None:
        raise TicketError(_NO_SLURM)
    for name in options:
        if name in OWN:
            raise InvalidValue("--slurm-set", name, "another option; the study decides this one")


@contextmanager
def slurm_crew(study: StudyDirectory, jobs: int, threads: int, options: Mapping[str, Any]) -> Iterator[DaskCrew]:
    """Have Slurm run jobs while there is work, and end them again.

    Args:
        study: The study; this process holds its lock.
        jobs: The most jobs at once.
        threads: The cores that each one's cell computes on.
        options: Of dask-jobqueue's `SLURMCluster`: queue, account, walltime, memory, job_extra_directives …

    Raises:
        TicketError: if Slurm refuses the options.
    """
    dask, distributed, jobqueue = imported("dask_jobqueue")
    make_private(study.path / PLACE)
    quiet()
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": DEATHS, "distributed.worker.daemon": False}),
        _cluster(jobqueue, distributed, threads, study.path / PLACE, options) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        from sessions.studies.worker_setup import WorkerSetup

        _try_out(cluster.job_script())
        cluster.adapt(minimum_jobs=1, maximum_jobs=jobs)

        def check() -> None:
            check_workers(client, study.path, study.lock)

        client.register_plugin(WorkerSetup(str(study.path / LOG_NAME), threads, declares=True), name="ticket-explorer")
        yield DaskCrew(client, jobs, pool=Newcomers(client, check))


def _try_out(script: str) -> None:
    """Refuse jobs that Slurm would not take: it says so without running one."""
    with NamedTemporaryFile("w", suffix=".sh") as file:
        file.write(script)
        file.flush()
        tried = subprocess.run(["sbatch", "--test-only", file.name], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        said = " ".join(line.removeprefix("sbatch: error:").strip() for line in tried.stderr.splitlines())
        raise TicketError(f"Slurm would not take these jobs: {said}", remedy="Change them with --slurm-set.")


def _cluster(jobqueue: Any, distributed: Any, threads: int, place: Path, options: Mapping[str, Any]) -> Any:
    given: dict[str, Any] = {"memory": MEMORY, "log_directory": str(place), **options}
    extra = [*given.pop("worker_extra_args", ()), "--no-dashboard", "--resources", f"{CELL}=1"]
    prologue = [f"export {name}={value}" for name, value in thread_settings(threads).items()]
    try:
        return jobqueue.SLURMCluster(
            cores=threads,
            processes=1,
            python=INTERPRETER,
            security=distributed.Security.temporary(),
            protocol="tls://",
            shared_temp_directory=str(place),
            job_script_prologue=[*prologue, f'export PYTHONPATH="{HOME}${{PYTHONPATH:+:$PYTHONPATH}}"'],
            worker_extra_args=extra,
            scheduler_options={"dashboard": False, "dashboard_address": ":0"},
            **given,
        )
    except (TypeError, ValueError) as error:
        raise TicketError(f"dask-jobqueue can't make jobs of these options: {error}.") from None
