"""The analyst: analyses that were asked for, worked on in slices between chunks.

A slice takes about as long as a chunk may, so that commands are answered as quickly as ever. Nothing
of an analysis enters what is trained. What a person asked for is lost if the process ends before it
is done; what the spec asks for is taken up again.
"""

import time
from collections import deque
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

import jax
import msgspec
import numpy as np

from sessions.analyses.inputs import RoundState, Subjects
from sessions.messages import events
from sessions.messages.events import Emit
from sessions.plans.problems import Problems
from sessions.tickets.compiler import Compiler, Executable
from sessions.views.session_view import SessionView
from ticket_explorer.analysis import landscape
from ticket_explorer.analysis.analysis import Analysis, Points, Subject, nothing_seen
from ticket_explorer.analysis.landscape import Walk
from ticket_explorer.analysis.settings import AnalysisSettings
from ticket_explorer.errors import TicketError
from ticket_explorer.keys import Purpose, random_bits, replicate_keys
from ticket_explorer.registry import implementation_of, name_of

SECONDS = 0.05
"""How long a slice should take."""
PROGRESS_SECONDS = 0.2
"""Between two events that say how far an analysis is."""


@dataclass(frozen=True)
class AskedAnalysis:
    """An analysis that was asked for; `state` is there if it is of a running round, which changes meanwhile."""

    id: int
    settings: AnalysisSettings
    branch: str
    round: int
    state: RoundState | None
    automatic: bool


@dataclass
class Work:
    """An analysis that is being worked on."""

    request: AskedAnalysis
    state: RoundState
    subject: Subject
    analysis: Analysis
    points: Points | None
    walk: Walk | None
    evaluate: "Evaluator | None"
    began: float
    told: float = 0.0

    @property
    def total(self) -> int:
        """Points to be evaluated; 1 where nothing is."""
        return self.walk.total if self.walk is not None else 1

    @property
    def done(self) -> int:
        """How many of them are."""
        return self.walk.done if self.walk is not None else 0


class Evaluator:
    """The one executable behind all landscapes of a problem, and how fast it is."""

    def __init__(self, compiler: Compiler, key: tuple[object, ...], arguments: tuple[Any, ...], examples: int | None):
        self._compiler, self._key, self._arguments = compiler, key, arguments
        self._examples = examples
        self.count = landscape.block()
        """Points of the next slice."""

    def is_ready(self) -> bool:
        """Whether it is compiled; if not, that is under way now."""
        return self._compiler.is_ready(self._key, self._call)

    def executable(self) -> Executable:
        """Compiled now, if it isn't yet."""
        return self._compiler.get(self._key, self._call)

    def learn(self, points: int, seconds: float) -> None:
        """Have the next slice take about `SECONDS`, after one of some points took so long."""
        block = landscape.block()
        wanted = int(points * SECONDS / max(seconds, 1e-6)) // block * block
        self.count = int(np.clip(wanted, block, min(4 * self.count, landscape.SLICE)))

    def _call(self) -> tuple[Any, ...]:
        return partial(landscape.evaluated, examples=self._examples), *self._arguments


