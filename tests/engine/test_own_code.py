"""Networks, pruners and rewinds of one's own: they train, go on with their text, and never run unasked."""

import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

import ticket_explorer as tx
from sessions.session.session import Session
from sessions.specs.sources import assign, load_table, put
from sessions.specs.spec import parse_spec, spec_table
from ticket_explorer import own_code
from ticket_explorer.errors import InvalidValue, TicketError
from ticket_explorer.networks.network import Network, NormalisedNetwork
from ticket_explorer.networks.own import build_own
from ticket_explorer.networks.own_settings import OwnNetwork
from ticket_explorer.registry import implementation_of

NET = """
import math
from flax import linen as nn
from flax import nnx

class MyNet(nn.Module):
    outputs: int
    hidden: tuple = (4,)

    @nn.compact
    def __call__(self, x):
        x = x.reshape(x.shape[0], -1)
        for width in self.hidden:
            x = nn.relu(nn.Dense(width)(x))
        return nn.Dense(self.outputs)(x)

class Normed(nn.Module):
    outputs: int

    @nn.compact
    def __call__(self, x, train=True):
        x = nn.Dense(4)(x.reshape(x.shape[0], -1))
        return nn.Dense(self.outputs)(nn.BatchNorm(use_running_average=not train)(x))

class Three(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(3)(x.reshape(x.shape[0], -1))

class Fails(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(3)(x.nope)

class NoNet:
    pass

class Newer(nnx.Module):
    def __init__(self, outputs, input_shape, hidden=(4, 3), *, rngs):
        widths = (math.prod(input_shape), *hidden)
        self.layers = nnx.List([nnx.Linear(a, b, rngs=rngs) for a, b in zip(widths, widths[1:])])
        self.last = nnx.Linear(widths[-1], outputs, rngs=rngs)

    def __call__(self, x):
        x = x.reshape(x.shape[0], -1)
        for layer in self.layers:
            x = nnx.relu(layer(x))
        return self.last(x)

class NewerNormed(nnx.Module):
    def __init__(self, outputs, input_shape, *, rngs):
        self.first = nnx.Linear(math.prod(input_shape), 4, rngs=rngs)
        self.norm = nnx.BatchNorm(4, rngs=rngs)
        self.last = nnx.Linear(4, outputs, rngs=rngs)

    def __call__(self, x):
        return self.last(self.norm(self.first(x.reshape(x.shape[0], -1))))

class Drops(Newer):
    def __init__(self, outputs, input_shape, *, rngs):
        super().__init__(outputs, input_shape, rngs=rngs)
        self.drop = nnx.Dropout(0.5, rngs=rngs)

class NoRngs(nnx.Module):
    def __init__(self, outputs):
        pass

class Convolved(nn.Module):
    outputs: int

    @nn.compact
    def __call__(self, x):
        return nn.Dense(self.outputs)(nn.Conv(2, (2, 2))(x).reshape(x.shape[0], -1))
"""
RULES = """
import jax.numpy as jnp

def my_score(key, result, ticket, problem, sign=1.0):
    return sign * jnp.abs(result.mean)

def my_start(key, origin, result, mask, problem):
    return -origin.initial

def short(key, result, ticket, problem):
    return result.mean[:3]

def fails(key, result, ticket, problem):
    return result.mean + result.nope
"""


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


