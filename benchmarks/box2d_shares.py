"""Box2D without policies: each worker's share of the episodes, stepped in a process of its own, all at once.

This is the most that two workers can reach on a machine whose two cores may be two threads of one; the difference is
what a generation costs beyond stepping. No JAX is imported here.
"""

from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from types import TracebackType
from typing import Self

import numpy as np

from ticket_explorer.tasks.control.box2d.settings import LANDER
from ticket_explorer.tasks.control.worlds import Act, Begin, Worlds

CHOICES = 4


def stepped(episodes: int, steps: int, _: int = 0) -> int:
    """Play episodes of LunarLander with random actions, which cost as much as a policy's; returns the steps."""
    worlds = Worlds(Begin(0, LANDER, {}, np.arange(episodes, dtype="<u4").tobytes()))
    actions = np.random.default_rng(0).integers(0, CHOICES, (steps, episodes)).astype("<i4")
    for chosen in actions:
        worlds.act(Act(0, chosen.tobytes(), None))
    return steps * episodes


class Shares:
    """One process for each worker, with the worker's share of the episodes."""

    def __init__(self, workers: int, episodes: int, steps: int) -> None:
        self._pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
        self._workers, self._share = workers, partial(stepped, episodes, steps)

    def __call__(self) -> None:
        """Play all shares once."""
        list(self._pool.map(self._share, range(self._workers)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._pool.shutdown()
