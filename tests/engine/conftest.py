"""A laboratory for sessions: tiny specs, executables that all tests share, and what a session came to."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

import sessions.engine.engine
import sessions.session.session
from sessions.plans.problems import Problems
from sessions.reports.verify_session import verify
from sessions.serving.endpoint import TRANSPORT
from sessions.session.session import Session
from sessions.specs.spec import Spec, parse_spec
from sessions.store import SessionDirectory
from sessions.store.round_file import decode_round
from sessions.tickets.compiler import Compiler, Executables
from sessions.views.reading import read_view
from tests.engine.own_stage import TEXTS

GENERATIONS = 60
TINY: dict[str, Any] = {
    "task": {"name": "fashion", "batch": 64},
    "network": {"name": "mlp", "hidden": [8]},
    "trainer": {"name": "evolution", "strategy": "snes", "population": 8, "generations": GENERATIONS},
    "pruning": {"ratio": 0.3, "rounds": 3},
}


class Laboratory:
    """What tests of the engine share."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def spec(self, *, trainer: Mapping[str, Any] | None = None, **tables: Any) -> Spec:
        """The tiny spec with some tables replaced, and some fields of the trainer."""
        base = TINY["trainer"] if (trainer or {}).get("name", "evolution") == "evolution" else {}
        return parse_spec({**TINY, "trainer": {**base, "generations": GENERATIONS, **(trainer or {})}, **tables})

    def path(self, name: str = "mine") -> Path:
        return self.place / f"{name}.session"

    def create(self, name: str = "mine", **tables: Any) -> Session:
        return Session.create(self.spec(**tables), self.path(name))

    def finished(self, name: str = "whole", **tables: Any) -> Path:
        """A session that was run to its end in one call."""
        with self.create(name, **tables) as session:
            session.run()
        return session.path

    def outcome(self, path: Path) -> dict[str, Any]:
        """All that has to be bit-equal, by branch and round."""
        view = read_view(path)
        return {
            f"{branch.name}:{number}": self._round(path, branch.name, round_)
            for branch in view.branches.values()
            for number, round_ in branch.rounds.items()
            if round_.finished
        }

    def _round(self, path: Path, branch: str, round_: Any) -> dict[str, Any]:
        directory = SessionDirectory(path, read_view(path).ledger)
        file = directory.round_path(branch, round_.number)
        arrays = decode_round(directory.read_round(branch, round_.number), file)
        finished = round_.finished
        return {
            "mask": arrays.mask.tobytes(),
            "mean": arrays.mean.tobytes(),
            "std": None if arrays.std is None else arrays.std.tobytes(),
            "problem_state": [array.tobytes() for array in arrays.problem_state],
            "metrics": round_.metrics().tobytes(),
            "steps": bytes(round_.steps),
            "scored": [(event.generation, event.score) for event in round_.scored],
            "score": finished.score,
            "fitness": finished.fitness,
            "pearson": finished.pearson,
            "thresholds": finished.thresholds,
            "generations": finished.generations,
            "pruned": {(p.branch, p.kept, str(p.threshold)) for p in round_.pruned},
            "tuned": [(change.generation, change.changes) for change in round_.tuned],
        }

    def assert_same(self, one: Path, other: Path, rounds: int | None = None) -> None:
        """Both sessions found the same bits in every round, and both are whole."""
        first, second = self.outcome(one), self.outcome(other)
        assert first.keys() == second.keys()
        assert rounds is None or len(first) == rounds
        for key, expected in first.items():
            for what, value in expected.items():
                assert second[key][what] == value, f"{what} of {key} differs"
        for path in (one, other):
            self.assert_whole(path)

    def assert_whole(self, path: Path) -> None:
        """`verify` has nothing to object to."""
        assert [finding for finding in verify(path) if not finding.ok] == []

    def until(self, condition: Callable[[], bool], seconds: float = 60.0) -> None:
        """Wait for what another process or thread will bring about."""
        limit = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < limit, "it did not come about"
            time.sleep(0.001)

    def kill(self, session: Session) -> Path:
        """What a killed process leaves of a session: nothing is settled, saved or said."""
        session._journal.close()
        session._lock.release()
        return session.path

    def go_on(self, path: Path) -> Path:
        """Open a session and run it to its end."""
        with Session.open(path) as session:
            session.run()
        return path


FORKER = """
import json, os, sys
import sessions.serving.hosting, sessions.serving.server
import ticket_explorer.networks.mlp, ticket_explorer.tasks.images, ticket_explorer.trainers.evolution

for line in sys.stdin:
    request = json.loads(line)
    if isinstance(request, int):
        print(os.waitstatus_to_exitcode(os.waitpid(request, 0)[1]), flush=True)
        continue
    child = os.fork()
    if child == 0:
        os.environ.update(request.pop(0))
        log = os.open(request[0] + ".log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 1), os.dup2(log, 2)
        sys.exit(sessions.serving.server.main(request))
    print(child, flush=True)
"""


