"""What a preset says is held against its sources: tables in `sources`, a file for each family of presets.

A rule gives values with their source, a paper's table or section or a public code's file and line; `own` lists those
that no source has, and then the preset calls them our own. Of rules for the same value the last that applies counts.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sessions.specs.overrides import PLAN_KEYS
from sessions.specs.spec import Plan, parse_spec, table_of
from ticket_explorer import presets
from ticket_explorer.networks.settings import NetworkSettings
from ticket_explorer.tables import overlay

FILES = sorted((Path(__file__).parent / "sources").glob("*.toml"))
WHAT_IT_IS = {"task.name", "network.name", "trainer.name", "trainer.strategy", "pruner.name", "rewind.name"}
"""Of which no source is asked, though a rule may give one."""
SELECTORS = ("presets", "but", "branches", "where")
CITATION = re.compile(r"(?P<source>\w+) (?P<place>\S.*)")
LINES = re.compile(r"[\w./-]+:\d+(-\d+)?\b")
OWN = re.compile(r"\bour own\b")


@dataclass(frozen=True)
class Said:
    """What a source says of one value; nothing of our own choices."""

    value: Any
    source: str | None
    rule: str
    """File and number of the rule, which tells it from others."""


@dataclass(frozen=True)
class Branch:
    """One branch of a preset, with all its defaults."""

    preset: str
    name: str
    values: Mapping[str, Any]
    written: frozenset[str]
    """The paths that the preset names; the others are defaults."""


def flat(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


def starts(network: NetworkSettings) -> dict[str, str]:
    """What weights start from, with what the output layer takes over from the others."""
    output = network.layer_names[-1]
    kernels = {
        "network.kernel_init": network.kernel_init,
        "network.last_kernel_init": network.kernel_init_of(output),
    }
    biases = {"network.bias_init": network.bias_init, "network.last_bias_init": network.bias_init_of(output)}
    return kernels | (biases if network.bias else {})


@cache
def branches(name: str) -> tuple[Branch, ...]:
    table = presets.load(name)
    spec, found = parse_spec(table), []
    given = table.get("branch") or [{}]
    for branch, override in zip(spec.branches, given, strict=True):
        given = {key: override[key] for key in PLAN_KEYS if key in override}
        merged = overlay({key: table.get(key, {}) for key in PLAN_KEYS}, given).tables
        tables = {key: value for key, value in merged.items() if isinstance(value, Mapping)}
        first = starts(branch.plan.network)
        written = {path for path, _ in flat(tables)} | {"replicates"} & set(table)
        values = facts(branch.plan) | first | {"replicates": spec.replicates}
        found.append(Branch(name, branch.name, values, frozenset(written - WHAT_IT_IS | set(first))))
    return tuple(found)


def facts(plan: Plan) -> dict[str, Any]:
    return dict(flat(table_of(plan)))


@cache
def family(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8"))


def is_of(name: str, table: Mapping[str, Any]) -> bool:
    listed = any(fnmatch(name, pattern) for pattern in table.get("presets", ["*"]))
    return listed and not any(fnmatch(name, pattern) for pattern in table.get("but", []))


def applies(rule: Mapping[str, Any], branch: Branch) -> bool:
    def fits(path: str, wanted: Any) -> bool:
        return branch.values.get(path) in (wanted if isinstance(wanted, list) else [wanted])

    named = any(fnmatch(branch.name, pattern) for pattern in rule.get("branches", ["*"]))
    return is_of(branch.preset, rule) and named and all(fits(*each) for each in rule.get("where", {}).items())


def sourced(rule: Mapping[str, Any]) -> dict[str, tuple[Any, str]]:
    return {path: tuple(said) for path, said in rule.items() if path not in (*SELECTORS, "own")}


def said_of(branch: Branch) -> dict[str, Said]:
    """What the rules say of a branch's values, by their paths."""
    found: dict[str, Said] = {}
    for file in FILES:
        if not is_of(branch.preset, family(file)):
            continue
        for number, rule in enumerate(family(file)["rule"]):
            if applies(rule, branch):
                name = f"{file.stem} {number}"
                found |= {path: Said(*said, name) for path, said in sourced(rule).items()}
                found |= {path: Said(branch.values.get(path), None, name) for path in rule.get("own", [])}
    return found


def texts(name: str) -> Iterator[str]:
    """A preset as it is written, and those it begins from."""
    text = presets.text(name)
    yield text
    if base := tomllib.loads(text).get("preset"):
        yield from texts(base)


def is_called_own(name: str, path: str) -> bool:
    """Whether a comment at the head of a preset, or beside the value, says that it is our own choice."""
    field = path.rpartition(".")[-1]
    for text in texts(name):
        lines = text.splitlines()
        head = " ".join(line.strip("# ") for line in lines if line.startswith("#"))
        beside = (line for line in lines if re.search(rf"\b{field} = .*#", line))
        if OWN.search(head) or any(OWN.search(line) for line in beside):
            return True
    return False


@pytest.mark.parametrize("name", presets.names())
def test_a_preset_is_what_its_sources_say(name: str) -> None:
    files = [file.name for file in FILES if is_of(name, family(file))]
    assert len(files) == 1, f"{name} belongs into one file of tests/science/sources; it is in {files}"
    faults = []
    for branch in branches(name):
        said = said_of(branch)
        faults += [f"{branch.name}: {path} has no source" for path in sorted(branch.written - set(said))]
        for path, one in said.items():
            given = branch.values.get(path)
            if given != one.value:
                faults.append(f"{branch.name}: {path} is {given}, and {one.value} in {one.source}")
            if one.source is None and path in branch.written and not is_called_own(name, path):
                faults.append(f"{branch.name}: {path} is our own choice, and no comment of the preset says so")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_source_can_be_looked_up(file: Path) -> None:
    sources = family(file)["sources"]
    for rule in family(file)["rule"]:
        for path, (_, said) in sourced(rule).items():
            for cited in said.split("; "):
                match = CITATION.fullmatch(cited)
                assert match, f"{path}: {cited}"
                assert match["source"] in sources, f"{path}: {cited} names none of {', '.join(sources)}"
                is_code = sources[match["source"]].startswith(("https:", "evosax"))
                assert not is_code or LINES.match(match["place"]), f"{path}: {cited} has no file and line"


def test_every_rule_is_about_some_preset() -> None:
    every = [branch for name in presets.names() for branch in branches(name)]
    used = {(path, one.rule) for branch in every for path, one in said_of(branch).items() if path in branch.values}
    listed = {
        (path, f"{file.stem} {number}")
        for file in FILES
        for number, rule in enumerate(family(file)["rule"])
        for path in (*sourced(rule), *rule.get("own", []))
    }
    assert not listed - used
