"""Running a study, from its first cell to its last: by this machine, a cluster that is there, or Slurm."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from sessions.studies.dask_crew import DaskCrew
from sessions.studies.joined_crew import address_of, caution, joined_crew
from sessions.studies.local_crew import local_crew, local_kind, usual_workers
from sessions.studies.locks import locked
from sessions.studies.slurm_crew import check_slurm, slurm_crew
from sessions.studies.study import Study
from sessions.studies.study_run import StudyRun, Tell

MOST_JOBS = 100
"""The most jobs of Slurm at once, if nobody says otherwise."""


@dataclass(frozen=True)
class Place:
    """Who is to compute a study's cells: this machine, unless it says otherwise."""

    workers: int | None = None
    """How many processes or jobs; None is as many as fit, or as are there."""
    scheduler: str | None = None
    """The address or the scheduler file of a cluster that is there."""
    slurm: Mapping[str, Any] | None = None
    """Options of Slurm's jobs."""
    move: bool = False
    """Whether cells that began on another kind of device may go on here, with other last bits."""


def run_study(
    study: Study,
    place: Place,
    tell: Tell,
    is_stopping: Callable[[], bool],
    say: Callable[[str], None],
    dashboard: bool = False,
) -> Literal["finished", "stopped"]:
    """Run a study; whether every cell is finished or has failed by now, or can't go on here.

    Args:
        study: What to run.
        place: Who computes.
        tell: Told how far it is, a few times a second.
        is_stopping: Whether to end it now; asked as often.
        say: Told what a person should know, in sentences.
        dashboard: Whether a local cluster serves Dask's dashboard.

    Raises:
        TicketError: if Dask is not installed, the cluster can't be used, or a cell can't work, which is named; then
            nothing was started.
    """
    if all(cell.is_finished or cell.failure for cell in study.cells):
        return "finished"
    if place.slurm is not None:
        check_slurm(place.slurm)
    if place.scheduler is not None and (warned := caution(address_of(place.scheduler))) is not None:
        say(warned)
    if place.move:
        moved = study.move()
        if moved:
            say(f"{len(moved)} cells may go on with other devices than they began with.")
    with locked(study.directory.lock, shared=True), _crew(study, place, dashboard) as crew:
        if crew.dashboard:
            say(f"Dask's dashboard: {crew.dashboard}")
        is_local = place.scheduler is None and place.slurm is None
        kinds = frozenset([local_kind(study.view.threads)]) if is_local else None
        run = StudyRun(study, crew, tell, is_stopping, kinds)
        if run.elsewhere:
            say(
                f"{len(run.elsewhere)} cells began on another kind of device, and wait for it: {run.elsewhere[0]} and "
                "so on. To have them go on here, with other last bits: --move"
            )
        run.check()
        return run.run()


@contextmanager
def _crew(study: Study, place: Place, dashboard: bool) -> Iterator[DaskCrew]:
    threads = study.view.threads
    if place.scheduler is not None:
        with joined_crew(study.directory, address_of(place.scheduler), threads) as joined:
            yield joined
    elif place.slurm is not None:
        jobs = place.workers or min(len(study.cells), MOST_JOBS)
        with slurm_crew(study.directory, jobs, threads, place.slurm) as hired:
            yield hired
    else:
        with local_crew(study.path, place.workers or usual_workers(study.view), threads, dashboard) as local:
            yield local