class Engines:
    """Engine processes, forked from one that has imported everything and computed nothing: a start costs little."""

    def __init__(self) -> None:
        self._forker = subprocess.Popen(
            [sys.executable, "-c", FORKER], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._alive: set[int] = set()

    def start(self, session: Path, *options: str, **environment: str) -> int:
        """The process of `python -m sessions.serving.server SESSION OPTIONS`; what it prints goes to SESSION.log."""
        process = self._request([environment, str(session), *options])
        self._alive.add(process)
        return process

    def wait(self, process: int) -> int:
        """Its exit code, when it has ended; minus the signal that killed it."""
        self._alive.discard(process)
        return self._request(process)

    def kill(self, process: int) -> int:
        os.kill(process, signal.SIGKILL)
        return self.wait(process)

    def close(self) -> None:
        for process in tuple(self._alive):
            self.kill(process)
        self._forker.communicate()

    def _request(self, request: Any) -> int:
        assert self._forker.stdin is not None
        assert self._forker.stdout is not None
        self._forker.stdin.write(json.dumps(request) + "\n")
        self._forker.stdin.flush()
        return int(self._forker.stdout.readline())


class _SharedProblems(Problems):
    """Outlive the sessions that use them."""

    def close(self) -> None:
        pass


class _SharedCompiler(Compiler):
    """Outlives the sessions that use it, keeps all executables, and compiles nothing that is not asked for."""

    def __init__(self) -> None:
        executables = Executables()
        executables.room = 1000
        super().__init__(executables=executables)

    def give_up(self) -> None:
        pass

    def prefetch(self, key: Any, call: Any) -> None:
        pass

    def close(self) -> None:
        pass


_PLACE = TemporaryDirectory(prefix="engine-tests-")
_COMPILERS = {False: _SharedCompiler(), True: _SharedCompiler()}
"""By whether they optimise."""
_PROBLEMS = _SharedProblems()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """One home for these tests, the siege's and their processes, which tests of other directories don't see.

    Those that ask for it share one store of executables in memory. Pytest calls this for every test there is.
    """
    if item.path.parent.name not in {"engine", "siege"}:
        return (yield)
    with pytest.MonkeyPatch.context() as patch:
        for name, directory in (("TICKET_EXPLORER_HOME", "home"), ("XDG_RUNTIME_DIR", "run")):
            place = Path(_PLACE.name, directory)
            place.mkdir(mode=0o700, exist_ok=True)
            patch.setenv(name, str(place))
        if "_shared" in item.fixturenames:  # type: ignore[attr-defined]
            compiler = _COMPILERS[item.get_closest_marker("optimised") is not None]
            patch.setattr(sessions.engine.engine, "Compiler", lambda awaited: compiler)
            patch.setattr(sessions.session.session, "Problems", lambda: _PROBLEMS)
        return (yield)


@pytest.fixture(scope="session")
def _shared() -> Iterator[None]:
    """Have the executables in memory shared."""
    yield
    for compiler in _COMPILERS.values():
        Compiler.close(compiler)


@pytest.fixture(params=["unix", pytest.param("tcp", marks=pytest.mark.slow)])
def transport(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """What engines of this process listen on; tests that touch it ask for both, the others are slow on the second."""
    monkeypatch.setenv(TRANSPORT, request.param)
    return str(request.param)


@pytest.fixture(scope="session")
def engines(_shared: None) -> Iterator[Engines]:
    """Starts engine processes."""
    started = Engines()
    yield started
    started.close()


@pytest.fixture
def lab(_shared: None, tmp_path: Path) -> Laboratory:
    """A laboratory in a fresh directory."""
    return Laboratory(tmp_path)


@pytest.fixture(scope="session")
def shared_lab(_shared: None, tmp_path_factory: pytest.TempPathFactory) -> Laboratory:
    """A laboratory whose sessions live as long as the tests run: for what others are compared with.

    So do fixtures that make one: a process may take a module up twice, when another has taken its tests in between.
    """
    return Laboratory(tmp_path_factory.mktemp("references"))


@pytest.fixture(scope="session")
def whole(shared_lab: Laboratory) -> Path:
    """The tiny session, run to its end in one call."""
    return shared_lab.finished()


@pytest.fixture(scope="session")
def home() -> Path:
    """Where TICKET_EXPLORER_HOME points."""
    return Path(_PLACE.name, "home")


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of one's own code, and a home in which nothing is trusted."""
    monkeypatch.setenv("TICKET_EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    for name, text in TEXTS.items():
        Path(f"{name}.py").write_text(text)
    return tmp_path
