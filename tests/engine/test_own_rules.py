"""Pruners and rewinds of one's own: tried before a session begins, switched where they fail."""

import re
from pathlib import Path
from typing import Any

import jax
import pytest

import ticket_explorer as tx
from sessions.session.session import Session
from sessions.specs.sources import put
from sessions.views.failures import failures
from sessions.views.reading import read_view
from tests.engine.own_stage import own
from ticket_explorer.errors import TicketError

pytestmark = pytest.mark.thorough


def test_a_branch_takes_a_rule_by_its_file(mine: Path, lab: Any) -> None:
    with lab.create() as session:
        session.run()
        name = session.branch("snr", 1, None, {"pruner": "./rules.py:my_score", "pruning": {"rounds": 3}})
        session.switch_pruner("snr", "./rules.py:my_score")
        assert session.view.branches["snr"].plan["pruner"]["place"] == "rules.py:my_score"
        session.run()
    assert session.view.branches[name].next_round == 3


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"pruner": "short"}, r"rules.py:short: scores of shape \(3,\)"),
        ({"pruner": "fails"}, "rules.py, line 14: AttributeError"),
        ({"pruner": "imaginary"}, "scores of type complex64, expected real numbers"),
        ({"pruner": "flags"}, "scores of type bool, expected real numbers"),
        ({"pruner": "words"}, "scores: str, expected an array of numbers"),
        ({"pruner": "leaves"}, r"rules.py, line \d+: it ends the process by sys.exit"),
        ({"pruner": "doubles"}, "rules.py changes jax_enable_x64 of JAX"),
        ({"rewind": "short_start"}, r"rules.py:short_start: weights of shape \(3,\)"),
        ({"pruner": {"name": "rules.py:my_score", "nope": 1}}, "rules.py: TypeError: .*nope"),
    ],
)
def test_a_rule_that_can_not_be_is_refused_before_the_session_begins(
    mine: Path, lab: Any, values: dict[str, Any], said: str
) -> None:
    named = {key: value if isinstance(value, dict) else f"rules.py:{value}" for key, value in values.items()}
    with pytest.raises(TicketError, match=said):
        tx.Session.create(own(lab, **named), lab.path())
    assert not lab.path().exists()
    assert not jax.config.values["jax_enable_x64"]


@pytest.mark.parametrize(
    ("key", "rule", "said"),
    [
        ("pruner", "undefined", "rules.py:undefined: scores of kept weights that are NaN or infinite, in replicate 0"),
        ("pruner", "endless", "rules.py:endless: scores of kept weights that are NaN or infinite"),
        ("rewind", "nowhere", "rules.py:nowhere: weights that are NaN or infinite"),
    ],
)
def test_a_rule_that_fails_leaves_its_branch_waiting_and_others_go_on(
    mine: Path, lab: Any, key: str, rule: str, said: str
) -> None:
    with lab.create() as session:
        session.run_round()
        name = session.branch("snr", 0, "mine", {key: f"rules.py:{rule}"})
        with pytest.raises(TicketError, match=said):
            session.run()
        assert session.view.branches["snr"].is_done
        assert session.view.state == "paused"
        assert "ticket-explorer switch SESSION --branch mine" in session.view.message
    lab.assert_whole(session.path)
    seen = read_view(session.path)
    assert [branch.name for branch in seen.branches.values() if branch.stuck] == [name]
    assert re.search(said, failures(seen)[0])
    with tx.Session.open(session.path) as session:
        assert failures(session.view) == []
        with pytest.raises(TicketError, match=said):
            session.run()
        assert failures(read_view(session.path))
        session.switch_pruner(name, **{key: {"pruner": "magnitude", "rewind": "initial"}[key]})
        session.run()
        assert session.view.state == "finished"
    assert failures(read_view(session.path)) == []
    lab.assert_whole(session.path)


def test_what_is_not_kept_may_be_nan(mine: Path, lab: Any) -> None:
    with tx.Session.create(own(lab, pruner="rules.py:gone"), lab.path()) as session:
        session.run()
    lab.assert_whole(session.path)


