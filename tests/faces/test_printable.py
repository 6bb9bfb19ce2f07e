"""Nothing that a session holds reaches a terminal raw: at every exit, whatever it is called and says."""

import ast
import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from rich.table import Column, Table
from textual.color import Color

from sessions.messages import events
from sessions.session.session import Session
from sessions.specs.spec import parse_spec
from sessions.store import JournalFile, SessionDirectory
from ticket_explorer.presets import load
from widgets.cli import output
from widgets.cli.table_files import _cell
from widgets.shared.printable import MARK, printable
from widgets.terminal.printable_lines import PRINTABLE

HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp.exe\u2066\x00\r\x7f"
UNSAFE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
CLI = Path(__file__).parents[2] / "widgets" / "cli"


@pytest.fixture(scope="session")
def hostile(home: Path) -> Path:
    """A session whose name, title and journal hold what terminals obey."""
    path = home / "sessions" / "a\x1b[2J\u202eb.session"
    with Session.create(parse_spec({**load("fashion"), "title": HOSTILE}), path):
        pass
    with JournalFile.open(SessionDirectory(path).journal) as journal:
        for event in (
            events.Remarked(text=HOSTILE, author=HOSTILE),
            events.CommandReceived(client=HOSTILE, command={"type": HOSTILE, HOSTILE: HOSTILE}),
            events.Failed(message=HOSTILE),
        ):
            journal.append(msgspec.msgpack.encode(event))
    return path


@pytest.mark.parametrize(
    "arguments",
    [
        ("list",), ("list", "--json"), ("show",), ("show", "--json"), ("replay", "--plain", "--speed", "1e9"),
        ("verify",), ("resume", "x"), ("branch", "--from", "no\x1bsuch:1"), ("export", "metrics", "--out", "x.nope"),
        ("analyse", "nope\x1b"), ("attach",), ("compare", "x"),
    ],
    ids=lambda arguments: " ".join(arguments).encode("ascii", "backslashreplace").decode(),
)  # fmt: skip
def test_no_command_lets_it_through(hostile, tell, arguments):
    command, *rest = arguments
    result = tell(command, *([] if command == "list" else [str(hostile)]), *rest)
    assert not UNSAFE.search(result.stdout + result.stderr), repr(result.output)
    assert "Traceback" not in result.output


@given(st.text(st.characters(exclude_categories=())))
def test_a_text_loses_what_is_obeyed_and_nothing_else(text):
    shown = printable(text)
    assert len(shown) == len(text)
    assert not UNSAFE.search(shown)
    assert all(one == other or other == MARK for one, other in zip(text, shown, strict=True))
    assert printable(text, keep="\n").count("\n") == text.count("\n")


@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_json_says_the_same_in_escapes(text):
    encoded = output.escaped(msgspec.json.encode({"title": text}).decode())
    assert not UNSAFE.search(encoded)
    assert msgspec.json.decode(encoded) == {"title": text}


def test_a_console_keeps_its_own_colours_only(capsys):
    console = output.PrintableConsole(force_terminal=True, color_system="standard", width=40)
    console.print(f"a{HOSTILE}b", style="red", markup=False, highlight=False)
    assert set(re.findall(r"\x1b[^m]*m?", capsys.readouterr().out)) == {"\x1b[31m", "\x1b[0m"}


def test_the_app_draws_lines_without_it():
    drawn = PRINTABLE.apply([Segment(f"a{HOSTILE}b")], Color(0, 0, 0))
    assert "".join(segment.text for segment in drawn) == "a]0;owned[2J31mgnp.exeb"


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_cells_are_text_to_a_spreadsheet(value):
    assert _cell(value) == f"'{value}"
    assert _cell(-1.5) == -1.5


def test_the_command_line_has_no_other_way_out():
    """`print`, `echo`, consoles and streams are named in one module; two others may ask what a terminal is."""
    for path in CLI.glob("*.py"):
        if path.name in ("output.py", "__init__.py", "in_terminal.py"):
            continue
        tree = [*ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
        called = {node.func.id for node in tree if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
        attributes = {node.attr for node in tree if isinstance(node, ast.Attribute)}
        assert not (called & {"print", "Console"}), path
        assert not (attributes & {"echo", "secho", "stdout"}), path


def test_the_command_line_shows_a_persons_text_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table(Column("branch:two:"))
    table.add_row("a:smile:b")
    for console in (output.PrintableConsole(), output.PrintableConsole(stderr=True)):
        console.print("one:two:three", table, markup=False)
    output.say("one:two:three [bold]x[/bold]")
    out, err = capsys.readouterr()
    for shown in (out, err):
        assert "one:two:three" in shown
        assert "branch:two:" in shown
        assert "a:smile:b" in shown
    assert "[bold]x[/bold]" in err
