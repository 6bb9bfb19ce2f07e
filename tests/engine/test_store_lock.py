"""One writer at a time, and never a lock without a writer."""

import errno
import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sessions.store import SessionLock
from sessions.store.address import NAME, own, read_address
from sessions.store.errors import DiskRefused, SessionLocked
from sessions.store.lock import is_locked

HOLDER = """
import sys
from pathlib import Path
from sessions.store.lock import SessionLock
held = SessionLock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def holder_of(path: Path) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_second_writer_is_told_who_the_first_is(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with holder_of(path) as process:
        for _ in range(2):
            with pytest.raises(SessionLocked) as refused:
                SessionLock(path)
            assert f"process {process.pid} on {os.uname().nodename}" in str(refused.value)
            assert "which serves no clients: a script, a notebook" in str(refused.value)


def test_kill_9_frees_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with holder_of(path) as process:
        process.kill()
        process.wait()
        with SessionLock(path):
            assert read_address(path.with_name(NAME)) == own()
        assert not path.with_name(NAME).exists()


def test_one_process_holds_it_once_and_again_after_release(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with SessionLock(path) as held:
        with pytest.raises(SessionLocked, match="is open in this process already"):
            SessionLock(path)
        held.release()
        held.release()
        SessionLock(path).release()


def test_asking_whether_it_is_locked_takes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not is_locked(path)
    with SessionLock(path):
        assert is_locked(path)
    assert not is_locked(path)
    SessionLock(path).release()


def test_asking_at_the_same_moment_does_not_keep_a_writer_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "lock"
    SessionLock(path).release()
    with path.open("rb") as asking:
        fcntl.flock(asking, fcntl.LOCK_SH)
        monkeypatch.setattr(time, "sleep", lambda _: fcntl.flock(asking, fcntl.LOCK_UN))
        SessionLock(path).release()


def test_a_holder_that_has_not_said_who_it_is_is_another_process(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with SessionLock(path):
        path.with_name(NAME).write_bytes(b"\xff\xfe")
        with pytest.raises(SessionLocked, match="another process"):
            SessionLock(path)


def test_the_lock_carries_no_message_and_that_of_an_older_version_is_read(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with SessionLock(path):
        assert path.read_bytes() == b""
        path.write_text("17 oldmachine\n")
        with pytest.raises(SessionLocked, match="by process 17 on oldmachine, of an older version"):
            SessionLock(path)
    with SessionLock(path):
        assert path.read_bytes() == b""


def test_where_it_cannot_be_had_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DiskRefused, match="no such file"):
        SessionLock(tmp_path / "missing" / "lock")

    def none(descriptor: int, flags: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", none)
    with pytest.raises(DiskRefused, match="no locks available"):
        SessionLock(tmp_path / "lock")
