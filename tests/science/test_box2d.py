"""Box2D tasks against the environments' own loop, and workers that die or are left behind."""

import os
import signal
import subprocess
import sys
import time
import warnings
from importlib.util import find_spec

import jax
import jax.numpy as jnp
import numpy as np
import psutil
import pytest

from sessions.specs.spec import parse_spec
from ticket_explorer.errors import TicketError
from ticket_explorer.networks.settings import MLP
from ticket_explorer.problems import bind
from ticket_explorer.tasks import TASKS
from ticket_explorer.tasks.control import environment
from ticket_explorer.tasks.control.box2d.envpool_stepper import EnvpoolStepper
from ticket_explorer.tasks.control.box2d.settings import ENTRIES, LANDER
from ticket_explorer.tasks.control.box2d.worker_pool import WorkerPool, pool
from ticket_explorer.tasks.control.environment import CrowdEnvironment
from ticket_explorer.tasks.control.rollout import WatchableProblem, on_the_host
from ticket_explorer.tasks.control.stepping import OPEN_PLAYS, World

gymnasium = pytest.importorskip("gymnasium")
with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # its bindings warn of what Python will change one day
    pytest.importorskip("Box2D")

KEY = jax.random.key(3)
IDS = {
    "lunar_lander": "LunarLander-v3",
    "lunar_lander_continuous": "LunarLanderContinuous-v3",
    "bipedal_walker": "BipedalWalker-v3",
}
WORLD = World(LANDER, (), None)
SEEDS = np.arange(5, dtype="<u4")


def problem(task="lunar_lander", **settings):
    given = {"episodes": 2, "test_episodes": 1, "steps": 40, "workers": 2, **settings}
    return bind(TASKS[task](**given), MLP(hidden=(4,), activation="tanh"))


def population(made, count=3):
    return jax.random.normal(jax.random.key(1), (count, made.layout.size))


def play_alone(task, made, theta, key, episodes):
    """Mean return of one policy, episode by episode, through Gymnasium's own functions.

    A single policy's outputs are rounded otherwise than a batch's, which physics with contacts let grow: few steps.
    """
    starts = jax.random.split(jax.random.split(key)[0], episodes)
    act = jax.jit(lambda seen: made.task.play.actions.of(made.network.apply(theta, seen[None])[0], "clip"))
    returns = []
    for start in starts:
        alone = gymnasium.make(IDS[task]).unwrapped
        seen, _ = alone.reset(seed=int(jax.random.bits(start, (), jnp.uint32)))
        total = 0.0
        for _ in range(made.task.play.steps):
            seen, reward, over, _, _ = alone.step(np.asarray(act(jnp.asarray(seen, jnp.float32))))
            total += float(reward)
            if over:
                break
        returns.append(total)
    return np.mean(returns)


@pytest.mark.parametrize(
    ("task", "steps"),
    [
        pytest.param("lunar_lander", 200, marks=pytest.mark.slow),
        ("lunar_lander_continuous", 40),
        pytest.param("bipedal_walker", 20, marks=pytest.mark.slow),
    ],
)
def test_fitness_is_the_mean_return_of_the_environments_own_loop(task, steps):
    made = problem(task, steps=steps)
    thetas = population(made, 2)
    fitness, _ = jax.jit(made.fitness)(KEY, thetas, made.initial_state())
    for theta, found in zip(thetas, fitness, strict=True):
        assert float(found) == pytest.approx(play_alone(task, made, theta, KEY, 2), rel=1e-3, abs=1e-3)


def test_neither_replicates_nor_workers_change_anything_and_the_key_decides():
    made, alone = problem(), problem(workers=1)
    thetas, keys, state = population(made), jax.random.split(KEY, 2), made.initial_state()
    evaluate = jax.jit(lambda key, thetas: made.fitness(key, thetas, state)[0])
    by_one = jax.jit(lambda key, thetas: alone.fitness(key, thetas, state)[0])
    together = jax.jit(jax.vmap(evaluate, (0, None)))(keys, thetas)
    for key, found in zip(keys, together, strict=True):
        np.testing.assert_array_equal(found, evaluate(key, thetas))
        np.testing.assert_array_equal(found, by_one(key, thetas))
    assert not np.array_equal(*together)


@pytest.mark.slow
def test_many_evaluations_at_once_do_not_hold_each_other_up():
    made = problem("bipedal_walker", episodes=32, steps=3)
    thetas, state = population(made, 8), made.initial_state()
    evaluate = jax.jit(lambda key: made.fitness(key, thetas, state)[0])
    asked = [evaluate(key) for key in jax.random.split(KEY, 3)]  # none is waited for before all are asked for
    assert all(np.isfinite(found).all() for found in asked)


