"""Errors have fields: they travel as such, and no sentence is taken apart to have them."""

import logging
import re
from importlib import import_module
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import pytest
from msgspec import Meta

import sessions
import ticket_explorer
import widgets
from sessions.serving.wire import FromServer, Refusal, Reply, packed
from sessions.specs.spec import parse_spec
from sessions.specs.validation import LARGEST, SMALLEST, convert
from sessions.store.errors import DiskFull
from ticket_explorer.callbacks import keeping_errors, raised_in_callback
from ticket_explorer.errors import LOG, InvalidValue, TicketError, UnknownName, unforeseen

PACKAGES = [Path(package.__path__[0]) for package in (ticket_explorer, sessions, widgets)]
FULL = "The disk that holds /x is full. Nothing written so far is lost."
DOCS = Path(__file__).parents[2] / "docs" / "errors.md"


def classes() -> dict[str, str]:
    """Every class of errors, and the class it is one of."""
    for package in PACKAGES:
        for path in package.rglob("*.py"):
            if "TicketError)" in (text := path.read_text("utf-8")) and re.search(r"^class \w+\(\w+\):", text, re.M):
                import_module(".".join(path.relative_to(package.parent).with_suffix("").parts))
    found, waiting = {"TicketError": ""}, [TicketError]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            if kind.__module__.partition(".")[0] in {package.name for package in PACKAGES}:
                found[kind.__name__] = kind.__mro__[1].__name__
                waiting.append(kind)
    return found


def test_the_page_draws_the_tree() -> None:
    tree = DOCS.read_text("utf-8").partition("## The tree")[2]
    rows = re.findall(r"^\| `(\w+)` \| (?:`(\w+)`)? ?\| \w.* \|$", tree, re.M)
    assert dict(rows) == classes()


@pytest.mark.parametrize(
    ("error", "fields"),
    [
        (InvalidValue("$.pruning.ratio", 1.5, "less"), ("$.pruning.ratio", "1.5", "less", "", "1.5, expected less")),
        (UnknownName("branch", "b", ["a"]), ("", "b", "one of a", "", "unknown branch 'b'; known: a.")),
        (DiskFull("/x"), ("", "", "", "Free some space, then continue.", FULL)),
        (TicketError("No."), ("", "", "", "", "No.")),
    ],
    ids=lambda it: type(it).__name__ if isinstance(it, TicketError) else "",
)
def test_fields_travel(error: TicketError, fields: tuple[str, ...]) -> None:
    def parts(error: TicketError) -> tuple[str, ...]:
        return (error.path, error.given, error.expected, error.remedy, error.said)

    assert parts(error) == fields
    sent = packed(Reply(id=1, error=str(error), refusal=Refusal.of(error)))[4:]
    reply = msgspec.msgpack.Decoder(FromServer).decode(sent)
    assert parts(reply.refusal.error) == fields
    assert str(reply.refusal.error) == str(error)


def test_earlier_engines_and_clients_are_understood() -> None:
    class Earlier(msgspec.Struct, tag="Reply"):
        id: int
        result: dict[str, object] | None = None
        error: str | None = None

    sent = packed(Reply(id=1, error="No.", refusal=Refusal(said="No.")))[4:]
    assert msgspec.msgpack.Decoder(Earlier).decode(sent).error == "No."
    reply = msgspec.msgpack.Decoder(FromServer).decode(msgspec.msgpack.encode(Earlier(id=1, error="No.")))
    assert (reply.error, reply.refusal) == ("No.", None)


def test_nobody_takes_a_sentence_apart() -> None:
    """No pattern is matched against an error, nor is one split."""
    matched = r"(search|match|findall|finditer|split|sub)\([^)\n]*\berror\b(?!\.path)"
    taken = re.compile(rf"{matched}|str\(error\)\.(?!lower|strip)|str\(error\)\[")
    found = {
        f"{path.name}: {line.strip()}"
        for package in PACKAGES
        for path in package.rglob("*.py")
        for line in path.read_text("utf-8").splitlines()
        if taken.search(line)
    }
    assert found == set()


