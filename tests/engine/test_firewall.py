"""Nothing that one request holds ends the engine: what goes wrong is a sentence, journalled as refused."""

import asyncio
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from sessions.messages import commands, events
from sessions.messages.goal import Goal
from sessions.serving.client import Client
from sessions.serving.driver import Driver
from sessions.serving.firewall import KEPT, gist
from sessions.serving.hosting import host
from sessions.session.performer import Performer
from sessions.session.session import Session
from sessions.store.engine_log import log_file
from sessions.views.reading import read_view
from tests.engine.any_command import any_command
from tests.engine.served import Engine, address
from tests.siege.figures import count
from ticket_explorer.errors import TicketError
from widgets.shared.wording import sentence

pytestmark = pytest.mark.thorough


class Besieged:
    """A live engine with a client that sends whatever it is given."""

    def __init__(self, session: Session) -> None:
        self.engine, self.session = Engine(session), session
        self.loop = asyncio.new_event_loop()
        self.client = self.loop.run_until_complete(Client(session.path, "siege", live_frames=False).__aenter__())

    def ask(self, command: Any) -> str:
        """The sentence of a refusal; empty if it was done."""
        assert self.is_alive
        try:
            self.loop.run_until_complete(asyncio.wait_for(self.client.ask(command), 60))
        except TicketError as error:
            return str(error)
        return ""

    @property
    def is_alive(self) -> bool:
        return self.engine.thread.is_alive()

    def close(self) -> None:
        self.loop.run_until_complete(self.client.__aexit__())
        self.loop.close()
        self.engine.stop()


def besieged(lab: Any, name: str = "mine") -> Session:
    """A session with two branches, of which one round each is finished, and amid a round."""
    session: Session = lab.create(
        name, branch=[{"name": "snr"}, {"name": "other", "pruner": "random"}], trainer={"generations": 4}
    )
    session.run_round()
    session.run_round()
    session.step(1)
    return session


@pytest.fixture(scope="module")
def engine(shared_lab: Any) -> Iterator[Besieged]:
    started = Besieged(besieged(shared_lab, "besieged"))
    yield started
    started.close()
    shared_lab.assert_whole(started.session.path)
    assert read_view(started.session.path).branches.keys() >= {"snr", "other"}


@settings(max_examples=300, derandomize=True, suppress_health_check=list(HealthCheck))
@given(command=any_command)
def test_whatever_is_asked_is_answered(engine: Besieged, command: Any) -> None:
    said = engine.ask(command)
    assert "unexpected error" not in said
    assert engine.is_alive
    assert engine.ask(commands.Pause()) == ""


@pytest.fixture(scope="session")
def prepared(shared_lab: Any) -> Path:
    """The session that every batch of the siege begins with."""
    session = besieged(shared_lab, "prepared")
    session.close()
    return Path(session.path)


COMMANDS = 500


@pytest.mark.siege
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("batch", range(40))
def test_twenty_thousand_commands_end_no_engine(lab: Any, prepared: Path, batch: int) -> None:
    """Of 500 each; a session that grows without end would only be slow."""
    engine = Besieged(Session.open(shutil.copytree(prepared, lab.path())))

    @seed(count.part(batch))
    @settings(max_examples=COMMANDS, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(command=any_command)
    def besiege(command: Any) -> None:
        assert "unexpected error" not in engine.ask(command)
        assert engine.is_alive

    try:
        besiege()
        assert engine.ask(commands.Pause()) == ""
    finally:
        engine.close()
    lab.assert_whole(lab.path())
    Session.open(lab.path()).close()
    count.add("commands to a live engine, of any kind", COMMANDS, seed=count.part(batch))


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ({"type": "Levitate"}, "unknown command 'Levitate'; known: "),
        ({"type": "Transfer", "branch": "snr", "overrides": {"trainer": 5}}, r"$.trainer: 5, expected"),
        ({"type": "Tune", "changes": {"std": float("nan")}}, "$.changes.std: nan, expected a finite number"),
        ({"type": "SwitchTrainer", "branch": "snr", "trainer": {"std_init": 1e300}}, "$.trainer.std_init: 1e+300, exp"),
        ({"type": "SetPruning", "branch": "snr", "pruning": {"ratio": 1e-320}}, "$.pruning.ratio: 1e-320, expected"),
        ({"type": "Step", "generations": 0}, "$.generations: 0, expected a whole number of at least 1"),
        ({"type": "Step", "more": 0}, "$.more: unknown field, expected one of generations"),
        ({"type": "Adopt", "session": "\0", "branch": "snr"}, "There is no session at "),
        (["Step"], "$: list, expected a table with the type of a command"),
    ],
)
def test_a_refusal_says_what_is_wrong(engine: Besieged, command: Any, said: str) -> None:
    assert engine.ask(command).startswith(said)