@pytest.mark.parametrize("task", ["lunar_lander", *(pytest.param(n, marks=pytest.mark.slow) for n in list(IDS)[1:])])
def test_a_rollout_is_the_test_episode_of_the_same_key_and_is_drawn(task):
    made = problem(task, steps=120)
    theta = made.initialise(KEY)
    watched = on_the_host(jax.jit(made.rollout)(KEY, theta, made.initial_state()))
    assert float(watched.rewards.sum()) == pytest.approx(float(made.score(KEY, theta, made.initial_state())), rel=1e-4)
    scene = made.scene(watched)
    assert scene.length == len(watched.rewards)
    assert np.isfinite(scene.segments).all()
    assert isinstance(made, WatchableProblem)
    assert isinstance(made.task.play.environment, CrowdEnvironment)


@pytest.fixture
def workers():
    made = WorkerPool(2)
    yield made
    made.close()


def played(workers, killed_before=()):
    """All that 30 steps of five episodes gave; the first worker is killed before some of them."""
    number, stand = workers.begin(WORLD, SEEDS)
    draw, found = np.random.default_rng(0), [stand.observations]
    for step in range(30):
        if step in killed_before:
            os.kill(workers.pids[0], signal.SIGKILL)
        stand = workers.act(number, draw.integers(0, 4, 5).astype("<i4"), 1000)
        found += [stand.observations, stand.rewards, stand.over]
    return found


