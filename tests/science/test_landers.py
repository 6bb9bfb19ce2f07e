"""Why the size of frozen weights decides on LunarLanderContinuous: side engines fire only for |a₁| > 0.5."""

from importlib.util import find_spec

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ticket_explorer.networks.settings import MLP
from ticket_explorer.problems import bind
from ticket_explorer.tasks import TASKS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("envpool") is None, reason="the extra `envpool` is not installed"),
]
MASKS = 24


def share_fired(**network: object) -> float:
    """The share of steps in which a side engine fires, over one episode each of random masks that keep half."""
    task = TASKS["lunar_lander_continuous"](provider="envpool", episodes=1)
    problem = bind(task, MLP(hidden=(87, 87), activation="tanh", bias=False, **network))
    weights = problem.initialise(jax.random.key(0))
    masks = jax.random.bernoulli(jax.random.key(1), 0.5, (MASKS, problem.layout.size))
    act = problem.network.policies(jnp.where(masks, weights, 0.0), None)
    stepper, world = problem.task.play.environment._stepper, problem.task.play.environment.world
    number, stand = stepper.begin(world, np.arange(MASKS, dtype="<u4"))
    fired = steps = 0
    while not stand.over.all():
        living = ~stand.over
        actions = np.asarray(
            problem.task.play.actions.of(act(jnp.asarray(stand.observations[:, None])), "clip"), "<f4"
        )[:, 0]
        fired += int((np.abs(actions[living, 1]) > 0.5).sum())
        steps += int(living.sum())
        stand = stepper.act(number, actions, 1000)
    return fired / steps


@pytest.mark.parametrize("kernel_init", ["lecun_normal", "lecun_uniform", "xavier_uniform", "uniform"])
def test_no_mask_steers_where_weights_have_their_usual_size(kernel_init: str) -> None:
    assert share_fired(kernel_init=kernel_init) < 0.005


def test_masks_steer_where_weights_are_large_enough() -> None:
    small, twice, preset = (
        share_fired(kernel_init=kernel_init, kernel_scale=scale)
        for kernel_init, scale in (("kaiming_uniform", 1.0), ("kaiming_uniform", 2.0), ("lecun_uniform", 2.5))
    )
    assert 0.02 < small < 0.35
    assert min(twice, preset) > 0.4
