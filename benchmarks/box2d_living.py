"""EnvPool stepping only episodes that are still running, against EnvPool stepping all until the longest ends."""

from collections.abc import Callable
from importlib.util import find_spec

import numpy as np

from benchmarks.figures import Figure, speed_ratio
from ticket_explorer.tasks.control.box2d.envpool_stepper import ENDLESS, EnvpoolStepper
from ticket_explorer.tasks.control.box2d.settings import ENTRIES
from ticket_explorer.tasks.control.stepping import World

EPISODES, STEPS, CHOICES = 37, 600, 4
NAME = ENTRIES["lunar_lander"].envpool
REPEATS = 5


def measure() -> list[Figure]:
    """The ratio, if EnvPool is installed; both sides play the same episodes in one thread."""
    if find_spec("envpool") is None:
        return []
    name = f"EnvPool, {EPISODES} landers of up to {STEPS} steps, only running episodes stepped against all, speed"
    return [Figure(name, speed_ratio(_living(), _all(), REPEATS), 3.0, at_least=True)]


def _actions() -> np.ndarray:
    return np.random.default_rng(0).integers(0, CHOICES, (STEPS, EPISODES)).astype("<i4")


def _living() -> Callable[[], object]:
    def played() -> None:
        stepper = EnvpoolStepper(1)
        number, stand = stepper.begin(World(NAME, (), None), np.arange(EPISODES, dtype="<u4"))
        for chosen in _actions():
            if stand.over.all():
                return
            stand = stepper.act(number, chosen, STEPS)

    return played


def _all() -> Callable[[], object]:
    import envpool

    def played() -> None:
        seeds = list(range(EPISODES))
        environments = envpool.make(
            NAME, env_type="gymnasium", num_envs=EPISODES, seed=seeds, num_threads=1, max_episode_steps=ENDLESS
        )
        environments.reset()
        for chosen in _actions():
            environments.step(chosen)

    return played