def test_a_dead_worker_is_replaced_and_its_episodes_come_out_the_same(workers):
    undisturbed, disturbed = played(workers), played(workers, killed_before=(0, 20))
    assert workers.replaced == 2
    assert len(workers.pids) == 2
    for one, other in zip(undisturbed, disturbed, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_generation_survives_a_dead_worker(monkeypatch):
    made = problem()
    thetas, state = population(made), made.initial_state()
    evaluate = jax.jit(lambda key: made.fitness(key, thetas, state)[0])
    undisturbed, act, steps = evaluate(KEY), WorkerPool.act, []

    def deadly(self, *rest):
        steps.append(1)
        if len(steps) == 7:
            os.kill(self.pids[1], signal.SIGKILL)
        return act(self, *rest)

    monkeypatch.setattr(WorkerPool, "act", deadly)
    before = pool(2).replaced
    np.testing.assert_array_equal(evaluate(KEY), undisturbed)
    assert pool(2).replaced == before + 1


def test_workers_that_die_again_and_again_are_a_sentence(workers, monkeypatch):
    monkeypatch.setattr("ticket_explorer.tasks.control.box2d.worker_pool.python", lambda module: ["/bin/false", module])
    with pytest.raises(TicketError, match="died 4 times in a row"):
        workers.begin(WORLD, SEEDS)


def test_what_was_never_ended_is_forgotten(workers):
    first, _ = workers.begin(WORLD, SEEDS)
    for _ in range(OPEN_PLAYS):
        workers.begin(WORLD, SEEDS[:1])
    with pytest.raises(TicketError, match="ended before their time"):
        workers.act(first, np.zeros(5, "<i4"), 1000)
    assert len(workers.pids) == 2


ENGINE = """
import numpy as np
from ticket_explorer.tasks.control.box2d.settings import LANDER
from ticket_explorer.tasks.control.stepping import World
from ticket_explorer.tasks.control.box2d.worker_pool import pool

number, _ = pool(2).begin(World(LANDER, (), None), np.arange(4, dtype="<u4"))
print(*pool(2).pids, flush=True)
while True:
    number, _ = pool(2).begin(World(LANDER, (), None), np.arange(4, dtype="<u4"))
    pool(2).act(number, np.zeros(4, "<i4"), 1000)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, pytest.param(signal.SIGINT, marks=pytest.mark.slow)])
def test_no_process_is_left_behind_by_an_engine_that_is_killed(how):
    with subprocess.Popen([sys.executable, "-c", ENGINE], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as engine:
        assert engine.stdout is not None
        pids = [int(pid) for pid in engine.stdout.readline().split()]
        assert all(alive(pid) for pid in pids)
        engine.send_signal(how)
        engine.wait(30)
    limit = time.monotonic() + 30
    while any(alive(pid) for pid in pids):
        assert time.monotonic() < limit, "a worker outlives its engine"
    assert len(pids) == 2


def alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize("task", ENTRIES)
def test_sizes_are_those_of_gymnasium(task):
    entry, made = ENTRIES[task], gymnasium.make(IDS[task])
    actions = made.action_space
    assert made.observation_space.shape == entry.observation
    assert (actions.shape[0] if entry.continuous else actions.n) == entry.outputs
    assert made.spec.max_episode_steps == entry.steps
    if entry.continuous:
        assert set(actions.low) | set(actions.high) == {-1.0, 1.0}


def all_stepped(name, count, observations):
    """What actions lead to where EnvPool steps all episodes until the longest ends; takes actions, gives arrays."""
    import envpool

    environments = envpool.make(
        name, env_type="gymnasium", num_envs=count, seed=list(range(count)), num_threads=1, max_episode_steps=1 << 30
    )
    environments.reset()

    def stepped():
        seen, over, found = observations, np.zeros(count, bool), None
        while True:
            after, rewards, terminated, truncated, _ = environments.step((yield found))
            seen = np.where(over[:, None], seen, after)
            found = (seen, np.where(over, 0, rewards).astype("<f4"), over := over | terminated | truncated)

    running = stepped()
    next(running)
    return running


@pytest.mark.skipif(find_spec("envpool") is None, reason="the extra `envpool` is not installed")
class TestEnvpool:
    @pytest.mark.parametrize(
        "task", ["lunar_lander_continuous", *(pytest.param(n, marks=pytest.mark.slow) for n in list(IDS)[::2])]
    )
    def test_neither_individuals_nor_threads_change_anything_and_the_key_decides(self, task):
        made, alone = (problem(task, provider="envpool", workers=workers) for workers in (2, 1))
        thetas, state = jnp.repeat(population(made, 1), 3, 0), made.initial_state()
        fitness, by_one = (jax.jit(one.fitness)(KEY, thetas, state)[0] for one in (made, alone))
        np.testing.assert_array_equal(fitness, by_one)
        assert len(set(fitness.tolist())) == 1
        assert not np.array_equal(jax.jit(made.fitness)(jax.random.key(4), thetas, state)[0], fitness)

    def test_what_is_over_stays_over(self):
        steps, seeds = EnvpoolStepper(2), np.arange(6, dtype="<u4")
        number, stand = steps.begin(World("LunarLander-v3", (), None), seeds)
        for _ in range(1000):
            before, stand = stand, steps.act(number, np.full(6, 2, "<i4"), 1000)
            assert not (before.over & ~stand.over).any()
            assert (stand.rewards[before.over] == 0).all()
            np.testing.assert_array_equal(stand.observations[before.over], before.observations[before.over])
            if stand.over.all():
                break
        assert stand.over.all()
        with pytest.raises(TicketError, match="ended before their time"):
            steps.act(number, np.full(6, 2, "<i4"), 1000)

    @pytest.mark.parametrize("task", IDS)
    def test_stepping_the_living_alone_gives_what_stepping_all_gives(self, task):
        count, steps, size = 7, 90, ENTRIES[task].outputs if ENTRIES[task].continuous else None
        drawn = np.random.default_rng(0)
        actions = (
            drawn.integers(0, ENTRIES[task].outputs, (steps, count)).astype("<i4")
            if size is None
            else drawn.uniform(-1, 1, (steps, count, size)).astype("<f4")
        )
        stepper = EnvpoolStepper(2)
        number, stand = stepper.begin(World(ENTRIES[task].envpool, (), size), np.arange(count, dtype="<u4"))
        every = all_stepped(ENTRIES[task].envpool, count, stand.observations)
        for chosen in actions:
            stand, expected = stepper.act(number, chosen, steps), every.send(chosen)
            for found, wanted in zip((stand.observations, stand.rewards, stand.over), expected, strict=True):
                np.testing.assert_array_equal(found, wanted)
        assert stand.over.any(), "no episode ended, so that nothing was left out"

    def test_an_episode_is_drawn(self):
        made = problem(provider="envpool")
        watched = on_the_host(jax.jit(made.rollout)(KEY, made.initialise(KEY), made.initial_state()))
        assert made.scene(watched).length == len(watched.rewards)


class TestBadInput:
    def test_envpool_that_is_missing_or_would_ignore_numbers_is_a_sentence(self, monkeypatch):
        with pytest.raises(TicketError, match=r"task\.parameters: .*gravity.* none: EnvPool takes no numbers"):
            parse_spec({"task": {"name": "lunar_lander", "provider": "envpool", "parameters": {"gravity": -5.0}}})
        monkeypatch.setattr(environment, "find_spec", lambda name: None)
        with pytest.raises(TicketError, match=r"needs envpool, .* pip install 'ticket-explorer\[envpool\]'"):
            problem(provider="envpool")

    def test_parameters_change_the_physics_and_wrong_ones_are_refused(self):
        theta = problem().initialise(KEY)
        found = [
            float(made.score(KEY, theta, made.initial_state()))
            for made in (problem(), problem(parameters={"gravity": -5.0}))
        ]
        assert found[0] != found[1]
        with pytest.raises(TicketError, match=r"parameters\.wind: lunar_lander has no such parameter; .*wind_power"):
            problem(parameters={"wind": 1.0})
        with pytest.raises(TicketError, match=r"lunar_lander can't be created with .*-20.*must be between -12 and 0"):
            problem(parameters={"gravity": -20.0})
        with pytest.raises(TicketError, match="has no such parameter"):
            problem(parameters={"continuous": True})

    def test_an_extra_that_is_missing_says_the_command(self, monkeypatch):
        monkeypatch.setattr(environment, "find_spec", lambda name: None)
        with pytest.raises(TicketError, match=r"needs gymnasium, .* pip install 'ticket-explorer\[control\]'"):
            problem()
