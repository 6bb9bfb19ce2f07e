"""A spec is checked once, at the edge: every fault is said with its path, what was given and what was expected."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions.specs.overrides import PLAN_KEYS
from sessions.specs.spec import parse_plan, parse_spec, spec_table, table_of
from ticket_explorer.errors import TicketError
from ticket_explorer.networks import NETWORKS
from ticket_explorer.pruners import PRUNERS
from ticket_explorer.registry import name_of
from ticket_explorer.rewinds import REWINDS
from ticket_explorer.tasks import TASKS
from ticket_explorer.trainers import TRAINERS
from ticket_explorer.trainers.strategies.settings import Evolution

FAMILIES = {"task": TASKS, "network": NETWORKS, "trainer": TRAINERS, "pruner": PRUNERS, "rewind": REWINDS}
EVOLUTION = {"name": "evolution"}
MLP = {"name": "mlp"}

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"pruning": {"ratio": 1.2}}, "$.pruning.ratio: 1.2, expected a number between 0 and 1, exclusive"),
    ({"pruning": {"ratio": 0}}, "$.pruning.ratio: 0, expected a number between 0 and 1, exclusive"),
    ({"pruning": {"ratio": "much"}}, "$.pruning.ratio: 'much', expected a number between 0 and 1, exclusive"),
    ({"pruning": {"rounds": 0}}, "$.pruning.rounds: 0, expected a whole number between 1 and 10000"),
    ({"pruning": {"rounds": 2.5}}, "$.pruning.rounds: 2.5, expected a whole number between 1 and 10000"),
    ({"pruning": {"scope": "leaf"}}, "$.pruning.scope: 'leaf', expected one of global, layer"),
    (
        {"task": {"name": "ant", "mass": {"a": 2, "b": -1}}},
        "$.task.mass.b: -1, expected a number between 0 and 1000000, 0 exclusive",
    ),
    ({"pruning": {"rate": 1}}, "$.pruning.rate: unknown field, expected one of ratio, ratios, rounds, scope"),
    ({"pruning": 3}, "$.pruning: 3, expected a table"),
    ({"analysis": {"correlation": "yes"}}, "$.analysis.correlation: 'yes', expected true or false"),
    ({"seed": -1}, "$.seed: -1, expected a whole number between 0 and 4294967295"),
    ({"seed": 2**32}, "$.seed: 4294967296, expected a whole number between 0 and 4294967295"),
    ({"replicates": 0}, "$.replicates: 0, expected a whole number between 1 and 1000"),
    ({"title": 3}, "$.title: 3, expected text"),
    (
        {"colour": "red"},
        "$.colour: unknown field, expected one of preset, title, seed, replicates, remarks, task, network, trainer, "
        "pruner, rewind, pruning, analysis, noise_seed, noise_from, ticket, branch, pause_at",
    ),
    (
        {"network": {**MLP, "hidden": [8, -1]}},
        "$.network.hidden[1]: -1, expected a whole number between 1 and 65536",
    ),
    (
        {"network": {**MLP, "hidden": 8}},
        "$.network.hidden: 8, expected a list, each item a whole number between 1 and 65536",
    ),
    (
        {"network": {**MLP, "kernel_scale": [1, 0]}},
        "$.network.kernel_scale[1]: 0, expected a number between 0 and 1000000, 0 exclusive",
    ),
    (
        {"network": {**MLP, "kernel_scale": "large"}},
        "$.network.kernel_scale: 'large', expected a number between 0 and 1000000, 0 exclusive or a list, each item a "
        "number between 0 and 1000000, 0 exclusive",
    ),
    (
        {"network": {**MLP, "kernel_scale": [1, 2, 3]}},
        "$.network.kernel_scale: [1.0, 2.0, 3.0], expected one number, or a list of 2: of dense_0, dense_1",
    ),
    (
        {"trainer": {**EVOLUTION, "population": 1}},
        "$.trainer.population: 1, expected a whole number between 2 and 1000000",
    ),
    ({"trainer": {**EVOLUTION, "std_init": 0}}, "$.trainer.std_init: 0, expected a number above 0"),
    (
        {"trainer": {**EVOLUTION, "elite_ratio": 2}},
        "$.trainer.elite_ratio: 2, expected a number between 0 and 1, 0 exclusive",
    ),
    (
        {"trainer": {**EVOLUTION, "mean_decay": 1}},
        "$.trainer.mean_decay: 1, expected a number between 0 and 1, 1 exclusive",
    ),
    (
        {"trainer": {**EVOLUTION, "optimizer": {"learning_rate": -1}}},
        "$.trainer.optimizer.learning_rate: -1, expected a number above 0",
    ),
    ({"pruner": {"name": "snr", "x": 1}}, "$.pruner.x: unknown field, expected no field but the name"),
    ({"rewind": "early"}, "$.rewind.generation: missing, expected a whole number of at least 1"),
    (
        {"rewind": {"name": "early", "generation": 0}},
        "$.rewind.generation: 0, expected a whole number of at least 1",
    ),
    ({"branch": 3}, "$.branch: 3, expected a list of tables, each [[branch]] with a name"),
    ({"branch": [3]}, "$.branch[0]: 3, expected a table with a name"),
    ({"branch": [{"pruner": "snr"}]}, "$.branch[0]: {'pruner': 'snr'}, expected a table with a name"),
    (
        {"branch": [{"name": "a"}, {"name": "a"}]},
        "$.branch[1].name: 'a', expected a name that no other branch has",
    ),
    (
        {"branch": [{"name": "a"}, {"name": "b", "pruning": {"ratio": 7}}]},
        "$.branch[1].pruning.ratio: 7, expected a number between 0 and 1, exclusive",
    ),
    (
        {"branch": [{"name": "a", "trainer": {**EVOLUTION, "population": 1}}]},
        "$.branch[0].trainer.population: 1, expected a whole number between 2 and 1000000",
    ),
    (
        {"branch": [{"name": "a", "seed": 1}]},
        "$.branch[0].seed: unknown field, expected one of name, transfer, ticket, task, network, trainer, pruner, "
        "rewind, pruning, analysis, noise_seed, noise_from",
    ),
    ({"pruning": {"ratio": 7}}, "$.pruning.ratio: 7, expected a number between 0 and 1, exclusive"),
]


@pytest.mark.parametrize(("table", "sentence"), REFUSED, ids=[sentence[:50] for _, sentence in REFUSED])
def test_what_is_wrong_is_said(table: dict[str, Any], sentence: str) -> None:
    with pytest.raises(TicketError) as caught:
        parse_spec(table)
    assert str(caught.value) == sentence


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("as_table", [False, True])
def test_unknown_names_list_the_known_ones(family: str, as_table: bool) -> None:
    known = sorted(FAMILIES[family])
    wrong = known[0] + "x"
    with pytest.raises(TicketError) as caught:
        parse_spec({family: {"name": wrong} if as_table else wrong})
    assert str(caught.value) == (
        f"$.{family}.name: unknown {family} {wrong!r}; did you mean {known[0]}? Known: {', '.join(known)}."
    )


@pytest.mark.parametrize("given_name", [3, {}, {"name": 3}, []])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_needs_a_name(family: str, given_name: Any) -> None:
    with pytest.raises(TicketError) as caught:
        parse_spec({family: given_name})
    assert str(caught.value).startswith(f"$.{family}: {given_name}, expected the name of a {family}, or a table with")


def test_a_strategy_that_needs_an_even_population() -> None:
    with pytest.raises(TicketError, match=r"^\$\.trainer\.population: 7, expected an even"):
        parse_spec({"trainer": {**EVOLUTION, "strategy": "pgpe", "population": 7}})


def test_no_weight_left(lab: Any) -> None:
    with pytest.raises(TicketError) as caught:
        lab.create(pruning={"ratio": 0.9, "rounds": 6})
    assert str(caught.value) == (
        "$.pruning: ratio 0.9 over 6 rounds, expected at least one of the 1648 prunable weights to be left in the last "
        "round; prune less in each round, or use fewer rounds"
    )
    assert not lab.path().exists()


def test_defaults() -> None:
    (branch,) = parse_spec({}).branches
    assert branch.name == "snr"
    names = [name_of(getattr(branch.plan, family)) for family in FAMILIES]
    assert names == ["fashion", "mlp", "evolution", "snr", "initial"]


def test_overrides_merge_field_by_field() -> None:
    spec = parse_spec(
        {
            "trainer": {**EVOLUTION, "population": 32, "generations": 7},
            "rewind": {"name": "early", "generation": 3},
            "pruning": {"ratio": 0.4, "rounds": 5},
            "branch": [
                {"name": "a"},
                {"name": "b", "trainer": {"population": 16}, "pruning": {"rounds": 2}},
                {"name": "c", "rewind": "fresh", "pruner": {"name": "random"}},
                {"name": "d", "rewind": {"generation": 4}},
            ],
        }
    )
    a, b, c, d = (branch.plan for branch in spec.branches)
    assert (b.trainer.population, b.trainer.generations) == (16, 7)  # type: ignore[attr-defined]
    assert (b.pruning.ratio, b.pruning.rounds) == (0.4, 2)
    assert b.rewind == a.rewind
    assert [name_of(plan.rewind) for plan in (a, b, c, d)] == ["early", "early", "fresh", "early"]
    assert [a.rewind.generation, d.rewind.generation] == [3, 4]  # type: ignore[attr-defined]
    assert name_of(c.pruner) == "random"
    assert a.trains_like(c)
    assert a.trains_like(d)
    assert not a.trains_like(b)


def test_another_algorithm_replaces_the_whole_table() -> None:
    base = {"network": {"name": "mlp", "hidden": [4]}}
    plan = parse_plan(base, {"network": "lenet_300_100"})
    assert plan.network == NETWORKS["lenet_300_100"]()
    again = parse_plan(table_of(plan), {"network": {"name": "mlp"}})
    assert again.network == NETWORKS["mlp"]()


def test_another_strategy_drops_what_was_tuned_for_the_old_one() -> None:
    tuned = {**EVOLUTION, "strategy": "snes", "temperature": 12.0, "parameters": {"lr_std_init": 0.1}}
    shared = {"generations": 9, "population": 32, "mean_decay": 0.1, "weight_decay": 0.2, "std_init": 0.2}
    base = {"trainer": {**tuned, **shared}}
    found = parse_plan(base, {"trainer": {"strategy": "pgpe", "std_decay": 0.9}}).trainer
    assert found == Evolution(strategy="pgpe", std_decay=0.9, **shared)
    again = parse_plan(base, {"trainer": {"strategy": "SNES", "temperature": 3.0}}).trainer
    assert (again.temperature, again.std_init) == (3.0, 0.2)  # type: ignore[attr-defined]
    for_all = parse_plan({"trainer": {**EVOLUTION, "std_init": 0.2}}, {"trainer": {"strategy": "pgpe"}}).trainer
    assert for_all.std_init == 0.2  # type: ignore[attr-defined]


def test_paths_of_overrides() -> None:
    with pytest.raises(TicketError, match=r"^\$\.pruning\.ratio: 2,"):
        parse_plan({}, {"pruning": {"ratio": 2}})
    with pytest.raises(TicketError, match=r"^\$\.branch\[4\]\.pruning\.ratio: 2,"):
        parse_plan({}, {"pruning": {"ratio": 2}}, "$.branch[4]")
    with pytest.raises(TicketError, match=r"^\$\.branch\[4\]\.nonsense: unknown field"):
        parse_plan({}, {"nonsense": 2}, "$.branch[4]")


NAMES = st.text("abcdefghij", min_size=1, max_size=6)
PLANS = st.fixed_dictionaries(
    {},
    optional={
        "task": st.sampled_from(["fashion", {"name": "mnist", "batch": 3}]),
        "network": st.sampled_from(["cnn", {"name": "mlp", "hidden": [3, 4]}]),
        "trainer": st.builds(
            lambda population, generations: {**EVOLUTION, "population": population, "generations": generations},
            st.integers(1, 50).map(lambda half: 2 * half),
            st.integers(1, 99),
        ),
        "pruner": st.sampled_from(sorted(name for name, pruner in PRUNERS.items() if not pruner.takes_learned)),
        "rewind": st.sampled_from(["fresh", "initial", {"name": "early", "generation": 7}]),
        "pruning": st.builds(lambda ratio: {"ratio": ratio}, st.floats(0.01, 0.99)),
        "analysis": st.builds(lambda correlation: {"correlation": correlation}, st.booleans()),
    },
)


@given(base=PLANS, branches=st.dictionaries(NAMES, PLANS, max_size=3), seed=st.integers(0, 2**32 - 1))
def test_round_trip(base: dict[str, Any], branches: dict[str, Any], seed: int) -> None:
    named = [{"name": name, **plan} for name, plan in branches.items()]
    spec = parse_spec({"title": "x", "seed": seed, **base, "branch": named})
    table = spec_table(spec)
    assert parse_spec(table) == spec
    assert spec_table(parse_spec(table)) == table
    for branch in spec.branches:
        assert parse_plan(table_of(branch.plan)) == branch.plan
        assert set(table_of(branch.plan)) == set(PLAN_KEYS)


def test_from_toml() -> None:
    text = """
    title = "two"
    [network]
    name = "mlp"
    hidden = [8]
    [[branch]]
    name = "one"
    [[branch]]
    name = "two"
    pruner = "random"
    """
    spec = parse_spec(tomllib.loads(text))
    assert [(branch.name, name_of(branch.plan.pruner)) for branch in spec.branches] == [
        ("one", "snr"),
        ("two", "random"),
    ]
    assert spec.branches[0].plan.network == spec.branches[1].plan.network


@pytest.mark.parametrize(
    ("trainer", "pruner", "message"),
    [
        ("gradient_descent", "snr", r"\$\.pruner: snr after gradient_descent, expected magnitude or another one"),
        ("mask_evolution", "snr", "mask_evolution finds none; only evolution strategies do"),
        (
            "evolution",
            "learned",
            "only continuous_sparsification, stochastic_sparsification, mask_evolution learn a mask",
        ),
    ],
)
def test_a_pruner_that_the_trainer_has_nothing_for_is_refused(trainer: str, pruner: str, message: str) -> None:
    with pytest.raises(TicketError, match=message):
        parse_plan({"trainer": {"name": trainer}, "pruner": pruner})


@pytest.mark.parametrize("trainer", [name for name, settings in TRAINERS.items() if not settings.acts])
def test_without_a_pruner_the_trainer_s_own_prunes(trainer: str) -> None:
    plan = parse_plan({"trainer": trainer})
    assert type(plan.pruner) is PRUNERS[TRAINERS[trainer].default_pruner]
    assert parse_spec({"trainer": trainer}).branches[0].name == TRAINERS[trainer].default_pruner
    assert parse_plan({}, {"trainer": {"name": trainer}}) == plan


@pytest.mark.parametrize(
    ("trainer", "field", "value", "message"),
    [
        (
            "continuous_sparsification",
            "penalty",
            -1e-3,
            r"\$\.trainer\.penalty: -0\.001, expected a number between 0 and 1",
        ),
        ("continuous_sparsification", "beta_final", 0.5, "expected a number between 1"),
        ("stochastic_sparsification", "score_init", 11, "expected a number between -10 and 10"),
        ("mask_evolution", "sparsity", 0.95, "expected a number between 0 and 0.9"),
        ("mask_evolution", "threshold", 9.0, "no weight would reach it"),
    ],
)
def test_settings_of_learned_masks_out_of_range(trainer: str, field: str, value: float, message: str) -> None:
    with pytest.raises(TicketError, match=message):
        parse_plan({"trainer": {"name": trainer, field: value}})
