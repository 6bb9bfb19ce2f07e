"""Any environment of Gymnasium as a task: as Gymnasium steps it, whatever its spaces."""

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnasium import spaces

from ticket_explorer.errors import InvalidValue, TicketError
from ticket_explorer.networks.settings import MLP
from ticket_explorer.problems import bind
from ticket_explorer.tasks.control.box2d.flat import registered
from ticket_explorer.tasks.control.box2d.registered import Registered
from ticket_explorer.tasks.control.box2d.registered_environment import measured
from ticket_explorer.tasks.control.spaces import Spaces

pytestmark = pytest.mark.thorough


def task(**fields):
    return Registered(**{"episodes": 2, "test_episodes": 2, "workers": 1, **fields})


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("CartPole-v1", Spaces(observation=(4,), outputs=2, steps=500)),
        ("Pendulum-v1", Spaces(observation=(3,), outputs=1, low=(-2.0,), high=(2.0,), steps=200)),
        ("FrozenLake-v1", Spaces(observation=(16,), outputs=4, steps=100)),
        ("Blackjack-v1", Spaces(observation=(32 + 11 + 2,), outputs=2, steps=1000)),
    ],
)
def test_it_is_measured_and_taken_up(name, found):
    assert measured(task(id=name)) == found
    taken = task(id=name).taken_up()
    assert (taken.input_shape, taken.outputs) == (found.observation, found.outputs)
    assert taken.taken_up() == taken


@pytest.mark.parametrize("name", ["CartPole-v1", "Pendulum-v1"])
def test_returns_are_those_of_gymnasium_itself(name):
    settings = task(id=name, steps=30, squash="clip").taken_up()
    problem = bind(settings, MLP(hidden=(4,)))
    theta = problem.initialise(jax.random.key(3))
    key = jax.random.key(5)
    population = jnp.stack([theta, -theta])
    fitness, _ = jax.jit(problem.fitness)(key, population, problem.initial_state())
    again, _ = jax.jit(problem.fitness)(key, population, problem.initial_state())
    assert (fitness == again).all()
    shown = problem.rollout(key, theta, problem.initial_state())
    seen, actions = np.asarray(shown.observations), problem.task.play.actions
    outputs = problem.network.apply(theta, jnp.asarray(seen[:1]))
    chosen = np.asarray(actions.of(outputs, "clip"))[0]
    made = gymnasium.make(name)
    made.reset(seed=0)
    state = np.array(seen[0], np.float64)
    made.unwrapped.state = state if name == "CartPole-v1" else np.array([np.arctan2(state[1], state[0]), state[2]])
    after, *_ = made.step(int(chosen) if name == "CartPole-v1" else np.asarray(chosen, np.float32))
    assert np.allclose(after, seen[1], atol=1e-4)


def test_the_first_action_may_be_another_number_than_zero(monkeypatch):
    class Shifted(gymnasium.Env):
        observation_space = spaces.Box(0, 9, (2, 2))
        action_space = spaces.Discrete(3, start=5)

        def reset(self, *, seed=None, options=None):
            return np.zeros((2, 2)), {}

        def step(self, action):
            return np.full((2, 2), action), 1, False, True, {}

    gymnasium.register("Shifted-v0", Shifted)
    flat = registered("Shifted-v0")
    flat.reset(seed=1)
    observation, reward, terminated, truncated, _ = flat.step(2)
    assert observation.tolist() == [[7, 7], [7, 7]]
    assert (reward, terminated, truncated) == (1.0, False, True)
    assert measured(task(id="Shifted-v0")).observation == (2, 2)


def test_what_can_not_be():
    with pytest.raises(TicketError, match="Gymnasium can't make 'Nope-v1'"):
        task(id="Nope-v1").taken_up()
    with pytest.raises(TicketError, match=r"Gymnasium can't make 'CartPole-v1': .*nope"):
        task(id="CartPole-v1", parameters={"nope": 1}).taken_up()
    with pytest.raises(InvalidValue, match="the name of an environment, such as CartPole-v1"):
        task().taken_up()
    with pytest.raises(TicketError, match="known only after it is loaded"):
        _ = task(id="CartPole-v1").outputs
    with pytest.raises(InvalidValue, match="Gymnasium takes each action once"):
        task(id="CartPole-v1", action_repeat=2).check()
    other = task(id="CartPole-v1", measured=Spaces(observation=(5,), outputs=2, steps=500))
    with pytest.raises(TicketError, match="is another environment here"):
        bind(other, MLP())
    with pytest.raises(InvalidValue, match="sizes that can't be"):
        task(id="CartPole-v1", measured=Spaces(observation=(4,), outputs=2, low=(1.0,), high=(1.0,), steps=5)).check()


def test_actions_that_are_no_array_are_refused():
    class Several(gymnasium.Env):
        observation_space = spaces.Box(0, 9, (2,))
        action_space = spaces.MultiDiscrete([2, 2])

    gymnasium.register("Several-v0", Several)
    with pytest.raises(InvalidValue, match="one of Box or Discrete actions, not MultiDiscrete"):
        task(id="Several-v0").taken_up()
