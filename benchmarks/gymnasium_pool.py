"""Steps of CartPole in our worker pool, with policies, against Gymnasium's own vector of processes without any.

Gymnasium steps one environment in each process and hears from all after each step; our workers step many episodes
between two messages, and each episode gets an environment of its own. Both have as many processes.
"""

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from statistics import median
from typing import Any

import jax
import numpy as np

from benchmarks.figures import Figure, seconds
from ticket_explorer.keys import arithmetic
from ticket_explorer.networks.settings import MLP
from ticket_explorer.problems import bind
from ticket_explorer.tasks.control.box2d.registered import Registered

ID, WORKERS = "CartPole-v1", 2
POPULATION, EPISODES = 64, 8
THEIR_STEPS = 2_000
REPEATS = 9


def measure() -> list[Figure]:
    """The ratio of steps a second, if Gymnasium is installed."""
    if find_spec("gymnasium") is None:
        return []
    with arithmetic():
        ours = _ours()
        theirs, close = _theirs()
        try:
            rates = [(_rate(ours), _rate(theirs)) for _ in range(REPEATS + 1)][1:]
        finally:
            close()
    name = f"{ID} with policies in {WORKERS} workers against Gymnasium's AsyncVectorEnv of as many, steps a second"
    return [Figure(name, median(mine / other for mine, other in rates), 0.9, at_least=True)]


def _rate(play: Callable[[], int]) -> float:
    """Steps a second."""
    steps: list[int] = []
    took = seconds(lambda: steps.append(play()))
    return steps[0] / took


def _ours() -> Callable[[], int]:
    """A generation's evaluation; CartPole gives 1 for each step, so returns are steps."""
    settings = Registered(id=ID, episodes=EPISODES, workers=WORKERS).taken_up()
    problem: Any = bind(settings, MLP(hidden=(32,), activation="tanh"))
    population = jax.vmap(problem.initialise)(jax.random.split(jax.random.key(0), POPULATION))
    state = problem.initial_state()
    evaluate = jax.jit(lambda key: problem.fitness(key, population, state)[0])
    keys = iter(jax.random.split(jax.random.key(1), 1_000))
    return lambda: round(float(evaluate(next(keys)).sum()) * EPISODES)


def _theirs() -> tuple[Callable[[], int], Callable[[], None]]:
    """As many steps, each by an action that was drawn before."""
    import gymnasium

    vector = gymnasium.vector.AsyncVectorEnv([partial(gymnasium.make, ID)] * WORKERS, context="spawn")
    vector.reset(seed=0)
    actions = np.random.default_rng(0).integers(0, 2, (THEIR_STEPS, WORKERS))

    def play() -> int:
        for chosen in actions:
            vector.step(chosen)
        return actions.size

    return play, vector.close
