"""The wheel, and an environment of somebody else into which pip installed it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the source tree."""
    place = tmp_path_factory.mktemp("wheel")
    subprocess.run(["uv", "build", "--quiet", "--wheel", "--out-dir", str(place)], cwd=ROOT, check=True)
    (found,) = place.glob("*.whl")
    return found


@pytest.fixture(scope="session")
def jupyterlab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that had JupyterLab before it heard of us; what it has goes on fitting together."""
    place = tmp_path_factory.mktemp("theirs") / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
    pip = [str(place / "bin" / "python"), "-m", "pip"]
    subprocess.run([*pip, "install", "--quiet", "jupyterlab", "ipykernel", "nbclient", "pandas"], check=True)
    return place


@pytest.fixture(scope="session")
def theirs(jupyterlab: Path, wheel: Path) -> Path:
    """That environment, with the wheel and its extra `notebook`."""
    pip = [str(jupyterlab / "bin" / "python"), "-m", "pip"]
    subprocess.run([*pip, "install", "--quiet", f"{wheel}[notebook]"], check=True)
    subprocess.run([*pip, "check"], check=True)
    return jupyterlab


@pytest.fixture
def environment_variables(tmp_path: Path) -> dict[str, str]:
    """A home of their own, and nothing of this repository's environment."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    return {**kept, "TICKET_EXPLORER_HOME": str(tmp_path / "home"), "IPYTHONDIR": str(tmp_path / "ipython")}
