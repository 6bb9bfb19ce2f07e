"""Prunable weights that all start at zero are refused in what is new, and go on in sessions that have them already."""

from typing import Any

import pytest

from sessions.plans.checks import check_start
from sessions.plans.problems import Problems
from sessions.session.session import Session
from sessions.specs.spec import parse_plan
from ticket_explorer.errors import TicketError

pytestmark = pytest.mark.thorough

SMALL = {"name": "mlp", "hidden": [8]}
ZERO = {**SMALL, "last_kernel_init": "zeros"}


@pytest.mark.parametrize(
    ("network", "said"),
    [
        (
            ZERO,
            r"\$\.network\.last_kernel_init: zeros, expected a distribution .* the 80 prunable ones of dense_1 would",
        ),
        (
            {**SMALL, "kernel_init": "zeros"},
            r"\$\.network\.kernel_init: zeros, .* the 1,568 prunable ones of dense_0 ",
        ),
    ],
)
def test_a_new_session_refuses_prunable_weights_that_all_start_at_zero(lab: Any, network: Any, said: str) -> None:
    with pytest.raises(TicketError, match=said):
        lab.create(network=network)


def test_an_output_layer_that_is_not_pruned_may_start_at_zero() -> None:
    residual = {"name": "resnet_18", "width": 2, "blocks": 1, "last_kernel_init": "zeros"}
    check_start(parse_plan({"network": residual}), Problems())
    with pytest.raises(TicketError, match="last_kernel_init"):
        check_start(parse_plan({"network": {**residual, "prune_last": True}}), Problems())


def test_a_session_that_has_them_goes_on_and_branches(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as older:
        older.setattr("sessions.session.branches.check_start", lambda *_: None)
        lab.create(network=ZERO, trainer={"generations": 2}).close()
    with Session.open(lab.path()) as session:
        session.run_round()
        session.branch("snr", 0, "again", {"pruner": "magnitude"})
        with pytest.raises(TicketError, match="last_kernel_init"):
            session.branch("snr", 0, "wider", {"network": {"kernel_scale": 2.0}})
        session.run()
        assert session.is_finished
