"""Files of other people in the working directory, with names that we or our dependencies have, do no harm."""

import ast
import asyncio
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import sessions
import ticket_explorer
import widgets
from sessions.serving.launch import launch
from ticket_explorer.child_process import python
from ticket_explorer.errors import TicketError
from ticket_explorer.siblings import HOME, claim
from widgets.terminal.dialogs.export import _told_by_command_line

pytestmark = pytest.mark.thorough

SCRIPT = str(Path(sys.executable).with_name("ticket-explorer"))
OURS = ("sessions", "widgets")
OTHERS = ("json", "jax", "msgspec", "numpy", "random", "rich", "textual", "typer", "typing", "gymnasium")
"""Of the standard library, and of what we depend on."""


def said_by(code: str) -> str:
    """What a notebook in the working directory would print."""
    command = [sys.executable, "-c", f"import ticket_explorer as tx\n{code}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def cluttered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, in which importing any of the foreign files would end the process."""
    for name in OURS + OTHERS:
        (tmp_path / f"{name}.py").write_text("raise SystemExit(f'{__file__} was imported')\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", [[sys.executable, "-m", "ticket_explorer"], [SCRIPT]])
def test_the_command_line_starts(command: list[str], cluttered: Path) -> None:
    done = subprocess.run([*command, "pruners"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "magnitude" in done.stdout


@pytest.mark.usefixtures("cluttered")
def test_an_engine_starts_and_what_it_says_is_what_the_face_says() -> None:
    with pytest.raises(TicketError, match=r"There is no session at .*nosuch\.session"):
        asyncio.run(launch(Path("nosuch.session")))


@pytest.mark.usefixtures("cluttered")
def test_an_export_and_a_worker_start() -> None:
    assert asyncio.run(_told_by_command_line("presets")) is None
    worker = subprocess.run(
        python("ticket_explorer.tasks.control.worlds", str(os.getpid())), stdin=subprocess.DEVNULL, capture_output=True
    )
    assert (worker.returncode, worker.stderr) == (0, b"")


def test_the_app_starts_for_a_browser(cluttered: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from widgets.cli import web_app

    served = []

    class Server:
        def __init__(self, command: str, **where: object) -> None:
            served.append(command)
            raise KeyboardInterrupt

    monkeypatch.setattr(web_app, "Server", Server)
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(web_app.site([], "127.0.0.1", 8000, "token"))
    environment = {key: value for key, value in os.environ.items() if key != "TEXTUAL_DRIVER"}
    done = subprocess.run(shlex.split(served[0]), stdin=subprocess.DEVNULL, capture_output=True, env=environment)
    assert b"ticket-explorer: The app needs a terminal" in done.stderr


def test_a_child_needs_no_path(tmp_path: Path) -> None:
    """It finds what its parent found, where that is not installed: dependencies alone come from the environment."""
    packages = [path for path in sys.path if path.endswith("site-packages")]
    code = (
        f"import sys; sys.path[:0] = {packages} + [{str(HOME)!r}]; from ticket_explorer.child_process import python; "
        "import subprocess; subprocess.run(python('ticket_explorer', '--help'), check=True)"
    )
    subprocess.run([sys.executable, "-I", "-c", code], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)


def test_a_notebook_gets_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in OURS:
        (tmp_path / f"{name}.py").write_text("raise SystemExit('foreign')\n")
    monkeypatch.chdir(tmp_path)
    assert said_by("print(tx.widgets.__name__, tx.LiveSession.__name__)") == "widgets.notebook LiveSession\n"


@pytest.mark.parametrize(("name", "harmed"), [("sessions", "Session"), ("widgets", "explore")])
def test_a_foreign_module_that_is_imported_gets_a_sentence(
    name: str, harmed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = tmp_path / f"{name}.py"
    foreign.write_text("")
    monkeypatch.chdir(tmp_path)
    unharmed = {"sessions": "preset_names", "widgets": "Spec"}[name]
    told = said_by(
        f"import {name}\ntry: tx.{harmed}\nexcept tx.TicketError as error: print(error)\nprint(bool(tx.{unharmed}))"
    )
    assert f"The module {name!r} that is already imported is at {foreign}, and " in told
    assert "rename that file, and start Python again." in told
    assert told.endswith("True\n"), "what the file does not harm goes on working"


def test_a_foreign_module_gets_a_sentence_from_the_command_line_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from ticket_explorer.__main__ import main

    monkeypatch.setitem(sys.modules, "widgets", ast)
    with pytest.raises(SystemExit, match="2"):
        main()
    assert capsys.readouterr().err.startswith("ticket-explorer: The module 'widgets' that is already imported is at ")


def test_a_file_that_hides_a_dependency_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "msgspec.py").write_text("")
    monkeypatch.chdir(tmp_path)
    told = said_by("try: tx.Spec\nexcept tx.TicketError as error: print(error)")
    assert (
        told == f"{tmp_path / 'msgspec.py'} hides another module 'msgspec'; rename that file, and start Python again.\n"
    )


def test_other_errors_stay_what_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sessions.serving.ask", None)
    monkeypatch.delitem(vars(ticket_explorer), "analyse", raising=False)
    with pytest.raises(ModuleNotFoundError, match=r"sessions\.serving\.ask"):
        _ = ticket_explorer.analyse


def test_a_package_that_is_missing_gets_a_sentence() -> None:
    with pytest.raises(TicketError, match="has no package 'nosuch', expected next to ticket_explorer; install"):
        claim("nosuch")
    assert "nosuch" not in sys.modules


@pytest.mark.parametrize("package", [ticket_explorer, sessions, widgets])
def test_every_process_is_started_in_one_way(package: object) -> None:
    """`child_process.python` alone knows the interpreter, and nothing starts processes behind its back."""
    for path in sorted((HOME / package.__name__).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and ast.unparse(node) == "sys.executable":
                assert path.name == "child_process.py", path
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            module = getattr(node, "module", None) or ""
            assert not {"ProcessPoolExecutor", "multiprocessing"} & {*names, module.partition(".")[0]}, path
