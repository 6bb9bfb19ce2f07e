"""Code of one's own that fails within a round: it is dropped, others go on, and it begins again once repaired."""

from pathlib import Path
from typing import Any

import pytest

import ticket_explorer as tx
from sessions.messages import events
from sessions.specs.sources import put
from sessions.specs.spec import parse_spec, spec_table
from sessions.store import SessionDirectory
from sessions.views.failures import failures
from sessions.views.reading import read_view
from ticket_explorer.errors import InvalidValue, TicketError

pytestmark = pytest.mark.thorough

TRAINER = """
import jax
import jax.numpy as jnp
import numpy as np

class Ends:
    def __init__(self, at={at}):
        self.at = at

    def init(self, key, theta0, mask, problem):
        return {{"theta": theta0, "done": jnp.int32(0)}}

    def step(self, key, state, problem):
        theta = state["theta"] + 0.01 * jax.random.normal(key, state["theta"].shape)
        theta = jax.pure_callback(self.host, jax.ShapeDtypeStruct(theta.shape, theta.dtype), theta, state["done"],
                                  vmap_method="sequential")
        return {{"theta": theta, "done": state["done"] + 1}}, -jnp.abs(theta).sum()

    def host(self, theta, done):
        if int(done) == self.at:
            raise ValueError("the end is here")
        return np.asarray(theta)

    def finish(self, state, problem):
        return state["theta"]
"""
NETWORK = """
import jax
import numpy as np
from flax import linen as nn

class Breaks(nn.Module):
    outputs: int

    @nn.compact
    def __call__(self, x):
        x = nn.Dense(4)(x.reshape(x.shape[0], -1))
        {line}
        return nn.Dense(self.outputs)(x)
"""
LINE = """x = jax.pure_callback(lambda x: np.asarray(x) / missing, jax.ShapeDtypeStruct(x.shape, x.dtype), x, \
vmap_method="expand_dims")"""
SHORT = {"rounds": 2, "ratio": 0.3}


def two(lab: Any, **tables: Any) -> tx.Spec:
    """Two branches that share nothing, of which `mine` has tables of its own."""
    table = spec_table(lab.spec(pruning=SHORT, trainer={"generations": 6}))
    branch = table["branch"][0]
    other = {**branch, "name": "other", "pruner": {"name": "random"}, "noise_seed": 5}
    table["branch"] = [{**branch, "name": "mine"}, other]
    put(table, {f"branch.mine.{path}": value for path, value in tables.items()})
    return parse_spec(table)


def trainer(at: int) -> dict[str, Any]:
    Path("ends.py").write_text(TRAINER.format(at=at))
    return {"name": "ends.py:Ends", "generations": 6}


def run_to_failure(session: tx.Session, said: str) -> None:
    with pytest.raises(TicketError, match=said):
        session.run()


@pytest.mark.parametrize("steps", [0, 2])
def test_a_trainer_that_fails_in_a_round_leaves_its_branch_waiting(mine: Path, lab: Any, steps: int) -> None:
    with tx.Session.create(two(lab, pruner="magnitude", trainer=trainer(3)), lab.path()) as session:
        session.step(steps)
        run_to_failure(session, r"ends\.py, line 21: ValueError: the end is here")
        view = session.view
        assert (view.branches["other"].next_round, view.branches["mine"].rounds, view.running) == (2, {}, None)
        assert "ticket-explorer switch SESSION --branch mine --set trainer=ends.py:Ends" in view.branches["mine"].stuck
        assert (view.state, "mine" in view.message) == ("paused", True)
    assert not SessionDirectory(session.path).checkpoint.exists()
    lab.assert_whole(session.path)
    seen = read_view(session.path)
    assert [branch.name for branch in seen.branches.values() if branch.stuck] == ["mine"]
    assert len([event for event in seen.history if isinstance(event, events.RoundDropped)]) == 1
    with tx.Session.open(session.path) as session:  # it is tried again
        run_to_failure(session, "the end is here")
        session.switch_trainer("mine", trainer(99))
        session.run()
        assert failures(session.view) == []
    whole = two(lab, pruner="magnitude", trainer=trainer(99))
    with tx.Session.create(whole, lab.path("whole")) as expected:
        expected.run()
    assert lab.outcome(session.path)["mine:1"]["mean"] == lab.outcome(expected.path)["mine:1"]["mean"]
    lab.assert_whole(session.path)


