"""Distributions that add to the families, as their authors write them: a project each, built and installed."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parents[2]

PROJECT = """[build-system]
requires = ["uv_build"]
build-backend = "uv_build"

[project]
name = "{name}"
version = "1.0"
description = "Adds to Ticket Explorer"
requires-python = ">=3.11"

{points}"""

SETTINGS = '''"""What this distribution adds; JAX is not imported here."""

from typing import ClassVar

from ticket_explorer.networks.settings import MLP
from ticket_explorer.pruners.settings import PrunerSettings
from ticket_explorer.tasks.settings import Fashion
from ticket_explorer.trainers.gradient_settings import GradientDescent


class Smallest(PrunerSettings, frozen=True, kw_only=True, tag="smallest"):
    """Keep the smallest weights."""

    implementation: ClassVar[str] = "sparse_things.rules:score"


class Slim(MLP, frozen=True, kw_only=True, tag="slim"):
    """Four units."""

    hidden: tuple[int, ...] = (4,)


class Plain(GradientDescent, frozen=True, kw_only=True, tag="plain"):
    """Gradient descent under another name."""


class Garments(Fashion, frozen=True, kw_only=True, tag="garments"):
    """The images of fashion under another name."""
'''
RULES = '''"""The rule itself."""

import jax.numpy as jnp


def score(key, result, ticket, problem):
    """The lowest go: the largest weights."""
    return -jnp.abs(result.mean)
'''
OWN_TEST = """import sparse_things.settings as settings
import sparse_things.rules
from ticket_explorer.networks import NETWORKS
from ticket_explorer.pruners import PRUNERS
from ticket_explorer.tasks import TASKS
from ticket_explorer.trainers import TRAINERS


def test_the_families_have_them():
    assert PRUNERS["smallest"] is settings.Smallest
    assert NETWORKS["slim"] is settings.Slim
    assert TRAINERS["plain"] is settings.Plain
    assert TASKS["garments"] is settings.Garments
    assert settings.Smallest().implemented() is sparse_things.rules.score
"""
GOOD = {
    "pruners": {"smallest": "sparse_things.settings:Smallest"},
    "networks": {"slim": "sparse_things.settings:Slim"},
    "trainers": {"plain": "sparse_things.settings:Plain"},
    "tasks": {"garments": "sparse_things.settings:Garments"},
}


def write(place: Path, name: str, modules: dict[str, str], points: dict[str, dict[str, str]]) -> Path:
    """A project: its pyproject.toml and its package.

    Args:
        place: Where projects are.
        name: Of the distribution.
        modules: Texts, by their names.
        points: By family, what is registered by which name.
    """
    project = place / name
    package = project / "src" / name.replace("-", "_")
    package.mkdir(parents=True)
    tables = (
        f'[project.entry-points."ticket_explorer.{family}"]\n'
        + "".join(f'{key} = "{value}"\n' for key, value in members.items())
        for family, members in points.items()
    )
    (project / "pyproject.toml").write_text(PROJECT.format(name=name, points="\n".join(tables)), "utf-8")
    (package / "__init__.py").touch()
    for module, text in modules.items():
        (package / f"{module}.py").write_text(text, "utf-8")
    return project


def good(place: Path) -> Path:
    """A project that adds a pruner, a network, a trainer and a task, with a test of its own."""
    project = write(place, "sparse-things", {"settings": SETTINGS, "rules": RULES}, GOOD)
    (project / "test_sparse_things.py").write_text(OWN_TEST, "utf-8")
    return project


def raising(place: Path) -> Path:
    """A project that can't be imported, and says that it adds to every family."""
    module = {"settings": "raise RuntimeError('not today')\n"}
    families = ("tasks", "networks", "trainers", "pruners", "rewinds", "analyses")
    points = {family: {"broken": "raising_things.settings:Broken"} for family in families}
    return write(place, "raising-things", module, points)


def shadowing(place: Path) -> Path:
    """A project whose pruner has the name of one of ours."""
    text = SETTINGS.replace("smallest", "magnitude").replace("sparse_things", "shadowing_things")
    points = {"pruners": {"magnitude": "shadowing_things.settings:Smallest"}}
    return write(place, "shadowing-things", {"settings": text, "rules": RULES}, points)


def environment(place: Path) -> Path:
    """A fresh virtual environment that sees this repository, and the packages that run it; returns its Python."""
    subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
    python = place / "bin" / "python"
    asked = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = Path(subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip())
    (packages / "beside.pth").write_text(f"{ROOT}\n{sysconfig.get_path('purelib')}\n")
    return python


def install(python: Path, *projects: Path) -> None:
    """Build wheels of projects, and have the environment's own pip install them; nothing is downloaded."""
    wheels = []
    for project in projects:
        out = project / "dist"
        command = ["uv", "build", "--quiet", "--offline", "--wheel", "--out-dir", str(out), str(project)]
        subprocess.run(command, check=True)
        wheels += map(str, out.glob("*.whl"))
    command = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", *wheels]
    subprocess.run(command, check=True, env=alone())


def alone() -> dict[str, str]:
    """The variables of this process without what would point an environment's Python elsewhere."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
