"""A full disk pauses a run with a sentence; what was found stays, and going on changes no bit."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sessions.messages import commands
from sessions.messages.goal import Goal
from sessions.serving.driver import Driver
from sessions.session.session import Session
from sessions.store.errors import DiskFull
from sessions.views.reading import read_view
from tests.siege.disk import Disk
from ticket_explorer.errors import TicketError

pytestmark = pytest.mark.thorough

SENTENCE = "is full. Nothing written so far is lost. Free some space, then continue."


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """What stands between sessions and the disk; its `room` is how many bytes can still be written."""
    with Disk(tmp_path).watched() as watched:
        yield watched


@pytest.fixture(scope="module")
def size(whole: Path) -> int:
    """About how many bytes a run writes, its checkpoints apart."""
    return sum(path.stat().st_size for path in whole.rglob("*") if path.is_file())


@pytest.mark.parametrize("share", [0.01, 0.3, 0.5, 0.6, 0.8, 1.0])
def test_driver_pauses_and_goes_on(lab: Any, whole: Path, disk: Disk, size: int, share: float) -> None:
    with lab.create() as session:
        disk.room = int(size * share)
        driver = Driver(session, Goal(to_the_end=True))
        driver.run(stay=False)
        assert isinstance(driver.failure, DiskFull)
        assert str(driver.failure).endswith(SENTENCE)
        assert session.view.state == "paused"
        assert session.view.message == str(driver.failure)
        disk.room = 1 << 40
        lab.assert_whole(session.path)
        again = Driver(session, Goal(to_the_end=True))
        again.run(stay=False)
        assert again.failure is None
    lab.assert_same(whole, session.path, rounds=3)


@pytest.mark.parametrize("share", [0.2, 0.62])
def test_killed_while_the_disk_is_full(lab: Any, whole: Path, disk: Disk, size: int, share: float) -> None:
    session = lab.create()
    disk.room = int(size * share)
    Driver(session, Goal(to_the_end=True)).run(stay=False)
    path = lab.kill(session)
    with pytest.raises(DiskFull):
        Session.open(path)
    with pytest.raises(DiskFull):
        Session.open(path)
    disk.room = 1 << 40
    lab.assert_same(whole, lab.go_on(path), rounds=3)


@pytest.mark.parametrize("share", [0.05, 0.3, 0.63])
def test_without_a_driver(lab: Any, whole: Path, disk: Disk, size: int, share: float) -> None:
    """From Python the error is raised, even out of `close`; the same object, or a new one, goes on."""
    session = lab.create()
    disk.room = int(size * share)
    with pytest.raises(DiskFull):
        session.run()
    disk.room = 1 << 40
    session.step(10)
    disk.room = 0
    with pytest.raises(DiskFull):
        session.step(10)
    with pytest.raises(DiskFull), session:
        session.note("no room for this")
    disk.room = 1 << 40
    lab.assert_same(whole, lab.go_on(session.path), rounds=3)


def test_ctrl_c_between_a_chunk_and_its_record(lab: Any, whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with lab.create() as session:
        session.step(20)
        with monkeypatch.context() as patch:
            patch.setattr("sessions.engine.running_round.RunningRound._tell", interrupt)
            with pytest.raises(KeyboardInterrupt):
                session.run()
        session.run()
    lab.assert_same(whole, session.path, rounds=3)


def interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def test_tuning_on_a_full_disk_changes_nothing(lab: Any, whole: Path, disk: Disk) -> None:
    with lab.create() as session:
        session.step(20)
        disk.room = 0
        with pytest.raises(DiskFull):
            session.tune({"std": 0.3})
        disk.room = 1 << 40
        session.run()
    lab.assert_same(whole, session.path, rounds=3)


def test_commands_on_a_full_disk(lab: Any, disk: Disk) -> None:
    """Each is refused with the sentence; stopping is possible all the same."""
    session = lab.create()
    session.step(20)
    disk.room = 0
    replies: list[Any] = []
    driver = Driver(session)
    for command in (commands.Note(text="x"), commands.SetPruning("snr", {"ratio": 0.2}), commands.Stop()):
        driver.ask(command, "test", lambda *reply: replies.append(reply))
    driver.run(stay=True)
    assert [str(error).endswith(SENTENCE) for _, error in replies] == [True] * 3
    assert sorted(session.view.branches) == ["snr"]
    with pytest.raises(TicketError, match="is full"):
        session.close()
    disk.room = 1 << 40
    Session.open(session.path).close()


@pytest.fixture
def tmpfs(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    if not shutil.which("mount") or os.geteuid() != 0:
        pytest.skip("a small disk is made by root only")
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=96k", "tmpfs", str(place)], capture_output=True, text=True, check=False
    )
    if made.returncode:
        pytest.skip(f"no small disk: {made.stderr.strip()}")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_real_full_disk(lab: Any, whole: Path, tmpfs: Path) -> None:
    with Session.create(lab.spec(), tmpfs / "mine.session") as session:
        driver = Driver(session, Goal(to_the_end=True))
        driver.run(stay=False)
        assert str(driver.failure).endswith(SENTENCE)
        subprocess.run(["mount", "-o", "remount,size=10m", str(tmpfs)], check=True)
        lab.assert_whole(session.path)
        Driver(session, Goal(to_the_end=True)).run(stay=False)
    assert read_view(session.path).state == "finished"
    lab.assert_same(whole, session.path, rounds=3)
