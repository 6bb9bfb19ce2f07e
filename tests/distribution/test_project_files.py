"""What a host and its visitors read: citation, workflow, hooks and forms are whole, and name what there is."""

import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
TASKS = PROJECT["tool"]["poe"]["tasks"]
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
OF_A_REFERENCE = {"type", "title", "authors"}
"""What the citation file's schema, 1.2.0, requires of a reference."""
OF_A_FIELD = {"checkboxes", "dropdown", "input", "markdown", "textarea"}


def read(name: str | Path) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def commands(task: Any) -> list[str]:
    """The command lines of one of poe's tasks."""
    if isinstance(task, list):
        return [command for part in task for command in commands(TASKS[part] if isinstance(part, str) else part)]
    return [task["cmd"] if isinstance(task, dict) else task]


@pytest.fixture(scope="module")
def pythons() -> Any:
    spec = importlib.util.spec_from_file_location("pythons", ROOT / ".ci" / "pythons.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_citation_is_whole() -> None:
    citation = read("CITATION.cff")
    assert set(citation) >= {"cff-version", "message", "title", "authors"}, "the schema requires these"
    assert citation["cff-version"] == "1.2.0"
    for told in ("version", "license", "keywords"):
        assert citation[told] == PROJECT["project"][told]
    assert citation["authors"] == [{"name": "The Ticket Explorer authors"}]
    for reference in citation["references"]:
        assert set(reference) >= OF_A_REFERENCE, reference
        assert all({"family-names", "given-names"} == set(author) for author in reference["authors"])


def test_the_cited_papers_are_those_that_the_science_follows() -> None:
    science = (ROOT / "docs" / "science.md").read_text(encoding="utf-8")
    for reference in read("CITATION.cff")["references"]:
        first, year = reference["authors"][0]["family-names"], reference["year"]
        assert re.search(rf"{first}\b[^|\n]*\({year}\)", science) or "evosax" in reference["title"], reference["title"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_call_tasks_that_there_are(path: Path) -> None:
    ran = [step["run"] for job in read(path)["jobs"].values() for step in job["steps"] if "run" in step]
    called = [command.removeprefix("uv run poe ") for command in ran if command.startswith("uv run poe ")]
    assert called
    assert set(called) <= set(TASKS)
    assert set(ran) == {"pip install uv", *(f"uv run poe {task}" for task in called)}


def test_the_workflow_checks_what_the_readme_checks_under_each_python(pythons: Any) -> None:
    workflow = read(".github/workflows/ci.yml")
    assert {"push", "pull_request"} <= set(workflow[True]), "YAML reads `on` as true"
    check = workflow["jobs"]["check"]
    assert check["strategy"]["matrix"]["python"] == pythons.versions()
    assert PROJECT["project"]["requires-python"] == f">={pythons.versions()[0]}"
    assert check["steps"][-1]["run"] == (ROOT / ".ci" / "run").read_text().splitlines()[-1]
    assert any(step.get("uses", "").startswith("actions/setup-node@") for step in check["steps"])


def test_hooks_are_local_and_run_what_the_check_runs() -> None:
    checked = commands(TASKS["check"]) + commands(TASKS["format"])
    for repository in read(".pre-commit-config.yaml")["repos"]:
        assert repository["repo"] == "local"
        for hook in repository["hooks"]:
            assert hook["language"] == "system"
            assert hook["entry"].removeprefix("uv run ") in checked


@pytest.mark.parametrize("path", [path for path in FORMS if path.name != "config.yml"], ids=lambda path: path.stem)
def test_forms_ask_for_something(path: Path) -> None:
    form = read(path)
    assert {"name", "description", "body"} <= set(form)
    ids = [field["id"] for field in form["body"]]
    assert len(set(ids)) == len(ids)
    for field in form["body"]:
        assert field["type"] in OF_A_FIELD
        assert field["attributes"]["label"]


def test_commands_that_forms_name_exist() -> None:
    commands = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    told = "\n".join(path.read_text(encoding="utf-8") for path in FORMS)
    named = set(re.findall(r"`ticket-explorer (\w+)", told))
    assert named
    assert named <= set(re.findall(r"^## (\w+)$", commands, re.MULTILINE))


def test_the_short_part_of_the_suite_is_there(pythons: Any) -> None:
    assert not [name for name in pythons.SHORT if not (ROOT / name).exists()]
    assert f"{sys.version_info.major}.{sys.version_info.minor}" in pythons.versions()
    assert pythons.interpreter(f"{sys.version_info.major}.{sys.version_info.minor}") == sys.executable


def test_a_python_that_is_not_to_be_had_is_told_and_its_types_are_checked(
    pythons: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    ran = []

    def run(command: list[str], **_: Any) -> "subprocess.CompletedProcess[str]":
        ran.append(command)
        return subprocess.CompletedProcess(command, int("find" in command), "", "")

    monkeypatch.setattr(pythons.subprocess, "run", run)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert pythons.passes("3.99", [])
    assert capsys.readouterr().out.startswith("Python 3.99 is not here and can't be fetched: tests are skipped")
    assert ran[-1] == ["mypy", "--python-version", "3.99"]
    assert ["uv", "python", "install", "3.99"] in ran


FIXTURE = re.compile(r'fixture\(scope="module".*?\)\ndef (.*?\)(?: ->.*?)?:\n(?:    .*\n|\n(?=    ))+)')
"""One that is made for each module, with its body."""


def test_what_makes_a_session_at_a_place_of_the_whole_run_makes_it_once():
    """A worker may take a module up twice: its fixtures are then made again, and the place is taken."""
    made_again = [
        f"{path.name}: {fixture.partition('(')[0]}"
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        for fixture in FIXTURE.findall(path.read_text("utf-8"))
        if re.match(r"\w+\([^)]*\b(?:shared_lab|home)\b", fixture)
        if "yield" not in fixture and "mktemp" not in fixture
    ]
    assert made_again == []
