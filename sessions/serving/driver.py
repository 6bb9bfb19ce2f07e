"""The driver: runs a session towards its latest goal, and takes commands between chunks."""

import queue
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from typing import Any

import msgspec

from sessions.engine.engine import CHUNK
from sessions.messages import commands
from sessions.messages.goal import Goal
from sessions.serving.firewall import gist, is_question, sentence_of, understood
from sessions.session.session import Session
from sessions.tickets.compiler import GivenUp
from sessions.views.failures import failures
from sessions.views.session_view import SessionView
from ticket_explorer.errors import TicketError, Unforeseen
from ticket_explorer.tables import is_table

COMPILING_SECONDS = 0.02
"""Seconds between two looks at whether an analysis's executable is ready, when there is nothing else to do."""
PULSE_SECONDS = 0.2
"""At a person's pace, how often generations come."""

Reply = Callable[[dict[str, Any] | None, TicketError | None], None]
"""Called with a result, or with the error."""


@dataclass(frozen=True)
class Asked:
    """A queued command."""

    command: Any
    """A command, or what a client sent as one."""
    client: str
    reply: Reply


class Driver:
    """Runs one session in the calling thread; commands may come from any thread."""

    def __init__(self, session: Session, goal: Goal | None = None) -> None:
        self.session = session
        self.failure: TicketError | None = None
        """Why the last run missed its goal."""
        self._goal = goal or Goal()
        self._inbox: queue.SimpleQueue[Asked] = queue.SimpleQueue()
        self._stopping = False
        self._due = 0.0

    def ask(self, command: Any, client: str, reply: Reply = lambda result, error: None) -> None:
        """Queue a command, or what a client sent as one; it runs after the chunk in flight.

        To stop, no executable is waited for.
        """
        if isinstance(command, commands.Stop) or (is_table(command) and command.get("type") == "Stop"):
            self.session.compiler.give_up()
        self._inbox.put(Asked(command, client, reply))

    @property
    def is_resting(self) -> bool:
        """Whether there is nothing to compute until a command arrives."""
        return self._goal.is_reached and self._inbox.empty() and not self.session.is_analysing

    def run(self, stay: bool) -> None:
        """Work until the goal is reached or a command stops it.

        Args:
            stay: Whether to wait for further commands once the goal is reached.
        """
        try:
            self._run(stay)
        except Exception as error:
            self.session.fail(f"{type(error).__name__}: {error}")
            raise

    def _run(self, stay: bool) -> None:
        while not self._stopping:
            if self.is_resting and not stay:
                return
            with suppress(GivenUp):  # the command to stop is waiting
                self._work()

    def _work(self) -> None:
        resting = self._goal.is_reached
        analysing = resting and self.session.is_analysing
        if analysing:
            self._analyse()
        self._take_commands(wait=resting and not analysing)
        self._hold()
        if not self._stopping and not self._goal.is_reached:
            self._advance()

    def _analyse(self) -> None:
        """Compute one slice of an analysis while nothing trains; a command interrupts the wait for its executable."""
        if not self.session.work_on_analyses():
            with suppress(queue.Empty):
                self._take(self._inbox.get(timeout=COMPILING_SECONDS))

    def _hold(self) -> None:
        """Wait until the pace allows more generations; commands are taken meanwhile."""
        while not self._stopping and not self._goal.is_reached and self.session.view.pace is not None:
            left = self._due - time.monotonic()
            if left <= 0:
                return
            try:
                self._take(self._inbox.get(timeout=left))
            except queue.Empty:
                return

    @property
    def _budget(self) -> int:
        pace = self.session.view.pace
        most = CHUNK if self._goal.to_the_end or self._goal.rounds > 0 else self._goal.generations
        return most if pace is None else min(most, max(round(pace * PULSE_SECONDS), 1))

    def _advance(self) -> None:
        finished, began = len(self._finished()), time.monotonic()
        try:
            done = self.session.pulse(self._budget)
            self._due = began + done / (self.session.view.pace or float("inf"))
            self._goal.generations = max(self._goal.generations - done, 0)
            self._goal.rounds = max(self._goal.rounds - (len(self._finished()) - finished), 0)
            if self.session.paused_at:
                self._goal = Goal()
            if self.session.is_finished:
                self._goal = Goal()
                self.failure = _failure(self.session.view)
            if self._goal.is_reached:
                self.session.pause()
        except GivenUp:
            raise
        except TicketError as error:
            self._give_up(error)
        except Exception as error:
            self._give_up(sentence_of(error, "The run stopped"))

    def _give_up(self, error: TicketError) -> None:
        self.failure, self._goal = error, Goal()
        if isinstance(error, Unforeseen):
            self.session.fail(str(error))
        else:
            self.session.interrupt(str(error))

    def _finished(self) -> list[object]:
        branches = self.session.view.branches.values()
        return [round_ for branch in branches for round_ in branch.rounds.values() if round_.finished]

    def _take_commands(self, wait: bool) -> None:
        while not self._stopping and (wait or not self._inbox.empty()):
            self._take(self._inbox.get())
            wait = False

    def _take(self, asked: Asked) -> None:
        """Perform a command; an error becomes its reply."""
        try:
            command = understood(asked.command)
            self._stopping = isinstance(command, commands.Stop)
            with self._journalled(asked.client, command):
                result = self._guarded(command)
        except TicketError as error:
            if not is_question(asked.command):
                self.session.refuse(asked.client, gist(asked.command), str(error))
            asked.reply(None, error)
        else:
            asked.reply(result, None)

    def _journalled(self, client: str, command: commands.Command) -> AbstractContextManager[None]:
        if not command.is_journalled:
            return nullcontext()
        return self.session.asked(client, msgspec.to_builtins(command))

    def _guarded(self, command: commands.Command) -> dict[str, Any]:
        """The answer to a command; no error in it ends the engine.

        Raises:
            TicketError: if it can't be done.
        """
        try:
            return self._execute(command)
        except TicketError:
            raise
        except GivenUp as error:
            remedy = "Resume the session, and ask again."
            raise TicketError("Not done: the engine is stopping.", remedy=remedy) from error
        except Exception as error:
            raise sentence_of(error, f"{type(command).__name__} was not done") from error

    def _execute(self, command: commands.Command) -> dict[str, Any]:
        if isinstance(command, commands.Deed):
            return command.told(self.session.perform(command))
        assert isinstance(command, commands.Directive)
        self._goal = command.goal
        if self._goal.is_reached:
            self.session.pause()
        return {}


def _failure(view: SessionView) -> TicketError | None:
    sentences = failures(view)
    return TicketError(" ".join(sentences)) if sentences else None
