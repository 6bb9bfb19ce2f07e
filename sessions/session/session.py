"""The session: the plain object that everything else is built on.

It runs in the caller's process, one step at a time, emits events and keeps everything on disk. Faces and servers only
call its methods; `commands` lists what they may ask.
"""

import os
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeAlias, TypeVar

from sessions.engine.device import check_device, devices_here
from sessions.engine.engine import CHUNK, Engine
from sessions.messages import commands, events
from sessions.messages.commands import Deed
from sessions.messages.watchers import Watchers
from sessions.plans.checks import versions
from sessions.plans.problems import Problems, spec_taken_up
from sessions.reports.data_frame import RowKind, frame_of
from sessions.session.announcer import Announcer, Subscriber
from sessions.session.branches import Branches, check_spec
from sessions.session.breakpoints import breakpoints_of
from sessions.session.drawn import Drawn
from sessions.session.files import Files, closed_on_error
from sessions.session.performer import Performer
from sessions.session.verbs import Verb, performed
from sessions.specs.difference import differences, told_differences
from sessions.specs.sources import DEFAULT, spec_from
from sessions.specs.spec import Spec, parse_spec, spec_table
from sessions.store import SessionDirectory
from sessions.tickets.compiler import Compiler, GivenUp
from sessions.tickets.found_ticket import FoundTicket, found_ticket
from sessions.views.failures import failure, failures
from sessions.views.reading import Header, place_of_new, read_header, session_path
from sessions.views.turns import next_turn
from ticket_explorer.errors import TicketError
from ticket_explorer.keys import RANDOM_BITS

if TYPE_CHECKING:
    from pandas import DataFrame

    from ticket_explorer.tasks.own_data.given import Arrays

R = TypeVar("R")
Source: TypeAlias = str | PathLike[str] | Mapping[str, Any] | Spec
"""A spec, or its source: a preset's name, a file, a table."""


