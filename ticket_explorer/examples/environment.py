"""An environment of my own, in JAX: a class that says how an episode begins, and what an action leads to.

Run it with: ticket-explorer run pendulum --set task.name=FILE:MyEnv
Try it without: python FILE

A class of Gymnasium's kind works too, `class MyEnv(gymnasium.Env)`; worker processes step it then.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp


class State(NamedTuple):
    """A puck on a line, and the place that it should come to."""

    position: jax.Array
    velocity: jax.Array
    target: jax.Array


class MyEnv:
    """Push a puck to a target, and stop there. What it is made with are settings: `--set task.friction=0.2`."""

    low, high = (-1.0,), (1.0,)
    """The range of each number of an action; `actions = 3` would be three choices instead."""
    steps = 100
    """Where an episode is cut off."""

    def __init__(self, friction: float = 0.1):
        self.friction = friction

    def reset(self, key: jax.Array) -> tuple[State, jax.Array]:
        """The state that an episode starts in, any pytree of arrays, and the observation of it."""
        state = State(jnp.zeros(()), jnp.zeros(()), jax.random.uniform(key, minval=-1.0, maxval=1.0))
        return state, self._seen(state)

    def step(self, key: jax.Array, state: State, action: jax.Array) -> tuple[State, jax.Array, jax.Array, jax.Array]:
        """The next state, its observation, the reward, and whether the episode is over."""
        velocity = (1 - self.friction) * state.velocity + 0.05 * action[0]
        after = State(state.position + 0.2 * velocity, velocity, state.target)
        return after, self._seen(after), -jnp.abs(after.position - after.target), jnp.zeros((), bool)

    def draw(self, state: State) -> jax.Array:
        """Line segments [n, 4] (x, y, x, y) that show a state; without it, observations are shown as bars."""
        x, target = state.position, state.target
        return jnp.array([[x - 0.05, 0.0, x + 0.05, 0.0], [target, -0.1, target, 0.1], [-1.5, -0.2, 1.5, -0.2]])

    def _seen(self, state: State) -> jax.Array:
        return jnp.stack([state.position, state.velocity, state.target])


if __name__ == "__main__":
    environment = MyEnv()
    state, observation = environment.reset(jax.random.key(0))
    total: jax.Array = jnp.zeros(())
    for _step in range(environment.steps):
        push = jnp.clip(3 * (state.target - state.position) - 2 * state.velocity, -1, 1)
        state, _, reward, _ = environment.step(jax.random.key(1), state, push[None])
        total = total + reward
    assert observation.shape == (3,)
    assert reward > -0.1, "a controller by hand gets there"
    print("It works: a return of", total)
