"""Every preset is a valid spec, of settings that its strategy has."""

import pytest

from sessions.spec import parse_spec
from ticket_explorer import presets
from ticket_explorer.registry import name_of
from ticket_explorer.tasks.control.settings import ControlSettings
from ticket_explorer.tasks.settings import ImageSettings
from ticket_explorer.trainers.settings import Evolution
from ticket_explorer.trainers.strategies import check


def plan_of_first(spec):
    return spec.branches[0].plan


def _task(name):
    return parse_spec(presets.load(name)).branches[0].plan.task


every_preset = pytest.mark.parametrize("name", presets.names())


@every_preset
def test_a_preset_is_a_valid_spec(name):
    spec = parse_spec(presets.load(name))
    for branch in spec.branches:
        assert not isinstance(branch.plan.trainer, Evolution) or check(branch.plan.trainer).per_weight_std
    names = [branch.name for branch in spec.branches]
    assert names == (["snr"] if plan_of_first(spec).trainer.has_sigma else []) + ["magnitude", "random"]


@every_preset
def test_a_preset_is_called_after_its_task_and_strategy(name):
    plan = parse_spec(presets.load(name)).branches[0].plan
    words = name_of(plan.task)
    if not isinstance(plan.task, ControlSettings):
        words += f"-{plan.trainer.strategy}"
    words = words.replace("_", "-")
    assert name == "fashion" or name.startswith(words)


def test_the_papers_image_experiments_are_all_there():
    images = [name for name in presets.names() if isinstance(_task(name), ImageSettings)]
    assert len(images) >= 13
    assert presets.names()[0] == "fashion"


def test_the_papers_control_tasks_are_all_there():
    wanted = {"ant", "fetch", "grasp", "halfcheetah", "hopper", "humanoid", "reacher", "ur5e", "walker2d"}
    ours = {"pendulum", "cartpole", "acrobot", "mountain-car", "ant-mass-transfer", "pendulum-ppo", "ant-ppo"}
    assert wanted | ours <= set(presets.names())
