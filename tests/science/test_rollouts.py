"""What is watched is what is scored, and every drawing fits its frame."""

import jax
import numpy as np
import pytest

from ticket_explorer.networks.settings import MLP
from ticket_explorer.problems import bind
from ticket_explorer.tasks import TASKS
from ticket_explorer.tasks.control.gymnax.scenes import SCENES
from ticket_explorer.tasks.control.gymnax.settings import ENTRIES
from ticket_explorer.tasks.control.rollout import WatchableProblem, on_the_host
from ticket_explorer.tasks.control.scene import bars, cells

KEY = jax.random.key(5)
DRAWN = [name for name, entry in ENTRIES.items() if entry.id in SCENES]


def played(task, **settings):
    problem = bind(TASKS[task](test_episodes=1, **settings), MLP(hidden=(4,)))
    theta = problem.initialise(KEY)
    rollout = on_the_host(jax.jit(problem.rollout)(KEY, theta, problem.initial_state()))
    return problem, theta, rollout


@pytest.mark.parametrize("task", ["cartpole"])
def test_a_rollout_is_the_test_episode_of_the_same_key_up_to_its_end(task):
    problem, theta, rollout = played(task)
    score = jax.jit(problem.score)(KEY, theta, problem.initial_state())
    assert float(rollout.rewards.sum()) == float(score) == len(rollout.rewards) < 500
    assert rollout.alive.all()
    assert isinstance(problem, WatchableProblem)
    assert problem.page(rollout) is None


@pytest.mark.parametrize("task", [pytest.param(n, marks=[] if n == "cartpole" else pytest.mark.slow) for n in DRAWN])
def test_environments_stay_in_their_frames(task):
    problem, _, rollout = played(task, steps=40)
    scene = problem.scene(rollout)
    assert scene.segments.shape[0] == scene.length == len(rollout.rewards)
    left, right, bottom, top = scene.bounds
    middles = (scene.segments[..., :2] + scene.segments[..., 2:]) / 2
    assert np.all((middles >= [left, bottom]) & (middles <= [right, top]))


def test_environments_without_a_drawing_show_what_is_seen():
    numbers = np.array([[1.0, -2.0], [0.0, 30.0]])
    scene = bars(numbers)
    np.testing.assert_allclose(scene.segments[..., 3], [[1, -2], [0, 10]])
    grid = np.zeros((1, 2, 3, 2))
    grid[0, 0, 1, 0] = grid[0, 1, 2, 1] = 1
    assert np.argwhere(cells(grid).cells[0]).tolist()[1:] != []
    assert cells(grid).cells[0, 0, 1] < cells(grid).cells[0, 1, 2] == 1


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["v1", "spring"])
def test_brax_has_a_skeleton_and_a_page(backend):
    problem, _, rollout = played("ant", steps=3, backend=backend)
    scene = problem.scene(rollout)
    limbs = scene.segments[0, :-6]  # the ground and its marks come last
    assert scene.segments.shape[0] == 3
    assert np.isfinite(scene.segments).all()
    assert len(limbs) == 8 + 4, "joints, and the ends of four legs"
    assert limbs[8:, 3].min() < 0.3, "a foot is near the ground"
    assert "<html>" in problem.page(rollout)
