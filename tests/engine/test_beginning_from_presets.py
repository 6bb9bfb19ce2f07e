"""A spec that begins from a preset: what it leaves out is the preset's, what it says counts."""

import pytest

from sessions.specs.spec import Spec, parse_spec, spec_table
from ticket_explorer import presets
from ticket_explorer.errors import TicketError

CHAIN = {
    "first": 'title = "First"\ntask = { name = "fashion", pool = 1 }\n[trainer]\nname = "evolution"\ngenerations = 9\n',
    "second": 'preset = "first"\ntitle = "Second"\n[trainer]\npopulation = 6\n',
    "third": 'preset = "second"\n[[branch]]\nname = "only"\n',
    "round": 'preset = "about"\n',
    "about": 'preset = "round"\n',
}


@pytest.fixture
def chain(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few presets in the place of the package's."""
    monkeypatch.setattr(presets, "names", lambda: tuple(CHAIN))
    monkeypatch.setattr(presets, "text", CHAIN.__getitem__)


def begun(**table: object) -> Spec:
    return parse_spec({"preset": "mnist-snes", **table})


def test_what_is_left_out_is_the_presets() -> None:
    assert begun() == parse_spec(presets.load("mnist-snes"))
    assert begun(seed=3, title="Mine").branches == begun().branches


def test_single_fields_are_changed() -> None:
    plan = begun(trainer={"population": 8}, pruning={"rounds": 2}).branches[0].plan
    before = begun().branches[0].plan
    assert (plan.trainer.population, plan.trainer.temperature) == (8, before.trainer.temperature)
    assert (plan.pruning.rounds, plan.pruning.ratio) == (2, before.pruning.ratio)


def test_another_strategy_drops_what_was_tuned_for_the_presets() -> None:
    trainer = begun(trainer={"strategy": "pgpe"}).branches[0].plan.trainer
    assert (trainer.strategy, trainer.temperature, trainer.generations, trainer.mean_decay) == (
        "pgpe",
        None,
        4000,
        1e-4,
    )


def test_another_algorithm_replaces_its_table() -> None:
    spec = begun(network={"name": "mlp"}, task="fashion", branch=[{"name": "a", "pruner": "magnitude"}])
    assert spec == begun(network="mlp", task={"name": "fashion"}, branch=[{"name": "a", "pruner": "magnitude"}])
    assert spec.branches[0].plan.task.standardise == "dataset"


def test_branches_replace_the_presets() -> None:
    assert [branch.name for branch in begun(branch=[{"name": "mine"}]).branches] == ["mine"]


def test_a_session_holds_the_whole_spec() -> None:
    assert "preset" not in spec_table(begun())
    assert parse_spec(spec_table(begun())) == begun()


@pytest.mark.usefixtures("chain")
def test_presets_begin_from_each_other() -> None:
    spec = parse_spec(presets.load("third"))
    plan = spec.branches[0].plan
    assert (spec.title, [branch.name for branch in spec.branches]) == ("Second", ["only"])
    assert (plan.task.pool, plan.trainer.generations, plan.trainer.population) == (1, 9, 6)


@pytest.mark.usefixtures("chain")
def test_a_circle_is_refused() -> None:
    with pytest.raises(TicketError, match=r"\$\.preset: about → round → about, expected presets that don't refer"):
        parse_spec({"preset": "about"})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("aunt", r"\$\.preset: unknown preset 'aunt'; did you mean ant\?"),
        (["ant"], r"\$\.preset: \['ant'\], expected the name of a preset"),
    ],
)
def test_what_is_no_preset_is_refused(given: object, said: str) -> None:
    with pytest.raises(TicketError, match=said):
        parse_spec({"preset": given})