def test_refused_commands_are_journalled_as_refused(lab: Any) -> None:
    replies: list[Any] = []
    with besieged(lab) as session:
        driver = Driver(session)
        for command in (
            commands.SwitchPruner("nosuch", "magnitude"),
            {"type": "Levitate", "height": 3},
            commands.PreviewPruning("nosuch"),
            commands.Note("done"),
        ):
            driver.ask(command, "me", lambda *reply: replies.append(reply))
        driver.run(stay=False)
    history = read_view(lab.path()).history
    assert not any(isinstance(event, events.CommandReceived) and event.command["type"] != "Note" for event in history)
    told = [event for event in history if isinstance(event, events.CommandRefused)]
    assert [(event.client, event.command) for event in told] == [
        ("me", {"type": "SwitchPruner", "branch": "nosuch", "pruner": "magnitude", "rewind": None}),
        ("me", {"type": "Levitate", "height": 3}),
    ]
    assert [str(error) for _, error in replies[:2]] == [event.sentence for event in told]
    assert sentence(told[0]) == (
        "me was refused: SwitchPruner branch nosuch, pruner magnitude. unknown branch 'nosuch'; known: other, snr."
    )


def test_what_was_asked_stands_before_what_came_of_it(lab: Any) -> None:
    with besieged(lab) as session:
        driver = Driver(session)
        driver.ask(commands.Branch("snr", 0, "new"), "me")
        driver.run(stay=False)
        kinds = [type(event).__name__ for event in session.view.history]
        assert kinds[kinds.index("CommandReceived") + 1] == "BranchAdded"


def test_what_nobody_foresaw_is_a_reply_and_in_the_log(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    replies: list[Any] = []

    def fails(self: Performer, text: str) -> None:
        raise KeyError(text)

    def ask(driver: Driver) -> None:
        for command in (commands.Note("a mistake"), commands.SetAside("snr"), commands.Stop()):
            driver.ask(command, "me", lambda *reply: replies.append(reply))

    session = besieged(lab)
    log = log_file(session.path)
    assert log is not None
    monkeypatch.setattr(Performer, "note", fails)
    host(session, Goal(), True, ask)
    (_, error), (done, _), _ = replies
    assert str(error) == (
        "Note was not done because of an unexpected error (KeyError: 'a mistake'). The engine's log says more."
    )
    assert done == {}
    assert "Traceback" in log.read_text("utf-8")
    assert "KeyError: 'a mistake'" in log.read_text("utf-8")
    refused = [event for event in read_view(session.path).history if isinstance(event, events.CommandRefused)]
    assert [event.sentence for event in refused] == [str(error)]


def test_a_run_that_nobody_foresaw_to_end_leaves_the_engine(
    lab: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with besieged(lab) as session:
        pulse, driver = Session.pulse, Driver(session, Goal(to_the_end=True))
        monkeypatch.setattr(Session, "pulse", lambda self, budget: 1 // 0)
        with caplog.at_level(logging.ERROR):
            driver.run(stay=False)
        assert session.view.state == "failed"
        assert "ZeroDivisionError" in str(driver.failure)
        assert "ZeroDivisionError" in caplog.text
        monkeypatch.setattr(Session, "pulse", pulse)
        driver.ask(commands.Resume(), "me")
        driver.run(stay=False)
        assert session.view.state == "finished"


def test_of_a_large_command_that_is_refused_only_its_type_is_kept() -> None:
    assert gist({"type": "Note", "text": "x" * KEPT}) == {"type": "Note"}
    assert gist({"type": "Note", 3: 4}) == {"type": "Note"}
    assert gist([1]) == {"type": "list"}
    deep: Any = 1
    for _ in range(50):
        deep = [deep]
    assert gist({"type": "Note", "text": deep}) == {"type": "Note"}
    assert gist(commands.Note("x")) == {"type": "Note", "text": "x"}
    assert gist({"type": "Note", "text": msgspec.msgpack.Ext(5, b"x")})["type"] == "Note"


def test_what_cannot_be_read_at_all_harms_only_its_sender(engine: Besieged) -> None:
    async def shout() -> bytes:
        reader, writer = await asyncio.open_unix_connection(address(engine.session.path).place)
        writer.write(len(deep).to_bytes(4, "little") + deep)
        await writer.drain()
        said = await reader.read()
        writer.close()
        return said

    deep = b"\x91" * 30_000 + b"\xc0"
    assert b"could not be read" in engine.loop.run_until_complete(shout())
    assert engine.ask(commands.Pause()) == ""


def test_a_path_with_no_session_is_a_sentence(lab: Any, tmp_path: Path) -> None:
    with besieged(lab) as session:
        for path in ("", "\0", "x" * 5000, str(tmp_path), "/dev/null"):
            with pytest.raises(TicketError):
                session.adopt(path, "snr")
