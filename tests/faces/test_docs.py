"""Docs are tested: what there is appears in them, links lead somewhere, code compiles, commands exist."""

import ast
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import ticket_explorer as tx
from sessions.messages import commands, events, records
from sessions.specs.spec import parse_spec
from sessions.studies.cells import planned_cells
from sessions.studies.study_spec import parse_study
from ticket_explorer.analysis import ANALYSES
from ticket_explorer.networks import NETWORKS
from ticket_explorer.presets import names
from ticket_explorer.pruners import PRUNERS
from ticket_explorer.rewinds import REWINDS
from ticket_explorer.tasks import TASKS
from ticket_explorer.trainers import TRAINERS
from ticket_explorer.trainers.strategies import STRATEGIES

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
FAMILIES = {
    "strategy": STRATEGIES,
    "pruner": PRUNERS,
    "rewind": REWINDS,
    "task": TASKS,
    "network": NETWORKS,
    "trainer": TRAINERS,
    "analysis": ANALYSES,
    "preset": names(),
}


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(language: str) -> list[tuple[str, str]]:
    found = [(path.name, match) for path in PAGES for match in FENCE.findall(path.read_text(encoding="utf-8"))]
    return [(name, code) for name, (written, code) in found if written == language]


def command_lines() -> list[list[str]]:
    """Every `ticket-explorer` command of the docs' shell blocks, without what only leads to it."""
    lines = [line for _, code in blocks("sh") for line in code.replace("&&", "\n").splitlines()]
    words = [shlex.split(line.partition(">")[0], comments=True) for line in lines]
    return [line[line.index("ticket-explorer") + 1 :] for line in words if "ticket-explorer" in line]


@pytest.mark.parametrize("family", FAMILIES)
def test_everything_there_is_appears(family):
    missing = [name for name in FAMILIES[family] if f"`{name}`" not in page("docs/science.md")]
    assert not missing


@pytest.mark.parametrize(
    ("heading", "family"), [("Strategies", "strategy"), ("Pruners", "pruner"), ("Rewinds", "rewind")]
)
def test_nothing_appears_that_there_is_not(heading, family):
    section = page("docs/science.md").partition(f"## {heading}\n")[2].partition("\n##")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == set(FAMILIES[family])


def test_the_readme_counts_right():
    counts = f"{len(STRATEGIES)} strategies with any of {len(PRUNERS)} pruners and {len(REWINDS)} rewinds"
    assert counts in page("README.md").replace("\n", " ")


def test_every_command_has_a_section_with_its_options(command_options):
    sections = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", page("docs/cli.md"), re.MULTILINE | re.DOTALL))
    assert set(sections) == set(command_options)
    for name, options in command_options.items():
        assert f"ticket-explorer {name}" in sections[name]
        assert not [option for option in options if option not in sections[name]], name


def test_every_command_line_in_the_docs_exists(command_options):
    assert len(command_lines()) > 20
    for words in command_lines():
        name = next((n for n in (" ".join(words[:2]), *words[:1], "") if n in command_options), "")
        given = {word for word in words if word.startswith("--")}
        if not name:
            assert not words, words
        assert given <= set(command_options.get(name, ())), words


def test_every_event_and_command_appears():
    for kind, module in (("files", records), ("engine", commands)):
        union = module.AnyEvent if kind == "files" else module.AnyCommand
        assert not [one.__name__ for one in union.__args__ if f"`{one.__name__}`" not in page(f"docs/{kind}.md")]
    assert not [column for column in events.METRICS if f"`{column}`" not in page("docs/files.md")]


def test_the_public_names_are_those_of_the_docs():
    table = page("docs/engine.md").partition("The public names")[2].partition("\n## ")[0]
    assert sorted(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == tx.__all__


def test_every_widget_and_verb_of_the_notebook_appears():
    told = page("docs/notebook.md")
    assert not [name for name in tx.widgets.__all__ if name not in told]
    assert not [name for name in dir(tx.LiveSession) if name.endswith("_async") and name not in told]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path):
    for link in LINK.findall(path.read_text(encoding="utf-8")):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = path.parent / name if name else path
        assert target.is_file(), link
        if anchor:
            headings = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings], link


def test_python_compiles_and_specs_are_right():
    assert len(blocks("python")) > 2
    for name, code in blocks("python"):
        compile(code, name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    for _, code in blocks("toml"):
        if ".py:" in code:  # files of one's own: tests/engine/test_own_code.py
            continue
        if "[[axis]]" in code:
            planned_cells(parse_study(tomllib.loads(code)), ROOT)
        else:
            parse_spec(tomllib.loads(code))


def test_continuous_integration_runs_the_readmes_test_command():
    lines = [line for line in page(".ci/run").splitlines() if line and not line.startswith("#")]
    test_command = next(code for _, code in blocks("sh") if "poe check" in code).strip()
    assert test_command == f"pip install uv && {lines[-1]}"
    assert "set -euo pipefail" in lines
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
    check = tomllib.loads(page("pyproject.toml"))["tool"]["poe"]["tasks"]
    assert "test" in check["check"]
    assert check["test"].split()[0] == "pytest"


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_readmes_commands_run_as_written(tmp_path, environment):
    """All that need no download, GPU or terminal, in the order of the page, in a home of their own."""
    readme = "\n".join(code for name, code in blocks("sh") if name == "README.md")
    skipped = ("poe check", "data prepare", "mnist-", "--extra")
    command = Path(sys.executable).with_name("ticket-explorer")
    for line in readme.replace("pip install uv && ", "").splitlines():
        if not line.startswith("uv run ") or any(part in line for part in skipped):
            continue
        words = shlex.split(line, comments=True)[3:]
        if not words:  # the app, which needs a terminal: the first session is begun in it
            words = ["run", "fashion", "--rounds", "1", "--generations", "1"]
        home = {**environment, "TICKET_EXPLORER_HOME": str(tmp_path / "home")}
        done = subprocess.run([command, *words], cwd=tmp_path, env=home, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (line, done.stderr)
    assert (tmp_path / "ticket.safetensors").is_file()
    assert (tmp_path / "metrics.csv").is_file()


def test_files_that_pages_name_are_there():
    """A page that leads through the code must not lead astray."""
    named = re.compile(r"`((?:ticket_explorer|sessions|widgets)/[\w/]+\.(?:py|js))`")
    gone = [f"{path.name}: {file}" for path in PAGES for file in named.findall(path.read_text(encoding="utf-8"))]
    gone = [place for place in gone if not (ROOT / place.partition(": ")[2]).exists()]
    assert not gone


def test_every_room_is_on_the_map():
    rooms = {path.parent.name for path in (ROOT / "sessions").glob("*/__init__.py")}
    assert rooms == set(re.findall(r"^\| `(\w+)` \|", page("docs/architecture.md"), re.MULTILINE))
