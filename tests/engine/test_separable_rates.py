"""Sessions of Sep-CMA-ES from before `separable_rates` go on as they began; other strategies never had a choice."""

from typing import Any

import msgspec

from sessions.specs.spec import completed, parse_plan, table_of
from ticket_explorer.registry import formerly, identity
from ticket_explorer.trainers.strategies.settings import Evolution


def older(plan: dict[str, Any]) -> dict[str, Any]:
    """The tables as a session wrote them before the field was there."""
    trainer = {key: value for key, value in plan["trainer"].items() if key != "separable_rates"}
    return {**plan, "trainer": trainer}


def test_an_older_session_of_sep_cma_es_keeps_its_rates_and_says_so():
    said: dict[str, None] = {}
    plan = table_of(parse_plan({"trainer": {"name": "evolution", "strategy": "sep_cma_es"}}))
    assert parse_plan(plan).trainer.separable_rates == "both"
    read = parse_plan(completed(older(plan), said))
    assert read.trainer.separable_rates == "rank_mu"
    assert any("rank-one" in sentence for sentence in said)
    assert parse_plan(completed(plan, {})).trainer.separable_rates == "both"


def test_an_older_session_of_another_strategy_has_nothing_to_say():
    said: dict[str, None] = {}
    plan = table_of(parse_plan({"trainer": {"name": "evolution", "strategy": "snes"}}))
    assert parse_plan(completed(older(plan), said)) == parse_plan(plan)
    assert not any("Sep-CMA-ES" in sentence for sentence in said)


def test_checkpoints_of_before_are_those_of_before():
    later = formerly(Evolution)
    for strategy, rates in (("snes", "both"), ("sep_cma_es", "rank_mu"), ("Sep_CMA_ES", "rank_mu")):
        settings = Evolution(strategy=strategy, separable_rates=rates)
        assert "separable_rates" not in identity(settings)
        plain = {key: value for key, value in msgspec.to_builtins(settings).items() if key not in later}
        assert identity(settings).items() >= plain.items()
    assert identity(Evolution(strategy="sep_cma_es"))["separable_rates"] == "both"
