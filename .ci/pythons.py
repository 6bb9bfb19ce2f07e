"""A short part of the suite under each Python that the package is for, in environments of their own.

Arguments are pytest's, and take the place of the short part. For a Python that is neither here nor to be had, a
sentence says so, and the types are checked, which needs no interpreter.
"""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PREFIX = "Programming Language :: Python :: "
SHORT = (
    "tests/distribution",
    "tests/engine/test_imports.py",
    "tests/engine/test_spec.py",
    "tests/engine/test_session.py",
    "tests/engine/test_golden.py",
    "tests/science/test_strategies.py",
    "tests/science/test_pruners.py",
    "tests/faces/test_front_door.py",
    "tests/faces/test_notebook_widgets.py",
)
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "UV_PYTHON")}


def versions() -> list[str]:
    """Those that pyproject.toml names, as `3.12`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [line.removeprefix(PREFIX) for line in project["classifiers"] if line.startswith(PREFIX)]


def interpreter(version: str) -> str | None:
    """A Python of this version: this one, pyenv's, one that uv finds, or one that uv can fetch."""
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        return sys.executable
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    if found := sorted(pyenv.glob(f"{version}.*/bin/python{version}")):
        return str(found[-1])
    for fetch in (False, True):
        if fetch:
            subprocess.run(["uv", "python", "install", version], env=ENVIRONMENT, capture_output=True)
        told = subprocess.run(
            ["uv", "python", "find", "--no-project", "--no-python-downloads", version],
            capture_output=True,
            text=True,
            env=ENVIRONMENT,
        )
        if told.returncode == 0:
            return told.stdout.strip()
    return None


def passes(version: str, arguments: list[str]) -> bool:
    """Whether the tests pass under a version; where it can't be had, whether the types do."""
    python = interpreter(version)
    if python is None:
        print(f"Python {version} is not here and can't be fetched: tests are skipped, types are checked.", flush=True)
        return subprocess.run(["mypy", "--python-version", version], cwd=ROOT).returncode == 0
    print(f"Python {version}: {python}", flush=True)
    place = {"UV_PROJECT_ENVIRONMENT": str(ROOT / ".pythons" / version), "PYTHONDONTWRITEBYTECODE": "1"}
    tests = ["pytest", "-q", "-n", "2", "--dist", "worksteal", *(arguments or SHORT)]
    command = ["uv", "run", "--quiet", "--python", python, *tests]
    return subprocess.run(command, cwd=ROOT, env=ENVIRONMENT | place).returncode == 0


def main() -> None:
    """Run them all, and exit with 1 if one failed."""
    failed = [version for version in versions() if not passes(version, sys.argv[1:])]
    if failed:
        sys.exit(f"Failed: Python {', '.join(failed)}.")


if __name__ == "__main__":
    main()
