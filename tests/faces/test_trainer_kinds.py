"""Which ways to train a person is offered for a task."""

import pytest

from widgets.decisions.trainer_fields import TRAINER_KINDS, kinds_for


@pytest.mark.parametrize(
    ("task", "out"),
    [
        ("fashion", {"ppo"}),
        ("pendulum", {"gradient_descent", "continuous_sparsification", "stochastic_sparsification"}),
        ("lunar_lander", {"ppo", "gradient_descent", "continuous_sparsification", "stochastic_sparsification"}),
    ],
)
def test_trainers_that_cannot_train_the_task_are_not_offered(task, out):
    plan = {"task": {"name": task}, "trainer": {"name": "evolution", "strategy": "snes"}}
    assert set(TRAINER_KINDS) - set(kinds_for(plan)) == out


def test_the_present_one_is_always_offered():
    assert "ppo" in kinds_for({"task": {"name": "fashion"}, "trainer": {"name": "ppo"}})