def test_it_resumes_bit_for_bit_wherever_it_is_killed(mine: Path, lab: Any) -> None:
    def begun(name: str) -> Any:
        session = tx.Session.create(two(lab, pruner="magnitude", trainer=trainer(3)), lab.path(name))
        run_to_failure(session, "the end is here")
        session.switch_trainer("mine", trainer(99))
        return session

    with begun("whole") as expected:
        expected.run()
    session = begun("killed")
    while not session.is_finished:
        session.step(2)
        session = tx.Session.open(lab.kill(session))
    session.close()
    lab.assert_same(expected.path, session.path)


def test_a_later_round_begins_again_with_the_plan_of_then(mine: Path, lab: Any) -> None:
    with tx.Session.create(two(lab, pruner="magnitude"), lab.path()) as session:
        while session.view.branches["mine"].next_round < 1:
            session.run_round()
        session.switch_trainer("mine", trainer(2))
        run_to_failure(session, "the end is here")
        session.switch_pruner("mine", "random")
        session.switch_trainer("mine", {"name": "gradient_descent", "generations": 4})
        session.run()
        found = session.view.branches["mine"].rounds[1]
        assert (found.generations, found.plan["trainer"]["name"]) == (4, "gradient_descent")
        assert session.view.branches["mine"].rounds[0].pruned[-1].pruner == "random"
    lab.assert_whole(session.path)


def test_early_weights_of_a_dropped_round_are_not_taken(mine: Path, lab: Any) -> None:
    early = {"name": "early", "generation": 2}
    spec = two(lab, pruner="magnitude", rewind=early, trainer=trainer(4))
    with tx.Session.create(spec, lab.path()) as session:
        session.step(3)
        run_to_failure(session, "the end is here")
        session.switch_trainer("mine", {"name": "gradient_descent", "generations": 6})
        session.run()
    lab.assert_whole(session.path)
    descent = {"name": "gradient_descent", "generations": 6}
    with tx.Session.create(two(lab, pruner="magnitude", rewind=early, trainer=descent), lab.path("b")) as expected:
        expected.run()
    assert lab.outcome(session.path)["mine:1"]["mean"] == lab.outcome(expected.path)["mine:1"]["mean"]


def test_a_network_that_fails_in_a_round_is_repaired(mine: Path, lab: Any) -> None:
    Path("breaks.py").write_text(NETWORK.format(line=LINE))
    with tx.Session.create(two(lab, network="breaks.py:Breaks"), lab.path()) as session:
        run_to_failure(session, r"breaks\.py, line 12: NameError: name 'missing' is not defined")
        assert "--set network=breaks.py:Breaks" in session.view.branches["mine"].stuck
        assert session.view.branches["other"].is_done
        Path("breaks.py").write_text(NETWORK.format(line="x = nn.relu(x)"))
        session.switch_code("mine", network="./breaks.py:Breaks")
        session.run()
        Path("breaks.py").write_text(NETWORK.format(line="x = nn.Dense(3)(x)"))
        with pytest.raises(InvalidValue, match="another network, of"):
            session.switch_code("mine", network="./breaks.py:Breaks")
        with pytest.raises(InvalidValue, match="repaired code of your own"):
            session.switch_code("other", network="./breaks.py:Breaks")
        with pytest.raises(InvalidValue, match="repaired code of your own"):
            session.switch_code("mine", network="mlp")
        with pytest.raises(InvalidValue, match=r"nothing, expected task=FILE\.py:CLASS"):
            session.switch_code("mine")
    lab.assert_whole(session.path)


def test_an_environment_that_fails_in_a_round_is_repaired(mine: Path, lab: Any) -> None:
    world = {"name": "worlds.py:Stumbles", "episodes": 1, "test_episodes": 1, "steps": 3, "workers": 1}
    with tx.Session.create(two(lab, task=world), lab.path()) as session:
        run_to_failure(session, r"The environment failed: worlds\.py, line \d+: AttributeError: .*nope")
        assert "until its environment is repaired" in session.view.branches["mine"].stuck
        assert session.view.branches["other"].is_done
        text = Path("worlds.py").read_text()
        Path("worlds.py").write_text(text.replace("return self.nope", "return super().step(action)"))
        session.switch_code("mine", task="./worlds.py:Stumbles")
        session.run()
        assert session.view.branches["mine"].is_done
    lab.assert_whole(session.path)


def test_a_sigma_that_can_not_be_drops_the_round(mine: Path, lab: Any) -> None:
    spec = two(lab, trainer={"name": "trainers.py:Flat", "generations": 2})
    with tx.Session.create(spec, lab.path()) as session:
        run_to_failure(session, "trainers.py:Flat: finish: σ of .* kept weights is not above 0")
        assert session.view.branches["mine"].rounds == {}
        assert session.view.branches["other"].is_done
    lab.assert_whole(session.path)
