"""Plug-ins as people have them: distributions built from their pyproject.toml, installed by pip beside the project."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.distribution import plug_in_projects as projects

pytestmark = pytest.mark.thorough

Runs = Callable[..., "subprocess.CompletedProcess[str]"]

TELLS = {
    "pruners": ("smallest", "Keep the smallest weights."),
    "networks": ("slim", "Four units."),
    "trainers": ("plain", "Gradient descent under another name."),
    "tasks": ("garments", "The images of fashion under another name."),
}
BROKEN = (
    "ticket-explorer: The plug-in 'broken' of raising-things is left out of {family}: raising_things.settings:Broken "
    "can't be imported: RuntimeError: not today."
)
TAKEN = (
    "ticket-explorer: The plug-in 'magnitude' of shadowing-things is left out of pruners: there is another one of that "
    "name."
)
SMALL = ("--rounds", "2", "--generations", "5", "--set", "task.batch=64", "--set", "trainer.population=8")


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with three plug-ins: one is good, one raises, one takes a name that is taken."""
    place = tmp_path_factory.mktemp("plug-ins")
    found = projects.environment(place / "venv")
    projects.install(found, projects.good(place), projects.raising(place), projects.shadowing(place))
    return found


@pytest.fixture
def runs(python: Path, tmp_path: Path) -> Runs:
    """Runs the environment's Python in an empty directory, with a home of its own."""

    def run(*arguments: str, cwd: Path = tmp_path) -> "subprocess.CompletedProcess[str]":
        surroundings = {**projects.alone(), "TICKET_EXPLORER_HOME": str(tmp_path / "home"), "COLUMNS": "200"}
        return subprocess.run(
            [str(python), *arguments], cwd=cwd, env=surroundings, capture_output=True, text=True, timeout=280
        )

    return run


@pytest.fixture
def tells(runs: Runs) -> Runs:
    """Runs the command line there."""
    return lambda *arguments: runs("-m", "ticket_explorer", *arguments)


@pytest.mark.parametrize("family", TELLS)
def test_what_was_added_is_listed_beside_ours(tells: Runs, family: str) -> None:
    name, summary = TELLS[family]
    done = tells(family, "--json")
    assert done.returncode == 0, done.stderr
    known = json.loads(done.stdout)
    assert known[name] == summary
    assert len(known) > 3
    taken = [TAKEN] if family == "pruners" else []
    assert sorted(done.stderr.splitlines()) == [BROKEN.format(family=family), *taken]


def test_the_name_that_is_taken_stays_ours(tells: Runs) -> None:
    assert json.loads(tells("pruners", "--json").stdout)["magnitude"].startswith("Keep the largest weights")


@pytest.mark.parametrize("arguments", [("--help",), ("analyse", "--help"), ("list",), ("presets",)])
def test_who_asks_for_no_plug_in_hears_of_none(tells: Runs, arguments: tuple[str, ...]) -> None:
    done = tells(*arguments)
    assert done.returncode == 0
    assert "plug-in" not in done.stderr


def test_a_session_runs_with_its_pruner(tells: Runs) -> None:
    done = tells("run", "fashion", *SMALL, "--set", "branch.snr.pruner=smallest", "--json")
    assert done.returncode == 0, done.stderr
    snr, magnitude, _ = json.loads(done.stdout)["branches"]
    assert (snr["pruner"], magnitude["pruner"]) == ("smallest", "magnitude")
    assert snr["rounds"][1]["density"] == pytest.approx(0.8, abs=1e-3)
    assert snr["rounds"][0]["threshold"] < 0 < magnitude["rounds"][0]["threshold"], "it scores by −|θ|"
    assert "Traceback" not in done.stderr


def test_a_session_is_made_of_all_that_it_adds(tells: Runs) -> None:
    made = {"task.name": "garments", "network.name": "slim", "trainer.name": "plain", "branch.0.pruner": "smallest"}
    short = ("--rounds", "2", "--generations", "5")
    done = tells("run", "gd-lenet", *short, *(f"--set={path}={value}" for path, value in made.items()), "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["state"] == "finished"
    assert found["branches"][0]["trainer"]["name"] == "plain"
    assert found["branches"][0]["pruner"] == "smallest"


def test_the_plug_in_s_own_tests_pass(python: Path, runs: Runs) -> None:
    project = python.parents[2] / "sparse-things"
    done = runs("-m", "pytest", "-q", "-p", "no:cacheprovider", "test_sparse_things.py", cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


FIRST = (
    *("sparse_things.settings", "sparse_things.rules", "ticket_explorer", "sessions.session.session"),
    *(f"ticket_explorer.{family}" for family in TELLS),
)


@pytest.mark.parametrize("first", FIRST)
def test_whatever_is_imported_first_all_of_it_is_there(runs: Runs, first: str) -> None:
    code = (
        f"import {first}; import ticket_explorer, sparse_things.settings as own; "
        "from ticket_explorer.pruners import PRUNERS; from ticket_explorer.networks import NETWORKS; "
        "assert PRUNERS['smallest'] is own.Smallest and NETWORKS['slim'] is own.Slim; "
        "from ticket_explorer.tasks import TASKS; assert TASKS['garments'] is own.Garments"
    )
    done = runs("-W", "ignore", "-c", code)
    assert done.returncode == 0, done.stderr


def test_a_session_outlives_its_plug_in(tells: Runs, python: Path, runs: Runs) -> None:
    """Where it is not installed any more the session can be looked at, and going on says what is missing."""
    done = tells("run", "fashion", *SMALL, "--set", "branch.snr.pruner=smallest")
    assert done.returncode == 0, done.stderr
    project = python.parents[2] / "sparse-things"
    try:
        assert runs("-m", "pip", "uninstall", "--yes", "--quiet", "sparse-things").returncode == 0
        for looking in (("list",), ("show", "fashion-1"), ("verify", "fashion-1")):
            shown = tells(*looking)
            assert shown.returncode == 0, shown.stderr
        asked = tells("branch", "fashion-1", "--from", "snr:1")
        assert asked.returncode == 2
        assert "smallest" in asked.stderr
        assert "Traceback" not in asked.stderr
    finally:
        projects.install(python, project)