class Analyst:
    """Works on one analysis after another."""

    def __init__(
        self,
        subjects: Subjects,
        view: SessionView,
        problems: Problems,
        compiler: Compiler,
        seed: int,
        replicates: int,
        journal: Emit,
        live: Emit,
    ) -> None:
        self.subjects = subjects
        self._view, self._problems, self._compiler = view, problems, compiler
        self._seed, self._replicates = seed, replicates
        self._journal, self._live = journal, live
        self._waiting: deque[AskedAnalysis] = deque()
        self._work: Work | None = None
        self._evaluators: dict[tuple[object, ...], Evaluator] = {}
        self._examples_keys: tuple[jax.Array, ...] = ()
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
            branch: The branch whose weights it looks at.
            number: The number of its round.
            state: The weights, if the round runs.
            automatic: Whether the spec asked for it.
        """
        self._last_id = max(self._last_id, max((known.id for known in self._view.analyses), default=0)) + 1
        self._waiting.append(AskedAnalysis(self._last_id, settings, branch, number, state, automatic))
        return self._last_id

    def cancel(self, number: int) -> None:
        """Give an analysis up.

        Raises:
            TicketError: if there is no such one waiting or under way.
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
        raise TicketError(f"There is no analysis {number} waiting or under way; it may be done already.")

    def close(self) -> None:
        """Give up everything."""
        for request in [*([self._work.request] if self._work else []), *self._waiting]:
            self._end(request, "the engine was stopped before it was done")
        self._work = None
        self._waiting.clear()

    def work(self, at_once: bool = False) -> bool:
        """Work for one slice; whether anything was done. It waits for nothing, unless it must be done `at_once`."""
        if self._work is None and self._waiting:
            self._begin(self._waiting.popleft())
        work = self._work
        if work is None or not (at_once or work.evaluate is None or work.evaluate.is_ready()):
            return False
        try:
            if work.walk is not None and work.walk.done < work.walk.total:
                self._step(work)
            if work.walk is None or work.walk.done >= work.walk.total:
                self._finish(work)
        except BaseException as error:
            self._work = None
            self._end(work.request, str(error))
            raise
        return True

    def run(self, number: int) -> events.Analysed:
        """Work until an analysis is done; returns what it found.

        Raises:
            TicketError: if it can't be computed.
        """
        while (found := next((known for known in self._view.analyses if known.id == number), None)) is None:
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
        with random_bits():
            points = analysis.points(replicate_keys(self._seed, self._replicates, Purpose.ANALYSE, 0), subject)
        if points is None:
            return Work(request, state, subject, analysis, None, None, None, time.monotonic())
        points = landscape.padded(points)
        evaluator = self._evaluator(state, points, request.settings)
        return Work(request, state, subject, analysis, points, landscape.init(points), evaluator, time.monotonic())

    def _evaluator(self, state: RoundState, points: Points, settings: AnalysisSettings) -> Evaluator:
        problem, examples = self.subjects.measurable(state.plan), settings.evaluated_on
        key = ("landscape", self._problems.key(state.plan), points.basis.shape[1], examples)
        if key not in self._evaluators:
            coefficients, blocks = landscape.blocks_of(points.coefficients[:1])
            arguments = (problem, self._key(0), points.basis[0], coefficients, blocks, _replicate(points, 0))
            self._evaluators[key] = Evaluator(self._compiler, key, arguments, examples)
        return self._evaluators[key]

    def _key(self, replicate: int) -> jax.Array:
        """Of the held-out examples; made once, since indexing keys costs as much as evaluating ten points."""
        if not self._examples_keys:
            self._examples_keys = tuple(replicate_keys(self._seed, self._replicates, Purpose.ANALYSE, 1))
        return self._examples_keys[replicate]

    def _step(self, work: Work) -> None:
        assert work.walk is not None
        assert work.points is not None
        assert work.evaluate is not None
        problem, points, executable = self._problems.of(work.state.plan), work.points, work.evaluate.executable()

        def evaluate(replicate: int, coefficients: np.ndarray) -> Any:
            filled, blocks = landscape.blocks_of(coefficients)
            states = _replicate(points, replicate)
            return executable(problem, self._key(replicate), points.basis[replicate], filled, blocks, states)

        before, began = work.walk.done, time.monotonic()
        work.walk = landscape.step(work.walk, points, evaluate, work.evaluate.count)
        now = time.monotonic()
        work.evaluate.learn(work.walk.done - before, now - began)
        if now >= work.told + PROGRESS_SECONDS:
            work.told = now
            self._tell(work.request, work.done, work.total)

    def _finish(self, work: Work) -> None:
        seen = nothing_seen(self._replicates) if work.walk is None else landscape.finish(work.walk)
        found, request = work.analysis.result(work.subject, seen), work.request
        self._work = None
        self._journal(
            events.Analysed(
                at=time.time(),
                id=request.id,
                kind=name_of(request.settings),
                branch=request.branch,
                round=work.state.trained.number,
                generation=work.state.generation,
                parameters=_parameters(request.settings),
                arrays={field.name: _block(getattr(found, field.name)) for field in fields(found)},
                automatic=request.automatic,
                seconds=time.monotonic() - work.began,
            )
        )

    def _end(self, request: AskedAnalysis, why: str) -> None:
        self._tell(request, 0, 1, why)

    def _tell(self, request: AskedAnalysis, done: int, total: int, ended: str = "") -> None:
        kind = name_of(request.settings)
        self._live(
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


def _replicate(points: Points, replicate: int) -> Any:
    return jax.tree.map(lambda array: array[replicate], points.states)


def _parameters(settings: AnalysisSettings) -> dict[str, Any]:
    table: dict[str, Any] = msgspec.to_builtins(settings)
    return {key: value for key, value in table.items() if key != "name"}


def _block(array: np.ndarray) -> events.Block:
    return events.Block(shape=list(array.shape), data=np.ascontiguousarray(array, "<f4").tobytes())
