"""Trainers of one's own: they train, and what can't be is refused before a session begins."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ticket_explorer as tx
from sessions.specs.sources import put
from sessions.specs.spec import parse_spec, spec_table
from tests.engine.own_stage import own
from ticket_explorer.errors import InvalidValue, TicketError

pytestmark = pytest.mark.thorough


def test_a_trainer_of_ones_own_trains(mine: Path, lab: Any) -> None:
    spec = own(lab, pruner="magnitude", trainer={"name": "trainers.py:Still", "factor": 2.0, "generations": 3})
    with tx.Session.create(spec, lab.path()) as session:
        session.run()
        found = session.ticket("snr", 1)
    assert np.allclose(found.trained[found.mask], 2.0 * found.start[found.mask])
    assert (found.trained[~found.mask] == 0).all()
    assert found.sigma is None
    fitness = session.view.branches["snr"].rounds[0].metrics()[:, :, 0]
    assert np.isfinite(fitness).all()
    assert fitness.max() < 0
    lab.assert_whole(session.path)


def test_it_resumes_bit_for_bit(mine: Path, lab: Any) -> None:
    spec = own(lab, pruner="magnitude", trainer={"name": "trainers.py:Still", "generations": 3})
    for name in ("one", "other"):
        with tx.Session.create(spec, lab.path(name)) as session:
            session.step(2)
    for _ in range(2):
        with tx.Session.open(lab.path("other")) as session:
            session.step(1)
    for name in ("one", "other"):
        with tx.Session.open(lab.path(name)) as session:
            session.run()
    lab.assert_same(lab.path("one"), lab.path("other"))


def test_a_trainer_with_a_sigma_goes_with_snr(mine: Path, lab: Any) -> None:
    spec = own(lab, trainer={"name": "trainers.py:Sure", "generations": 3})
    assert spec.branches[0].plan.trainer.has_sigma
    with tx.Session.create(spec, lab.path()) as session:
        session.run()
        sigma = session.ticket("snr", 1).sigma
    assert sigma is not None
    assert set(sigma) == {0.0, 0.5}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Lacking", "a class with methods init, step, finish"),
        ("function", "a class with methods init, step, finish"),
        ("Unsure", "weights and σ, since it says has_sigma = True"),
        ("Grows", "return the same structure and shapes"),
        ("Loses", "a state, and the fitness or a dict of metrics"),
        ("Invents", "fitnes, expected metrics among fitness_mean"),
        ("Short", r"weights or σ of shape \(3,\), expected one for each weight"),
        ("Raises", r"trainers.py, line \d+: AttributeError"),
        ("Nope", "trainers.py has no Nope"),
        ("Casts", "step returned an array of float16 where init gave one of float32"),
        ("Keyed", r"init returns a typed key, .* jax.random.key_data"),
        ("Imaginary", "trainers.py:Imaginary: finish: weights or σ of type complex64, expected real numbers"),
    ],
)
def test_a_trainer_that_can_not_be_is_refused_before_the_session_begins(
    mine: Path, lab: Any, name: str, said: str
) -> None:
    spec = own(lab, pruner="magnitude", trainer={"name": f"trainers.py:{name}"})
    with pytest.raises(TicketError, match=said):
        tx.Session.create(spec, lab.path())
    assert not lab.path().exists()


def test_snr_needs_a_trainer_that_says_it_has_a_sigma(mine: Path, lab: Any) -> None:
    with pytest.raises(InvalidValue, match="Still finds none"):
        own(lab, trainer={"name": "trainers.py:Still"})


def test_another_trainer_takes_the_place_of_ones_own(mine: Path, lab: Any) -> None:
    table = spec_table(own(lab, pruner="magnitude", trainer={"name": "trainers.py:Still", "factor": 2.0}))
    put(table, {"branch.snr.trainer.name": "gradient_descent"})
    assert "source" not in table["branch"][0]["trainer"]
    assert parse_spec(table).branches[0].plan.trainer.needs_loss


def test_a_sigma_of_zero_is_refused(mine: Path, lab: Any) -> None:
    spec = own(lab, trainer={"name": "trainers.py:Flat", "generations": 1})
    with (
        tx.Session.create(spec, lab.path()) as session,
        pytest.raises(TicketError, match=r"trainers\.py:Flat: finish: σ of"),
    ):
        session.run()
    lab.assert_whole(session.path)


def test_what_a_class_inherits_in_its_file_counts(mine: Path, lab: Any) -> None:
    assert own(lab, trainer={"name": "trainers.py:Later"}).branches[0].plan.trainer.has_sigma


def test_another_trainer_of_ones_own_keeps_the_generations_alone(mine: Path, lab: Any) -> None:
    with tx.Session.create(
        own(lab, trainer={"name": "trainers.py:Sure", "factor": 2.0, "generations": 2}), lab.path()
    ) as session:
        name = session.switch_trainer("snr", {"name": "trainers.py:Later"})
        trainer = session.view.branches["snr"].plan["trainer"]
        assert name is None
    assert (trainer["place"], trainer["generations"], trainer["parameters"]) == ("trainers.py:Later", 2, {})
    assert session.view.says(
        "Branch snr: With trainers.py:Later in place of trainers.py:Sure, factor = 2.0 is dropped."
    )
