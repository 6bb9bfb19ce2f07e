"""A docstring says something: one word, or a name said again, does not."""

import ast
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ARTICLES = {"the", "a", "an", "its"}


def says_nothing(text: str, name: str) -> bool:
    """Whether a sentence is a single word, but for articles and the name of what it is about.

    A shape or a formula says something.
    """
    if re.search(r"[\[\]`(=]", text):
        return False
    words = set(re.findall(r"\w+", text.lower())) - ARTICLES
    return len(words) < 2 or words <= set(name.split("_"))


def sentences(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Everything that is named in a module, with what its docstring says of it in the first place."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and (doc := ast.get_docstring(node)):
            yield node.name, doc.partition("\n\n")[0]
            arguments = re.search(r"^Args:\n((?:    .*\n?)+)", doc, re.MULTILINE)
            yield from re.findall(r"^    \**(\w+): ((?:.|\n     )*)", arguments[1] if arguments else "", re.MULTILINE)
        body = getattr(node, "body", None)
        for value, doc in itertools.pairwise(body) if isinstance(body, list) else ():
            is_value = isinstance(value, ast.AnnAssign) or (isinstance(value, ast.Assign) and len(value.targets) == 1)
            if is_value and isinstance(doc, ast.Expr) and isinstance(doc.value, ast.Constant):
                yield ast.unparse(getattr(value, "target", None) or value.targets[0]), str(doc.value.value)


@pytest.mark.parametrize(
    ("text", "name", "empty"),
    [
        ("Prepare.", "__init__", True),
        ("Whose.", "branch", True),
        ("The session.", "session", True),
        ("The journal.", "path", True),
        ("[n].", "y", False),
        ("Its directory on disk.", "path", False),
    ],
)
def test_what_says_nothing_is_seen(text, name, empty):
    assert says_nothing(text, name) is empty


@pytest.mark.parametrize("package", ["ticket_explorer", "sessions", "widgets"])
def test_every_docstring_says_something(package):
    empty = [
        f"{path.relative_to(ROOT)}: {name}: {text}"
        for path in sorted((ROOT / package).rglob("*.py"))
        for name, text in sentences(ast.parse(path.read_text("utf-8")))
        if says_nothing(text, name)
    ]
    assert empty == []
