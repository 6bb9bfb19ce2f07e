"""The running round: chunks in flight, their metrics, and the checkpoint behind them.

While the host journals one chunk the device already computes the next, so watching costs nothing. A decision (a change
of hyper-parameters, an early end) is journalled with its generation before it takes effect, so that a killed run
decides the same again.
"""

import hashlib
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from sessions.engine.noise import Noise
from sessions.engine.round_beginning import form_chosen
from sessions.engine.round_runner import CHUNK_LIMIT, Chunk, RoundRunner, RoundShape, saved
from sessions.engine.weight_samples import Framer
from sessions.messages import events
from sessions.messages.watchers import Watchers
from sessions.plans.problems import plan_of
from sessions.store.checkpoint import checkpoint, read_checkpoint, write_checkpoint
from sessions.store.errors import Damaged
from sessions.tickets.workbench import Workbench
from sessions.views.branch_view import RoundView
from ticket_explorer.backend import OUT_OF_MEMORY
from ticket_explorer.errors import TicketError
from ticket_explorer.keys import RANDOM_BITS
from ticket_explorer.layout import Layout
from ticket_explorer.tickets import Ticket

CHUNK_SECONDS = 0.1
"""Seconds that a chunk should take; a pause waits so long."""
NOTHING_FITS = (
    "The device's memory is too small for one individual of this network on one batch. Choose a smaller batch, a "
    "smaller network or population, or fewer replicates; nothing that is journalled is lost."
)
CHECKPOINT_SHARE = 0.01
"""The largest share of the time that may go into checkpoints."""


@dataclass(frozen=True)
class Assignment:
    """What a running round trains."""

    view: RoundView
    """What is known of the round; its `generations` may shrink while it runs."""
    shape: RoundShape
    """What its executables depend on."""
    ticket: Ticket
    """Arrays [R, D]."""
    noise: Noise
    """What its batches, samples and noise come from."""


@dataclass(frozen=True)
class Marks:
    """Generations at which a chunk must end, and what is done there."""

    call: Callable[[int, Chunk], None]
    """Called with the chunk that ends exactly there, and again if a round resumes at that generation."""
    at: tuple[int, ...] = ()
    every: tuple[int, ...] = ()
    """Intervals in generations."""

    def has(self, generation: int) -> bool:
        """Whether a generation is marked."""
        return generation in self.at or any(generation % every == 0 for every in self.every)

    def after(self, generation: int) -> list[int]:
        """The generations after this one that may be the next mark."""
        return [*(at for at in self.at if at > generation), *(generation - generation % n + n for n in self.every)]


