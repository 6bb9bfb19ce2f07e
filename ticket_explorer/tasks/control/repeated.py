"""An environment in which every action is taken several times in a row."""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ticket_explorer.tasks.control.environment import Actions, Environment, EnvironmentState, Moment
from ticket_explorer.tasks.control.scene import Scene


@dataclass(frozen=True)
class Repeated:
    """Another environment's states, each action taken `times`; rewards are summed, and nothing follows an end."""

    environment: Environment
    times: int

    @property
    def observation_shape(self) -> tuple[int, ...]:
        """Of one observation."""
        return self.environment.observation_shape

    @property
    def actions(self) -> Actions:
        """What it can be told."""
        return self.environment.actions

    @property
    def steps(self) -> int:
        """Actions of its longest episode; the last may go beyond the environment's own limit, as in brax."""
        return -(-self.environment.steps // self.times)

    def reset(self, key: Array) -> Moment:
        """The start of an episode."""
        return self.environment.reset(key)

    def step(self, key: Array, state: EnvironmentState, action: Array) -> Moment:
        """What an action leads to after `times` steps, or at the episode's end before that."""

        def again(now: Moment, step_key: Array) -> tuple[Moment, None]:
            after = self.environment.step(step_key, now.state, action)
            after = replace(after, reward=now.reward + after.reward)
            over = now.terminated | now.truncated
            return jax.tree.map(lambda old, new: jnp.where(over, old, new), now, after), None

        no = jnp.zeros((), bool)
        start = Moment(state, jnp.zeros(self.observation_shape), jnp.zeros(()), no, no)
        return jax.lax.scan(again, start, jax.random.split(key, self.times))[0]

    def scene(self, states: EnvironmentState, observations: Float[np.ndarray, "T ..."]) -> Scene:
        """Drawings of consecutive states."""
        return self.environment.scene(states, observations)

    def page(self, states: EnvironmentState) -> str | None:
        """The same as a page of HTML by the environment's own renderer, as fast as if no action were repeated."""
        return self.environment.page(states)
