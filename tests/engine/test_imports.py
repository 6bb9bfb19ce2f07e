"""What is imported with what: faces attach without JAX, and the engine knows no face."""

import json
import subprocess
import sys
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

import pytest

import sessions

FACES = {"textual", "ipywidgets", "anywidget", "plotly", "plotext", "rich", "typer", "widgets"}
LIGHT_ROOMS = ("messages", "specs", "store", "views", "reports")
"""Rooms of the engine that are entered without JAX; of `serving`, what a face attaches with."""
ATTACHING = ["sessions.serving.client", "sessions.serving.launch", "sessions.serving.replay", "sessions.serving.wire"]
PRINT_MODULES = "import json, sys; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"


def imported_by(*modules: str) -> set[str]:
    """The top-level modules that a fresh process has after importing `modules`."""
    code = f"import {', '.join(modules)}; {PRINT_MODULES}"
    return set(json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout))


def modules_in(*rooms: str) -> list[str]:
    """Every module of the engine, or of some of its rooms, by its dotted name."""
    root = Path(sessions.__file__).parent
    found = [path.relative_to(root.parent).with_suffix("") for path in root.rglob("*.py")]
    names = [".".join(path.parts).removesuffix(".__init__") for path in found]
    return sorted(name for name in names if not rooms or set(name.split(".")[1:2]) & set(rooms))


def test_looking_at_sessions_needs_no_jax() -> None:
    imported = imported_by("sessions", *modules_in(*LIGHT_ROOMS), *ATTACHING)
    assert imported.isdisjoint({"jax", "jaxlib", "flax", "evosax", "optax", *FACES})


def test_the_engine_knows_no_face() -> None:
    names = modules_in()
    assert len(names) > 60, "the engine has rooms: look into all of them"
    assert imported_by(*names).isdisjoint(FACES)


@pytest.mark.parametrize("package", ["sessions", "widgets", "ticket_explorer"])
def test_nobody_else_owns_our_names(package: str) -> None:
    assert set(packages_distributions().get(package, ["ticket-explorer"])) == {"ticket-explorer"}
    found = find_spec(package)
    assert found is not None
    assert found.origin is not None
    assert Path(found.origin).parents[1] == Path(sessions.__file__).parents[1]
