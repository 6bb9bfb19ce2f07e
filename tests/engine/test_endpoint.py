"""Where an engine listens: found by whoever may find it, made again when it is gone, and left to its successor."""

import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

import sessions.serving.listener
import sessions.serving.reaching
from sessions.messages import commands
from sessions.serving.client import Client
from sessions.serving.endpoint import LONGEST_PATH, TRANSPORT, Endpoint, private_directory
from sessions.serving.reaching import NotRunning, Unreachable
from sessions.session.session import Session
from sessions.store import SessionDirectory, SessionLock
from sessions.store.address import Address, own, read_address, write_address
from sessions.store.errors import SessionLocked
from sessions.views.reading import read_view
from tests.engine.served import Engine, address, connected, mute
from ticket_explorer.errors import TicketError

both = pytest.mark.parametrize("transport", ["unix", "tcp"], indirect=True)

HOLDER = """
import asyncio, sys
from pathlib import Path
from sessions.serving.endpoint import Endpoint
from sessions.store import SessionLock
path = Path(sys.argv[1])
lock = SessionLock(path / "lock")

async def hold(serves):
    async def mute(reader, writer):
        await asyncio.Event().wait()
    if serves:
        await Endpoint(path, mute).open()
    print("held", flush=True)
    await asyncio.Event().wait()

asyncio.run(hold(sys.argv[2] == "serves"))
"""


@contextmanager
def holder_of(path: Path, serves: bool) -> Iterator["subprocess.Popen[str]"]:
    """A process that has a session, and never answers."""
    command = [sys.executable, "-c", HOLDER, str(path), "serves" if serves else ""]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def session(tmp_path: Path) -> Path:
    """A directory that is a session as far as the endpoint knows."""
    return SessionDirectory.create(tmp_path / "a.session", b"header").path


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A runtime directory of our own, of a short name."""
    with tempfile.TemporaryDirectory(dir="/tmp", ignore_cleanup_errors=True) as directory:
        monkeypatch.setenv("XDG_RUNTIME_DIR", directory)
        yield Path(directory)


async def unserved(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


def opened(session: Path) -> Address:
    """Where a new endpoint listens."""

    async def open_() -> Address:
        endpoint = Endpoint(session, unserved)
        await endpoint.open()
        endpoint.close()
        return endpoint.address

    return asyncio.run(open_())


async def note(path: Path) -> None:
    async with Client(path, "test", live_frames=False) as client:
        assert await client.ask(commands.Note(text="here")) == {}


def refusal(path: Path) -> str:
    """What a client is told that can't attach."""
    with pytest.raises(Unreachable) as refused:
        asyncio.run(note(path))
    return str(refused.value)


@both
def test_what_tells_where_an_engine_is_is_private(lab: Any, runtime: Path, transport: str) -> None:
    engine = Engine(lab.create())
    try:
        told = address(engine.session.path)
        assert told.transport == transport
        file = SessionDirectory(engine.session.path).address
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        if transport == "unix":
            path = Path(told.place)
            assert path.is_relative_to(runtime)
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        else:
            assert len(told.token) > 40
        asyncio.run(note(engine.session.path))
    finally:
        engine.stop()
    assert not file.exists()


@pytest.mark.parametrize("transport", ["tcp"], indirect=True)
def test_without_the_token_nobody_is_heard(lab: Any, transport: str) -> None:
    engine = Engine(lab.create())
    file = SessionDirectory(engine.session.path).address
    for wrong in ("", "x" * 43, address(engine.session.path).token[:-1]):
        write_address(file, structs.replace(address(engine.session.path), token=wrong))
        with pytest.raises(TicketError, match="Only the user who runs the session may attach"):
            asyncio.run(note(engine.session.path))
    engine.stop()
    assert read_view(engine.session.path).remarks == []


@both
def test_a_shell_with_another_runtime_directory_finds_it(
    lab: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, transport: str
) -> None:
    engine = Engine(lab.create())
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    asyncio.run(note(engine.session.path))
    engine.stop()


@both
def test_what_a_cleaner_removes_is_made_again(
    lab: Any, runtime: Path, monkeypatch: pytest.MonkeyPatch, transport: str
) -> None:
    """The address, the socket, the socket's directory, and all of it at a logout; a stranger's file is left alone."""
    monkeypatch.setattr(sessions.serving.listener, "LOOKS", 0.02)
    engine = Engine(lab.create())
    path = engine.session.path
    SessionDirectory(path).address.unlink()
    asyncio.run(note(path))
    if transport == "unix":
        place = Path(address(path).place)
        place.unlink()
        asyncio.run(note(path))
        place.unlink()
        place.parent.rmdir()
        runtime.chmod(0)
        asyncio.run(note(path))
        runtime.chmod(0o700)
        place = Path(address(path).place)
        place.unlink()
        place.write_text("a stranger's")
        lab.until(lambda: Path(address(path).place) != place)
        asyncio.run(note(path))
        assert place.read_text() == "a stranger's"
        place.unlink()
    engine.stop()
    assert len(engine.session.view.remarks) == (4 if transport == "unix" else 1)


def test_a_leaving_engine_removes_only_what_is_its_own(session: Path, runtime: Path) -> None:
    async def leave() -> None:
        first, second = Endpoint(session, unserved), Endpoint(session, unserved)
        await first.open()
        Path(first.address.place).unlink()
        await second.open()
        assert second.address.place == first.address.place
        first.close()
        _, writer = await asyncio.open_unix_connection(second.address.place)
        writer.close()
        await writer.wait_closed()
        second.close()
        assert not Path(second.address.place).exists()

    asyncio.run(leave())


