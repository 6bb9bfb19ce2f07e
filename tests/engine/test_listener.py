"""Several clients watch and command one session; a bad one harms nobody."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

import sessions.serving.client
import sessions.serving.listener
from sessions.messages import commands, events
from sessions.serving.client import Client
from sessions.serving.reaching import NotRunning
from sessions.serving.wire import Hello, Request, packed
from sessions.session.session import Session
from sessions.store import SessionDirectory
from sessions.views.session_view import SessionView
from tests.engine.served import Engine, address, hello, mute
from ticket_explorer.errors import TicketError

both = pytest.mark.parametrize("transport", ["unix", "tcp"], indirect=True)


@pytest.fixture
def engine(lab: Any, transport: str) -> Iterator[Engine]:
    started = Engine(lab.create())
    yield started
    started.stop()


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    async def limited() -> Any:
        return await asyncio.wait_for(coroutine, 60)

    return asyncio.run(limited())


async def until(client: Client, condition: Callable[[SessionView], bool]) -> None:
    """Wait until the client's view is so."""
    if condition(client.view):
        return
    async for _ in client.stream():
        if condition(client.view):
            return
    raise AssertionError(f"the engine ended: {client.farewell}")


def is_finished(view: SessionView) -> bool:
    return view.state == "finished"


def assert_same_view(one: SessionView, other: SessionView) -> None:
    for field in vars(SessionView()).keys() - {"live"}:  # frames between the journalled ones may be withheld
        assert getattr(one, field) == getattr(other, field), f"{field} differs"


@both
def test_clients_see_the_same(lab: Any, whole: Path, engine: Engine) -> None:
    """One from the beginning, one that comes in the middle, one that comes at the end; commands of each count."""

    async def watch() -> None:
        async with Client(engine.session.path, "one") as one:
            await one.ask(commands.Step(generations=50))
            await until(one, lambda view: view.state == "paused" and view.generations_done == 50)
            async with Client(engine.session.path, "two", live_frames=False) as two:
                assert_same_view(one.view, two.view)
                await two.ask(commands.RunRounds(rounds=1))
                await until(one, lambda view: view.state == "paused" and view.branches["snr"].next_round == 1)
                await one.ask(commands.Resume())
                await until(two, is_finished)
                await until(one, is_finished)
                assert_same_view(one.view, two.view)
            async with Client(engine.session.path, "three") as three:
                assert_same_view(one.view, three.view)
                assert_same_view(one.view, engine.session.view)
            assert [command.client for command in one.view.commands] == ["one", "two", "one"]

    run(watch())
    lab.assert_same(whole, engine.session.path, rounds=3)


def test_every_command_over_the_wire(engine: Engine) -> None:
    async def command() -> None:
        async with Client(engine.session.path, "test") as client:
            asked: list[commands.Command] = [
                commands.Step(generations=20),
                commands.Note(text="here"),
                commands.Pause(),
                commands.RunRounds(),
            ]
            for one in asked:
                assert await client.ask(one) == {}
            await until(client, lambda view: view.state == "paused" and view.branches["snr"].next_round == 1)
            assert await client.ask(commands.Branch(parent="snr", round=0)) == {"branch": "snr-2"}
            assert await client.ask(commands.GoBack(branch="snr-2", round=0)) == {"branch": "snr-3"}
            for one in (
                commands.SetAside(branch="snr-3"),
                commands.SetPruning(branch="snr", pruning={"rounds": 2}),
                commands.SwitchPruner(branch="snr", pruner="random", rewind="fresh"),
                commands.SwitchTrainer(branch="snr", trainer={"std_init": 0.05}),
                commands.Step(generations=3),
            ):
                await client.ask(one)
            await until(client, lambda view: view.state == "paused" and view.running is not None)
            assert await client.ask(commands.Tune(changes={"std": 0.2})) == {}
            await client.ask(commands.EndRound())
            await until(client, is_finished)
            assert client.view.remarks[0].text == "here"
            assert_same_view(client.view, engine.session.view)

    run(command())


