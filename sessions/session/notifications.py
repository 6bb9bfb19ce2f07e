"""Notifications of a long run: which happenings a person wants to hear of, and by which ways.

`notifications.toml`, beside the directory of sessions, says so. The engine runs the command and tells the desktop,
once, whoever watches; terminals ring their own bell. The journal says what was done, and what could not be.
"""

import os
import shutil
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Literal

import msgspec

from sessions.messages import events
from sessions.reports.statistics import mean
from sessions.specs.validation import convert
from sessions.store.system import detached
from ticket_explorer.errors import TicketError
from ticket_explorer.places import home

Occasion = Literal["finished", "failed", "paused", "round"]
Way = Literal["bell", "osc9", "osc777", "desktop"]
NAME = "notifications.toml"


class Notifications(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `notifications.toml` says."""

    on: tuple[Occasion, ...] = ("finished", "failed")
    """What to hear of: the end, a failure, a pause by a breakpoint, each finished round."""
    by: tuple[Way, ...] = ("bell",)
    """How: the terminal's bell, its escape sequences OSC 9 or OSC 777, or the desktop's `notify-send`."""
    on_finish: str = ""
    """A command for the shell, run at each occasion; empty: none."""


class Notice(msgspec.Struct, frozen=True):
    """One thing to hear of."""

    occasion: Occasion
    text: str


def notifications_path() -> Path:
    """The file in which a person says what to hear of."""
    return home() / NAME


def notifications() -> Notifications:
    """What a person wants to hear of; the defaults without a file.

    Raises:
        TicketError: if the file can't be read, or says something else.
    """
    path = notifications_path()
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        return convert(table, Notifications, NAME)
    except FileNotFoundError:
        return Notifications()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise TicketError(f"{path} can't be used: {error}; the defaults are in force.") from None


def notice_of(event: events.Event) -> Notice | None:
    """What a person may want to hear of an event; None for most."""
    match event:
        case events.Finished():
            return Notice("finished", "All branches are complete.")
        case events.Failed():
            return Notice("failed", event.message)
        case events.Paused() if event.is_trouble:
            return Notice("failed", event.reason)
        case events.Diverged() if event.left == 0:
            return Notice("failed", f"Branch {event.branch} has failed in round {event.round}.")
        case events.BreakpointMet():
            return Notice("paused", event.said)
        case events.RoundFinished():
            score = mean(event.score)
            told = "no score" if score is None else f"score {score:.3f}"
            return Notice("round", f"{event.branch}:{event.round} ends with {told}.")
    return None


class Notifier:
    """Tells the desktop and runs the command when something happens to a session.

    Args:
        session: The session's directory.
        wanted: What a person wants to hear of.
        remark: Writes a sentence into the journal; called in the session's thread.
    """

    def __init__(self, session: Path, wanted: Notifications, remark: Callable[[str], None]) -> None:
        self._session, self._wanted, self._remark = session, wanted, remark

    def __call__(self, event: events.Event, journalled: bool) -> None:
        """Take note of an event; nothing is waited for."""
        notice = notice_of(event)
        if notice is None or notice.occasion not in self._wanted.on:
            return
        if "desktop" in self._wanted.by:
            command = ["notify-send", f"Ticket Explorer: {self._session.stem}", notice.text]
            self._start(command, "notify-send", notice)
        if self._wanted.on_finish:
            self._start(["/bin/sh", "-c", self._wanted.on_finish], "on_finish", notice)

    def _start(self, command: list[str], name: str, notice: Notice) -> None:
        told = {"TICKET_EXPLORER_SESSION": str(self._session), "TICKET_EXPLORER_OCCASION": notice.occasion}
        if shutil.which(command[0]) is None:
            self._say(f"Notification by {name}: there is no {command[0]} here.")
            return
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=sys.stderr.fileno() if _has_file(sys.stderr) else subprocess.DEVNULL,
                env={**os.environ, **told, "TICKET_EXPLORER_TEXT": notice.text},
                **detached(),
            )
        except OSError as error:
            self._say(f"Notification by {name} could not be started: {error.strerror}.")
            return
        threading.Thread(target=process.wait, name="notify", daemon=True).start()
        self._say(f"Notification by {name} at {time.strftime('%H:%M', time.localtime(time.time()))}: {notice.text}")

    def _say(self, text: str) -> None:
        with suppress(TicketError):  # the disk is full, which is said elsewhere
            self._remark(text)


def _has_file(stream: object) -> bool:
    try:
        stream.fileno()  # type: ignore[attr-defined]
    except (OSError, ValueError, AttributeError):
        return False
    return True


def escapes(wanted: Notifications, event: events.Event, title: str) -> str:
    """What a terminal is sent so that a person hears of an event; empty if there is nothing to hear.

    Args:
        wanted: What a person wants to hear of.
        event: What happened.
        title: The session's name.
    """
    notice = notice_of(event)
    if notice is None or notice.occasion not in wanted.on:
        return ""
    said = "".join(one if one.isprintable() else " " for one in f"{title}: {notice.text}")
    parts = {"osc9": f"\x1b]9;{said}\x07", "osc777": f"\x1b]777;notify;Ticket Explorer;{said}\x07", "bell": "\a"}
    return "".join(text for way, text in parts.items() if way in wanted.by)
