"""Trainers, environments, data and analyses of one's own: they run, and what can't be is a sentence with its line."""

import linecache
import os
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

import ticket_explorer as tx
from sessions.specs.own_code import codes_of, with_own_code
from sessions.specs.sources import put
from sessions.specs.spec import parse_spec, spec_table
from sessions.views.own_code import KeptCode
from ticket_explorer.errors import InvalidValue, TicketError
from ticket_explorer.problems import bind
from ticket_explorer.tasks.control.settings import can_be_acted_in

TRAINERS = """
import jax
import jax.numpy as jnp

class Still:
    def __init__(self, factor=1.0):
        self.factor = factor

    def init(self, key, theta0, mask, problem):
        return {"theta": self.factor * theta0}

    def step(self, key, state, problem):
        return state, -jnp.abs(state["theta"]).sum()

    def finish(self, state, problem):
        return state["theta"]

class Sure(Still):
    has_sigma = True

    def finish(self, state, problem):
        return state["theta"], 0 * state["theta"] + 0.5

class Unsure(Still):
    has_sigma = True

class Grows(Still):
    def step(self, key, state, problem):
        return {"theta": jnp.append(state["theta"], 1.0)}, 0.0

class Loses(Still):
    def step(self, key, state, problem):
        return state

class Invents(Still):
    def step(self, key, state, problem):
        return state, {"fitnes": 0.0}

class Short(Still):
    def finish(self, state, problem):
        return state["theta"][:3]

class Raises(Still):
    def step(self, key, state, problem):
        return state.nope

class Lacking:
    pass

def function(key):
    pass
"""

WORLDS = """
import jax
import jax.numpy as jnp
import gymnasium
import numpy as np

class Line:
    actions = 2
    steps = 5

    def __init__(self, size=1.0):
        self.size = size

    def reset(self, key):
        return jnp.zeros(()), jnp.zeros((3,))

    def step(self, key, state, action):
        after = state + self.size * action
        return after, jnp.full((3,), after), after, after > 3

class Pushed(Line):
    low, high = (-1.0, -1.0), (1.0, 1.0)
    actions = None

    def step(self, key, state, action):
        return state, jnp.zeros((3,)), action.sum(), False

class Idle(Line):
    actions = None

class Changes(Line):
    def step(self, key, state, action):
        return state, jnp.zeros((4,)), 0.0, False

class Three(Line):
    def step(self, key, state, action):
        return state, jnp.zeros((3,)), 0.0

class Breaks(Line):
    def step(self, key, state, action):
        return state.nope

class Walk(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-1, 1, (2,))
    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, length=4):
        self.length = length

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.taken = 0
        return np.zeros(2, np.float32), {}

    def step(self, action):
        self.taken += 1
        return np.full(2, 0.1, np.float32), float(action), self.taken >= self.length, False, {}
"""

DATA = """
import numpy as np

def blobs(count=60, split=True):
    random = np.random.default_rng(0)
    y = np.array(["a", "b", "c"])[np.arange(count) % 3]
    x = random.normal(size=(count, 4)) + (np.arange(count) % 3)[:, None]
    return (x[::2], y[::2], x[1::2], y[1::2]) if split else (x, y)

def one():
    return np.zeros((4, 3))

def objects():
    return np.array([{}] * 4), np.zeros(4)

def fails():
    return 1 / 0
"""

