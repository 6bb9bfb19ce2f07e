"""The ratios that layers of Frankle & Carbin's networks come to, whatever entries of a preset say them."""

import pytest

from sessions.specs.spec import parse_spec
from ticket_explorer import presets
from ticket_explorer.densities import ratios_of

# convolutions and dense layers: figure 2; output layer: half of the dense layers' (section 2, appendix H.1; 0.1 in the
# public code, google-research/lottery-ticket-hypothesis, mnist_fc/constants.py line 38); fc0% of ResNet-18: none
RATES = {"gd-lenet": (None, 0.2, 0.1), "gd-conv-6": (0.15, 0.2, 0.1), "gd-resnet-18": (0.2, None, None)}


@pytest.mark.parametrize("name", RATES)
def test_its_layers_are_pruned_at_the_sources_ratios(name):
    plan = parse_spec(presets.load(name)).branches[0].plan
    layers = plan.layers()
    each = ratios_of(plan.pruning.ratio, plan.pruning.ratios, layers)
    convolutions = {each.get(layer.name) for layer in layers if len(layer.shape) == 4 and layer.prunable}
    dense = [each.get(layer.name) for layer in layers if len(layer.shape) == 2]
    convolution, others, output = RATES[name]
    assert convolutions == ({convolution} if convolution else set())
    assert dense == [*(others for _ in dense[1:]), output]