def test_the_door_is_closed_before_the_lock_is_free(lab: Any) -> None:
    """So that a successor's socket and address are never the ones that are removed."""
    engine, seen = Engine(lab.create()), []
    path, place = engine.session.path, Path(address(engine.session.path).place)
    release = engine.session._lock.release

    def freed() -> None:
        seen.append((place.exists(), SessionDirectory(path).address.exists()))
        release()

    engine.session._lock.release = freed  # type: ignore[method-assign]
    engine.stop()
    assert seen == [(False, True)]
    assert not SessionDirectory(path).address.exists()


@pytest.mark.parametrize("length", [1, LONGEST_PATH - 60, LONGEST_PATH, 300])
def test_a_runtime_directory_of_any_length_will_do(
    session: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    deep = tmp_path / "/".join(["x" * 40] * (length // 41 + 1))
    deep.mkdir(parents=True)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(deep))
    found = opened(session)
    assert found.transport == "unix"
    assert len(os.fsencode(found.place)) <= LONGEST_PATH


def test_where_no_place_is_private_tcp_is(session: Path, runtime: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = private_directory()
    assert directory is not None
    assert directory.is_relative_to(runtime)
    directory.chmod(0o755)
    monkeypatch.setattr("sessions.serving.endpoint._parents", lambda: iter([runtime]))
    assert private_directory() is None
    assert opened(session).transport == "tcp"


def test_a_killed_engine_s_socket_is_taken_over_and_a_live_one_s_is_not(session: Path, runtime: Path) -> None:
    with holder_of(session, serves=True) as process:
        there = read_address(SessionDirectory(session).address)
        assert there is not None
        assert opened(session).place != there.place
        process.kill()
        process.wait()
        assert Path(there.place).exists()
    assert opened(session).place == there.place


@both
@pytest.mark.parametrize("does", ["suspended", "mute", "serves nobody"])
def test_who_has_a_session_and_does_not_answer_is_named(
    lab: Any, session: Path, monkeypatch: pytest.MonkeyPatch, transport: str, does: str
) -> None:
    """Attaching and resuming say the same, and send nobody to one another."""
    for name in ("ANSWER", "STARTING"):
        monkeypatch.setattr(sessions.serving.reaching, name, 0.1)
    path = lab.finished() if not lab.path("whole").exists() else lab.path("whole")
    with holder_of(path, serves=does != "serves nobody") as process:
        if does == "suspended":
            os.kill(process.pid, signal.SIGSTOP)
            lab.until(lambda: "T" in Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2][:3])
        said = refusal(path)
        assert f"{path} is in use by process {process.pid} on {os.uname().nodename}" in said
        assert "ticket-explorer" not in said.replace(str(path), "")
        remedy = {"suspended": "kill -CONT {}", "mute": "kill {}", "serves nobody": "End it"}[does]
        assert remedy.format(process.pid) in said
        if does != "mute":
            with pytest.raises(SessionLocked) as refused:
                Session.open(path)
            assert str(refused.value) == said
    with pytest.raises(NotRunning):
        asyncio.run(note(path))


def test_an_address_that_anybody_could_have_written_is_not_followed(session: Path) -> None:
    with SessionLock(SessionDirectory(session).lock), socket.create_server(("127.0.0.1", 0)) as server:
        file = SessionDirectory(session).address
        write_address(file, own("tcp", str(server.getsockname()[1]), "token"))
        file.chmod(0o644)
        with pytest.raises(SessionLocked, match="others may write to it"):
            SessionLock(SessionDirectory(session).lock)
        server.settimeout(0.2)
        with pytest.raises(TicketError, match="others may write to it"):
            read_address(file)
        with pytest.raises(TimeoutError):
            server.accept()


@both
def test_twenty_viewers_that_never_read_are_left_within_two_seconds(
    lab: Any, transport: str, caplog: pytest.LogCaptureFixture
) -> None:
    """And three that have not said a word; nothing is written into the log of it."""
    engine = Engine(lab.create())
    viewers = [mute(engine.session.path) for _ in range(20)] + [connected(engine.session.path) for _ in range(3)]
    lab.until(lambda: (len(engine.listener._clients), len(engine.listener._connected)) == (20, 23))
    for number in range(400):
        engine.driver.ask(commands.Note(text="x" * 1000 + str(number)), client="test")
    lab.until(lambda: len(engine.session.view.remarks) == 400)
    began = time.monotonic()
    engine.stop()
    seconds = time.monotonic() - began
    for viewer in viewers:
        viewer.close()
    print(f"left twenty viewers within {seconds:.2f} s")
    assert seconds < 2.0
    assert caplog.records == []


def test_who_starts_an_engine_a_moment_too_late_joins_the_other(lab: Any) -> None:
    from widgets.shared.session_link import Condition, EngineLink

    path = lab.create()
    path.close()
    engines: list[Engine] = []

    async def launch(path: Path, run: bool, new: Any) -> None:
        engines.append(await asyncio.to_thread(lambda: Engine(Session.open(path))))
        raise SessionLocked(f"{path} is in use by another")

    async def join() -> None:
        link = EngineLink(path.path, launch=launch)
        await link.connect()
        assert link.condition is Condition.ATTACHED
        await link.close()

    asyncio.run(join())
    engines[0].stop()


def test_the_environment_chooses_tcp(session: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TRANSPORT, "tcp")
    assert opened(session).transport == "tcp"
