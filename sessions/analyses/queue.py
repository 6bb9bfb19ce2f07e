"""The analyst: requested analyses, computed in slices between chunks.

A slice takes about as long as a chunk, so that commands are answered as quickly as without analyses. An analysis
never affects training. If the process ends first, an analysis that a person asked for is lost; one that the spec asks
for is started again.
"""

import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import jax
import msgspec
import numpy as np

from sessions.analyses.inputs import RoundState, Subjects
from sessions.analyses.stages import Evaluations, Products, Rated, Stage
from sessions.messages import events
from sessions.messages.watchers import Watchers
from sessions.tickets.compiler import Key
from ticket_explorer.analysis import landscape, spectrum
from ticket_explorer.analysis.analysis import Analysis, CurvedAnalysis, Seen, Subject, nothing_seen
from ticket_explorer.analysis.settings import AnalysisSettings
from ticket_explorer.errors import TicketError
from ticket_explorer.keys import Purpose, arithmetic
from ticket_explorer.problems import CurvedProblem, curved
from ticket_explorer.registry import implementation_of

PROGRESS_SECONDS = 0.2
"""Seconds between two progress events of an analysis."""


@dataclass(frozen=True)
class AskedAnalysis:
    """A requested analysis; `state` keeps the weights of a running round, which would change meanwhile."""

    id: int
    settings: AnalysisSettings
    branch: str
    round: int
    state: RoundState | None
    automatic: bool


@dataclass
class Work:
    """The analysis that is being computed."""

    request: AskedAnalysis
    state: RoundState
    subject: Subject
    analysis: Analysis
    stage: Stage | None
    """What is being computed, or None."""
    began: float
    told: float = 0.0


