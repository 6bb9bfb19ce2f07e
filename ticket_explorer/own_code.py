"""Code of one's own in a session: how it is named, and its text; nothing of it is run here, and no JAX is imported.

Settings keep the text itself, so a session goes on with the code that it began with, also on another machine.
`own_trust` says whether it may run, `own_running` runs it.
"""

import ast
import importlib.util
import inspect
import linecache
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ticket_explorer.errors import InvalidValue
from ticket_explorer.own_trust import trust

NAME = "own"
"""What settings of code of one's own are called, but for few."""
LARGEST = 1_000_000
"""Characters that a file may have."""


def names_code(name: object) -> bool:
    """Whether a name is `FILE.py:OBJECT` or `MODULE:OBJECT`, and not that of something registered."""
    return isinstance(name, str) and ":" in name


def taken_in(name: str, path: str, directory: Path) -> dict[str, str]:
    """The fields `place`, `source` and `file` of an object in a file or a module.

    Args:
        name: `./rules.py:my_score`, relative to `directory`, or `module:object`.
        path: Of the setting, for errors.
        directory: What files are relative to.

    Raises:
        TicketError: if there is no such file or module, or it is no text.
    """
    place, _, attribute = name.rpartition(":")
    file = _file(place, directory)
    if not attribute.isidentifier() or file is None:
        raise InvalidValue(path, name, "FILE.py:OBJECT, or MODULE:OBJECT of an importable module")
    if file.exists() and not file.is_file():
        raise InvalidValue(path, f"{file}, which is not a regular file", "FILE.py:OBJECT")
    try:
        source = file.read_text("utf-8-sig")
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise InvalidValue(path, f"{file} ({why})", "FILE.py:OBJECT of a file that can be read") from None
    except UnicodeDecodeError:
        raise InvalidValue(path, f"{file}, which is not text in UTF-8", "FILE.py:OBJECT") from None
    if len(source) > LARGEST:
        raise InvalidValue(path, f"{len(source):,} characters", f"a file of at most {LARGEST:,}")
    return {"place": f"{file.name}:{attribute}", "source": source, "file": str(file.absolute())}


IMPORTS = """import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn

"""
"""What functions and classes of a notebook may use besides what they import themselves."""


def code_of(given: Any, **parameters: Any) -> dict[str, Any]:
    """A function or a class of a script or a notebook's cell, as a setting: `{"pruner": tx.code_of(my_score)}`.

    Its own text is taken, nothing else of the script; `jax`, `jnp`, `np` and `nn` (of flax.linen) are there.

    Args:
        given: The function or class.
        **parameters: Its keyword arguments.

    Raises:
        TicketError: if it has no text, as what is built in or was typed into a bare Python prompt.
    """
    try:
        text = textwrap.dedent(_text_of(given))
    except (OSError, TypeError):
        raise InvalidValue("code_of", repr(given), "a function or a class that a file or a cell defines") from None
    source = IMPORTS + text
    place = f"{given.__module__}.py:{given.__name__}"
    trust(place, source, parameters)
    return {"name": NAME, "place": place, "source": source, "parameters": parameters}


def _text_of(given: Any) -> str:
    """The text of a function or a class; Python itself finds no class of a notebook's cell.

    Raises:
        OSError, TypeError: if there is none.
    """
    try:
        return inspect.getsource(given)
    except (OSError, TypeError):
        if not inspect.isclass(given):
            raise
    for member in filter(callable, vars(given).values()):
        code: Any = getattr(inspect.unwrap(member), "__code__", None)
        lines = [] if code is None else linecache.getlines(code.co_filename)
        for node in ast.walk(ast.parse("".join(lines))):
            if not isinstance(node, ast.ClassDef) or node.name != given.__name__:
                continue
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            if code is not None and first <= code.co_firstlineno <= (node.end_lineno or first):
                return "".join(lines[first - 1 : node.end_lineno])
    raise OSError("no text")


def _file(place: str, directory: Path) -> Path | None:
    if place.endswith(".py"):
        return directory / Path(place).expanduser()
    with suppress(ImportError, ValueError):
        found = importlib.util.find_spec(place)
        if found is not None and found.origin is not None and found.origin.endswith(".py"):
            return Path(found.origin)
    return None


@dataclass(frozen=True)
class Outline:
    """What a class says of itself, read without running it."""

    bases: tuple[str, ...]
    """The names of the classes that it is made from, `gymnasium.Env`, and of those that these are made from."""
    constants: Mapping[str, Any]
    """Of its body, `has_sigma = True`, or of the bodies of those classes."""


def outline_of(source: str, attribute: str) -> Outline | None:
    """The outline of a class in a text, with what it inherits there; None if what has this name is no class."""
    with suppress(SyntaxError, ValueError, RecursionError):  # which are said when the text is run
        body = ast.parse(source).body
        classes = {node.name: node for node in body if isinstance(node, ast.ClassDef)}
        aliases = {
            name.asname: name.name
            for node in body
            if isinstance(node, ast.ImportFrom)
            for name in node.names
            if name.asname is not None
        }
        if attribute in classes:
            return _outline(classes, aliases, attribute, ())
    return None


def _outline(
    classes: Mapping[str, ast.ClassDef], aliases: Mapping[str, str], name: str, within: tuple[str, ...]
) -> Outline:
    """Of a class and those in the same text that it is made from, itself first."""
    bases, constants = list[str](), dict(_constants(classes[name]))
    for base in (aliases.get(base, base) for base in map(ast.unparse, classes[name].bases)):
        bases.append(base)
        if base in classes and base not in (name, *within):
            inherited = _outline(classes, aliases, base, (*within, name))
            bases += inherited.bases
            constants = {**inherited.constants, **constants}
    return Outline(tuple(bases), constants)


def helpers_of(source: str, file: str) -> list[str]:
    """The modules beside a file that its text imports: a session keeps the text alone.

    Args:
        source: The file's text.
        file: Where the file is; empty if it is a cell's.
    """
    found = set[str]()
    with suppress(SyntaxError, ValueError, RecursionError):
        for node in ast.walk(ast.parse(source)) if file else ():
            if isinstance(node, ast.Import):
                found |= {name.name.partition(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found.add(str(node.module).partition(".")[0])
    beside = Path(file).parent
    return sorted(name for name in found if (beside / f"{name}.py").is_file() or (beside / name).is_dir())


def _constants(node: ast.ClassDef) -> Iterator[tuple[str, Any]]:
    for line in node.body:
        targets = line.targets if isinstance(line, ast.Assign) else [getattr(line, "target", None)]
        value = getattr(line, "value", None)
        if isinstance(value, ast.Constant):
            yield from ((target.id, value.value) for target in targets if isinstance(target, ast.Name))


def hashable(value: Any) -> Any:
    """A value of a spec, with lists as tuples."""
    return tuple(map(hashable, value)) if isinstance(value, list | tuple) else value


def import_of(module: str) -> str:
    """The text that stands for importing an installed module, where a name alone does it: it is trusted as any text."""
    return f"import {module}\n"
