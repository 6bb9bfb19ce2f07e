"""Where a system has no Unix sockets, users, priorities or POSIX locks, sessions run all the same.

Linux plays such a system here: what Windows has not is taken away, and a stand-in for `portalocker` takes the place of
the real one, which can't be imported. A real Windows and a real macOS were not tried.
"""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sessions.store import system

pytestmark = pytest.mark.thorough

WITHOUT = """
import asyncio, fcntl, jax, os, platformdirs, sys, tempfile
from enum import IntFlag
from pathlib import Path
from types import ModuleType, SimpleNamespace

class AlreadyLocked(Exception): pass
class LockException(Exception): pass
class LockFlags(IntFlag):
    EXCLUSIVE, SHARED, NON_BLOCKING = fcntl.LOCK_EX, fcntl.LOCK_SH, fcntl.LOCK_NB

def lock(descriptor, flags, flock=fcntl.flock):
    try:
        flock(descriptor, flags)
    except BlockingIOError as error:
        raise AlreadyLocked from error

portalocker = ModuleType("portalocker")
portalocker.lock, portalocker.LockFlags = lock, LockFlags
portalocker.exceptions = SimpleNamespace(AlreadyLocked=AlreadyLocked, LockException=LockException)
sys.modules |= {"portalocker": portalocker, "fcntl": None, "grp": None, "pwd": None}
for name in ("getuid", "geteuid", "nice", "setpriority", "chown", "fchmod", "sched_getaffinity", "O_NOFOLLOW"):
    delattr(os, name)
import sessions.store.system
sessions.store.system.sys = SimpleNamespace(platform="win32")
"""
STORY = """
from sessions.messages import commands
from sessions.reports.verify_session import verify
from sessions.serving.client import Client
from sessions.serving.inline import launch_inline
from sessions.session.session import Session
from sessions.specs.sources import spec_from
from sessions.store.errors import SessionLocked
from sessions.store.lock import is_locked
from sessions.views.reading import read_view
from ticket_explorer.errors import TicketError

path = Path(sys.argv[1])
settings = {"trainer.population": 8, "trainer.generations": 3, "network.hidden": [8], "pruning.rounds": 2}
spec = spec_from("fashion", settings)
with Session.create(spec, path) as session:
    session.run_round()
    assert is_locked(path / "lock")
    try:
        Session.open(path)
    except SessionLocked as error:
        print(error)
    else:
        raise AssertionError("two writers")
assert not is_locked(path / "lock")

async def story():
    await launch_inline(path)
    async with Client(path, "test") as client:
        await client.ask(commands.Resume())
        while client.view.state != "finished":
            await asyncio.sleep(0.01)
        await client.ask(commands.Stop())

asyncio.run(story())
assert read_view(path).state == "finished"
assert not [finding for finding in verify(path) if not finding.ok]
try:
    Session.create(spec, path.with_name("group.session"), shared=True)
except TicketError as error:
    print(error)
"""


def test_a_session_runs_without_what_only_posix_has(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WITHOUT + STORY, str(tmp_path / "s.session")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "is open in this process already" in done.stdout
    assert "has no groups of files" in done.stdout


def test_a_file_that_somebody_reads_is_replaced_a_little_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refusals = [PermissionError(), PermissionError()]
    replace = system.os.replace

    def refused(source: Path, target: Path) -> None:
        if refusals:
            raise refusals.pop()
        replace(source, target)

    (tmp_path / "new").write_bytes(b"new")
    monkeypatch.setattr(system.os, "replace", refused)
    with pytest.raises(PermissionError):  # where files that are read can be replaced, a refusal is one
        system.replace(tmp_path / "new", tmp_path / "old")
    monkeypatch.setattr(system, "sys", SimpleNamespace(platform="win32"))
    system.replace(tmp_path / "new", tmp_path / "old")
    assert (tmp_path / "old").read_bytes() == b"new"


def test_a_mac_waits_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr(system, "sys", SimpleNamespace(platform="darwin"))
    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", lambda *what: asked.append(what))
    with (tmp_path / "file").open("wb") as file:
        system.sync(file.fileno())
        assert asked == [(file.fileno(), 51)]
