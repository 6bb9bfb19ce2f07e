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
LIGHT = [
    "sessions",
    "sessions.client",
    "sessions.commands",
    "sessions.errors",
    "sessions.events",
    "sessions.header",
    "sessions.inspection",
    "sessions.launch",
    "sessions.listing",
    "sessions.replay",
    "sessions.metrics",
    "sessions.report",
    "sessions.schedule",
    "sessions.spec",
    "sessions.store",
    "sessions.store.verify",
    "sessions.validation",
    "sessions.view",
    "sessions.wire",
]
PRINT_MODULES = "import json, sys; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"


def imported_by(*modules: str) -> set[str]:
    """The top-level modules that a fresh process has after importing `modules`."""
    code = f"import {', '.join(modules)}; {PRINT_MODULES}"
    return set(json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout))


def test_looking_at_sessions_needs_no_jax() -> None:
    assert imported_by(*LIGHT).isdisjoint({"jax", "jaxlib", "flax", "evosax", "optax", *FACES})


def test_the_engine_knows_no_face() -> None:
    names = [path.stem for path in Path(sessions.__file__).parent.glob("*.py") if path.stem != "__init__"]
    assert imported_by("sessions", *(f"sessions.{name}" for name in names)).isdisjoint(FACES)


@pytest.mark.parametrize("package", ["sessions", "widgets", "ticket_explorer"])
def test_nobody_else_owns_our_names(package: str) -> None:
    assert set(packages_distributions().get(package, ["ticket-explorer"])) == {"ticket-explorer"}
    found = find_spec(package)
    assert found is not None
    assert found.origin is not None
    assert Path(found.origin).parents[1] == Path(sessions.__file__).parents[1]
