"""Networks of one's own: modules of flax.linen and flax.nnx, tried before a session begins."""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from sessions.session.session import Session
from sessions.specs.sources import assign, load_table
from tests.engine.own_stage import network, own
from ticket_explorer.errors import TicketError
from ticket_explorer.networks.network import Network, NormalisedNetwork
from ticket_explorer.own_running import loaded

pytestmark = pytest.mark.thorough


@pytest.mark.parametrize(
    ("name", "parameters", "said"),
    [
        ("Nope", {}, "net.py has no Nope; it has"),
        ("NoNet", {}, "a class that is a module of flax.linen or flax.nnx"),
        ("Drops", {}, "draws random numbers when it is called, as dropout does"),
        ("Rests", {}, "draws random numbers when it is called, as dropout does"),
        ("Dropping", {}, "draws random numbers when it is called, as dropout does"),
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
    ("name", "norm"), [("Normed", "BatchNorm_0"), ("MustKnow", "BatchNorm_0"), ("NewerNormed", "norm")]
)
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


@pytest.mark.parametrize(
    ("name", "kind", "group"),
    [
        ("MyNet", "grouped", 16),
        ("Convolved", "products", 2),
        ("Strided", "grouped", 1),
        ("Compares", "grouped", 1),
        ("Normed", "grouped", 1),
    ],
)
def test_a_cpu_takes_the_form_that_fits_the_layers(mine: Path, name: str, kind: str, group: int) -> None:
    """Convolutions that are no plain ones, and what mixes images, stay as they are."""
    built = network(name)
    if name != "Normed":
        assert (built.usual_form.kind, built.usual_form.group, built.former_form.group) == (kind, group, 1)
    assert ("products" in built.kinds) == (kind == "products")
    population = jax.vmap(built.initialise)(jax.random.split(jax.random.key(0), 19))
    inputs = jax.random.normal(jax.random.key(1), (70, 3, 3, 1))
    each = jnp.stack([built.apply(one, inputs) for one in population])
    assert np.allclose(jax.jit(built.population_apply)(population, inputs), each, atol=1e-5)
    for form in built.forms(19, 70):
        assert np.allclose(jax.jit(built.in_form(form).population_apply)(population, inputs), each, atol=1e-5)


def test_a_session_of_convolutions_of_ones_own_resumes(mine: Path, lab: Any) -> None:
    spec = own(lab, network="net.py:Convolved", trainer={"generations": 6}, pruning={"rounds": 1})
    for name in ("one", "other"):
        with Session.create(spec, lab.path(name)) as session:
            session.step(2)
            assert session.view.running is not None
            assert session.view.running.forms[0].form.kind == "products"
    with Session.open(lab.path("other")) as session:
        session.step(1)
    for name in ("one", "other"):
        with Session.open(lab.path(name)) as session:
            session.run()
    lab.assert_same(lab.path("one"), lab.path("other"), rounds=1)


def test_a_module_of_nnx_is_the_one_that_its_author_wrote(mine: Path, lab: Any) -> None:
    built = network("Newer", hidden=[5, 4])
    assert [leaf.name for leaf in built.layout if leaf.prunable] == [
        "last/kernel",
        "layers/0/kernel",
        "layers/1/kernel",
    ]
    inputs = jax.random.normal(jax.random.key(1), (6, 3, 3, 1))
    original = loaded("net.py:Newer", built.settings.source, built.settings.parameters)(
        10, (3, 3, 1), (5, 4), rngs=nnx.Rngs(3)
    )

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


def test_dropout_that_never_drops_is_a_network(mine: Path) -> None:
    assert network("NeverDrops").layout.size == 100