def test_a_refusal_is_a_sentence(engine: Engine) -> None:
    async def ask() -> None:
        async with Client(engine.session.path, "test") as client:
            with pytest.raises(TicketError, match=r"unknown branch 'nobody'; known: snr\."):
                await client.ask(commands.SetAside(branch="nobody"))
            with pytest.raises(TicketError, match="No round is running, so nothing can be ended early"):
                await client.ask(commands.EndRound())
            assert await client.ask(commands.Note(text="still here")) == {}

    run(ask())


def test_live_frames_come_only_to_those_who_want_them(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not engine.session.wants_frames

    async def watch() -> None:
        async with (
            Client(engine.session.path, "with", live_frames=True) as some,
            Client(engine.session.path, "without", live_frames=False) as none,
        ):
            await some.ask(commands.Resume())
            await until(some, is_finished)
            await until(none, is_finished)
            assert_same_view(some.view, none.view)

    run(watch())


@asynccontextmanager
async def raw(session: Path) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    there = address(session)
    if there.transport == "unix":
        reader, writer = await asyncio.open_unix_connection(there.place)
    else:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(there.place))
    try:
        yield reader, writer
    finally:
        writer.close()
        await writer.wait_closed()


GARBAGE = {
    "http": b"GET / HTTP/1.1\r\n\r\n",
    "too long": b"\xff\xff\xff\xff rest",
    "no msgpack": (5).to_bytes(4, "little") + b"\xc1\xc1\xc1\xc1\xc1",
    "no text": (8).to_bytes(4, "little") + b"\x82\xa4type\xa2\xff\xfe"[:8],
    "no message": (1).to_bytes(4, "little") + b"\x01",
    "another message": packed(Hello(protocol=1, client="x"))[:4] + b"\x00" * len(packed(Hello(protocol=1, client="x"))),
    "deep": (100_000).to_bytes(4, "little") + b"\x91" * 100_000,
    "empty": (0).to_bytes(4, "little"),
}


@both
@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE)
@pytest.mark.parametrize("welcomed", [False, True])
def test_garbage_harms_nobody(engine: Engine, caplog: pytest.LogCaptureFixture, garbage: bytes, welcomed: bool) -> None:
    async def speak() -> None:
        async with Client(engine.session.path, "good") as good:
            async with raw(engine.session.path) as (reader, writer):
                if welcomed:
                    writer.write(hello(engine.session.path, "bad"))
                writer.write(garbage)
                writer.write_eof()
                await reader.read()
            assert await good.ask(commands.Note(text="still here")) == {}

    run(speak())
    assert caplog.records == []


def test_another_protocol_is_refused(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions.serving.client, "PROTOCOL", 99)

    async def attach() -> None:
        async with Client(engine.session.path, "future"):
            pass

    with pytest.raises(TicketError, match="This engine uses protocol 1, the client 99; use the same version"):
        run(attach())


@both
def test_a_request_before_hello_gets_no_answer(engine: Engine) -> None:
    async def speak() -> bytes:
        async with raw(engine.session.path) as (reader, writer):
            writer.write(packed(Request(id=1, command=commands.Note(text="who?"))))
            return await reader.read()

    assert run(speak()) == b""
    assert engine.session.view.remarks == []