class Analyst:
    """Works on one analysis after another."""

    def __init__(self, subjects: Subjects, watchers: Watchers) -> None:
        self.subjects = subjects
        self._bench, self._watchers = subjects.bench, watchers
        self._waiting: deque[AskedAnalysis] = deque()
        self._work: Work | None = None
        self._rated: dict[Key, Rated] = {}
        self._of_examples: tuple[jax.Array, ...] = ()
        self._last_id = 0

    @property
    def is_busy(self) -> bool:
        """Whether there is anything to work on."""
        return self._work is not None or bool(self._waiting)

    def ask(
        self,
        settings: AnalysisSettings,
        branch: str,
        number: int,
        state: RoundState | None = None,
        automatic: bool = False,
    ) -> int:
        """Put an analysis in the queue; returns its id.

        Args:
            settings: Which analysis, and its parameters.
            branch: The branch whose weights it analyses.
            number: The number of its round.
            state: The weights, if the round runs.
            automatic: Whether the spec asked for it.
        """
        self._last_id = max(self._last_id, max((known.id for known in self._bench.view.analyses), default=0)) + 1
        self._waiting.append(AskedAnalysis(self._last_id, settings, branch, number, state, automatic))
        return self._last_id

    def is_asked_about(self, branch: str) -> bool:
        """Whether an analysis of a branch waits or is under way."""
        asked = [*self._waiting, *([] if self._work is None else [self._work.request])]
        return any(one.branch == branch for one in asked)

    def cancel(self, number: int) -> None:
        """Cancel an analysis.

        Raises:
            TicketError: if no such analysis is waiting or running.
        """
        if self._work is not None and self._work.request.id == number:
            self._end(self._work.request, "cancelled")
            self._work = None
            return
        for request in self._waiting:
            if request.id == number:
                self._waiting.remove(request)
                self._end(request, "cancelled")
                return
        raise TicketError(f"No analysis {number} is waiting or running; it may be done already.")

    def forget(self, branch: str, number: int) -> None:
        """Cancel the analyses of a round that is dropped."""
        for request in [*([self._work.request] if self._work else []), *self._waiting]:
            if (request.branch, request.round) == (branch, number):
                self.cancel(request.id)

    def close(self) -> None:
        """Cancel all analyses."""
        for request in [*([self._work.request] if self._work else []), *self._waiting]:
            self._end(request, "the engine was stopped before it finished")
        self._work = None
        self._waiting.clear()

    def work(self, at_once: bool = False) -> bool:
        """Work for one slice; returns whether anything was done. Waits for a compilation only if `at_once`."""
        if self._work is None and self._waiting:
            self._begin(self._waiting.popleft())
        work = self._work
        if work is None or not (at_once or work.stage is None or work.stage.is_ready()):
            return False
        try:
            self._advance(work)
        except BaseException as error:
            self._work = None
            self._end(work.request, str(error))
            raise
        return True

    def run(self, number: int) -> events.Analysed:
        """Work until an analysis is done; returns its result.

        Raises:
            TicketError: if it can't be computed.
        """
        while (found := next((known for known in self._bench.view.analyses if known.id == number), None)) is None:
            self.work(at_once=True)
        return found

    def _begin(self, request: AskedAnalysis) -> None:
        try:
            self._work = self._begun(request)
        except BaseException as error:
            self._end(request, str(error))
            raise

    def _begun(self, request: AskedAnalysis) -> Work:
        state = request.state or self.subjects.state_of(request.branch, request.round)
        subject = self.subjects.subject(request.settings, request.branch, state)
        analysis: Analysis = implementation_of(request.settings)(request.settings)
        work = Work(request, state, subject, analysis, None, time.monotonic())
        work.stage = self._products(work) or self._points(work)
        return work

    def _products(self, work: Work) -> Products | None:
        """The executable of Hessian-vector products, if the analysis needs one."""
        problem = self._bench.problems.of(work.state.plan)
        has_loss = isinstance(problem, CurvedProblem)
        wanted = work.analysis.wanted(has_loss) if isinstance(work.analysis, CurvedAnalysis) else None
        if wanted is None:
            return None
        parts = tuple(leaf.slice for leaf in work.subject.layout)
        key = ("products", self._bench.problems.key(work.state.plan), wanted.split, wanted.examples)
        with arithmetic():
            course = spectrum.init(self._bench.keys(Purpose.ANALYSE, 0), work.state.trained.mask, parts, wanted)
        return Products(curved(problem), work.state.trained, course, wanted, self._executable(key))

    def _points(self, work: Work) -> Evaluations | None:
        """The stage that evaluates points of weight space, if there are any."""
        with arithmetic():
            points = work.analysis.points(self._bench.keys(Purpose.ANALYSE, 0), work.subject)
        if points is None:
            return None
        points, state = landscape.padded(points), work.state
        problem, examples = self.subjects.measurable(state.plan), work.request.settings.evaluated_on
        key = ("landscape", self._bench.problems.key(state.plan), points.basis.shape[1], examples)
        return Evaluations(problem, points, self._examples_keys(), examples, self._executable(key))

    def _executable(self, key: Key) -> Rated:
        """One executable for all analyses of a kind, with its measured speed."""
        return self._rated.setdefault(key, Rated(self._bench.compiler, key))

    def _examples_keys(self) -> tuple[jax.Array, ...]:
        """Made once: indexing keys costs as much as evaluating ten points."""
        if not self._of_examples:
            self._of_examples = tuple(self._bench.keys(Purpose.ANALYSE, 1))
        return self._of_examples

    def _advance(self, work: Work) -> None:
        """Work for one slice; points may depend on the products before them."""
        stage = work.stage
        if stage is not None:
            stage.step()
            if (now := time.monotonic()) >= work.told + PROGRESS_SECONDS:
                work.told = now
                self._tell(work.request, stage.done, stage.total)
            if stage.done < stage.total:
                return
        if isinstance(stage, Products):
            work.subject = replace(work.subject, curved=stage.finish())
            work.stage = self._points(work)
            if work.stage is not None:
                return
        seen = stage.finish() if isinstance(stage, Evaluations) else nothing_seen(self._bench.replicates)
        self._finish(work, seen)

    def _finish(self, work: Work, seen: Seen) -> None:
        found, request = work.analysis.result(work.subject, seen), work.request
        self._work = None
        self._watchers.journal(
            events.Analysed(
                at=time.time(),
                id=request.id,
                kind=request.settings.called,
                branch=request.branch,
                round=work.state.trained.number,
                generation=work.state.generation,
                parameters=_parameters(request.settings),
                arrays={name: _block(array) for name, array in _arrays(found)},
                automatic=request.automatic,
                seconds=time.monotonic() - work.began,
            )
        )

    def _end(self, request: AskedAnalysis, why: str) -> None:
        self._tell(request, 0, 1, why)

    def _tell(self, request: AskedAnalysis, done: int, total: int, ended: str = "") -> None:
        kind = request.settings.called
        self._watchers.live(
            events.Analysing(
                at=time.time(),
                id=request.id,
                kind=kind,
                branch=request.branch,
                round=request.round,
                done=done,
                total=total,
                ended=ended,
            )
        )


def _parameters(settings: AnalysisSettings) -> dict[str, Any]:
    table: dict[str, Any] = msgspec.to_builtins(settings)
    return {key: value for key, value in table.items() if key != "name"}


def _arrays(found: Any) -> Iterator[tuple[str, np.ndarray]]:
    """The arrays of a result by name: the fields of a dataclass, or what an analysis of one's own named itself."""
    named = found if isinstance(found, Mapping) else {field.name: getattr(found, field.name) for field in fields(found)}
    yield from named.items()


def _block(array: np.ndarray) -> events.Block:
    return events.Block(shape=list(array.shape), data=np.ascontiguousarray(array, "<f4").tobytes())
