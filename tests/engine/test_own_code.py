"""Code of one's own: sessions go on with its text, and it never runs unasked."""

import linecache
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import ticket_explorer as tx
from sessions.plans.checks import cautions
from sessions.session.session import Session
from sessions.specs.own_code import trusted_in
from sessions.specs.sources import put
from sessions.specs.spec import parse_spec, table_of
from tests.engine.own_stage import NET, RULES, TRAINERS, own, ticket_explorer
from ticket_explorer import own_code
from ticket_explorer.errors import InvalidValue, TicketError
from ticket_explorer.registry import implementation_of

pytestmark = pytest.mark.thorough

READING = """
import sys
from widgets.cli import main

session, out = sys.argv[1:]
codes = []
for arguments in (
    ["list"],
    ["show", session],
    ["verify", session],
    ["export", session, "metrics", "--out", out],
    ["replay", session, "--plain"],
):
    sys.argv = ["ticket-explorer", *arguments]
    try:
        main()
    except SystemExit as ended:
        codes.append(ended.code or 0)
print(*codes)
"""


NAMES = {
    "network": "MyNet",
    "pruner": "my_score",
    "rewind": "my_start",
    "trainer": "MyTrainer",
    "task": "my_data",
    "environment": "MyEnv",
}
"""What the examples define, by kind."""


def test_a_session_of_nothing_but_own_code(mine: Path, lab: Any) -> None:
    spec = own(
        lab,
        network={"name": "./net.py:MyNet", "hidden": [3]},
        pruner={"name": "./rules.py:my_score", "sign": -1.0},
        rewind="./rules.py:my_start",
    )
    with Session.create(spec, lab.path()) as session:
        session.run()
        dense, sparse = session.ticket("snr", 0), session.ticket("snr", 1)
    kept = dense.problem.layout.prunable & sparse.mask
    gone = dense.problem.layout.prunable & ~sparse.mask
    assert np.abs(dense.trained[kept]).max() <= np.abs(dense.trained[gone]).min(), "sign = -1 prunes the largest"
    assert (sparse.start[sparse.mask] == -dense.start[sparse.mask]).all()
    assert next(leaf.shape for leaf in dense.problem.layout if leaf.prunable)[1] == 3
    lab.assert_whole(session.path)


def test_it_goes_on_with_the_text_that_it_began_with(mine: Path, lab: Any) -> None:
    spec = own(lab, network="./net.py:MyNet")
    with Session.create(spec, lab.path("one")) as session:
        session.run()
    with Session.create(spec, lab.path("other")) as session:
        session.step(3)
    (mine / "net.py").write_text("raise SystemExit")
    with Session.open(lab.path("other")) as session:
        session.run()
    lab.assert_same(lab.path("one"), lab.path("other"))


def test_a_foreign_session_runs_nothing(mine: Path, lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = mine / "mark"
    (mine / "net.py").write_text(NET + f"\nopen({str(mark)!r}, 'w').close()\n")
    with Session.create(own(lab, network="./net.py:MyNet"), lab.path()) as session:
        session.run_round()
    assert mark.exists(), "it runs where its author named it"
    mark.unlink()
    monkeypatch.setenv("TICKET_EXPLORER_HOME", str(mine / "somebody else"))
    ended = ticket_explorer("-c", READING, str(session.path), str(mine / "metrics.csv"))
    assert ended.stdout.splitlines()[-1] == "0 0 0 0 0", ended.stderr
    assert not mark.exists()
    for command, said in (
        ("resume", "which is not run before you trust it"),
        ("trust", "there is no terminal to ask in"),
    ):
        ended = ticket_explorer("-m", "ticket_explorer", command, str(session.path))
        assert said in ended.stderr
        assert "Traceback" not in ended.stderr
        assert not mark.exists(), command
    assert "# net.py:MyNet" in ended.stdout
    assert ticket_explorer("-m", "ticket_explorer", "trust", str(session.path), "--yes").returncode == 0
    resumed = ticket_explorer("-m", "ticket_explorer", "resume", str(session.path))
    assert resumed.returncode == 0, resumed.stderr
    assert mark.exists()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"network": "./nope.py:X"}, "no such file"),
        ({"network": "./net.py"}, "unknown network './net.py'"),
        ({"network": "./net.py:not an object"}, "FILE.py:OBJECT"),
        ({"network": "no_such_module:X"}, "an importable module"),
        ({"trainer.name": "./net.py"}, "unknown trainer './net.py'"),
    ],
)
def test_a_name_that_leads_nowhere(mine: Path, lab: Any, values: dict[str, Any], said: str) -> None:
    with pytest.raises(TicketError, match=said):
        own(lab, **values)


@pytest.mark.parametrize("kind", ["network", "pruner", "rewind", "trainer", "task", "environment"])
def test_the_examples_work(mine: Path, lab: Any, kind: str) -> None:
    example = Path(str(files("ticket_explorer.examples") / f"{kind}.py"))
    said = subprocess.run([sys.executable, str(example)], check=True, capture_output=True, text=True, timeout=120)
    assert said.stdout.startswith("It works")
    key = {"environment": "task"}.get(kind, kind)
    table = {"name": f"{example}:{NAMES[kind]}", **({"generations": 5} if kind == "trainer" else {})}
    with Session.create(own(lab, **{"pruner": "magnitude", key: table}), lab.path()) as session:
        session.run()