@both
def test_clients_that_disappear(lab: Any, whole: Path, engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    """They hang up in the middle of everything; the engine goes on, and its log does not fill."""

    async def vanish() -> None:
        for _ in range(5):
            async with raw(engine.session.path) as (_, writer):
                writer.write(hello(engine.session.path, "ghost"))
                writer.write(packed(Request(id=1, command=commands.Step(generations=20))))
                writer.transport.abort()
        async with Client(engine.session.path, "good") as good:
            await good.ask(commands.Resume())
            await until(good, is_finished)

    run(vanish())
    lab.assert_same(whole, engine.session.path, rounds=3)
    assert "socket.send" not in caplog.text


def test_nothing_is_written_to_who_hung_up(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    async def vanish() -> None:
        with mute(engine.session.path):
            while not engine.listener._clients:
                await asyncio.sleep(0.01)
            (writer,) = engine.listener._clients
            lost = asyncio.Event()
            here, there = asyncio.get_running_loop(), engine.listener._loop

            def hang_up() -> None:
                writer.transport.abort()
                for _ in range(20):
                    engine.listener._broadcast(b"news", True)
                here.call_soon_threadsafe(lost.set)

            there.call_soon_threadsafe(hang_up)
            await lost.wait()
        assert writer not in engine.listener._clients

    run(vanish())
    assert "socket.send" not in caplog.text


def test_a_client_that_reads_nothing_is_let_go(
    lab: Any, whole: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds nobody up: the engine finishes, the others see it, and what waits for it is dropped."""
    monkeypatch.setattr(sessions.serving.listener, "BACKLOG", 1000)
    monkeypatch.setattr(sessions.serving.listener, "LIMIT", 50_000)

    async def watch() -> None:
        async with Client(engine.session.path, "good") as good:
            with mute(engine.session.path):
                await asyncio.get_running_loop().run_in_executor(None, lab.until, lambda: len(clients()) == 2)
                served = clients()[-1].transport
                await good.ask(commands.Resume())
                await until(good, is_finished)
                for number in range(3000):
                    await good.ask(commands.Note(text="x" * 400 + str(number)))
                await asyncio.get_running_loop().run_in_executor(None, lab.until, lambda: len(clients()) == 1)
                await asyncio.get_running_loop().run_in_executor(None, lab.until, lambda: is_dropped(served))
            assert await good.ask(commands.Note(text="still here")) == {}

    def is_dropped(transport: Any) -> bool:
        return bool(transport.is_closing() and transport.get_write_buffer_size() == 0)

    def clients() -> list[Any]:
        return list(engine.listener._clients)

    run(watch())
    assert engine.session.view.remarks[-1].text == "still here"


def test_a_client_that_is_behind_for_long_is_let_go_and_one_that_catches_up_is_not(
    lab: Any, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions.serving.listener, "BACKLOG", 1000)
    monkeypatch.setattr(sessions.serving.listener, "LONGEST_BEHIND", 0.2)

    async def watch() -> None:
        async with Client(engine.session.path, "good") as good:
            with mute(engine.session.path):
                await asyncio.to_thread(lab.until, lambda: len(engine.listener._clients) == 2)
                while len(engine.listener._clients) == 2:
                    await good.ask(commands.Note(text="x" * 4000))
            assert await good.ask(commands.Note(text="still here")) == {}
        await asyncio.to_thread(lab.until, lambda: not engine.listener._clients)
        assert not engine.listener._behind

    run(watch())


@both
def test_stop_says_good_bye(lab: Any, transport: str) -> None:
    engine = Engine(lab.create())

    async def stop() -> None:
        async with Client(engine.session.path, "one") as one, Client(engine.session.path, "two") as two:
            await one.ask(commands.Step(generations=10))
            await one.ask(commands.Stop())
            await asyncio.get_running_loop().run_in_executor(None, engine.stop)
            async for _ in two.stream():
                pass
            assert two.farewell == "The engine was stopped."
            with pytest.raises(NotRunning, match="The engine has ended"):
                await two.ask(commands.Resume())
            assert isinstance(two.view.running, type(one.view.running))

    run(stop())
    assert not SessionDirectory(engine.session.path).address.exists()
    with Session.open(engine.session.path) as session:
        assert session.view.state == "paused"


def test_nothing_runs(whole: Path) -> None:
    async def attach() -> None:
        async with Client(whole, "test"):
            pass

    with pytest.raises(NotRunning, match="No engine runs"):
        run(attach())


def test_events_arrive_once_and_in_order(engine: Engine) -> None:
    """However the attaching falls between the engine's events, none is missed and none comes twice."""

    async def watch() -> None:
        async with Client(engine.session.path, "first") as first:
            await first.ask(commands.Resume())
            while not is_finished(first.view):
                async with Client(engine.session.path, "passing") as passing:
                    running = passing.view.running
                    known = (running.number, running.done) if running else None
                    if is_finished(passing.view):  # the first may not have heard of it yet: nothing more will come
                        await until(first, is_finished)
                        break
                    async for event in passing.stream():
                        if isinstance(event, events.Generations):
                            assert (event.round, event.first) in (known, (event.round, 0))
                            break
                        if isinstance(event, events.Finished):
                            break
                await asyncio.sleep(0)
            assert first.view.generations_done == 180

    run(watch())
