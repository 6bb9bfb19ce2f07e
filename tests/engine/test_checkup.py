"""`doctor`'s checks: each kind of trouble is found, has a remedy, and no more than that is called trouble."""

import errno
import os
import shutil
import socket
import webbrowser
from collections import namedtuple
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from sessions.serving import checkup as checks
from sessions.serving import installed
from sessions.serving.checkup import checkup
from sessions.serving.finding import Finding
from sessions.serving.trial import Trial, tried
from ticket_explorer.places import VARIABLE

pytestmark = pytest.mark.thorough

FINE = Trial(device="cpu (cpu)", starting=1.0, seconds=2.0)
NAMES = [
    "Python",
    "packages",
    "extras",
    "data directory",
    "disk",
    "compiled code",
    "sockets",
    "notebook",
    "browser",
    "JAX",
    "short round",
]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home in which nothing is yet."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "home"))
    return tmp_path / "home"


def found(trial: Trial = FINE) -> dict[str, Finding]:
    """All findings by name; whatever is not fine says what to do."""
    all_ = {finding.name: finding for finding in checkup(lambda _: trial)}
    assert all(bool(finding.remedy) == (finding.state != "ok") for finding in all_.values())
    return all_


def troubles(trial: Trial = FINE) -> list[str]:
    return [finding.name for finding in found(trial).values() if finding.state == "trouble"]


def test_a_machine_that_works_has_no_trouble_and_nothing_is_left_behind(home: Path) -> None:
    assert list(found()) == NAMES
    assert troubles() == []
    assert list((home / "sessions").iterdir()) == []


def test_a_home_that_cannot_be_written_is_trouble(home: Path) -> None:
    home.write_text("a file where a directory should be")
    assert troubles() == ["data directory"]
    assert VARIABLE in found()["data directory"].remedy


def test_a_full_disk_is_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    assert troubles() == ["data directory"]
    assert "is full" in found()["data directory"].said


@pytest.mark.parametrize(("free", "state"), [(1_000_000, "trouble"), (100_000_000, "remark"), (10**10, "ok")])
def test_little_room_is_said_before_there_is_none(free: int, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**11, 0, free))
    assert found()["disk"].state == state


def test_no_home_at_all_is_trouble_and_not_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setattr("platformdirs.user_data_path", lambda _: Path("relative"))
    assert troubles() == ["data directory"]


def test_without_extras_browser_and_unix_sockets_there_are_only_remarks(monkeypatch: pytest.MonkeyPatch) -> None:
    extra = {"ipywidgets", "anywidget", "matplotlib", "textual-serve", "tensorflow-datasets", "tensorboardX"}
    genuine = installed.version

    def version(name: str) -> str:
        if name in extra:
            raise PackageNotFoundError(name)
        return genuine(name)

    def no_browser() -> object:
        raise webbrowser.Error

    monkeypatch.setattr(installed, "version", version)
    monkeypatch.setattr(webbrowser, "get", no_browser)
    monkeypatch.setattr(checks, "private_directory", lambda: None)
    assert troubles() == []
    remarks = {name for name, finding in found().items() if finding.state == "remark"}
    assert {"extras", "notebook", "browser", "sockets"} <= remarks
    assert "figures" in found()["extras"].said.partition("not installed")[2]
    assert "[notebook]" in found()["notebook"].remedy


def test_a_missing_package_is_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = installed.version

    def version(name: str) -> str:
        if name == "evosax":
            raise PackageNotFoundError(name)
        return genuine(name)

    monkeypatch.setattr(installed, "version", version)
    assert troubles() == ["packages"]
    assert found()["packages"].remedy == "pip install evosax"


def test_no_sockets_at_all_is_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(errno.EPERM, "not permitted")

    monkeypatch.setattr(socket.socket, "bind", refused)
    assert troubles() == ["sockets"]


@pytest.mark.parametrize(
    ("trial", "troubled", "state"),
    [
        (Trial(refusal="No module named 'jax'"), ["JAX", "short round"], "trouble"),
        (Trial(), ["JAX", "short round"], "trouble"),
        (Trial(device="cpu", starting=1.0, refusal="Out of memory."), ["short round"], "trouble"),
        (Trial(device="cpu", starting=9.0), [], "remark"),
        (Trial(device="cpu", starting=1.0, seconds=14.0), [], "remark"),
    ],
)
def test_a_round_that_fails_is_trouble_and_a_slow_one_a_remark(trial: Trial, troubled: list[str], state: str) -> None:
    assert troubles(trial) == troubled
    assert found(trial)["short round"].state == state


def test_a_round_is_trained_in_a_process_of_its_own() -> None:
    reached = tried(120.0)
    assert reached.device.startswith("cpu")
    assert reached.seconds is not None
    assert reached.refusal == ""


def test_a_process_that_does_not_answer_is_given_up() -> None:
    assert tried(0.05) == Trial()


def test_a_process_that_fails_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAX_PLATFORMS", "nothing")
    reached = tried(60.0)
    assert (reached.device, reached.seconds) == ("", None)
    assert "nothing" in reached.refusal
