"""What the papers found, found again: on real MNIST, and on the embedded images. Minutes each."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sessions.report import mean
from sessions.session import Session
from sessions.spec import parse_spec
from ticket_explorer.networks import NETWORKS
from ticket_explorer.registry import implementation_of
from ticket_explorer.tasks import datasets
from ticket_explorer.tasks.catalogue import CIFAR10
from ticket_explorer.tasks.images import ImageProblem, Images
from ticket_explorer.trainers.gradient_descent import GradientDescent
from ticket_explorer.trainers.gradient_settings import GradientDescent as GradientSettings
from ticket_explorer.trainers.settings import Optimizer

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
        sparse = [score for number, score in learned.items() if session.view.density_of("learned", number) <= 0.25]
    assert sparse
    assert max(sparse) >= dense - 0.01


@pytest.mark.parametrize("name", ["conv_6", "resnet_18"])
def test_networks_for_cifar_10_learn_real_pixels(name: str) -> None:
    """At reduced width, on the part of CIFAR-10 that is at hand: far above a tenth, by held-out statistics."""
    file = RAW / "cifar10_lossless_subset.npz"
    if not file.is_file():
        pytest.skip(f"needs real pixels of CIFAR-10 in {file}")
    data = np.load(file)
    splits = {
        part: Images(
            (32, 32, 3), jnp.asarray(data[f"x_{part}"].reshape(-1, 3072)), jnp.asarray(data[f"y_{part}"], jnp.int32)
        )
        for part in ("train", "test")
    }
    settings = NETWORKS[name](width=8)
    network = implementation_of(settings)(settings, (32, 32, 3), 10)
    problem = ImageProblem(network, 64, CIFAR10.mean, CIFAR10.deviation, splits["train"], splits["test"])
    trainer = GradientDescent(GradientSettings(optimizer=Optimizer(name="adam", learning_rate=2e-3)), 0)
    theta0 = problem.initialise(jax.random.key(0))
    mask = ~jnp.asarray(problem.layout.prunable) | jax.random.bernoulli(jax.random.key(1), 0.5, theta0.shape)

    @jax.jit
    def run() -> Any:
        state = trainer.init(jax.random.key(2), theta0, mask, problem)
        keys = jax.random.split(jax.random.key(3), 600)
        state = jax.lax.fori_loop(0, 600, lambda i, s: trainer.step(keys[i], s, problem)[0], state)
        result = trainer.finish(state, problem)
        return problem.score(keys[0], result.mean, trainer.problem_state(state)), result

    score, result = run()
    print(f"{name}: {float(score):.3f} of the test images after 600 updates at half the weights")
    assert not result.mean[~mask].any()
    assert score > 0.4
