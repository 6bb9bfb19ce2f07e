"""Code of one's own for tests: networks, rules, trainers, environments, data and analyses, and how they are named."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import ticket_explorer as tx
from sessions.specs.own_code import with_own_code
from sessions.specs.sources import put
from sessions.specs.spec import parse_spec, spec_table
from ticket_explorer.networks.own import build_own
from ticket_explorer.networks.own_settings import OwnNetwork

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

class Strided(nn.Module):
    outputs: int

    @nn.compact
    def __call__(self, x):
        return nn.Dense(self.outputs)(nn.Conv(2, (2, 2), strides=2)(x).reshape(x.shape[0], -1))

class Compares(nn.Module):
    outputs: int

    @nn.compact
    def __call__(self, x):
        x = nn.Conv(2, (2, 2))(x)
        return nn.Dense(self.outputs)((x - x.mean(0)).reshape(x.shape[0], -1))

class MustKnow(nn.Module):
    outputs: int

    @nn.compact
    def __call__(self, x, train):
        x = nn.Dense(4)(x.reshape(x.shape[0], -1))
        return nn.Dense(self.outputs)(nn.BatchNorm(use_running_average=not train)(x))

class Rests(nn.Module):
    outputs: int

    @nn.compact
    def __call__(self, x, *, deterministic):
        x = nn.Dense(4)(x.reshape(x.shape[0], -1))
        return nn.Dense(self.outputs)(nn.Dropout(0.5)(x, deterministic=deterministic))

class Dropping(nn.Module):
    outputs: int

    @nn.compact
    def __call__(self, x, train=False):
        return nn.Dense(self.outputs)(nn.Dropout(0.5, deterministic=not train)(x.reshape(x.shape[0], -1)))

class NeverDrops(nn.Module):
    outputs: int

    @nn.compact
    def __call__(self, x):
        return nn.Dense(self.outputs)(nn.Dropout(0.5, deterministic=True)(x.reshape(x.shape[0], -1)))
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

def undefined(key, result, ticket, problem):
    return jnp.log(-jnp.abs(result.mean))

def endless(key, result, ticket, problem):
    return jnp.inf + result.mean

def gone(key, result, ticket, problem):
    return jnp.where(result.mask, result.mean, jnp.nan)

def imaginary(key, result, ticket, problem):
    return 1j * result.mean

def flags(key, result, ticket, problem):
    return result.mean > 0

def words(key, result, ticket, problem):
    return "high"

def nowhere(key, origin, result, mask, problem):
    return origin.initial / 0.0

def short_start(key, origin, result, mask, problem):
    return origin.initial[:3]

def chatty(key, result, ticket, problem, sign=1.0):
    print("hello from a rule")
    return sign * result.mean

def leaves(key, result, ticket, problem):
    import sys
    sys.exit()

def doubles(key, result, ticket, problem):
    import jax
    jax.config.update("jax_enable_x64", True)
    return result.mean

def moves(key, result, ticket, problem):
    import os
    os.chdir("/")
    return result.mean
"""

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

class Casts(Still):
    def step(self, key, state, problem):
        return {"theta": state["theta"].astype(jnp.float16)}, 0.0

class Keyed(Still):
    def init(self, key, theta0, mask, problem):
        return {"theta": theta0, "key": key}

class Flat(Sure):
    def finish(self, state, problem):
        return state["theta"], 0 * state["theta"]

class Later(Sure):
    pass

class Imaginary(Still):
    def finish(self, state, problem):
        return 1j * state["theta"]

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

class LongWalk(Walk):
    pass

class Stumbles(Walk):
    def step(self, action):
        return self.nope

class Careless(Walk):
    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return np.random.default_rng().normal(size=2).astype(np.float32), {}
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

TEXTS = {"net": NET, "rules": RULES, "trainers": TRAINERS, "worlds": WORLDS, "data": DATA, "looks": LOOKS}
"""By the names of their files."""


def ticket_explorer(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """A process of its own, with nobody to answer its questions."""
    return subprocess.run(
        [sys.executable, *arguments], timeout=120, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )


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


def task(**table: Any) -> Any:
    """The task's settings as a session takes them up."""
    tables = with_own_code({"task": table, "network": "mlp", "pruner": "magnitude"}, Path.cwd())
    return parse_spec(tables).branches[0].plan.task.taken_up()
