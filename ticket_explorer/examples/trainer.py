"""A trainer of my own: a class that says how a round finds weights.

Run it with: ticket-explorer run fashion --set trainer.name=FILE:MyTrainer --set branch.snr.pruner=movement
Try it without: python FILE
"""

from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp

State = dict[str, Any]


class MyTrainer:
    """Hill climbing: of some candidates near the best weights so far, the fittest takes over if it is better.

    What it is made with are settings: `--set trainer.candidates=32`. A class that also finds a σ of each weight says
    `has_sigma = True`, and its `finish` returns (weights, σ).
    """

    def __init__(self, candidates: int = 16, step: float = 0.02):
        self.candidates, self.step_size = candidates, step

    def init(self, key: jax.Array, theta0: jax.Array, mask: jax.Array, problem: Any) -> State:
        """The state before the first generation: any pytree of arrays.

        Args:
            key: For what chance decides.
            theta0: The weights that the round starts from, [D].
            mask: Which of them are kept, bool [D].
            problem: Task and network.
        """
        return {"theta": jnp.where(mask, theta0, 0.0), "mask": mask, "carried": problem.initial_state()}

    def step(self, key: jax.Array, state: State, problem: Any) -> tuple[State, dict[str, Any]]:
        """One generation: the next state, in the same shapes, and its metrics; `fitness_mean` is enough."""
        noise_key, batch_key = jax.random.split(key)
        noise = self.step_size * jax.random.normal(noise_key, (self.candidates, len(state["theta"])))
        candidates = state["theta"] + jnp.where(state["mask"], noise, 0.0).at[0].set(0.0)
        fitness, carried = problem.fitness(batch_key, candidates, state["carried"])
        after = {**state, "theta": candidates[jnp.argmax(fitness)], "carried": carried}
        return after, {"fitness_mean": fitness.mean(), "fitness_best": fitness.max()}

    def finish(self, state: State, problem: Any) -> jax.Array:
        """The weights that the round found, [D]."""
        theta: jax.Array = state["theta"]
        return theta

    def problem_state(self, state: State) -> Any:
        """What the task carries from generation to generation: statistics of observations, or of batches."""
        return state["carried"]


if __name__ == "__main__":
    near = SimpleNamespace(
        initial_state=tuple, fitness=lambda key, candidates, carried: (-jnp.abs(candidates - 1).sum(1), carried)
    )
    trainer = MyTrainer()
    state = trainer.init(jax.random.key(0), jnp.zeros(2), jnp.array([True, False]), near)
    for key in jax.random.split(jax.random.key(1), 100):
        state, _ = trainer.step(key, state, near)
    theta = trainer.finish(state, near)
    assert abs(theta[0] - 1) < 0.1
    assert theta[1] == 0.0, "what is pruned stays at 0"
    print("It works:", theta)
