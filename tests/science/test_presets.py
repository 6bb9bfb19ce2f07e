"""Every preset is a valid spec; those of one paper say what it said, comparisons compare like with like."""

import re

import pytest

from sessions.spec import parse_spec
from ticket_explorer import presets
from ticket_explorer.registry import name_of
from ticket_explorer.trainers.strategies import check

IMAGES = ("mnist-", "fashion-mnist-", "kmnist-")
PAPERS = [name for name in presets.names() if name.startswith(IMAGES) and "-to-" not in name]
EQUAL_PASSES = ["es-vs-gd", "mask-evolution-vs-es"]


@pytest.mark.parametrize("name", presets.names())
def test_a_preset_is_a_valid_spec_and_cites_its_source(name):
    assert parse_spec(presets.load(name)).branches
    head = "".join(line for line in presets.text(name).splitlines() if line.startswith("#"))
    assert re.search(r"\b(19|20)\d\d\b", head), "a preset cites its paper"


@pytest.mark.parametrize("name", ["fashion", *PAPERS])
def test_a_preset_of_the_images_is_called_after_its_task_and_strategy(name):
    spec = parse_spec(presets.load(name))
    assert all(check(branch.plan.trainer).per_weight_std for branch in spec.branches)
    assert [branch.name for branch in spec.branches] == ["snr", "magnitude", "random"]
    plan = spec.branches[0].plan
    words = f"{name_of(plan.task)}-{plan.trainer.strategy}".replace("_", "-")
    assert words == ("fashion-snes" if name == "fashion" else name)


def test_the_papers_image_experiments_are_all_there():
    assert len(PAPERS) == 12
    assert presets.names()[0] == "fashion"


@pytest.mark.parametrize("name", EQUAL_PASSES)
def test_searchers_are_compared_at_equal_forward_passes(name):
    plans = [branch.plan for branch in parse_spec(presets.load(name)).branches]
    passes = {plan.trainer.passes * plan.trainer.generations * plan.task.batch for plan in plans}
    assert len(passes) == 1
    assert len({type(plan.trainer) for plan in plans}) > 1


def test_the_papers_control_tasks_are_all_there():
    wanted = {"ant", "fetch", "grasp", "halfcheetah", "hopper", "humanoid", "reacher", "ur5e", "walker2d"}
    ours = {"pendulum", "cartpole", "acrobot", "mountain-car", "pendulum-ppo", "ant-ppo"}
    box2d = {"lunar-lander", "lunar-lander-continuous", "bipedal-walker"}
    assert wanted | ours | box2d <= set(presets.names())
