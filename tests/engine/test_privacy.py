"""Sessions are their owner's alone whatever the umask, a group's only if that is asked for; a cache is code."""

import asyncio
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sessions.messages import commands
from sessions.serving.client import Client
from sessions.serving.inline import launch_inline
from sessions.serving.launch import NewSession, launch
from sessions.session.session import Session
from sessions.specs.spec import spec_table
from sessions.store import SessionDirectory
from ticket_explorer import own_process
from ticket_explorer.errors import InvalidValue
from ticket_explorer.places import VARIABLE, cache_dir, home, make_private, sessions_dir


@pytest.fixture(params=[0o000, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def modes(path: Path) -> dict[str, set[int]]:
    """The modes of a session's files and directories; its address apart, which is never shared."""
    found: dict[str, set[int]] = {"files": set(), "directories": {stat.S_IMODE(path.stat().st_mode)}}
    for one in path.rglob("*"):
        if one.name != "address.msgpack":
            found["directories" if one.is_dir() else "files"].add(stat.S_IMODE(one.stat().st_mode))
    return found


def used(lab: Any, **how: Any) -> Path:
    """A session that has written every kind of file, and is open."""
    spec = lab.spec(pruning={"ratio": 0.3, "rounds": 2}, trainer={"generations": 3})
    with Session.create(spec, lab.path(), **how) as session:
        session.run_round()
        session.step(1)
        assert session.path.joinpath("address.msgpack").stat().st_mode & 0o777 == 0o600
    assert {"lock", "journal.msgpack", "checkpoint.msgpack", "rounds"} <= set(os.listdir(session.path))
    return Path(session.path)


def test_a_session_is_its_owner_s_alone(lab: Any, umask: int) -> None:
    assert modes(used(lab)) == {"files": {0o600}, "directories": {0o700}}


def test_a_shared_one_is_its_group_s(lab: Any, umask: int) -> None:
    path = used(lab, shared=True)
    assert modes(path) == {"files": {0o660}, "directories": {0o2770}}
    assert path.stat().st_gid == path.parent.stat().st_gid


@pytest.mark.parametrize(("mode", "expected"), [(0o2770, 0o2770), (0o2700, 0o2700), (0o775, 0o700)])
def test_sessions_of_a_directory_that_was_given_to_a_group_are_the_group_s(
    lab: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, expected: int
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "home"))
    sessions_dir().mkdir(parents=True)
    sessions_dir().chmod(mode)
    with Session.create(lab.spec()) as session:
        assert stat.S_IMODE(session.path.stat().st_mode) == expected


def test_what_a_group_should_have_takes_a_path(lab: Any) -> None:
    with pytest.raises(InvalidValue, match=r"shared: no path.*your group can enter"):
        Session.create(lab.spec(), shared=True)


@pytest.mark.parametrize("start", [pytest.param(launch, marks=pytest.mark.slow), launch_inline])
def test_engines_of_faces_make_shared_sessions(lab: Any, start: Any) -> None:
    async def made() -> None:
        await start(lab.path(), False, NewSession(spec_table(lab.spec()), is_shared=True))
        async with Client(lab.path(), "test") as client:
            await client.ask(commands.Stop())

    asyncio.run(made())
    assert stat.S_IMODE(lab.path().stat().st_mode) == 0o2770


def test_an_old_session_keeps_its_modes(lab: Any, umask: int) -> None:
    path = used(lab)
    for one in (path, *path.rglob("*")):
        one.chmod(0o755 if one.is_dir() else 0o644)
    with Session.open(path) as session:
        session.run()
    assert modes(path) == {"files": {0o644, 0o644 & ~umask}, "directories": {0o755}}


def test_home_and_cache_are_made_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, umask: int) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "a" / "home"))
    make_private(cache_dir() / "jax")
    for place in (tmp_path / "a", home(), cache_dir(), cache_dir() / "jax"):
        assert stat.S_IMODE(place.stat().st_mode) == 0o700


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "home"))
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    for name in (*own_process.SETTINGS, "jax_enable_compilation_cache", "jax_persistent_cache_min_compile_time_secs"):
        monkeypatch.setenv(name.upper(), "")  # given back afterwards
    own_process.settle()
    return tmp_path / "home" / "cache" / "jax"


def test_a_cache_of_one_s_own_is_used(cache: Path) -> None:
    assert os.environ["JAX_COMPILATION_CACHE_DIR"] == str(cache)
    assert own_process.cache_trouble() is None
    assert os.environ["JAX_ENABLE_COMPILATION_CACHE"] != "false"


@pytest.mark.parametrize("where", ["itself", "above it"])
@pytest.mark.parametrize("how", ["written by all", "another's"])
def test_a_cache_that_others_can_write_is_not_used(
    cache: Path, monkeypatch: pytest.MonkeyPatch, where: str, how: str
) -> None:
    place = cache if where == "itself" else cache.parent
    if how == "another's":
        if os.getuid() != 0:
            pytest.skip("only the superuser can give it away")
        os.chown(place, 4242, 4242)
    else:
        place.chmod(0o777)
    said = own_process.cache_trouble()
    assert said is not None
    assert said.startswith(f"{cache} is not used: ")
    assert f"others own {place} or may write there" in said
    own_process.settle()
    assert os.environ["JAX_ENABLE_COMPILATION_CACHE"] == "false"


NOBODY = """
import os, pwd, sys
def unknown(user):
    raise KeyError(user)
pwd.getpwuid = unknown
from widgets.cli import main
main()
"""


@pytest.mark.parametrize("has_a_place", [False, True])
def test_without_a_home_it_is_said_what_to_set(tmp_path: Path, has_a_place: bool) -> None:
    """As in a container, whose user has neither a passwd entry nor HOME."""
    gone = ("HOME", "USER", "LOGNAME", VARIABLE)
    environment = {key: value for key, value in os.environ.items() if key not in gone and not key.startswith("XDG_")}
    environment |= {VARIABLE: str(tmp_path / "home")} if has_a_place else {}
    command = [sys.executable, "-P", "-c", NOBODY, "list"]
    environment["PYTHONPATH"] = os.getcwd()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=tmp_path)
    said = done.stderr.replace("\n", " ")
    assert done.returncode == (0 if has_a_place else 2), said
    assert ("There are no sessions yet" if has_a_place else "set HOME, or TICKET_EXPLORER_HOME to a directory") in said
    assert "Traceback" not in said
    assert not (tmp_path / "~").exists()


def test_a_lock_taken_in_a_shared_directory_is_shared(tmp_path: Path) -> None:
    directory = SessionDirectory.create(tmp_path / "s.session", b"x", shared=True)
    from sessions.store import SessionLock

    with SessionLock(directory.lock):
        assert stat.S_IMODE(directory.lock.stat().st_mode) == 0o660
