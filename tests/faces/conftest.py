import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from sessions.views.reading import read_view
from sessions.views.session_view import SessionView
from ticket_explorer.places import VARIABLE
from widgets.cli.commands import app

TINY = ("--set", "network.hidden=[8]", "--set", "trainer.population=8", "--set", "task.batch=64")
SHORT = ("--rounds", "2", "--generations", "5")

Tell = Callable[..., Result]


GOLDEN = Path(__file__).parents[1] / "engine" / "golden" / "schema_1"


@dataclass(frozen=True)
class TinySession:
    path: Path
    report: dict[str, Any]
    narration: str


_HOME = TemporaryDirectory(prefix="faces-tests-")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """A home of our own: nobody's sessions are touched, and tests of other directories don't see it."""
    if item.path.parent.name != "faces":
        return (yield)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, _HOME.name)
        return (yield)


@pytest.fixture(scope="session")
def home() -> Path:
    """Where TICKET_EXPLORER_HOME points."""
    return Path(_HOME.name)


@pytest.fixture(scope="session")
def tell() -> Tell:
    """Run the command line in this process: `tell("show", "tiny", COLUMNS="40")`."""

    def tell(*arguments: str, stdin: str | None = None, **environment: str) -> Result:
        return CliRunner(env={"COLUMNS": "80", **environment}).invoke(app, list(arguments), input=stdin)

    return tell


@pytest.fixture(scope="session")
def tiny(home: Path, tell: Tell) -> TinySession:
    """A finished session: three branches, two rounds of five generations. Not to be changed."""
    path = home / "sessions" / "tiny.session"
    result = tell("run", *TINY, *SHORT, "--session", str(path), "--json")
    assert result.exit_code == 0, result.output
    return TinySession(path, json.loads(result.stdout), result.stderr)


@pytest.fixture
def environment() -> dict[str, str]:
    """What a process of its own is started with."""
    return {**os.environ, "COLUMNS": "80"}


@pytest.fixture(scope="session")
def command_options() -> dict[str, list[str]]:
    """The long options of every command, by its name: `data list` is one."""
    found = {}
    waiting: list[tuple[str, Any]] = [("", typer.main.get_command(app))]
    while waiting:
        name, command = waiting.pop()
        if hasattr(command, "commands"):
            waiting += [(f"{name} {inner}".strip(), one) for inner, one in command.commands.items()]
        else:
            options = [option for parameter in command.params for option in parameter.opts]
            found[name] = [option for option in options if option.startswith("--")]
    return found


@pytest.fixture(scope="session")
def command_names(command_options: dict[str, list[str]]) -> list[str]:
    """The names of all commands."""
    return list(command_options)


@pytest.fixture(scope="session")
def tiny_settings() -> tuple[str, ...]:
    """What makes a run of `fashion` tiny."""
    return TINY


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return Path(__file__).parents[2]


@pytest.fixture(scope="session")
def golden() -> SessionView:
    """A real session of the first schema. Not to be changed."""
    return read_view(GOLDEN)


@pytest.fixture
def link() -> Any:
    """The session of the first schema, and an engine that answers what it is told to."""
    from tests.faces.dialog_stage import FakeLink  # Textual, for those who want it

    return FakeLink()
