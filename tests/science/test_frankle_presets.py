"""The presets of Frankle & Carbin (2019) against their figure 2 ("Architectures tested") and their text."""

import pytest

from sessions.layer_sizes import layers_of
from sessions.spec import Plan, parse_spec
from ticket_explorer import presets
from ticket_explorer.densities import ratios_of
from ticket_explorer.trainers.settings import Optimizer

# iterations, batch, optimiser, learning rate: figure 2
FIGURE_2 = {
    "gd-lenet": (50_000, 60, "adam", 1.2e-3),
    "gd-conv-6": (30_000, 60, "adam", 3e-4),
    "gd-resnet-18": (30_000, 128, "momentum", 0.1),
}
# convolutions and dense layers: figure 2; output layer: half of the dense layers' (section 2, appendix H.1; 0.1 in the
# public code, google-research/lottery-ticket-hypothesis, mnist_fc/constants.py line 38); fc0% of ResNet-18: none
RATES = {"gd-lenet": (None, 0.2, 0.1), "gd-conv-6": (0.15, 0.2, 0.1), "gd-resnet-18": (0.2, None, None)}
SCOPES = {"gd-lenet": "layer", "gd-conv-6": "layer", "gd-resnet-18": "global"}
# appendix H.4 and section 4: five trials; section 2: Gaussian Glorot
TRIALS = {"gd-lenet": 5, "gd-conv-6": 5}


def first(name: str) -> Plan:
    return parse_spec(presets.load(name)).branches[0].plan


@pytest.mark.parametrize("name", FIGURE_2)
def test_a_network_is_trained_as_in_figure_2(name):
    plan = first(name)
    optimizer: Optimizer = plan.trainer.optimizer
    found = (plan.trainer.generations, plan.task.batch, optimizer.name, optimizer.learning_rate)
    assert found == FIGURE_2[name]
    assert plan.pruner.__struct_config__.tag == "magnitude"


@pytest.mark.parametrize("name", RATES)
def test_its_layers_are_pruned_at_the_sources_ratios(name):
    plan = first(name)
    layers = layers_of(plan)
    each = ratios_of(plan.pruning.ratio, plan.pruning.ratios, layers)
    convolutions = {each.get(layer.name) for layer in layers if len(layer.shape) == 4 and layer.prunable}
    dense = [each.get(layer.name) for layer in layers if len(layer.shape) == 2]
    convolution, others, output = RATES[name]
    assert convolutions == ({convolution} if convolution else set())
    assert dense == [*(others for _ in dense[1:]), output]
    assert plan.pruning.scope == SCOPES[name]


@pytest.mark.parametrize("name", TRIALS)
def test_its_trials_and_initial_weights_are_the_sources(name):
    assert parse_spec(presets.load(name)).replicates == TRIALS[name]
    assert first(name).network.kernel_init == "xavier_normal"


def test_resnet_18_is_as_in_figure_2_and_section_5():
    trainer = first("gd-resnet-18").trainer
    assert trainer.milestones == (20_000, 25_000)
    assert (trainer.weight_decay, trainer.optimizer.parameters) == (1e-4, {"decay": 0.9})
    warm_up = parse_spec(presets.load("gd-resnet-18")).branches[2].plan.trainer
    assert (warm_up.warmup, warm_up.optimizer.learning_rate) == (20_000, 0.03)  # figure 8
