"""brax tasks against brax's own loop, and physics that are really changed."""

import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sessions.specs.spec import parse_spec
from ticket_explorer.errors import TicketError
from ticket_explorer.networks.settings import MLP
from ticket_explorer.problems import bind
from ticket_explorer.tasks import TASKS
from ticket_explorer.tasks.control.brax import first_generation as brax_v1
from ticket_explorer.tasks.control.brax.settings import ENTRIES

pytest.importorskip("brax")
KEY = jax.random.key(0)
PAPER = [name for name, entry in ENTRIES.items() if entry.v1]


def problem(name, **settings):
    return bind(TASKS[name](**{"episodes": 2, "steps": 4, "test_episodes": 2, **settings}), MLP(hidden=(4,)))


def returns(name, **settings):
    made = problem(name, **settings)
    return jax.jit(made.score)(KEY, made.initialise(KEY), made.initial_state())


@pytest.mark.slow
@pytest.mark.parametrize("name", PAPER)
def test_the_papers_tasks_are_as_they_were(name):
    made = problem(name, normalise=False)
    assert made.input_shape == (ENTRIES[name].v1,)
    environment = brax_v1.environments(name).create(name, episode_length=500, legacy_spring=True, auto_reset=False)
    theta = made.initialise(KEY)
    reset_key, _ = jax.random.split(KEY)
    starts = jax.random.key_data(jax.random.split(reset_key, 2))
    step, reset = jax.jit(environment.step), jax.jit(environment.reset)
    totals = []
    for start in starts:
        state, total = reset(start), 0.0
        for _ in range(4):
            state = step(state, jnp.tanh(made.network.apply(theta, state.obs[None])[0]))
            total += float(state.reward)
            if state.done:
                break
        totals.append(total)
    fitness, _ = jax.jit(made.fitness)(KEY, theta[None], made.initial_state())
    np.testing.assert_allclose(fitness[0], np.mean(totals), rtol=2e-3, atol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["spring", "positional", "generalized"])
@pytest.mark.parametrize("name", ["hopper", "inverted_pendulum"])
def test_the_second_generation_plays_on_every_backend(name, backend):
    assert np.isfinite(returns(name, backend=backend))


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, entry in ENTRIES.items() if entry.v2])
def test_sizes_of_the_second_generation_are_those_of_brax(name):
    made = problem(name, backend="spring")
    assert made.input_shape == (ENTRIES[name].v2,)
    assert made.task.outputs == ENTRIES[name].outputs


@pytest.mark.slow
@pytest.mark.parametrize(("backend", "torso"), [("v1", "$ Torso"), ("generalized", "torso")])
def test_a_heavier_ant_moves_otherwise(backend, torso):
    light, same, heavy = (returns("ant", backend=backend, mass=mass) for mass in ({}, {torso: 10.0}, {torso: 15.0}))
    assert light != heavy
    assert backend != "v1" or light == same


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["spring", "positional"])
def test_masses_that_would_be_ignored_are_refused(backend):
    with pytest.raises(TicketError, match=r"\$\.task\.mass.*ignores masses; use v1, generalized or mjx"):
        problem("ant", backend=backend, mass={"torso": 15.0})


@pytest.mark.slow
def test_mjx_works_or_says_why_not():
    try:
        light = returns("ant", backend="mjx")
    except TicketError as error:
        said = str(error)
        assert "can't work with the installed MuJoCo" in said and "use generalized" in said  # noqa: PT018
    else:
        assert light != returns("ant", backend="mjx", mass={"torso": 15.0})


@pytest.mark.slow
def test_unknown_bodies_and_numbers_are_refused():
    with pytest.raises(TicketError, match=r"\$\.task\.mass: 'tail', expected one of its bodies: .*Torso"):
        problem("ant", mass={"tail": 1.0})
    with pytest.raises(TicketError, match=r"parameters\.healthy: ant has no such parameter; its .*healthy_reward"):
        problem("ant", parameters={"healthy": 1.0})


@pytest.mark.slow
def test_nothing_is_printed_where_results_go():
    code = "from ticket_explorer.tasks import TASKS; from ticket_explorer.tasks.control.brax.environment import load; "
    told = subprocess.run(
        [sys.executable, "-c", code + "load(TASKS['ant']())"], capture_output=True, text=True, check=True, timeout=200
    )
    assert told.stdout == ""


def test_masses_are_positive():
    with pytest.raises(TicketError, match=r"\$\.task\.mass.*-1"):
        parse_spec({"task": {"name": "ant", "mass": {"$ Torso": -1}}})


def test_physics_that_a_task_does_not_have_are_refused():
    with pytest.raises(TicketError, match=r"\$\.task\.backend: 'spring', expected v1"):
        parse_spec({"task": {"name": "fetch", "backend": "spring"}})
    with pytest.raises(TicketError, match=r"\$\.task\.backend: 'v1', expected spring"):
        parse_spec({"task": {"name": "pusher", "backend": "v1"}})


def test_a_jax_that_brax_v1_cannot_work_with_is_a_sentence(monkeypatch):
    def fails():
        raise ImportError("no such thing")

    brax_v1.environments.cache_clear()
    monkeypatch.setattr(brax_v1, "_provide_batch_tracer", fails)
    with pytest.raises(TicketError, match=r"can't work with jax .*no such thing.*; use backend = 'spring'"):
        brax_v1.environments("ant")
