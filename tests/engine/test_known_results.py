"""What the papers found, found again: on real MNIST, and on the embedded images. Minutes each."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sessions.reports.statistics import mean
from sessions.session.session import Session
from sessions.specs.spec import parse_spec
from ticket_explorer.tasks import datasets

RAW = Path(os.environ.get("TICKET_EXPLORER_RAW_DATA", Path(__file__).parents[3] / "shared" / "data"))

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def mnist(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """MNIST, prepared in a home of its own."""
    if not (RAW / "mnist").is_dir():
        pytest.skip(f"needs the raw files of MNIST in {RAW / 'mnist'}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TICKET_EXPLORER_HOME", str(tmp_path_factory.mktemp("home")))
        datasets.prepare("mnist", RAW / "mnist")
        yield


def scores(session: Session, branch: str) -> dict[int, float]:
    """The mean score of each of a branch's rounds."""
    found = {r.number: mean(r.finished.score) for r in session.view.lineage(branch) if r.finished is not None}
    for round_ in session.view.lineage(branch):
        print(f"{branch}:{round_.number} density {round_.density:.4f} score {found[round_.number]}")
    return {number: score for number, score in found.items() if score is not None}


def test_tickets_of_lenet_300_100(mnist: None, tmp_path: Path) -> None:
    """Frankle & Carbin (2019), figures 3 and 4: not worse at 21%, better than fresh weights at 3.6%."""
    spec = {
        "task": {"name": "mnist", "batch": 60},
        "network": {"name": "lenet_300_100"},
        "trainer": {
            "name": "gradient_descent",
            "generations": 5000,
            "optimizer": {"name": "adam", "learning_rate": 1.2e-3},
        },
        "replicates": 2,
        "pruning": {"ratio": 0.2, "rounds": 16, "scope": "layer"},
        "branch": [{"name": "ticket", "pruner": "magnitude"}],
    }
    with Session.create(parse_spec(spec), tmp_path / "tickets.session") as session:
        session.run()
        session.branch("ticket", 14, "fresh", {"rewind": "fresh"})
        session.run()
        ticket, fresh = scores(session, "ticket"), scores(session, "fresh")
        assert session.view.density_of("ticket", 7) == pytest.approx(0.21, abs=0.001)
        assert session.view.density_of("ticket", 15) == pytest.approx(0.036, abs=0.001)
    assert ticket[7] >= ticket[0] - 0.003
    assert ticket[15] > fresh[15]


def test_a_supermask_of_an_untrained_network(mnist: None, tmp_path: Path) -> None:
    """Zhou et al. (2019), table 1: far above chance without a single weight trained."""
    spec: dict[str, Any] = {
        "task": {"name": "mnist", "batch": 128},
        "network": {"name": "lenet_300_100"},
        "trainer": {
            "name": "stochastic_sparsification",
            "generations": 2000,
            "freeze_weights": True,
            "score_optimizer": {"name": "adam", "learning_rate": 0.1},
        },
        "pruning": {"rounds": 1},
    }
    with Session.create(parse_spec(spec), tmp_path / "supermask.session") as session:
        session.run()
        assert scores(session, "learned")[0] >= 0.8


def test_continuous_sparsification_of_the_embedded_images(tmp_path: Path) -> None:
    """Savarese et al. (2020), section 5: sparse within two rounds, and as good as dense."""
    shared = {"generations": 470, "optimizer": {"name": "adam", "learning_rate": 1e-3}}
    spec: dict[str, Any] = {
        "task": {"name": "fashion", "batch": 128},
        "network": {"name": "lenet_300_100"},
        "replicates": 3,
        "pruning": {"rounds": 2},
        "branch": [
            {"name": "dense", "trainer": {"name": "gradient_descent", **shared}, "pruning": {"rounds": 1}},
            {"name": "learned", "trainer": {"name": "continuous_sparsification", **shared}},
        ],
    }
    with Session.create(parse_spec(spec), tmp_path / "continuous.session") as session:
        session.run()
        dense, learned = scores(session, "dense")[0], scores(session, "learned")
        sparse = [
            score for number, score in learned.items() if session.view.found_density_of("learned", number) <= 0.25
        ]
    assert sparse
    assert max(sparse) >= dense - 0.01