class Session(Drawn):
    """A session that this process drives; no other process may write to it meanwhile."""

    def __init__(self, files: Files, problems: Problems) -> None:
        """Use `create` or `open`."""
        self.path = files.directory.path
        self.header = files.header
        self.spec: Spec = parse_spec(files.header.spec)
        self.view, problems.replicates = files.view, self.spec.replicates
        self._files, self._lock, self._journal = files, files.lock, files.journal
        self._is_closed = False
        self._announcer = tell = Announcer(files.journal, files.frames, self.view)
        self._emit = tell.emit
        watchers = Watchers(tell.emit, tell.emit_live, tell.keep_frame, lambda: self.wants_frames)
        self._engine = Engine(files.directory, self.view, problems, self.spec.seed, self.spec.replicates, watchers)
        self._branches = Branches(self.view, problems, self._emit)
        whole = (files.directory, self.view, self.spec.replicates, self._engine, self._branches)
        self._performer = Performer(*whole, self._emit, self._finish_if_done)

    @classmethod
    def create(
        cls,
        spec: Source = DEFAULT,
        path: str | Path | None = None,
        shared: bool = False,
        data: "Arrays | None" = None,
    ) -> Self:
        """A new session, its branches planned and nothing trained yet.

        Args:
            spec: A spec, or its source: a preset's name, the path of a TOML file, or a table.
            path: Its directory; by default one in the user's sessions, named after the title.
            shared: Whether its directory's group may continue it too; takes a path.
            data: Arrays that all branches learn from, in place of the spec's task.

        Raises:
            TicketError: if the spec can't work, its data are missing, or the place is taken.
        """
        check_device()
        spec = spec_taken_up(spec_from(spec), data)
        problems = Problems()
        problems.replicates = spec.replicates
        check_spec(spec, problems)
        random_bits, table = RANDOM_BITS, spec_table(spec)
        header = Header(
            title=spec.title,
            created=time.time(),
            spec=table,
            random_bits=random_bits,
            versions=versions() | devices_here(),
        )
        return cls._begun(Files.create(header, place_of_new(spec.title, path, shared), shared), problems)

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Open a session on disk, ready to go on where it was.

        Args:
            path: Its path, or its name in the user's sessions.

        Raises:
            TicketError: if it is not a session, another process runs it, or it is damaged.
        """
        SessionDirectory.open_for_reading(path := session_path(path))
        check_device()
        session = cls._begun(Files.open(path), Problems())
        with closed_on_error(session._files):
            session._engine.take_up_analyses()
        return session

    @classmethod
    def open_or_create(cls, spec: Source, path: str | Path, shared: bool = False, data: "Arrays | None" = None) -> Self:
        """The session at a path, ready to go on; a new one if there is none.

        Args:
            spec: The spec or its source, as for `create`.
            path: Where its directory is, or will be.
            shared: Whether its directory's group may continue it too; takes a path.
            data: Arrays that all branches learn from, as for `create`.

        Raises:
            TicketError: if the session there was made from another spec, with the difference; or as `create`, `open`.
        """
        if not os.path.lexists(path):
            return cls.create(spec, path, shared, data)
        known = read_header(SessionDirectory.open_for_reading(Path(path))).spec
        if found := differences(spec_table(parse_spec(known)), spec_table(spec_taken_up(spec_from(spec), data))):
            raise TicketError(
                f"{path} was made from another spec: {told_differences(found)}. Choose another path, or "
                "open it as it is: tx.Session.open(path)."
            )
        return cls.open(path)

    @classmethod
    def _begun(cls, files: Files, problems: Problems) -> Self:
        with closed_on_error(files):
            session = cls(files, problems)
            opened = events.Opened(
                at=time.time(), versions=versions() | devices_here(), recovered=files.recovered, session=files.id
            )
            texts = [*session.view.former_rules, *session.spec.remarks]
            new = [text for text in dict.fromkeys(texts) if not session.view.says(text)]
            remarks = [events.Remarked(at=time.time(), text=text) for text in new]
            session._emit(opened, *files.unrecorded(), *remarks)  # the session's id first: files are sealed with it
            session._emit(*session._branches.begun(session.spec.branches, session._engine.lineage))
            session._emit(*breakpoints_of(session.spec, session.view))
        return session

    def subscribe(self, subscriber: Subscriber, live_frames: bool = False) -> None:
        """Send a subscriber every event from now on and, if wanted, the frames between those that are journalled.

        The subscriber is called in the thread that runs the session, and must return at once.
        """
        self._announcer.subscribe(subscriber, live_frames)

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """End a subscription."""
        self._announcer.unsubscribe(subscriber)

    @property
    def wants_frames(self) -> bool:
        """Whether any subscriber takes frames that are not journalled."""
        return self._announcer.wants_frames

    @property
    def is_finished(self) -> bool:
        """Whether every branch has all its rounds or is set aside."""
        return next_turn(self.view) is None

    @property
    def journal_end(self) -> int:
        """The length of the journal in bytes."""
        return self._journal.offset

    def pulse(self, budget: int = CHUNK) -> int:
        """Do the smallest piece of work: one chunk of at most `budget` generations, and what follows from it.

        Starts the next round if none is running, and finishes the round if the chunk ends it. Another chunk may still
        be computing when this returns; `settle` waits for it. Returns the generations that came in.
        """
        self._check_open()
        if self.is_finished:
            self._finish()
            return 0
        if self.view.state != "running":
            self._emit(events.Resumed(at=time.time()))
        done = self._engine.pulse(budget)
        if self.paused_at:
            self.pause(self.paused_at)
        return done

    @property
    def paused_at(self) -> str:
        """Which breakpoint the last pulse met and paused at, as a sentence; empty if it met none, or was the last."""
        return "" if self.is_finished else self._engine.breakpoints.met

    def settle(self) -> int:
        """Wait for the chunk in flight; returns the number of generations that came in."""
        return self._engine.settle()

    def step(self, generations: int = 1) -> int:
        """Run `generations` generations, across rounds if need be; returns how many were run: fewer at a breakpoint."""
        done = 0
        while done < generations and not self.is_finished:
            done += self.pulse(generations - done)
            if self.paused_at:
                break
        done += self.settle()
        self._finish_analyses()
        self._rest("", durable=False)
        return done

    def run_round(self) -> events.RoundFinished | None:
        """Run to the end of the running round, or of the next one; None if the session is finished, or paused before.

        Raises:
            TicketError: if every replicate of its branch diverged, or code of one's own fails in it.
        """
        self._check_open()
        turn = next_turn(self.view)
        if turn is None:
            self._finish()
            return None
        rounds = self.view.branches[turn.branch].rounds
        while turn.round not in rounds or rounds[turn.round].finished is None:
            self.pulse()
            if self.paused_at:
                break
            branch = self.view.branches[turn.branch]
            if not branch.can_go_on:
                raise TicketError(failure(self.view, branch) or "")
        self._finish_analyses()
        known = rounds.get(turn.round)  # not there if a breakpoint was met before it began
        return None if known is None else known.finished

    def run(self) -> None:
        """Run until every branch has all its rounds, or has failed, or a breakpoint pauses it.

        Raises:
            TicketError: at the end, if a branch has failed: every replicate of it diverged, or code of one's own fails.
        """
        self._check_open()
        while not self.is_finished:
            self.pulse()
            if self.paused_at:
                return
        self._finish_analyses()
        self._finish()
        if sentences := failures(self.view):
            raise TicketError(" ".join(sentences))

    def pause(self, reason: str = "") -> None:
        """Wait for the chunk in flight, write a checkpoint that survives a power failure, and journal the pause."""
        self._rest(reason, durable=True)
        self._journal.sync()

    def interrupt(self, reason: str) -> None:
        """Drop the running round from memory after an error, and report it; it resumes from disk."""
        self._engine.forget()
        self._announcer.emit_if_possible(events.Paused(at=time.time(), reason=reason, is_trouble=True))

    def fail(self, message: str) -> None:
        """Report that the engine can't go on, because of an unexpected error."""
        self._engine.forget()
        self._announcer.emit_if_possible(events.Failed(at=time.time(), message=message))

    end_round = Verb(commands.EndRound, performed)
    tune = Verb(commands.Tune, performed)
    switch_pruner = Verb(commands.SwitchPruner, performed)
    switch_trainer = Verb(commands.SwitchTrainer, performed)
    switch_code = Verb(commands.SwitchCode, performed)
    set_pruning = Verb(commands.SetPruning, performed)
    branch = Verb(commands.Branch, performed)
    transfer = Verb(commands.Transfer, performed)
    decompose = Verb(commands.Decompose, performed)
    adopt = Verb(commands.Adopt, performed)
    go_back = Verb(commands.GoBack, performed)
    set_aside = Verb(commands.SetAside, performed)
    remove_branch = Verb(commands.RemoveBranch, performed)
    rename_branch = Verb(commands.RenameBranch, performed)
    set_pace = Verb(commands.Pace, performed)
    pause_at = Verb(commands.PauseAt, performed)
    remove_breakpoint = Verb(commands.RemoveBreakpoint, performed)
    preview_pruning = Verb(commands.PreviewPruning, performed)
    try_out = Verb(commands.TryOut, performed)
    rollout = Verb(commands.Rollout, performed)
    examples = Verb(commands.Examples, performed)
    ask_analysis = Verb(commands.Analyse, performed)
    cancel_analysis = Verb(commands.CancelAnalysis, performed)
    note = Verb(commands.Note, performed)

    def perform(self, deed: Deed[R]) -> R:
        """Carry out a command at once; returns its answer.

        Raises:
            TicketError: if it can't be done.
        """
        self._check_open()
        return deed.perform(self._performer)

    def found(self, deed: Deed[int]) -> events.Analysed:
        """Compute an analysis, wait for it, and return its result.

        Raises:
            TicketError: if it can't be done.
        """
        return self._engine.analyst.run(self.perform(deed))

    analyse = Verb(commands.Analyse, found)

    @property
    def is_analysing(self) -> bool:
        """Whether an analysis waits or is under way."""
        return self._engine.analyst.is_busy

    def work_on_analyses(self) -> bool:
        """Work on analyses for a twentieth of a second; returns whether anything was done."""
        return self._engine.work_on_analyses()

    def ticket(self, branch: str, round: int, replicate: int = 0) -> FoundTicket:
        """A finished round's ticket and the result of its training: arrays, and the network that they are weights of.

        Raises:
            TicketError: if there is no such branch, finished round or replicate.
        """
        self._check_open()
        self.settle()
        return found_ticket(self._engine.lineage.bench, branch, round, replicate)

    def to_frame(self, rows: RowKind = "rounds") -> "DataFrame":
        """A pandas table of the finished rounds, or of all generations; see `sessions.reports.data_frame`.

        Raises:
            TicketError: if pandas is not installed, or there are no such rows.
        """
        return frame_of(self.view, rows, self.path.name.removesuffix(".session"), self.spec.seed)

    def remark(self, text: str) -> None:
        """Write a remark into the journal, unless it is there already."""
        if not self.view.says(text):
            self._emit(events.Remarked(at=time.time(), text=text))

    def asked(self, client: str, command: dict[str, Any]) -> AbstractContextManager[None]:
        """While a command is carried out: journal who asked for what, before its first event."""
        return self._announcer.asked(events.CommandReceived(at=time.time(), client=client, command=command))

    def refuse(self, client: str, command: dict[str, Any], sentence: str) -> None:
        """Journal who asked for what, and why it was refused; viewers are told even if the disk is full."""
        refused = events.CommandRefused(at=time.time(), client=client, command=command, sentence=sentence)
        self._announcer.emit_if_possible(refused)

    def close(self, reason: str = "closed", leaving: Callable[[], None] = lambda: None) -> None:
        """Pause, release the data, and let others open the session; `leaving` is called just before that.

        Closing twice does nothing.
        """
        if self._is_closed:
            return
        with ExitStack() as ending:
            ending.callback(self._files.close)
            ending.callback(setattr, self, "_is_closed", True)
            ending.callback(self._engine.close)
            ending.callback(leaving)
            try:
                self.pause(reason)
            except GivenUp:
                self.pause(reason)  # of what was forgotten, the disk says how to go on

    @property
    def compiler(self) -> Compiler:
        """The compiler; it may be told before the session closes that nobody waits for it any more."""
        return self._engine.compiler

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _check_open(self) -> None:
        if self._is_closed:
            raise TicketError(f"This session is closed; open it again: tx.Session.open({str(self.path)!r}).")

    def _rest(self, reason: str, durable: bool) -> None:
        self._check_open()
        self.settle()
        self._engine.save(durable)
        if self.is_finished:
            self._finish()
        elif self.view.state == "running":
            self._emit(events.Paused(at=time.time(), reason=reason))

    def _finish_analyses(self) -> None:
        while self.is_analysing:
            self._engine.analyst.work(at_once=True)

    def _finish_if_done(self) -> None:
        if self.is_finished:
            self._finish()

    def _finish(self) -> None:
        stuck = " ".join(branch.stuck for branch in self.view.branches.values() if branch.stuck)
        if stuck and self.view.state == "running":
            self._emit(events.Paused(at=time.time(), reason=stuck, is_trouble=True))
        if not stuck and self.view.state != "finished":
            self._emit(events.Finished(at=time.time()))
            self._journal.sync()
