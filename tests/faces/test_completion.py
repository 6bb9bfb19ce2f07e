"""What the shell offers for a word that is being typed: the right names, quickly, and never a complaint."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer

from sessions.views.session_view import SessionView
from ticket_explorer.analysis import ANALYSES
from ticket_explorer.presets import names
from ticket_explorer.tasks.catalogue import DATA_SETS
from ticket_explorer.trainers import TRAINERS
from ticket_explorer.trainers.strategies import STRATEGIES
from widgets.cli.commands import app
from widgets.cli.export_format import FORMATS
from widgets.cli.own_code import Kind
from widgets.plots.names import AGAINST, EXPORTED

GOLDEN = Path(__file__).parents[1] / "engine" / "golden" / "schema_1"
ROOT = Path(__file__).parents[2]
COMPLETING = "_TICKET_EXPLORER_COMPLETE"
MODULES = """
import json, sys
sys.argv = ["ticket-explorer"]
import atexit
atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr))
from widgets.cli import main
main()
"""

Offers = Callable[[str], list[str]]


def asked(typed: str) -> dict[str, str]:
    """How bash asks for what may follow a line."""
    line = f"ticket-explorer {typed}"
    return {COMPLETING: "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(f"{line}.".split()) - 1)}


@pytest.fixture
def offers(tmp_path: Path, tell, monkeypatch: pytest.MonkeyPatch) -> Offers:
    """What bash offers at the end of a line, where the user has a session `first` and there is `here.session`."""
    shutil.copytree(GOLDEN, tmp_path / "home" / "sessions" / "first.session")
    shutil.copytree(GOLDEN, tmp_path / "here" / "here.session")
    for name in ("spec.toml", "digits.npz", "letter.txt"):
        (tmp_path / "here" / name).touch()
    monkeypatch.chdir(tmp_path / "here")

    def offered(typed: str) -> list[str]:
        told = tell(TICKET_EXPLORER_HOME=str(tmp_path / "home"), **asked(typed))
        assert told.stderr == ""
        return list(told.stdout.split())

    return offered


COMMANDS_OF_SESSIONS = (
    *("show", "rm", "verify", "resume", "open", "attach", "replay", "serve", "trust", "code", "broadcast", "rename"),
    *(
        "branch",
        "switch",
        "transfer",
        "decompose",
        "adopt",
        "adopt first",
        "analyse",
        "export",
        "compare",
        "compare first",
    ),
    *("log", "tag", "archive", "archive first", "pause-at"),
)


@pytest.mark.parametrize("command", COMMANDS_OF_SESSIONS)
def test_sessions_are_offered_by_name(offers: Offers, command: str) -> None:
    assert offers(f"{command} ") == ["first", "here.session"]
    assert offers(f"{command} fi") == ["first"]


def test_every_command_that_takes_a_session_offers_them() -> None:
    taking = {
        name
        for name, command in typer.main.get_command(app).commands.items()  # type: ignore[attr-defined]
        if any(
            parameter.name in ("session", "sessions", "source") and parameter.param_type_name == "argument"
            for parameter in command.params
        )
    }
    assert taking == {command.split()[0] for command in COMMANDS_OF_SESSIONS}


@pytest.mark.parametrize("command", ["transfer", "decompose", "analyse", "adopt somewhere"])
@pytest.mark.parametrize("session", ["first", "here.session"])
def test_branches_are_offered_of_the_session_that_was_typed(
    offers: Offers, golden: SessionView, command: str, session: str
) -> None:
    offered = offers(f"{command} {session} --from ")
    assert offered == [*golden.branches, *(["all"] if command == "analyse" else [])]
    assert offers(f"{command} {session} --from r") == ["random"]


@pytest.mark.parametrize("command", ["branch first", "export first ticket", "export first ticket --out x.npz"])
def test_finished_rounds_are_offered_where_one_is_wanted(offers: Offers, golden: SessionView, command: str) -> None:
    finished = [f"{b}:{one.number}" for b in golden.branches for one in golden.lineage(b) if one.finished]
    assert finished
    assert offers(f"{command} --from ") == finished


def test_rounds_are_offered_once_a_colon_is_typed(offers: Offers) -> None:
    assert offers("transfer first --from snr:") == ["snr:0", "snr:1"]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("analyse first ", list(ANALYSES)),
        ("analyse first s", ["surface", "snr"]),
        ("export first ", ["metrics", "analysis", "ticket", "rollout", "figure", "report", "replay", "summary"]),
        ("export first figure --show ", list(EXPORTED)),
        ("export first figure --against ", list(AGAINST)),
        ("export first ticket --format ", sorted({name for names in FORMATS.values() for name in names})),
        ("transfer first --trainer ", [*STRATEGIES, *TRAINERS]),
        ("decompose first --trainer p", ["pgpe", "ppo"]),
        ("transfer first --to ant-p", ["ant-pgpe", "ant-ppo", "ant-pruners"]),
        ("new ", list(Kind)),
        ("data prepare ", list(DATA_SETS)),
        ("resume first --device ", ["cpu", "gpu"]),
        ("resume --device gpu:7 ", ["first", "here.session"]),
        *((f"{command} ", [*names(), "digits.npz", "spec.toml"]) for command in ("run", "plan", "tune")),
    ],
)
def test_kinds_are_offered(offers: Offers, typed: str, expected: list[str]) -> None:
    assert sorted(offers(typed)) == sorted(expected)


@pytest.mark.parametrize(
    "typed", ["branch nowhere --from ", "branch --from ", "adopt first --from ", "show --targ=0 x"]
)
def test_nothing_is_offered_and_nothing_said_where_nothing_is_known(offers: Offers, typed: str) -> None:
    assert offers(typed) == []


def test_a_damaged_session_offers_no_branches(offers: Offers, tmp_path: Path) -> None:
    journal = tmp_path / "here" / "here.session" / "journal.msgpack"
    journal.write_bytes(b"x" * 100)
    assert offers("branch here.session --from ") == []


def test_what_a_shell_would_have_to_quote_is_not_offered(offers: Offers, tmp_path: Path) -> None:
    shutil.copytree(GOLDEN, tmp_path / "home" / "sessions" / "$(touch x);y.session")
    shutil.copytree(GOLDEN, tmp_path / "home" / "sessions" / "a b.session")
    assert offers("show ") == ["first", "here.session"]


@pytest.mark.parametrize("typed", ["analyse golden-1 ", "branch golden-1 --from ", "transfer golden-1 --trainer "])
def test_the_prompt_waits_for_neither_jax_nor_numpy_nor_a_plug_in(tmp_path: Path, typed: str) -> None:
    shutil.copytree(GOLDEN, tmp_path / "home" / "sessions" / "golden-1.session")
    (tmp_path / "raising.py").write_text("print('imported')\n1 / 0\n")
    (tmp_path / "raising-1.0.dist-info").mkdir()
    points = "[ticket_explorer.analyses]\nmine = raising:X\n[ticket_explorer.trainers]\nmine = raising:X\n"
    (tmp_path / "raising-1.0.dist-info" / "entry_points.txt").write_text(points)
    (tmp_path / "raising-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: raising\nVersion: 1.0\n")
    surroundings = {**os.environ, **asked(typed), "TICKET_EXPLORER_HOME": str(tmp_path / "home")}
    surroundings["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(tmp_path)])
    done = subprocess.run([sys.executable, "-c", MODULES], env=surroundings, capture_output=True, text=True)
    offered = done.stdout.split()
    assert offered
    assert ("mine" in offered) == ("--from" not in typed), "a plug-in's name is known without its code"
    assert not {"jax", "jaxlib", "numpy", "scipy", "plotext", "raising"} & set(json.loads(done.stderr))
