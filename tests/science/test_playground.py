"""Tasks of MuJoCo Playground against Playground's own functions, and physics that are really changed."""

from importlib.util import find_spec

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ticket_explorer.errors import TicketError
from ticket_explorer.networks.settings import MLP
from ticket_explorer.problems import bind
from ticket_explorer.tasks import TASKS
from ticket_explorer.tasks.control import environment
from ticket_explorer.tasks.control.playground.settings import ENTRIES
from ticket_explorer.tasks.control.rollout import on_the_host

KEY = jax.random.key(0)


def problem(name="cartpole_balance", **settings):
    return bind(TASKS[name](**{"episodes": 2, "steps": 20, "test_episodes": 2, **settings}), MLP(hidden=(4,)))


def returns(**settings):
    made = problem(**settings)
    return float(jax.jit(made.score)(KEY, made.initialise(KEY), made.initial_state()))


def test_an_extra_that_is_missing_says_the_command(monkeypatch):
    monkeypatch.setattr(environment, "find_spec", lambda name: None)
    with pytest.raises(TicketError, match=r"needs mujoco_playground, .* pip install 'ticket-explorer\[playground\]'"):
        problem()


@pytest.mark.skipif(find_spec("mujoco_playground") is None, reason="the extra `playground` is not installed")
class TestWithPlayground:
    def test_fitness_is_the_mean_return_of_playgrounds_own_loop(self):
        made = problem(normalise=False)
        alone = made.task.play.environment.made()
        theta, (reset_key, _) = made.initialise(KEY), jax.random.split(KEY)
        step, reset = jax.jit(alone.step), jax.jit(alone.reset)
        totals = []
        for start in jax.random.split(reset_key, 2):
            state, total = reset(start), 0.0
            for _ in range(20):
                state = step(state, jnp.tanh(made.network.apply(theta, state.obs[None])[0]))
                total += float(state.reward)
            totals.append(total)
        fitness, _ = jax.jit(made.fitness)(KEY, theta[None], made.initial_state())
        np.testing.assert_allclose(fitness[0], np.mean(totals), rtol=1e-3)

    @pytest.mark.parametrize(
        "name", [n if n in ("point_mass", "walker_walk") else pytest.param(n, marks=pytest.mark.slow) for n in ENTRIES]
    )
    def test_sizes_are_those_of_playground(self, name):
        made = problem(name)
        assert made.input_shape == (ENTRIES[name].observation,)
        assert made.task.outputs == ENTRIES[name].outputs

    def test_masses_and_numbers_change_the_physics(self):
        plain, heavy, slow = returns(), returns(mass={"pole_1": 20.0}), returns(parameters={"ctrl_dt": 0.05})
        assert len({plain, heavy, slow}) == 3

    def test_unknown_bodies_and_numbers_are_refused(self):
        with pytest.raises(TicketError, match=r"\$\.task\.mass: 'tail', expected one of its bodies: cart, pole_1"):
            problem(mass={"tail": 1.0})
        with pytest.raises(
            TicketError, match=r"parameters\.njmax: cartpole_balance has no such parameter; its .*sim_dt"
        ):
            problem(parameters={"njmax": 1.0})

    @pytest.mark.parametrize("name", ["cartpole_balance", "reacher_easy", "point_mass"])
    def test_an_episode_is_drawn(self, name):
        made = problem(name)
        scene = made.scene(on_the_host(jax.jit(made.rollout)(KEY, made.initialise(KEY), made.initial_state())))
        assert scene.length == 20
        assert np.isfinite(scene.segments).all()
        assert np.ptp(scene.segments, axis=0).max() > 0
