"""`export --follow`: files that grow while a session runs, whoever runs it.

Only the journal is read. What is written depends on it alone, so that a stop at any moment costs nothing.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from sessions.messages import events
from sessions.store.lock import is_locked
from sessions.views.growing import GrowingJournal, JournalReplaced
from widgets.cli.app import command_line
from widgets.cli.output import say
from widgets.cli.plain_text import EVERY, progress
from widgets.shared.wording import clock, sentence

LOOKS = 0.5
"""Seconds between two looks at the journal."""
_UNSAID = (events.CommandReceived, events.CommandRefused, events.Pruned, events.Finished)
"""Events that other faces have a line for, and that change no file, or are said in other words."""


class Files(Protocol):
    """Files that grow."""

    def take(self, event: events.Event) -> None:
        """Take an event that is in the view already."""

    def flush(self) -> None:
        """Have the files hold what was taken."""

    def settle(self) -> None:
        """Have the files hold nothing else."""


Opening = Callable[[GrowingJournal], Files]


def write_now(path: Path, opening: Opening) -> None:
    """Have files hold what a session's journal tells now."""
    journal = GrowingJournal(path)
    _catch_up(journal, opening(journal))


def follow(path: Path, out: Path, opening: Opening) -> None:
    """Write until the session is finished, or a person stops it by Ctrl-C.

    Args:
        path: The session's directory.
        out: What is written, for the narration.
        opening: Makes the files of a journal; called again if another journal takes its place.
    """
    try:
        while True:
            try:
                _follow(path, opening)
                break
            except JournalReplaced:
                say(f"The journal of {path.name} was replaced; {out} begins anew.")
    except KeyboardInterrupt:
        say(f"Stopped following; {out} is whole. The same command goes on with it.")
    else:
        say(f"The session is finished. Wrote {out}.")


def _follow(path: Path, opening: Opening) -> None:
    journal = GrowingJournal(path)
    files, teller = opening(journal), _Teller(path, journal)
    _catch_up(journal, files)
    teller.begin()
    while journal.view.state != "finished":
        time.sleep(LOOKS)
        for event in journal.news():
            files.take(event)
            teller.tell(event)
        files.flush()
        teller.look_up()
    files.settle()


def _catch_up(journal: GrowingJournal, files: Files) -> None:
    for event in journal.news():
        files.take(event)
    files.settle()


class _Teller:
    """Says in words how far a followed session is."""

    def __init__(self, path: Path, journal: GrowingJournal) -> None:
        self._path, self._journal = path, journal
        self._said, self._began = time.monotonic(), time.time()
        self._done = -1
        """Generations at the last line of progress."""
        self._is_alone = False
        """Whether it was said that nobody runs the session."""

    def begin(self) -> None:
        """Where it is at the beginning."""
        self._done = self._journal.view.generations_done
        say(f"Following {self._path.name}: {self._done:,} generations so far. Ctrl-C stops following, not the session.")
        if self._journal.view.state != "finished":
            self._say_if_alone()

    def tell(self, event: events.Event) -> None:
        """A line for an event that tells a person something."""
        self._is_alone = False
        if not isinstance(event, _UNSAID) and (line := sentence(event)):
            say(f"{clock(event.at, self._began)}  {line}")
            self._said = time.monotonic()

    def look_up(self) -> None:
        """Now and then a line of progress, or that nobody runs the session."""
        view = self._journal.view
        if time.monotonic() - self._said < EVERY:
            return
        self._said = time.monotonic()
        if view.generations_done == self._done:
            self._say_if_alone()
        elif view.running is not None:
            self._done = view.generations_done
            say(f"{clock(time.time(), self._began)}  {progress(view, view.running)}")

    def _say_if_alone(self) -> None:
        if not self._is_alone and not is_locked(self._journal.directory.lock):
            self._is_alone = True
            say(f"No process runs the session; to go on: {command_line('resume', self._path)}")