def test_what_a_callback_raised_is_had_once() -> None:
    @keeping_errors
    def call() -> None:
        raise InvalidValue("$.task", 1, "another")

    with pytest.raises(InvalidValue) as raised:
        call()
    assert raised_in_callback() is raised.value
    assert raised_in_callback() is None


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    share: Annotated[float, Meta(gt=0, le=1)]
    kind: Literal["a", "b"] = "a"


class Outer(msgspec.Struct, forbid_unknown_fields=True):
    inner: Inner | None = None
    shares: dict[str, Annotated[float, Meta(lt=1)]] = {}
    sizes: tuple[Annotated[int, Meta(ge=1)], ...] = ()
    pair: tuple[int, int] = (1, 2)
    either: str | dict[str, int] | None = None


@pytest.mark.parametrize(
    ("table", "path", "given"),
    [
        ({"inner": {"share": 2}}, "$.inner.share", "2"),
        ({"inner": {}}, "$.inner.share", "missing"),
        ({"inner": {"share": 1, "kind": "c"}}, "$.inner.kind", "'c'"),
        ({"inner": {"share": 1, "more": 1}}, "$.inner.more", "unknown field"),
        ({"inner": 5}, "$.inner", "5"),
        ({"shares": {"a": 0.5, "b": 1.5}}, "$.shares.b", "1.5"),
        ({"sizes": [3, 0]}, "$.sizes[1]", "0"),
        ({"sizes": "many"}, "$.sizes", "'many'"),
        ({"pair": [1, "x"]}, "$.pair[1]", "'x'"),
        ({"pair": [1]}, "$.pair", "[1]"),
        ({"either": {"a": "b"}}, "$.either.a", "'b'"),
        ({"either": 1.5}, "$.either", "1.5"),
        ({1: 2}, "$.1", "unknown field"),
        ([], "$", "[]"),
        ({"shares": {"a": float("nan")}}, "$.shares.a", "nan"),
        ({"shares": {"a": -float("inf")}}, "$.shares.a", "-inf"),
        ({"shares": {"a": 1e-320}}, "$.shares.a", "1e-320"),
        ({"shares": {"a": -1e300}}, "$.shares.a", "-1e+300"),
        ({"sizes": [10**30]}, "$.sizes[0]", "a number of many digits"),
    ],
)
def test_the_field_that_is_wrong_is_named(table: object, path: str, given: str) -> None:
    with pytest.raises(InvalidValue) as raised:
        convert(table, Outer, "$")
    assert (raised.value.path, raised.value.given) == (path, given)
    assert raised.value.expected


def test_the_ends_of_single_precision_are_within() -> None:
    assert convert({"shares": {"a": SMALLEST, "b": -LARGEST}}, Outer, "$").shares == {"a": SMALLEST, "b": -LARGEST}


@pytest.mark.parametrize(
    ("table", "path"),
    [
        ({"trainer": {"name": "evolution", "std_init": 1e300}}, "$.trainer.std_init"),
        ({"trainer": {"name": "evolution", "parameters": {"lr_std": float("nan")}}}, "$.trainer.parameters.lr_std"),
        ({"pruning": {"ratio": 1e-320}}, "$.pruning.ratio"),
    ],
)
def test_numbers_that_cannot_be_computed_with_are_out_of_range(table: dict[str, object], path: str) -> None:
    with pytest.raises(InvalidValue) as raised:
        parse_spec(table)
    assert raised.value.path == path


def test_tables_without_end_are_refused() -> None:
    table: dict[str, object] = {}
    for _ in range(600):
        table = {"a": table}
    with pytest.raises(InvalidValue, match="no more than 16 deep"):
        convert({"either": table}, Outer, "$")


def test_an_unexpected_error_sends_nobody_to_a_log_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LOG, "handlers", [])
    assert unforeseen(KeyError("x"), "The run stopped").remedy == "Its traceback, above, says more."
    monkeypatch.setattr(LOG, "handlers", [logging.NullHandler()])
    assert unforeseen(KeyError("x"), "The run stopped").remedy == "The engine's log says more."