def ticket_explorer(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """A process of its own, with nobody to answer its questions."""
    return subprocess.run(
        [sys.executable, *arguments], timeout=120, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )


NAMES = {
    "network": "MyNet",
    "pruner": "my_score",
    "rewind": "my_start",
    "trainer": "MyTrainer",
    "task": "my_data",
    "environment": "MyEnv",
}
"""What the examples define, by kind."""


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of one's own code, and a home in which nothing is trusted."""
    monkeypatch.setenv("TICKET_EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    Path("net.py").write_text(NET)
    Path("rules.py").write_text(RULES)
    return tmp_path


def own(lab: Any, **tables: Any) -> tx.Spec:
    """The tiny spec with values set as `--set` sets them."""
    table = spec_table(lab.spec())
    values = {f"branch.snr.{path}": value for path, value in tables.items()}
    put(table, values)
    return parse_spec(table)


def network(name: str, **parameters: Any) -> Any:
    table = {"network": {"name": f"net.py:{name}", **parameters}}
    put(table, {})
    settings = parse_spec({**table, "pruner": "magnitude"}).branches[0].plan.network
    assert isinstance(settings, OwnNetwork)
    return build_own(settings, (3, 3, 1), 10)


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


def test_a_branch_takes_a_rule_by_its_file(mine: Path, lab: Any) -> None:
    with lab.create() as session:
        session.run()
        name = session.branch("snr", 1, None, {"pruner": "./rules.py:my_score", "pruning": {"rounds": 3}})
        session.switch_pruner("snr", "./rules.py:my_score")
        assert session.view.branches["snr"].plan["pruner"]["place"] == "rules.py:my_score"
        session.run()
    assert session.view.branches[name].next_round == 3


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
    with Session.open(session.path) as opened:
        opened.run_round()


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


@pytest.mark.parametrize(
    ("name", "parameters", "said"),
    [
        ("Nope", {}, "net.py has no Nope; it has"),
        ("NoNet", {}, "a class that is a module of flax.linen or flax.nnx"),
        ("Drops", {}, "keeps RngCount, RngKey"),
        ("NoRngs", {}, "net.py: TypeError: .*rngs"),
        ("Three", {}, r"gives outputs of shape \(1, 3\).*the task needs \(1, 10\)"),
        ("Fails", {}, r"^net.py, line 33: AttributeError: .*nope"),
        ("MyNet", {"nope": 1}, "net.py: TypeError: .*nope"),
        ("MyNet", {"kernel_init": "zeros"}, "net.py: TypeError: .*kernel_init"),
        ("MyNet", {"prunable": "*/nothing"}, "a pattern of its leaves: Dense_0/bias"),
    ],
)
def test_a_network_that_can_not_be(mine: Path, name: str, parameters: dict[str, Any], said: str) -> None:
    with pytest.raises(TicketError, match=said):
        network(name, **parameters)


@pytest.mark.parametrize(
    ("rule", "said"),
    [("short", r"rules.py:short: scores of shape \(3,\)"), ("fails", "rules.py, line 14: AttributeError")],
)
def test_a_rule_that_fails_names_its_line_and_leaves_the_session_whole(
    mine: Path, lab: Any, rule: str, said: str
) -> None:
    with Session.create(own(lab, pruner=f"./rules.py:{rule}"), lab.path()) as session:
        session.run_round()
        with pytest.raises(TicketError, match=said):
            session.run_round()
        session.switch_pruner("snr", "magnitude")
        session.run()
    lab.assert_whole(session.path)


def test_a_text_that_does_not_parse_names_its_line(mine: Path, lab: Any) -> None:
    (mine / "rules.py").write_text("def x(:\n")
    with (
        Session.create(own(lab, pruner="./rules.py:x"), lab.path()) as session,
        pytest.raises(TicketError, match=r"rules\.py, line 1: "),
    ):
        session.run()


@pytest.mark.parametrize(("name", "norm"), [("Normed", "BatchNorm_0"), ("NewerNormed", "norm")])
def test_batch_statistics_are_carried(mine: Path, lab: Any, name: str, norm: str) -> None:
    built = network(name)
    assert isinstance(built, NormalisedNetwork)
    inputs = jax.random.normal(jax.random.key(0), (50, 3, 3, 1)) + 5
    theta = built.initialise(jax.random.key(1))
    _, statistics = built.apply_training(theta, inputs, built.initial_statistics())
    mean = statistics[norm]["mean"]
    assert jnp.abs(mean).max() > 0
    assert not np.allclose(built.apply_testing(theta, inputs, statistics), built.apply(theta, inputs))
    with Session.create(own(lab, network=f"./net.py:{name}"), lab.path()) as session:
        session.run()
    lab.assert_whole(session.path)


@pytest.mark.parametrize("name", ["MyNet", "Newer"])
def test_it_offers_what_every_network_does(mine: Path, name: str) -> None:
    built = network(name, hidden=[5, 4])
    assert isinstance(built, Network)
    assert hash(built) == hash(network(name, hidden=[5, 4]))
    theta = built.initialise(jax.random.key(0))
    inputs = jax.random.normal(jax.random.key(1), (6, 3, 3, 1))
    population = jnp.stack([theta, -theta])
    each = jnp.stack([built.apply(one, inputs) for one in population])
    assert np.allclose(built.population_apply(population, inputs), each, atol=1e-5)
    assert np.array_equal(
        built.apply(theta, inputs), built.module.apply({"params": built.layout.unflatten(theta)}, inputs)
    )


@pytest.mark.parametrize(("name", "group"), [("MyNet", 16), ("Convolved", 1)])
def test_a_cpu_takes_dense_layers_of_several_at_once(mine: Path, name: str, group: int) -> None:
    built = network(name)
    assert (built.usual_form.group, built.former_form.group) == (group, 1)
    population = jax.vmap(built.initialise)(jax.random.split(jax.random.key(0), 19))
    inputs = jax.random.normal(jax.random.key(1), (6, 3, 3, 1))
    each = jnp.stack([built.apply(one, inputs) for one in population])
    assert np.allclose(built.population_apply(population, inputs), each, atol=1e-5)


def test_a_module_of_nnx_is_the_one_that_its_author_wrote(mine: Path, lab: Any) -> None:
    built = network("Newer", hidden=[5, 4])
    assert [leaf.name for leaf in built.layout if leaf.prunable] == [
        "last/kernel",
        "layers/0/kernel",
        "layers/1/kernel",
    ]
    inputs = jax.random.normal(jax.random.key(1), (6, 3, 3, 1))
    original = own_code.loaded("net.py:Newer", built.settings.source)(10, (3, 3, 1), (5, 4), rngs=nnx.Rngs(3))

    def parameters(layer: Any) -> dict[str, Any]:
        return {"kernel": layer.kernel[...], "bias": layer.bias[...]}

    layers = {str(number): parameters(layer) for number, layer in enumerate(original.layers)}
    theta = built.layout.flatten({"layers": layers, "last": parameters(original.last)})
    assert np.allclose(built.apply(theta, inputs), original(inputs), atol=1e-6)
    with Session.create(own(lab, network="./net.py:Newer"), lab.path()) as session:
        session.run()
    lab.assert_whole(session.path)


def test_another_network_drops_the_old_ones_fields(mine: Path) -> None:
    table = load_table("fashion")
    assign(table, ["network.name=./net.py:MyNet", "network.hidden=[7]"])
    assert table["network"]["parameters"] == {"hidden": [7]}
    assign(table, ["network.name=mlp"])
    assert table["network"] == {"name": "mlp"}


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