class RunningRound:
    """One round on the device, from its ticket (or checkpoint) to its last generation."""

    def __init__(self, bench: Workbench, assignment: Assignment, watchers: Watchers, marks: Marks) -> None:
        view, shape, noise = assignment.view, assignment.shape, assignment.noise
        self.view = view
        self.ticket = ticket = assignment.ticket
        self._directory = bench.directory
        self._watchers = watchers
        self._marks = marks
        self._bench = bench
        self._runner = RoundRunner(shape, bench.compiler, noise, view.number)
        self._parts = (shape.search_key, noise.seed, view.branch, view.number, *noise.identity)
        self._ticket_digest = _digest_of_arrays(ticket.mask, ticket.start)
        self._flying: deque[Chunk] = deque()
        self._latest: Chunk | None = None
        self._tuned = 0
        self._chunk = 1
        self._collected_at = time.monotonic()
        self._checkpoint_due = 0.0
        layout: Layout = shape.problem.layout
        self._framer = Framer(view.branch, view.number, view.generations, layout, np.asarray(ticket.mask[0]))
        self.recovered = self._take_up(ticket)
        self.collected = self._runner.dispatched

    @property
    def shape(self) -> RoundShape:
        """What its executables depend on now."""
        return self._runner.shape

    @property
    def is_complete(self) -> bool:
        """Whether the last planned generation is done and journalled."""
        return self.collected >= self.view.generations

    def advance(self, budget: int) -> int:
        """Compute up to one chunk, and ask for the one after it; returns the new generations that came in.

        Args:
            budget: No more than this many generations beyond those known may be asked for.
        """
        before = self.view.done
        with self._smaller_where_memory_ends():
            self._frame_the_start()
            while len(self._flying) < 2 and (count := self._next_count(budget)) > 0:
                self._flying.append(self._runner.dispatch(count))
            if self._flying:
                self._collect()
        return self.view.done - before

    def _frame_the_start(self) -> None:
        """Keep a frame of generation 0, from which the mean's way begins."""
        if self._runner.dispatched == 0 and not self.view.frames and self._framer.is_due(0, last=False):
            self._watchers.frame(self._framer.take(self._runner.dispatch(0).result, 0))

    def drain(self) -> int:
        """Wait for everything in flight; returns the new generations that came in."""
        before = self.view.done
        with self._smaller_where_memory_ends():
            while self._flying:
                self._collect()
        return self.view.done - before

    def tune(self, changes: dict[str, float]) -> None:
        """Change hyper-parameters from the next generation on; nothing may be in flight.

        Raises:
            TicketError: if a name or a value is not possible; then nothing has changed.
        """
        self._runner.tuned(changes)  # refuses what is not possible before it is journalled
        self._watchers.journal(
            events.Tuned(
                at=time.time(),
                branch=self.view.branch,
                round=self.view.number,
                generation=self.collected,
                changes=changes,
            )
        )
        self._replay()

    @property
    def newest(self) -> Chunk | None:
        """The last chunk that came in, if any."""
        return self._latest

    def latest(self) -> Chunk:
        """The state after the last generation collected."""
        self.drain()
        if self._latest is None or self._latest.first + self._latest.count != self.collected:
            self._latest = self._runner.dispatch(0)
        return self._latest

    def problem_state(self, chunk: Chunk) -> Any:
        """What the task carries in a chunk's state, as scores need it."""
        return self._runner.problem_state(chunk)

    def beside(self, chunk: Chunk) -> Any:
        """What the trainer keeps besides the weights: a mask's scores, PPO's value network."""
        return self._runner.beside(chunk)

    def weights(self, chunk: Chunk) -> Any:
        """θ as it is trained, [R, D]."""
        return self._runner.weights(chunk)

    def make_up(self) -> None:
        """Repeat what is due at the generation where a round resumes: the process before may not have reached it."""
        if self.collected > 0 and self._marks.has(self.collected):
            self._marks.call(self.collected, self.latest())

    def save(self, durable: bool) -> None:
        """Write a checkpoint of the last generation collected; nothing may be in flight."""
        began = time.monotonic()
        self._write(self._runner.dispatch(0), durable)
        self._plan_next_checkpoint(began)

    def _take_up(self, ticket: Ticket) -> str | None:
        recovered = None
        try:
            restored = self._restore()
        except Damaged as error:
            restored, recovered = False, f"{error} The round starts again from its beginning, with the same result."
        if not restored:
            self._reform(0)
            self._runner.start(ticket)
        self._replay()
        return recovered

    @contextmanager
    def _smaller_where_memory_ends(self) -> Iterator[None]:
        """If the device has no memory left for a chunk, go on from the last one in a smaller form."""
        try:
            yield
        except jax.errors.JaxRuntimeError as error:
            if OUT_OF_MEMORY not in str(error):
                raise
            self._take_smaller_form()

    def _take_smaller_form(self) -> None:
        with suppress(jax.errors.JaxRuntimeError):  # what was asked for before memory ended may be whole
            while self._flying and self._flying[0].first == self.collected:
                self._collect()
        self._flying.clear()
        smaller = None if self.shape.form is None else self.shape.form.smaller()
        if smaller is None:
            raise TicketError(NOTHING_FITS)
        self._watchers.journal(form_chosen(self.view, smaller, self.collected, "the device's memory ran out"))
        self._bench.problems.take_form(plan_of(self.view.plan), smaller)
        if self._latest is not None and self._latest.first + self._latest.count == self.collected:
            self._runner.go_back(self._latest)
            self._replay()
        else:
            self._take_up(self.ticket)
            self.collected = self._runner.dispatched

    def _restore(self) -> bool:
        """Go to the checkpoint; returns whether there is one of this round that agrees with the journal."""
        view = self.view
        found = read_checkpoint(self._directory, self._digest, view.branch, view.number, view.done, len(view.tuned))
        if found is None:
            return False
        try:
            self._reform(found.generation)
            self._runner.restore(found.leaves, found.generation)
        except ValueError as error:
            raise Damaged(self._directory.checkpoint, str(error)) from None
        self._tuned = found.tuned
        return True

    def _next_count(self, budget: int) -> int:
        at = self._runner.dispatched
        if self.view.form_at(at) not in (None, self.shape.form):
            return 0  # it changes here, once nothing is in flight
        ends = [self.view.generations, self.view.done + budget, at + self._chunk, at + CHUNK_LIMIT]
        ends += self._marks.after(at)
        if self._tuned < len(self.view.tuned):
            ends.append(self.view.tuned[self._tuned].generation)
        ends += [one.generation for one in self.view.forms if one.generation > at]
        return max(min(ends) - at, 0)

    def _collect(self) -> None:
        chunk = self._flying.popleft()
        values = chunk.values()
        now = time.monotonic()
        self._adapt(chunk.count, now - self._collected_at)
        self._collected_at = now
        end = chunk.first + chunk.count
        self._tell(chunk, values, end)
        self.collected = end
        self._latest = chunk
        if self._marks.has(end):
            self._marks.call(end, chunk)
            self._collected_at = time.monotonic()  # what is done there tells nothing of the time of a chunk
        if now >= self._checkpoint_due or end >= self.view.generations:
            self._write(chunk, durable=False)
            self._plan_next_checkpoint(now)
        if not self._flying:
            self._replay()

    def _tell(self, chunk: Chunk, values: np.ndarray, end: int) -> None:
        known = max(self.view.done - chunk.first, 0)
        if known >= chunk.count:
            return
        branch, number, steps = self.view.branch, self.view.number, chunk.steps()[known:]
        self._watchers.journal(
            events.Generations(
                at=time.time(),
                branch=branch,
                round=number,
                first=chunk.first + known,
                count=chunk.count - known,
                values=np.ascontiguousarray(values[known:], "<f4").tobytes(),
                steps=np.ascontiguousarray(steps, "<i4").tobytes() if steps.any() else b"",
            )
        )
        if self._framer.is_due(end, last=end >= self.view.generations):
            self._watchers.frame(self._framer.take(chunk.result, end))
        elif self._watchers.wants_frames() and self._framer.is_wanted_live():
            self._watchers.live(self._framer.take(chunk.result, end))

    def _adapt(self, count: int, seconds: float) -> None:
        wanted = count * CHUNK_SECONDS / max(seconds, 1e-6)
        self._chunk = int(np.clip(wanted, 1, min(2 * self._chunk, CHUNK_LIMIT)))

    def _reform(self, generation: int) -> None:
        """Go over to the form of a generation; where the journal names none, the form stays."""
        self._runner.reform(self.view.form_at(generation) or self.shape.form)

    def _replay(self) -> None:
        """Change what changes at this generation: form and hyper-parameters."""
        self._reform(self._runner.dispatched)
        while self._tuned < len(self.view.tuned) and self.view.tuned[self._tuned].generation <= self._runner.dispatched:
            self._runner.tune(self.view.tuned[self._tuned].changes)
            self._tuned += 1

    def _write(self, chunk: Chunk, durable: bool) -> None:
        generation = chunk.first + chunk.count
        written = checkpoint(
            self._digest, self.view.branch, self.view.number, generation, self._tuned, saved(chunk.state)
        )
        write_checkpoint(self._directory, written, durable)

    def _digest(self, rule: int, tuned: int) -> str:
        """What a checkpoint's meaning depends on, after so many changes of hyper-parameters."""
        if rule == 0:
            return digest_of(*self._parts)
        changes = [(change.generation, sorted(change.changes.items())) for change in self.view.tuned[:tuned]]
        return digest_of(*self._parts, self._ticket_digest, changes)

    def _plan_next_checkpoint(self, began: float) -> None:
        now = time.monotonic()
        self._checkpoint_due = now + (now - began) / CHECKPOINT_SHARE


def _digest_of_arrays(*arrays: Any) -> str:
    found = hashlib.sha256()
    for array in map(np.asarray, arrays):
        found.update(f"{array.dtype.str}{array.shape}".encode())
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()


def digest_of(*parts: object) -> str:
    """What identifies a running round."""
    return hashlib.sha256(repr((RANDOM_BITS, *parts)).encode()).hexdigest()
