"""The effect itself: with four percent of the weights an SNR ticket still works, a random one does not."""

from pathlib import Path

import pytest

from sessions.reports.statistics import mean
from sessions.session.session import Session
from sessions.specs.spec import parse_spec
from ticket_explorer import presets

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

SEEDS = 3


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[float, float]]:
    """Mean scores over three seeds by branch and density, of the `fashion` preset's SNR and random branches."""
    table = presets.load("fashion")
    table["branch"] = [branch for branch in table["branch"] if branch["name"] in ("snr", "random")]
    place: Path = tmp_path_factory.mktemp("effect") / "fashion.session"
    with Session.create(parse_spec(table | {"replicates": SEEDS}), place) as session:
        session.run()
        return {
            name: {r.density: mean(r.finished.score) or 0.0 for r in session.view.lineage(name) if r.finished}
            for name in session.view.branches
        }


def sparse(scores: dict[float, float]) -> list[float]:
    """The scores at densities up to 0.04, densest first."""
    return [score for density, score in scores.items() if density <= 0.04]


def test_the_dense_network_learns(scores: dict[str, dict[float, float]]) -> None:
    assert scores["snr"][1.0] >= 0.74


def test_snr_pruning_beats_random_pruning(scores: dict[str, dict[float, float]]) -> None:
    gaps = [snr - random for snr, random in zip(sparse(scores["snr"]), sparse(scores["random"]), strict=True)]
    assert sum(gaps) / len(gaps) >= 0.15


def test_the_sparse_ticket_is_as_good_as_the_dense_network(scores: dict[str, dict[float, float]]) -> None:
    found = sparse(scores["snr"])
    assert sum(found) / len(found) >= scores["snr"][1.0] - 0.03