LOOKS = """
import jax.numpy as jnp

def size(result, problem, power=1):
    return jnp.abs(result.mean).sum() ** power

def several(result, problem):
    return {leaf.name.replace("/", "_"): result.mask[leaf.slice].mean() for leaf in problem.layout}

def words(result, problem):
    return {"a": "b"}

def bad_name(result, problem):
    return {"not a name": 1}

def huge(result, problem):
    return jnp.zeros((5_000_000,))
"""


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of one's own code, and a home in which nothing is trusted."""
    monkeypatch.setenv("TICKET_EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    for name, text in (("trainers", TRAINERS), ("worlds", WORLDS), ("data", DATA), ("looks", LOOKS)):
        Path(f"{name}.py").write_text(text)
    return tmp_path


def own(lab: Any, **values: Any) -> tx.Spec:
    """The tiny spec with values set as `--set` sets them."""
    table = spec_table(lab.spec())
    put(table, {f"branch.snr.{path}": value for path, value in values.items()})
    return parse_spec(table)


def task(**table: Any) -> Any:
    """The task's settings as a session takes them up."""
    tables = with_own_code({"task": table, "network": "mlp", "pruner": "magnitude"}, Path.cwd())
    return parse_spec(tables).branches[0].plan.task.taken_up()


def test_a_trainer_of_ones_own_trains(mine: Path, lab: Any) -> None:
    spec = own(lab, pruner="magnitude", trainer={"name": "trainers.py:Still", "factor": 2.0, "generations": 3})
    with tx.Session.create(spec, lab.path()) as session:
        session.run()
        found = session.ticket("snr", 1)
    assert np.allclose(found.trained[found.mask], 2.0 * found.start[found.mask])
    assert (found.trained[~found.mask] == 0).all()
    assert found.sigma is None
    fitness = session.view.branches["snr"].rounds[0].metrics()[:, :, 0]
    assert np.isfinite(fitness).all()
    assert fitness.max() < 0
    lab.assert_whole(session.path)


def test_it_resumes_bit_for_bit(mine: Path, lab: Any) -> None:
    spec = own(lab, pruner="magnitude", trainer={"name": "trainers.py:Still", "generations": 3})
    for name in ("one", "other"):
        with tx.Session.create(spec, lab.path(name)) as session:
            session.step(2)
    for _ in range(2):
        with tx.Session.open(lab.path("other")) as session:
            session.step(1)
    for name in ("one", "other"):
        with tx.Session.open(lab.path(name)) as session:
            session.run()
    lab.assert_same(lab.path("one"), lab.path("other"))


def test_a_trainer_with_a_sigma_goes_with_snr(mine: Path, lab: Any) -> None:
    spec = own(lab, trainer={"name": "trainers.py:Sure", "generations": 3})
    assert spec.branches[0].plan.trainer.has_sigma
    with tx.Session.create(spec, lab.path()) as session:
        session.run()
        sigma = session.ticket("snr", 1).sigma
    assert sigma is not None
    assert set(sigma) == {0.0, 0.5}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Lacking", "a class with methods init, step, finish"),
        ("function", "a class with methods init, step, finish"),
        ("Unsure", "weights and σ, since it says has_sigma = True"),
        ("Grows", "return the same structure and shapes"),
        ("Loses", "a state, and the fitness or a dict of metrics"),
        ("Invents", "fitnes, expected metrics among fitness_mean"),
        ("Short", r"a number for each weight"),
        ("Raises", r"trainers.py, line \d+: AttributeError"),
        ("Nope", "trainers.py has no Nope"),
    ],
)
def test_a_trainer_that_can_not_be_is_refused_before_the_session_begins(
    mine: Path, lab: Any, name: str, said: str
) -> None:
    spec = own(lab, pruner="magnitude", trainer={"name": f"trainers.py:{name}"})
    with pytest.raises(TicketError, match=said):
        tx.Session.create(spec, lab.path())
    assert not lab.path().exists()


def test_snr_needs_a_trainer_that_says_it_has_a_sigma(mine: Path, lab: Any) -> None:
    with pytest.raises(InvalidValue, match="Still finds none"):
        own(lab, trainer={"name": "trainers.py:Still"})


def test_another_trainer_takes_the_place_of_ones_own(mine: Path, lab: Any) -> None:
    table = spec_table(own(lab, pruner="magnitude", trainer={"name": "trainers.py:Still", "factor": 2.0}))
    put(table, {"branch.snr.trainer.name": "gradient_descent"})
    assert "source" not in table["branch"][0]["trainer"]
    assert parse_spec(table).branches[0].plan.trainer.needs_loss


def test_an_environment_of_ones_own(mine: Path, lab: Any) -> None:
    spec = own(lab, task={"name": "worlds.py:Line", "size": 2.0, "episodes": 2, "test_episodes": 3})
    assert can_be_acted_in(type(spec.branches[0].plan.task))
    with tx.Session.create(spec, lab.path()) as session:
        session.run()
        measured = session.view.branches["snr"].plan["task"]["measured"]
        episode = session.rollout("snr", 0)
    assert measured["observation"] == [3]
    assert (measured["outputs"], measured["steps"]) == (2, 5)
    assert episode.shape[0] <= 5
    lab.assert_whole(session.path)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Idle", "actions = 3, a number of choices, or low and high"),
        ("Changes", "of other shapes than reset"),
        ("Three", "whether the episode is over"),
        ("Breaks", r"worlds.py, line \d+: AttributeError"),
    ],
)
def test_an_environment_that_can_not_be(mine: Path, name: str, said: str) -> None:
    with pytest.raises(TicketError, match=said):
        task(name=f"worlds.py:{name}")


def test_actions_may_be_numbers(mine: Path) -> None:
    found = task(name="worlds.py:Pushed")
    assert (found.action_size, found.measured.low) == (2, (-1.0, -1.0))


@pytest.mark.parametrize("table", [{"name": "worlds.py:Walk"}, {"name": "gymnasium", "id": "./worlds.py:Walk"}])
def test_an_environment_of_gymnasiums_kind_is_stepped_by_workers(mine: Path, lab: Any, table: dict[str, Any]) -> None:
    given = {**table, "length": 3, "episodes": 2, "test_episodes": 2, "steps": 10, "workers": 1}
    spec = own(lab, task=given)
    assert spec.branches[0].plan.task.steps_in_processes
    with tx.Session.create(spec, lab.path()) as session:
        session.run_round()
        plan = session.view.branches["snr"].plan
        finished = session.view.branches["snr"].rounds[0].finished
    assert plan["task"]["id"] == "worlds.py:Walk"
    assert finished is not None
    assert all(0 <= score <= 3 for score in finished.score)