def test_the_example_of_an_analysis_works(mine: Path, lab: Any) -> None:
    example = Path(str(files("ticket_explorer.examples") / "analysis.py"))
    said = subprocess.run([sys.executable, str(example)], check=True, capture_output=True, text=True, timeout=120)
    assert said.stdout.startswith("It works")
    with lab.create() as session:
        session.run_round()
        found = session.analyse(f"{example}:my_look", "snr")
    assert 0 < found.array("dense_0_kernel_leading")[0] <= 1


def test_the_largest_text_and_what_is_no_text(mine: Path, lab: Any) -> None:
    (mine / "rules.py").write_text("#" * (own_code.LARGEST + 1))
    with pytest.raises(InvalidValue, match="a file of at most"):
        own(lab, pruner="./rules.py:x")
    (mine / "rules.py").write_bytes(b"\xff")
    with pytest.raises(TicketError, match="is not text"):
        own(lab, pruner="./rules.py:x")


def test_settings_load_what_they_name(mine: Path) -> None:
    table = {"pruner": "./rules.py:my_score"}
    put(table, {})
    assert callable(implementation_of(parse_spec(table).branches[0].plan.pruner))


def half(key, result, ticket, problem, factor=0.5):  # type: ignore[no-untyped-def]
    return factor * jnp.abs(result.mean)


def test_a_function_of_a_script_is_taken_in(mine: Path, lab: Any) -> None:
    with lab.create() as session:
        session.run_round()
        name = session.branch("snr", 0, None, {"pruner": tx.code_of(half, factor=-1.0)})
        session.run()
        dense, sparse = session.ticket(name, 0), session.ticket(name, 1)
    prunable = dense.problem.layout.prunable
    kept, gone = prunable & sparse.mask, prunable & ~sparse.mask
    assert np.abs(dense.trained[kept]).max() <= np.abs(dense.trained[gone]).min()
    with pytest.raises(InvalidValue, match="that a file or a cell defines"):
        tx.code_of(len)


def test_a_class_of_a_cell_is_taken_in(mine: Path, lab: Any) -> None:
    """A cell has no file, so that Python itself finds no class of it: `inspect.getsource` raises."""
    text = TRAINERS.partition("class Sure")[0] + "\nclass Other:\n    pass\n"
    name = "<ipython-input-7-abc>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    cells: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(text, name, "exec"), cells)
    table = tx.code_of(cells["Still"], factor=2.0)
    assert "class Still" in table["source"]
    assert "class Other" not in table["source"]
    spec = own(lab, pruner="magnitude", trainer={**table, "generations": 2})
    with tx.Session.create(spec, lab.path()) as session:
        session.run_round()


def test_trust_is_in_the_object_and_its_arguments_too(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = {"pruner": {"name": "rules.py:my_score", "sign": 2.0}}
    put(table, {})
    plan = table["pruner"]
    assert trusted_in(table) == [("rules.py:my_score", plan["source"])]
    for forged in ({"place": "rules.py:short"}, {"parameters": {"sign": 3.0}}, {"parameters": {}}):
        other = {"pruner": {**plan, **forged}}
        assert trusted_in(other) == []
        with pytest.raises(TicketError, match="which is not run before you trust it"):
            implementation_of(parse_spec(other).branches[0].plan.pruner)
    put(table, {"pruner.sign": 3.0})
    assert trusted_in(table), "one's own arguments for code that is trusted"
    monkeypatch.setenv("TICKET_EXPLORER_HOME", str(mine / "somebody else"))
    put(table, {"pruner.sign": 4.0})
    assert trusted_in(table) == [], "arguments for code that came from somebody else"


def test_a_branchs_own_arguments_are_trusted_with_the_file_that_is_named_above(mine: Path) -> None:
    (mine / "spec.toml").write_text(
        'preset = "fashion"\n[network]\nname = "./net.py:MyNet"\n[[branch]]\nname = "a"\nnetwork = { hidden = [5] }\n'
    )
    spec = tx.spec("spec.toml")
    assert spec.branches[0].plan.network.parameters == {"hidden": [5]}
    assert trusted_in(table_of(spec.branches[0].plan))


def test_a_text_may_begin_with_a_mark_of_its_bytes(mine: Path) -> None:
    (mine / "rules.py").write_bytes(b"\xef\xbb\xbf" + RULES.encode())
    table: dict[str, Any] = {"pruner": "rules.py:my_score"}
    put(table, {})
    assert not table["pruner"]["source"].startswith("\ufeff")
    assert callable(implementation_of(parse_spec(table).branches[0].plan.pruner))


def test_what_a_file_imports_from_beside_it_is_remarked(mine: Path, lab: Any) -> None:
    (mine / "helping.py").write_text("FACTOR = 2.0\n")
    (mine / "rules.py").write_text(
        "def my_score(key, result, ticket, problem):\n    import helping\n    return result.mean\n"
    )
    spec = own(lab, pruner="rules.py:my_score")
    assert any("rules.py:my_score imports helping from beside it" in said for said in cautions(spec.branches[0].plan))


def test_an_analysis_of_a_function_needs_no_name(mine: Path, lab: Any) -> None:
    with lab.create() as session:
        session.run_round()
        found = session.analyse(tx.code_of(counted, times=2), "snr")
        assert tx.analyse(session, tx.code_of(counted, times=2), "snr").array("value") == found.array("value")
        assert found.array("value")[0] == 2 * session.ticket("snr", 0).mask.sum()
    with pytest.raises(InvalidValue, match=r"tx\.code_of"):
        tx.Session.create(lab.spec(), lab.path("other"), data=counted)


def counted(result, problem, times=1):  # type: ignore[no-untyped-def]
    return times * result.mask.sum()
