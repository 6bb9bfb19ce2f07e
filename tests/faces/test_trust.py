"""Code that came with somebody else's session: each face shows it and asks; nothing runs it before."""

import asyncio
import json
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

import ticket_explorer as tx
from sessions.specs.spec import parse_spec
from sessions.views.own_code import kept_code, untrusted_code
from sessions.views.reading import read_view
from tests.faces.conftest import Tell
from widgets.decisions.session_draft import Draft
from widgets.notebook.trust import Trust
from widgets.terminal.app import TicketExplorer
from widgets.terminal.dialogs.trust import TrustDialog
from widgets.terminal.screens.explorer import Explorer

RULE = "def my_score(key, result, ticket, problem):\n\treturn abs(result.mean)  # \u202ehidden\n"


@pytest.fixture
def foreign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A session with code, seen by somebody who has not trusted anything."""
    monkeypatch.setenv("TICKET_EXPLORER_HOME", str(tmp_path / "author"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules.py").write_text(RULE, "utf-8")
    tx.Session.create(tx.spec("fashion", {"branch.snr.pruner": "./rules.py:my_score"}), tmp_path / "a.session").close()
    monkeypatch.setenv("TICKET_EXPLORER_HOME", str(tmp_path / "reader"))
    return tmp_path / "a.session"


def is_trusted(session: Path) -> bool:
    return not untrusted_code(read_view(session))


@pytest.mark.parametrize(("keys", "trusted"), [(["escape"], False), (["tab", "tab", "enter"], True)])
def test_the_app_shows_the_code_and_asks(foreign: Path, keys: list[str], trusted: bool) -> None:
    async def run() -> None:
        app = TicketExplorer(foreign)
        async with app.run_test(size=(100, 34)) as pilot:
            while not isinstance(app.screen, TrustDialog):
                await pilot.pause(0.05)
            shown = app.export_screenshot()
            assert "my_score" in shown
            assert "\u202e" not in shown
            await pilot.press(*keys)
            while not isinstance(app.screen, Explorer):
                await pilot.pause(0.05)

    asyncio.run(run())
    assert is_trusted(foreign) is trusted


def test_a_notebook_shows_the_code_and_asks(foreign: Path) -> None:
    box = Trust(untrusted_code(read_view(foreign)))
    question, code, buttons, _ = box.children
    assert "not run before you trust it" in question.value
    assert "return abs(result.mean)" in code.value
    assert "\u202e" not in code.value
    assert not is_trusted(foreign)
    buttons.children[0].click()
    assert is_trusted(foreign)
    assert "press Run" in box.children[0].value
    assert Trust(untrusted_code(read_view(foreign))).children == ()


def test_the_command_line_shows_code_and_what_has_changed(foreign: Path, tell: Tell) -> None:
    def said(*arguments: str) -> str:
        ended = tell(*arguments)
        assert ended.exit_code == 0, ended.output
        return ended.stdout

    shown = said("code", str(foreign))
    assert shown.startswith("# rules.py:my_score (not trusted here)")
    assert "\u202e" not in shown
    assert said("code", str(foreign), "--diff").strip() == "# rules.py:my_score: no change"
    Path("rules.py").write_text(RULE.replace("abs", "-abs"), "utf-8")
    changed = said("code", str(foreign), "--diff")
    assert "-       return abs(result.mean)" in changed
    assert "(+1 −1 lines)" in kept_code(read_view(foreign))[0].changes_in_words()
    Path("rules.py").unlink()
    assert kept_code(read_view(foreign))[0].changes() == ""
    assert not is_trusted(foreign)


def test_resume_trusts_what_it_is_told_to(foreign: Path, tell: Tell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("widgets.cli.run._drive", lambda session, json: session.close())
    ended = tell("resume", str(foreign), "--trust")
    assert ended.exit_code == 0, ended.output
    assert is_trusted(foreign)


def test_the_traceback_of_own_code_is_shown_on_request(tmp_path: Path) -> None:
    (tmp_path / "data.py").write_text("def my_data():\n    return deeper()\n\ndef deeper():\n    return 1 / 0\n")
    command = [sys.executable, "-m", "ticket_explorer", "run", "--set", "task.name=./data.py:my_data"]
    for more, shown in (([], False), (["--traceback"], True)):
        ended = subprocess.run([*command, *more], cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert ended.returncode == 2
        assert "data.py, line 5: ZeroDivisionError: division by zero." in ended.stderr
        assert ("Traceback" in ended.stderr) is shown
        assert ("return deeper()" in ended.stderr) is shown, "the line of one's own code"


def test_a_form_takes_code_by_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICKET_EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    for kind in ("network", "trainer", "pruner"):
        (tmp_path / f"{kind}.py").write_text((files("ticket_explorer.examples") / f"{kind}.py").read_text("utf-8"))
    draft = Draft("fashion")

    def enter(place: str, text: str) -> None:
        fields = [field for section in draft.sections() for field in section.fields]
        draft.enter(next(field for field in fields if field.place == place), text)

    enter("$.network.name", "own")
    assert list(draft.problems()) == ["$.network.name"], "no file is named yet"
    enter("$.network.place", "nope.py:MyNet")
    assert "no such file" in draft.problems()["$.network.name"]
    enter("$.network.place", "network.py:MyNet")
    enter("$.network.parameters", "hidden = [5]")
    enter("$.trainer.name", "own")
    enter("$.trainer.place", "trainer.py:MyTrainer")
    enter("$.branch[0].pruner.name", "own")
    enter("$.branch[0].pruner.place", "pruner.py:my_score")
    assert draft.problems() == {}
    plan = parse_spec(draft.whole).branches[0].plan
    assert (plan.network.place, plan.network.parameters) == ("network.py:MyNet", {"hidden": [5]})
    assert (plan.trainer.place, plan.pruner.place) == ("trainer.py:MyTrainer", "pruner.py:my_score")
    shown = [field.name for section in draft.sections() for field in section.fields]
    assert not {"source", "file", "kernel_init"} & set(shown)


def test_a_branch_whose_rule_fails_is_repaired_from_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tell: Tell
) -> None:
    monkeypatch.setenv("TICKET_EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    Path("rules.py").write_text(
        "def broken(key, result, ticket, problem):\n    print('a rule prints')\n    return result.mean / 0\n\n"
        "def mended(key, result, ticket, problem, factor=1.0):\n    return factor * result.mean\n"
    )
    small = ["--rounds", "2", "--generations", "2", "--session", "one.session"]
    ended = tell("run", "--set", "branch.magnitude.pruner=rules.py:broken", *small, "--json")
    assert ended.exit_code == 1, ended.output
    assert "ticket-explorer switch SESSION --branch magnitude" in ended.stderr
    assert "a rule prints" in ended.stderr
    done = {branch["name"]: len(branch["rounds"]) for branch in json.loads(ended.stdout)["branches"]}
    assert done == {"snr": 2, "magnitude": 1, "random": 2}
    for values, said in (
        (["pruner=rules.py:nope"], "rules.py has no nope"),
        (["seed=3"], "expected pruner, rewind, trainer, pruning, or your own task or network"),
        (["pruner=snr", "pruning.ratio=0.3"], "one after another"),
    ):
        refused = tell("switch", "one.session", "--branch", "magnitude", *(f"--set={value}" for value in values))
        assert refused.exit_code == 2
        assert said in refused.stderr
    switched = tell(
        "switch", "one.session", "--branch", "magnitude", "--set=pruner=rules.py:mended", "--set=pruner.factor=2.0"
    )
    assert switched.exit_code == 0, switched.output
    ended = tell("resume", "one.session", "--json")
    assert ended.exit_code == 0, ended.output
    assert "rules.py:mended(factor=2.0)" in tell("code", "one.session").stdout


def test_code_that_ends_the_process_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tell: Tell) -> None:
    monkeypatch.setenv("TICKET_EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    Path("rules.py").write_text("import sys\nsys.exit()\n")
    ended = tell("run", "--set", "branch.snr.pruner=rules.py:x", "--session", "one.session")
    assert ended.exit_code == 2
    assert "rules.py, line 2: it ends the process by sys.exit" in ended.stderr
    assert not Path("one.session").exists()


def test_the_help_names_the_option_for_tracebacks(tell: Tell) -> None:
    assert "--traceback" in tell("--help").stdout
