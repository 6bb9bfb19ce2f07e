"""Running a study: cells are checked, then handed out in pieces of about a round until they are finished or failed.

Nothing here computes: a crew does. What came of each piece is journalled, and whatever ends a run, the next one goes on
from there. Several processes may run one study; a cell that another one has is left to it.
"""

import os
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import msgspec

from sessions.plans.checks import versions
from sessions.studies.cell import Cell
from sessions.studies.cells import of_cell
from sessions.studies.crew import Crew, kind_of
from sessions.studies.pace import seconds_left
from sessions.studies.records import AnyRecord, CellFailed, RunBegan, RunEnded, Worked
from sessions.studies.study import Study, whoami
from sessions.studies.work import Answer, Job, Question
from ticket_explorer.errors import TicketError

LOOKS = 0.25
"""Seconds between two looks at whether to stop, and at cells that others have."""
EVERY = 1.0
"""Seconds between two reckonings of the time that is left."""
AHEAD, FEWEST = 4, 200
"""Pieces that are handed out for each worker, and at the least: a scheduler need not know all of a large study."""
GRACE = 60.0
"""Seconds that workers have to rest when the run is to stop."""


@dataclass(frozen=True)
class Progress:
    """How far a run is, after an answer or a look."""

    answer: Answer | None
    finished: int
    failed: int
    cells: int
    working: int
    """Cells whose next piece is handed out."""
    others: int
    """Cells that other processes have."""
    seconds_left: float | None


Tell = Callable[[Progress], None]


