"""Running a study on this machine, from its first cell to its last."""

from collections.abc import Callable
from typing import Literal

from sessions.studies.local_crew import local_crew, usual_workers
from sessions.studies.locks import locked
from sessions.studies.study import Study
from sessions.studies.study_run import StudyRun, Tell


def run_here(
    study: Study,
    workers: int | None,
    tell: Tell,
    is_stopping: Callable[[], bool],
    dashboard: Callable[[str], None] | None = None,
) -> Literal["finished", "stopped"]:
    """Run a study by workers on this machine; whether every cell is finished or has failed by now.

    Args:
        study: What to run.
        workers: How many processes compute cells; None is as many as fit.
        tell: Told how far it is, a few times a second.
        is_stopping: Whether to end it now; asked as often.
        dashboard: Told the address of Dask's dashboard; None serves none.

    Raises:
        TicketError: if Dask is not installed, or a cell can't work, which is named; then nothing was started.
    """
    if all(cell.is_finished or cell.failure for cell in study.cells):
        return "finished"
    count = workers or usual_workers(study.view)
    with (
        locked(study.directory.lock, shared=True),
        local_crew(study.path, count, study.view.threads, dashboard is not None) as crew,
    ):
        if dashboard is not None:
            dashboard(crew.dashboard)
        run = StudyRun(study, crew, tell, is_stopping)
        run.check()
        return run.run()