def test_what_a_rule_prints_or_where_it_goes_changes_nothing(
    mine: Path, lab: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = own(lab, pruner="rules.py:chatty", rewind="initial")
    tx.Session.create(spec, lab.path()).close()
    out, err = capsys.readouterr()
    assert (out, "hello from a rule" in err) == ("", True)
    tx.Session.create(own(lab, pruner="rules.py:moves"), lab.path("other")).close()
    assert Path.cwd() == mine


def test_arguments_change_alone_and_are_dropped_with_their_object(mine: Path, lab: Any) -> None:
    with lab.create() as session:
        session.run_round()
        session.switch_pruner("snr", {"name": "rules.py:my_score", "sign": 2.0})
        name = session.branch("snr", 0, None, {"pruner": {"sign": -1.0}})
        assert session.view.branches[name].plan["pruner"]["parameters"] == {"sign": -1.0}
        session.run()
        session.switch_pruner("snr", {"name": "rules.py:gone"})
        assert session.view.branches["snr"].plan["pruner"]["parameters"] == {}
        assert session.view.says("Branch snr: With rules.py:gone in place of rules.py:my_score, sign = 2.0 is dropped.")


def test_other_code_in_a_table_drops_the_former_arguments(mine: Path) -> None:
    table: dict[str, Any] = {"pruner": {"name": "rules.py:my_score", "sign": 2.0}}
    put(table, {})
    for values in ({"pruner": "rules.py:gone"}, {"pruner.name": "rules.py:gone"}):
        other = {**table, "pruner": dict(table["pruner"])}
        put(other, values)
        assert other["pruner"]["place"] == "rules.py:gone"
        assert "parameters" not in other["pruner"]
        said = "With rules.py:gone in place of rules.py:my_score, sign = 2.0 is dropped."
        assert other["remarks"] == [said]
    put(table, {"pruner.sign": 3.0})
    assert table["pruner"]["parameters"] == {"sign": 3.0}


def test_a_text_that_does_not_parse_names_its_line(mine: Path, lab: Any) -> None:
    (mine / "rules.py").write_text("def x(:\n")
    with pytest.raises(TicketError, match=r"rules\.py, line 1: "):
        Session.create(own(lab, pruner="./rules.py:x"), lab.path())


def test_a_rule_of_ones_own_is_previewed_as_built_in_ones_are(mine: Path, lab: Any) -> None:
    with lab.create() as session:
        session.run_round()
        told = session.preview_pruning("snr", "./rules.py:my_score")
        assert (told.present, told.asked) == ("snr", "rules.py:my_score")
        shares = told.overlap[told.pruners.index("rules.py:my_score")]
        assert shares[told.pruners.index("magnitude")] == 1.0
        assert sum(told.layers["rules.py:my_score"].values()) == told.removed
        for rule, said in (
            ("fails", r"rules\.py, line 14: AttributeError"),
            ("undefined", "that are NaN or infinite"),
            ("nope", r"rules\.py has no nope; it has .*my_score"),
        ):
            with pytest.raises(TicketError, match=said):
                session.preview_pruning("snr", f"./rules.py:{rule}")
        session.switch_pruner("snr", {"name": "rules.py:my_score", "sign": -1.0})
        told = session.preview_pruning("snr", "./rules.py:my_score")
        assert (told.present, told.asked) == ("rules.py:my_score", "rules.py:my_score")
        told = session.preview_pruning("snr", {"parameters": {"sign": 1.0}})
        assert (told.present, told.asked) == ("rules.py:my_score", "rules.py:my_score, as it is now")
        assert session.preview_pruning("snr").present == "rules.py:my_score"


def test_a_change_is_tried_and_changes_nothing(mine: Path, lab: Any) -> None:
    with lab.create() as session:
        end = session.journal_end
        session.try_out("snr", {"pruner": "./rules.py:my_score", "rewind": "./rules.py:my_start"})
        with pytest.raises(TicketError, match=r"rules\.py:short_start: weights of shape"):
            session.try_out("snr", {"rewind": "./rules.py:short_start"})
        with pytest.raises(TicketError, match=r"trainers\.py, line \d+: AttributeError"):
            session.try_out("snr", {"pruner": "magnitude", "trainer": {"name": "trainers.py:Raises"}})
        assert session.journal_end == end


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("import mylib", r"rules\.py, line 1: ModuleNotFoundError: No module named 'mylib'; a session keeps one file"),
        (
            "from .mylib import size",
            r"rules\.py, line 1: ImportError: attempted relative import .*; a session keeps one",
        ),
    ],
)
def test_a_package_beside_a_file_gets_a_sentence(mine: Path, lab: Any, line: str, said: str) -> None:
    (mine / "mylib").mkdir()
    (mine / "mylib" / "__init__.py").write_text("size = abs\n")
    (mine / "rules.py").write_text(f"{line}\n\ndef x(key, result, ticket, problem):\n    return result.mean\n")
    with pytest.raises(TicketError, match=said):
        Session.create(own(lab, pruner="./rules.py:x"), lab.path())