class StudyRun:
    """One run of a study, by a crew.

    Args:
        study: What to run.
        crew: Who does it.
        tell: Called with each answer, and a few times a second.
        is_stopping: Whether the run is to end; asked a few times a second.
        kinds: The kinds of workers that there are; cells that began with others are left alone. None: any may come.
    """

    def __init__(
        self,
        study: Study,
        crew: Crew,
        tell: Tell,
        is_stopping: Callable[[], bool],
        kinds: frozenset[str] | None = None,
    ) -> None:
        self.study, self._crew, self._tell, self._is_stopping = study, crew, tell, is_stopping
        self._id = secrets.token_hex(8)
        self._cells = {cell.name: cell for cell in study.cells}
        self._priorities = {name: -number for number, name in enumerate(self._cells)}
        self._finished = {name for name, cell in self._cells.items() if cell.is_finished}
        kept = {name: self._kind(name) for name in self._cells}
        self.elsewhere = [name for name, kind in kept.items() if self._is_elsewhere(name, kind, kinds)]
        """Cells that began with another kind of workers than there are."""
        self._waiting: deque[Cell] = deque()
        """Cells that are handed out once others are finished."""
        self._flying: set[str] = set()
        self._with_others: set[str] = set()
        self._stopped = False
        self._looked = self._reckoned = 0.0
        self._seconds_left: float | None = None

    def check(self) -> None:
        """Ask workers whether the cells that haven't begun can work, before any of them begins.

        Raises:
            TicketError: for the whole study, naming the first cell that can't, and how many others.
        """
        questions: dict[bytes, Question] = {}
        for cell in self._todo():
            if not cell.has_begun:
                spec = msgspec.msgpack.encode(cell.planned.spec_table())
                questions.setdefault(cell.planned.question, Question(cell.name, spec))
        for number, question in enumerate(questions.values()):
            self._crew.send(question, -number)
        refused: dict[str, str] = {}
        left = len(questions)
        while left:
            if self._is_stopping():
                return
            answer = self._crew.answer(LOOKS)
            self._tell(self._progress(None))
            if answer is not None:
                left -= 1
                refused |= {answer.cell: answer.why} if answer.came == "failed" else {}
        if refused:
            first = next(question.cell for question in questions.values() if question.cell in refused)
            error = of_cell(first, TicketError(refused[first]))
            error.remedy = f"{len(refused) - 1} others can't either. " if len(refused) > 1 else ""
            error.remedy += "Nothing was started."
            raise error

    def run(self) -> Literal["finished", "stopped"]:
        """Run every cell that is neither finished nor failed to its end; whether that was reached.

        Raises:
            TicketError: if the study's journal can't be written.
        """
        if self._is_stopping():
            return "stopped"
        began = RunBegan(
            at=time.time(), run=self._id, by=whoami(), pid=os.getpid(), workers=self._crew.workers, versions=versions()
        )
        self._record(began)
        self._waiting.extend(self._todo())
        stop_by = float("inf")
        while self._hand_out() or (self._with_others and not self._stopped):
            if self._is_stopping() and not self._stopped:
                self._stopped, stop_by = True, time.monotonic() + GRACE
                self._crew.stop()
            answer = self._crew.answer(LOOKS)
            if answer is not None:
                self._take(answer)
            self._look_at_others()
            self._tell(self._progress(answer))
            if time.monotonic() > stop_by:
                break
        why: Literal["finished", "stopped"] = "stopped" if self._stopped else "finished"
        self._record(RunEnded(at=time.time(), run=self._id, why=why))
        return why

    def _todo(self) -> list[Cell]:
        away = {*self._finished, *self.elsewhere}
        return [cell for name, cell in self._cells.items() if name not in away and cell.failure is None]

    def _kind(self, cell: str) -> str:
        device = self.study.view.devices.get(cell)
        return "" if device is None else kind_of(device, self.study.view.threads)

    def _is_elsewhere(self, cell: str, kind: str, kinds: frozenset[str] | None) -> bool:
        return cell not in self._finished and bool(kind) and kinds is not None and kind not in kinds

    def _hand_out(self) -> bool:
        """Hand out cells while the crew has few pieces before it; whether any is out."""
        most = max(AHEAD * self._crew.workers, FEWEST)
        while self._waiting and not self._stopped and len(self._flying) < most:
            self._send(self._waiting.popleft())
        return bool(self._flying)

    def _send(self, cell: Cell) -> None:
        """Hand out a cell's next piece; earlier cells come first, so that they are finished first."""
        self._flying.add(cell.name)
        spec = msgspec.msgpack.encode(cell.planned.spec_table())
        wanted = [one for one in self.study.view.analyses if cell.name in one.cells]
        job = Job(cell.name, str(cell.path), spec, msgspec.msgpack.encode(wanted), self._kind(cell.name))
        self._crew.send(job, self._priorities[cell.name])

    def _take(self, answer: Answer) -> None:
        if answer.came == "lost":
            raise TicketError(answer.why)
        self._flying.discard(answer.cell)
        cell = self._cells[answer.cell]
        records: list[AnyRecord] = []
        if answer.state is not None:
            records.append(self._worked(answer))
        if answer.came == "failed":
            records.append(CellFailed(at=time.time(), run=self._id, cell=answer.cell, why=answer.why))
        if records:
            self._record(*records)
        if answer.came == "taken":
            self._with_others.add(answer.cell)
        elif answer.came == "advanced" and self._has_ended(answer):
            self._finished.add(answer.cell)
        elif answer.came == "advanced" and not self._stopped:
            self._send(cell)

    def _worked(self, answer: Answer) -> Worked:
        state = answer.state
        assert state is not None
        return Worked(
            at=time.time(),
            run=self._id,
            cell=answer.cell,
            machine=answer.machine,
            pid=answer.pid,
            device=answer.device,
            began=answer.began,
            seconds=answer.seconds,
            generations=answer.generations,
            left=answer.left,
            state="finished" if self._has_ended(answer) else "paused",
            rounds_done=state.rounds_done,
            rounds_planned=state.rounds_planned,
            density=state.lowest_density,
            score=state.best_score,
            journal_bytes=answer.journal_bytes,
            curve=list(state.curve),
        )

    @staticmethod
    def _has_ended(answer: Answer) -> bool:
        return answer.state is not None and answer.state.state == "finished" and answer.is_analysed

    def _look_at_others(self) -> None:
        """Now and then, go on with cells that other processes had and have no longer."""
        if self._stopped or not self._with_others or time.monotonic() < self._looked + LOOKS:
            return
        self._looked = time.monotonic()
        self.study.reread()
        for cell in [self._cells[name] for name in self._with_others]:
            if cell.is_running:
                continue
            self._with_others.discard(cell.name)
            if cell.is_finished:
                self._finished.add(cell.name)
            elif cell.failure is None:
                self._send(cell)

    def _record(self, *records: AnyRecord) -> None:
        self.study.record(*records)

    def _progress(self, answer: Answer | None) -> Progress:
        if time.monotonic() > self._reckoned + EVERY:
            self._reckoned = time.monotonic()
            todo = [cell.name for cell in self._todo()]
            self._seconds_left = seconds_left(self.study.view, todo, self._crew.workers)
        return Progress(
            answer=answer,
            finished=len(self._finished),
            failed=len(self.study.view.failed),
            cells=len(self._cells),
            working=len(self._flying),
            others=len(self._with_others),
            seconds_left=self._seconds_left,
        )
