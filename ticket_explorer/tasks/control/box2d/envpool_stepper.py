"""Environments stepped by EnvPool (Weng et al. 2022), in threads of this process: several times as fast as Gymnasium's.

EnvPool's Box2D tasks are its own in C++. They draw other numbers from a seed than Gymnasium's, so that results of the
two are not the same; each by itself is the same again with the same seeds, whatever the number of threads.
Only episodes that are not over are stepped: EnvPool would restart the others, and play them until the longest ends.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from ticket_explorer.cores import cores
from ticket_explorer.tasks.control.stepping import OPEN_PLAYS, Stand, World, known

LARGEST_SEED = 0x7FFFFFFF
ENDLESS = 1 << 30
"""Steps after which EnvPool would cut an episode off itself."""


@dataclass
class _Play:
    environments: Any
    stand: Stand
    steps: int = 0


class EnvpoolStepper:
    """Steps plays by EnvPool."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self._plays: OrderedDict[int, _Play] = OrderedDict()
        self._begun = 0
        self._lock = threading.Lock()

    def begin(self, world: World, seeds: np.ndarray) -> tuple[int, Stand]:
        """Start episodes, uint32 [n]; returns what they are called, and where they are."""
        import envpool

        environments = envpool.make(
            world.maker,
            env_type="gymnasium",
            num_envs=len(seeds),
            seed=[int(seed) & LARGEST_SEED for seed in seeds],
            num_threads=min(self.threads, len(seeds)),
            max_episode_steps=ENDLESS,
        )
        observations, _ = environments.reset()
        stand = Stand(observations, np.zeros(len(seeds), "<f4"), np.zeros(len(seeds), bool))
        with self._lock:
            while len(self._plays) >= OPEN_PLAYS:
                self._plays.popitem(last=False)
            self._begun += 1
            self._plays[self._begun] = _Play(environments, stand)
            return self._begun, stand

    def act(self, number: int, actions: np.ndarray, steps: int) -> Stand:
        """Take a step in each episode that is not over."""
        with self._lock:
            play = known(self._plays, number)
            play.steps += 1
            play.stand = _stepped(play, actions)
            if play.stand.over.all() or play.steps >= steps:
                del self._plays[number]
            return play.stand


def _stepped(play: _Play, actions: np.ndarray) -> Stand:
    """Where a play is after a step of its living episodes."""
    living = np.flatnonzero(~play.stand.over).astype("<i4")
    seen, gained, terminated, truncated, told = play.environments.step(actions[living], living)
    places = told["env_id"]
    observations, rewards, over = play.stand.observations.copy(), np.zeros(len(actions), "<f4"), play.stand.over.copy()
    observations[places], rewards[places], over[places] = seen, gained, terminated | truncated
    return Stand(observations, rewards, over)


@cache
def stepper(threads: int | None) -> EnvpoolStepper:
    """The process's stepper of so many threads; None: one for each core that may be used."""
    return EnvpoolStepper(threads or cores())
