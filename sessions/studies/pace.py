"""How long a study still takes, learnt from finished pieces of work.

A cell that was worked on goes on at its own pace. What another was estimated to take is corrected by what pieces took
so far against their estimates.
"""

from collections.abc import Iterable

from sessions.studies.study_view import StudyView


class Pace:
    """How fast a study's cells are worked on, as far as its journal goes."""

    def __init__(self, view: StudyView) -> None:
        self._view = view
        took = estimated = 0.0
        for cell, done in view.generations.items():
            planned = view.cells.get(cell)
            if planned is not None and planned.seconds is not None and planned.generations:
                took += view.seconds[cell]
                estimated += planned.seconds * done / planned.generations
        self._correction = took / estimated if took and estimated else 1.0
        done = sum(view.generations.values())
        self._rate = sum(view.seconds.values()) / done if done else None
        """Seconds of a generation, the mean over all there were."""

    def left(self, cell: str) -> float | None:
        """Seconds of one worker until a cell is finished; None if nothing is known yet."""
        planned, worked = self._view.cells[cell], self._view.latest.get(cell)
        if worked is not None and worked.state == "finished":
            return 0.0
        left, done = (planned.generations if worked is None else worked.left), self._view.generations.get(cell, 0)
        if left is not None and done:
            return left * self._view.seconds[cell] / done
        if left is not None and planned.seconds is not None and planned.generations:
            return self._correction * planned.seconds * left / planned.generations
        return None if left is None or self._rate is None else left * self._rate

    def work_left(self, cells: Iterable[str]) -> list[float] | None:
        """Seconds of one worker for each of these cells; a cell of which nothing is known counts as the mean of others.

        None if nothing is known of any.
        """
        each = [self.left(cell) for cell in cells]
        known = [seconds for seconds in each if seconds is not None]
        if each and not known:
            return None
        mean = sum(known) / len(known) if known else 0.0
        return [mean if seconds is None else seconds for seconds in each]


def seconds_left(view: StudyView, cells: Iterable[str], workers: int) -> float | None:
    """Seconds until these cells are finished, by so many workers; None if nothing is known yet."""
    work = Pace(view).work_left(cells)
    return None if work is None else max(sum(work) / max(workers, 1), *work, 0.0)
