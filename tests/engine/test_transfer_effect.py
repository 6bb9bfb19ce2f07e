"""The effect itself, on real images: a Fashion-MNIST ticket is worth more on MNIST than random weights."""

import os
from pathlib import Path

import pytest

from sessions.reports.statistics import mean
from sessions.session.session import Session
from sessions.specs.spec import parse_spec
from ticket_explorer.places import VARIABLE
from ticket_explorer.tasks import datasets

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

RAW = Path(os.environ.get("TICKET_EXPLORER_RAW_DATA", Path(__file__).parents[3] / "shared" / "data"))
MNIST = {"name": "mnist", "pool": 2, "batch": 512}
SPEC = {
    "replicates": 3,
    "task": {"name": "fashion_mnist", "pool": 2, "batch": 512},
    "network": {"name": "mlp", "hidden": [32]},
    "trainer": {"name": "evolution", "strategy": "snes", "population": 64, "generations": 300},
    "pruning": {"ratio": 0.5, "rounds": 6},
    "branch": [
        {"name": "fashion"},
        {"name": "digits", "task": MNIST, "transfer": {"branch": "fashion", "rounds": [4, 5]}},
        {
            "name": "random",
            "task": MNIST,
            "transfer": {"branch": "fashion", "rounds": [4, 5], "control": True},
        },
    ],
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("transfer")


def test_a_fashion_ticket_beats_random_masks_on_digits(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not (RAW / "mnist").is_dir() or not (RAW / "fashion_mnist").is_dir():
        pytest.skip(f"needs the raw files of both sets in {RAW}; TICKET_EXPLORER_RAW_DATA says where they are")
    monkeypatch.setenv(VARIABLE, str(place / "home"))
    for name in ("mnist", "fashion_mnist"):
        datasets.prepare(name, RAW / name)
    with Session.create(parse_spec(SPEC), place / "transfer.session") as session:
        session.run()
        rounds = [[view.rounds[number] for number in (0, 1)] for view in list(session.view.branches.values())[1:]]
    for carried, random in zip(*rounds, strict=True):
        assert carried.density == random.density <= 0.1
        assert carried.finished is not None
        assert random.finished is not None
        print(carried.density, carried.finished.score, random.finished.score)
        gap = (mean(carried.finished.score) or 0.0) - (mean(random.finished.score) or 0.0)
        assert gap >= 0.05, (carried.density, carried.finished.score, random.finished.score)
