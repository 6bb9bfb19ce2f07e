"""Masks that rounds learn: what is trained and what is found, tickets of both, and what the next round goes on from."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sessions.plans.problems import plan_of
from sessions.reports.data_frame import round_rows
from sessions.reports.json_report import report
from sessions.session.session import Session
from sessions.store import SessionDirectory
from sessions.views.branch_view import RoundView
from sessions.views.reading import read_header, read_view
from ticket_explorer.errors import InvalidValue, UnknownName

pytestmark = pytest.mark.thorough

CONTINUOUS = {
    "name": "continuous_sparsification",
    "generations": 30,
    "score_init": 0.05,
    "penalty": 1e-3,
    "score_optimizer": {"name": "adam", "learning_rate": 0.02},
}
STOCHASTIC = {
    "name": "stochastic_sparsification",
    "generations": 30,
    "score_init": 1.0,
    "score_optimizer": {"name": "adam", "learning_rate": 0.1},
}
DESCENT = {"name": "gradient_descent", "generations": 10}
EVOLVED = {"name": "mask_evolution", "generations": 5, "population": 8, "elites": 2}


def learning(lab: Any, trainer: dict[str, Any], name: str = "mine", **tables: Any) -> Session:
    given = {"pruner": "learned", "rewind": "initial", "replicates": 3, "pruning": {"rounds": 2}, **tables}
    branch = [{"name": "search"}, *given.pop("branch", [])]
    session: Session = lab.create(name, trainer=trainer, branch=branch, **given)
    return session


def rows(session: Session) -> dict[str, list[dict[str, Any]]]:
    table = report(session.path, session.header, session.view)
    return {branch["name"]: branch["rounds"] for branch in table["branches"]}


def masks(session: Session, branch: str, number: int) -> np.ndarray:
    """Of the trained tickets, the prunable entries [R, prunable]."""
    lineage = session._engine.lineage
    problem = session._engine.problems.of(plan_of(session.view.branches[branch].rounds[number].plan))
    return np.asarray(lineage.trained(branch, number).mask)[:, problem.layout.prunable]


def found(session: Session, branch: str, number: int) -> np.ndarray:
    lineage = session._engine.lineage
    problem = session._engine.problems.of(plan_of(session.view.branches[branch].rounds[number].plan))
    return np.asarray(lineage.result(branch, number).mask)[:, problem.layout.prunable]


@pytest.mark.parametrize("trainer", [CONTINUOUS, STOCHASTIC, EVOLVED], ids=lambda trainer: trainer["name"])
def test_tickets_of_found_masks_are_trained_at_the_density_that_was_found(lab: Any, trainer: dict[str, Any]) -> None:
    tickets = {"name": "tickets", "trainer": DESCENT, "pruner": "magnitude", "transfer": {"branch": "search"}}
    control = {**tickets, "name": "control", "transfer": {"branch": "search", "control": True}}
    with learning(lab, trainer, branch=[tickets, control]) as session:
        session.run()
        told = rows(session)
        for number in range(2):
            wanted = found(session, "search", number)
            np.testing.assert_array_equal(masks(session, "tickets", number), wanted)
            # each replicate's control keeps as many as its own ticket
            np.testing.assert_array_equal(masks(session, "control", number).sum(-1), wanted.sum(-1))
            assert len(set(wanted.sum(-1))) > 1, "the replicates found masks of several sizes"
            kept, prunable = wanted.sum(-1).mean(), wanted.shape[1]
            for name in ("search", "tickets", "control"):
                assert told[name][number]["kept"] == round(kept)
                assert told[name][number]["density"] == pytest.approx(kept / prunable, abs=0.5 / prunable)
            assert told["tickets"][number]["trained_kept"] == round(kept)
            begun = masks(session, "search", number).sum(-1).mean()
            assert told["search"][number]["trained_kept"] == round(begun) > round(kept)
    lab.assert_whole(session.path)


def test_density_and_kept_of_a_row_are_of_one_mask(lab: Any) -> None:
    """Whatever trains, in every report: density is kept / prunable."""
    tickets = {"name": "tickets", "trainer": DESCENT, "pruner": "magnitude", "transfer": {"branch": "search"}}
    grown = {**tickets, "name": "grown", "pruning": {"rounds": 2, "ratio": 0.3}}
    with learning(lab, CONTINUOUS, branch=[tickets, grown]) as session:
        session.run()
        session.set_pruning("grown", {"rounds": 3})
        session.run()
        view = session.view
        prunable = view.branches["search"].prunable
        for name, told in rows(session).items():
            for row in told:
                assert row["density"] == row["kept"] / prunable, name
                assert row["trained_density"] == row["trained_kept"] / prunable, name
        for row in round_rows(view):
            assert row["density"] == row["kept"] / prunable
        last, before = view.branches["grown"].rounds[2], view.branches["grown"].rounds[1]
        # the branch prunes on by itself from what its last ticket kept
        assert last.kept == pytest.approx(0.7 * before.kept, abs=2)


def test_rounds_go_on_from_their_scores(lab: Any) -> None:
    """Algorithm 3 removes nothing for good, Algorithm 2 what fell below its start; neither begins its scores again."""
    with learning(lab, CONTINUOUS, "continuous") as session:
        session.run()
        assert masks(session, "search", 1).all()
        scores = np.asarray(session._engine.lineage.trained("search", 1).scores)
        assert (scores <= np.float32(0.05)).all()
        assert (scores < -1).any(), "dropped weights start far below"
    with learning(lab, STOCHASTIC, "stochastic") as session:
        session.run()
        begun = session.view.branches["search"].rounds[0].finished
        assert begun is not None
        np.testing.assert_array_equal(masks(session, "search", 1).sum(-1), begun.survivors)
        trained = session._engine.lineage.trained("search", 1)
        assert (np.asarray(trained.scores)[np.asarray(trained.mask)] >= 1.0).mean() > 0.9  # biases have none


@pytest.mark.parametrize(
    ("trainer", "rule"),
    [(CONTINUOUS, {"dropped": "removed"}), (STOCHASTIC, {"final_mask": "risen"})],
    ids=["continuous", "stochastic"],
)
def test_the_former_rules_remove_what_a_mask_drops(lab: Any, trainer: dict[str, Any], rule: dict[str, Any]) -> None:
    with learning(lab, {**trainer, **rule}) as session:
        session.run()
        np.testing.assert_array_equal(masks(session, "search", 1), found(session, "search", 0))
        assert session._engine.lineage.trained("search", 1).scores is None


@pytest.mark.parametrize("trainer", [CONTINUOUS, STOCHASTIC], ids=lambda trainer: trainer["name"])
@pytest.mark.parametrize("rewind", ["initial", "trained"])
def test_a_killed_search_goes_on_bit_for_bit(lab: Any, trainer: dict[str, Any], rewind: str) -> None:
    with learning(lab, trainer, "whole", rewind=rewind) as session:
        session.run()
    expected = session.path
    cut = learning(lab, trainer, "cut", rewind=rewind)
    for generations in (13, 22):
        cut.step(generations)
        path = lab.kill(cut)
        cut = Session.open(path)
    cut.run()
    cut.close()
    lab.assert_same(expected, path, 2)


def test_where_transferred_tickets_start(lab: Any) -> None:
    starts = {"own": None, "initial": "initial", "trained": "trained", "early": {"name": "early", "generation": 7}}
    branches = [
        {
            "name": name,
            "trainer": DESCENT,
            "pruner": "magnitude",
            "transfer": {"branch": "search"} if start is None else {"branch": "search", "start": start},
        }
        for name, start in starts.items()
    ]
    with learning(lab, CONTINUOUS, rewind="trained", branch=branches) as session:
        session.run()
        lineage = session._engine.lineage
        begun = {name: np.asarray(lineage.trained(name, 1).start) for name in starts}
        initial, early = np.asarray(lineage.trained("search", 0).initial), np.asarray(lineage.early("search", 7))
        np.testing.assert_array_equal(begun["initial"], initial)
        np.testing.assert_array_equal(begun["own"], initial)  # the branch goes on from trained weights
        np.testing.assert_array_equal(begun["trained"], np.asarray(lineage.result("search", 1).mean))
        np.testing.assert_array_equal(begun["early"], early)
        assert not np.array_equal(early, initial)
        assert (early != 0).mean() > 0.9, "early weights are those of all entries, whatever the mask keeps"
        with pytest.raises(InvalidValue, match=r"start\.generation: 31, expected at most 30"):
            session.transfer("search", None, {"trainer": DESCENT}, start={"name": "early", "generation": 31})
        late = {**branches[0], "transfer": {"branch": "search", "start": {"name": "early", "generation": 31}}}
        with pytest.raises(InvalidValue, match=r"branch\[1\]\.transfer\.start\.generation: 31, expected at most 30"):
            learning(lab, CONTINUOUS, "late", branch=[late])
        with pytest.raises(UnknownName, match="unknown start 'permuted_mask'; known: early, fresh, initial, trained"):
            session.transfer("search", None, {"trainer": DESCENT}, start="permuted_mask")


def test_a_transfer_prunes_by_what_its_trainer_finds(lab: Any) -> None:
    with learning(lab, CONTINUOUS) as session:
        made = {
            name: session.transfer("search", [0], {"trainer": trainer}, name=name, control=False)[0]
            for name, trainer in (("descent", DESCENT), ("learned", STOCHASTIC), ("evolved", {"name": "evolution"}))
        }
        pruners = {name: session.view.branches[branch].plan["pruner"]["name"] for name, branch in made.items()}
        assert pruners == {"descent": "magnitude", "learned": "learned", "evolved": "snr"}


def test_controls_of_a_learned_mask_train_with_their_masks_fixed(lab: Any) -> None:
    with learning(lab, CONTINUOUS, pruning={"rounds": 2}) as session:
        names = session.decompose("search")
        assert names == ["search-tickets", "search-permuted-weights", "search-permuted-mask", "search-random"]
        session.run()
        for name in names:
            assert session.view.branches[name].plan["trainer"]["name"] == "gradient_descent"
            for number in range(2):
                wanted = found(session, "search", number).sum(-1)
                np.testing.assert_array_equal(found(session, name, number).sum(-1), wanted)
        told = session.analyse("decomposition", "search")
        scores = [round_.finished.score for round_ in finished_rounds(session, "search-tickets")]
        np.testing.assert_allclose(told.array("ticket_score").T, scores, rtol=1e-6)
        assert told.array("densities").shape == (2,)


def test_masks_of_weights_that_do_not_train_ask_for_a_trainer(lab: Any) -> None:
    with learning(lab, EVOLVED) as session:
        with pytest.raises(InvalidValue, match="mask_evolution trains no weights, expected what trains"):
            session.decompose("search")
        with pytest.raises(InvalidValue, match="a trainer that leaves the mask as it is"):
            session.decompose("search", trainer="continuous_sparsification")
        assert len(session.decompose("search", trainer=DESCENT)) == 4


def finished_rounds(session: Session, branch: str) -> list[RoundView]:
    return [round_ for round_ in session.view.lineage(branch) if round_.finished is not None]


def test_a_session_of_learned_masks_is_read_without_jax(lab: Any) -> None:
    with learning(lab, CONTINUOUS) as session:
        session.run()
    path: Path = session.path
    table = report(path, read_header(SessionDirectory(path)), read_view(path))
    assert [row["trained_density"] for row in table["branches"][0]["rounds"]] == [1.0, 1.0]


def test_scores_of_a_search_are_told_as_such(lab: Any) -> None:
    tickets = {"name": "tickets", "trainer": DESCENT, "pruner": "magnitude", "transfer": {"branch": "search"}}
    with learning(lab, CONTINUOUS, branch=[tickets]) as session:
        assert [session.view.learns_mask(name) for name in ("search", "tickets")] == [True, False]
