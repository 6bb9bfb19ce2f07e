"""No module needs, by whatever detour, one that needs it; imports inside functions and for types alone count too.

What a module names counts, not the packages that it lies in: the front door `ticket_explorer`, which hands on names of
all three, is entered with every module of the science, and named by none.
"""

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import sessions

ROOT = Path(sessions.__file__).parents[1]
PACKAGES = ("ticket_explorer", "sessions", "widgets")

Graph = Mapping[str, set[str]]


def imports(tree: ast.AST) -> Iterator[str]:
    """Every dotted name that a module's text imports, at its top or anywhere inside."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            yield from (f"{node.module}.{name.name}" for name in node.names)


def graph(root: Path, packages: tuple[str, ...]) -> Graph:
    """Which module imports which, of these packages; a name that is no module is its package's."""
    files = {
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path
        for package in packages
        for path in (root / package).rglob("*.py")
    }
    found: dict[str, set[str]] = {}
    for module, path in files.items():
        named = imports(ast.parse(path.read_text(encoding="utf-8")))
        wanted = {name if name in files else name.rpartition(".")[0] for name in named}
        found[module] = {name for name in wanted if name in files and name != module}
    return found


def circle(known: Graph) -> list[str]:
    """Modules that import each other in a circle, the first one again at the end; none, if there is no circle."""
    try:
        TopologicalSorter(known).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_nothing_imports_in_a_circle() -> None:
    known = graph(ROOT, PACKAGES)
    assert len(known) > 250, "the three packages have rooms: look into all of them"
    assert circle(known) == []


@pytest.mark.parametrize(
    "hidden", ["def f():\n    from house.b import b", "if TYPE_CHECKING:\n    from house import b", "import house.b"]
)
def test_a_hidden_circle_is_found(hidden: str, tmp_path: Path) -> None:
    (tmp_path / "house").mkdir()
    for name, text in {"__init__": "", "a": hidden, "b": "from house.c import c", "c": "from house.a import a"}.items():
        (tmp_path / "house" / f"{name}.py").write_text(text, encoding="utf-8")
    assert set(circle(graph(tmp_path, ("house",)))) == {"house.a", "house.b", "house.c"}
