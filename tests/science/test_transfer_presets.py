"""The rows of Table 1 of Lange & Sprekeler (2023): sessions of source, transferred, random and native branches."""

import pytest
from msgspec import structs

from sessions.specs.spec import parse_spec, spec_table
from ticket_explorer import presets
from ticket_explorer.registry import name_of

ROWS = {
    "fashion-mnist-to-mnist": ("fashion_mnist", "snes", "mnist", "snes"),
    "fashion-mnist-snes-to-pgpe": ("fashion_mnist", "snes", "fashion_mnist", "pgpe"),
    "fashion-mnist-es-to-sgd": ("fashion_mnist", "snes", "fashion_mnist", "gradient_descent"),
    "ant-des-transfer": ("ant", "sep_cma_es", "ant", "des"),
    "ant-es-to-ppo": ("ant", "sep_cma_es", "ant", "ppo"),
    "ant-to-heavy": ("ant", "sep_cma_es", "ant", "sep_cma_es"),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_transfer_preset_is_a_row_of_the_papers_table(name):
    spec = parse_spec(presets.load(name))
    assert [branch.name for branch in spec.branches] == ["source", "transferred", "random", "native"]
    plans = [branch.plan for branch in spec.branches]
    rows = [(name_of(plan.task), getattr(plan.trainer, "strategy", name_of(plan.trainer))) for plan in plans]
    assert rows == [ROWS[name][:2], *[ROWS[name][2:]] * 3]
    transfers = [branch.transfer for branch in spec.branches]
    assert [transfer and (transfer.branch, transfer.control) for transfer in transfers] == [
        None,
        ("source", False),
        ("source", True),
        None,
    ]
    assert all(plan.pruning == plans[0].pruning for plan in plans)
    activation = "swish" if name == "ant-es-to-ppo" else getattr(plans[0].network, "activation", None)
    trained = structs.replace(plans[0].network, activation=activation) if activation else plans[0].network
    assert [plan.network for plan in plans] == [plans[0].network, *[trained] * 3]
    assert plans[0] != plans[1] == plans[2]
    assert parse_spec(spec_table(spec)) == spec