def test_data_that_a_function_returns(mine: Path, lab: Any) -> None:
    spec = own(lab, task={"name": "data.py:blobs", "count": 90, "split": False, "batch": 10})
    with tx.Session.create(spec, lab.path()) as session:
        session.run()
        measured = session.view.branches["snr"].plan["task"]["measured"]
    assert measured["classes"] == ["a", "b", "c"]
    assert measured["train"] + measured["test"] == 90
    lab.assert_whole(session.path)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("one", "expected x_train, y_train, x_test and y_test"),
        ("objects", "an array of Python objects"),
        ("fails", r"data.py, line \d+: ZeroDivisionError"),
    ],
)
def test_data_that_can_not_be_learned_from(mine: Path, name: str, said: str) -> None:
    with pytest.raises(TicketError, match=said):
        task(name=f"data.py:{name}")


def test_data_that_changed_are_refused(mine: Path) -> None:
    found = task(name="data.py:blobs")
    changed = with_own_code({"task": {"name": "data.py:blobs", "count": 30}}, Path.cwd())["task"]
    table = {"task": {**changed, "measured": msgspec.to_builtins(found.measured)}, "pruner": "magnitude"}
    with pytest.raises(TicketError, match="the data that it began with"):
        bind(parse_spec(table).branches[0].plan.task, parse_spec(table).branches[0].plan.network)


def test_an_analysis_of_ones_own(mine: Path, lab: Any) -> None:
    with lab.create() as session:
        session.run_round()
        found = session.analyse("looks.py:size", "snr", 0, {"power": 2})
        mean = session.ticket("snr", 0).trained
        by_leaf = session.analyse("looks.py:several", "snr")
    assert found.kind == "looks.py:size"
    assert found.array("value")[0] == pytest.approx(np.abs(mean).sum() ** 2, rel=1e-5)
    assert by_leaf.array("dense_0_kernel").shape == (1,)
    lab.assert_whole(session.path)


def look(result, problem, times=1):  # type: ignore[no-untyped-def]
    return times * result.mask.sum()


def test_a_function_of_a_cell_analyses_too(mine: Path, lab: Any) -> None:
    with lab.create() as session:
        session.run_round()
        found = session.analyse("own", "snr", 0, tx.code_of(look, times=3))
        size = session.ticket("snr", 0).mask.size
    assert found.array("value")[0] == 3 * size


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("words", "a number, or an array of numbers"),
        ("bad_name", "names of letters, digits and _"),
        ("huge", "at most 4,000,000"),
        ("nope", "looks.py has no nope"),
    ],
)
def test_an_analysis_that_can_not_be_leaves_the_session_whole(mine: Path, lab: Any, name: str, said: str) -> None:
    with lab.create() as session:
        session.run_round()
        with pytest.raises(TicketError, match=said):
            session.analyse(f"looks.py:{name}", "snr")
        session.run()
    lab.assert_whole(session.path)


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


def test_trust_in_a_text_is_none_in_what_it_imports(mine: Path, lab: Any) -> None:
    """A forged session could name any object that a trusted text imports, `subprocess.run`, and its arguments."""
    (mine / "data.py").write_text("from subprocess import run\n" + DATA)
    assert task(name="data.py:blobs").measured.train == 30
    table = with_own_code({"task": {"name": "data.py:blobs"}}, Path.cwd())["task"]
    forged = {**table, "place": "data.py:run", "parameters": {"args": f"touch {mine / 'mark'}", "shell": True}}
    with pytest.raises(TicketError, match=r"data\.py:run is not defined in data\.py but imported there"):
        parse_spec({"task": forged, "network": "mlp", "pruner": "magnitude"}).branches[0].plan.task.taken_up()
    assert not (mine / "mark").exists()


def test_a_foreign_id_imports_no_module(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (mine / "evil_worlds.py").write_text("open('mark', 'w').close()\n")
    monkeypatch.syspath_prepend(str(mine))
    foreign = {"name": "gymnasium", "id": "evil_worlds:Evil-v0"}
    with pytest.raises(TicketError, match="imports the module evil_worlds"):
        parse_spec({"task": foreign, "network": "mlp", "pruner": "magnitude"}).branches[0].plan.task.taken_up()
    assert not (mine / "mark").exists()
    assert [code["source"] for code in codes_of({"task": foreign})] == ["import evil_worlds\n"]
    with pytest.raises(TicketError, match="Gymnasium can't make"):
        task(**foreign)  # named by oneself, it is imported
    assert (mine / "mark").exists()


def test_only_regular_files_are_read(mine: Path) -> None:
    os.mkfifo(mine / "pipe.py")
    with pytest.raises(InvalidValue, match="not a regular file"):
        task(name="pipe.py:blobs")
    assert KeptCode("pipe.py:blobs", "", str(mine / "pipe.py")).changes() == ""
