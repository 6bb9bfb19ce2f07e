"""Code of one's own in a session: the text of a file, whose it is trusted by, and how it becomes an object.

Settings keep the text itself, so a session goes on with the code that it began with, also on another machine. It is
never run unless this user named the file, or looked at the text and trusts it: `ticket-explorer trust`. No JAX is
imported here.
"""

import ast
import hashlib
import importlib.util
import inspect
import linecache
import os
import sys
import textwrap
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from ticket_explorer.errors import InvalidValue, TicketError, shortened
from ticket_explorer.places import home, make_private

NAME = "own"
"""What settings of code of one's own are called, but for few."""
LARGEST = 1_000_000
"""Characters that a file may have."""


def names_code(name: object) -> bool:
    """Whether a name is `FILE.py:OBJECT` or `MODULE:OBJECT`, and not that of something registered."""
    return isinstance(name, str) and ":" in name


def taken_in(name: str, path: str, directory: Path) -> dict[str, str]:
    """The fields `place`, `source` and `file` of an object in a file or a module; its text is trusted from now on.

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
        source = file.read_text("utf-8")
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise InvalidValue(path, f"{file} ({why})", "FILE.py:OBJECT of a file that can be read") from None
    except UnicodeDecodeError:
        raise InvalidValue(path, f"{file}, which is not text in UTF-8", "FILE.py:OBJECT") from None
    if len(source) > LARGEST:
        raise InvalidValue(path, f"{len(source):,} characters", f"a file of at most {LARGEST:,}")
    trust(source)
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
    trust(source)
    place = f"{given.__module__}.py:{given.__name__}"
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
    """The names of the classes that it is made from, `gymnasium.Env`."""
    constants: Mapping[str, Any]
    """Of its body, `has_sigma = True`."""


def outline_of(source: str, attribute: str) -> Outline | None:
    """The outline of a class in a text; None if what has this name is no class."""
    with suppress(SyntaxError, ValueError):  # which are said when the text is run
        for node in ast.parse(source).body:
            if isinstance(node, ast.ClassDef) and node.name == attribute:
                return Outline(tuple(map(ast.unparse, node.bases)), dict(_constants(node)))
    return None


def _constants(node: ast.ClassDef) -> Iterator[tuple[str, Any]]:
    for line in node.body:
        targets = line.targets if isinstance(line, ast.Assign) else [getattr(line, "target", None)]
        value = getattr(line, "value", None)
        if isinstance(value, ast.Constant):
            yield from ((target.id, value.value) for target in targets if isinstance(target, ast.Name))


def hashable(value: Any) -> Any:
    """A value of a spec, with lists as tuples."""
    return tuple(map(hashable, value)) if isinstance(value, list | tuple) else value


def digest(source: str) -> str:
    """What tells a text from all others."""
    return hashlib.sha256(source.encode()).hexdigest()


def is_trusted(source: str) -> bool:
    """Whether this user named the file, or looked at the text and said so."""
    try:
        return digest(source) in _trusted().read_text("utf-8").split()
    except OSError:
        return False


def trust(source: str) -> None:
    """Run this text whenever a session has it.

    Raises:
        TicketError: if that can't be kept.
    """
    if is_trusted(source):
        return
    try:
        make_private(home())
        descriptor = os.open(_trusted(), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(f"{digest(source)}\n")
    except OSError as error:
        raise TicketError(f"{_trusted()} can't be written: {error.strerror or error}.") from None


def _trusted() -> Path:
    return home() / "trusted"


def import_of(module: str) -> str:
    """The text that stands for importing an installed module, where a name alone does it: it is trusted as any text."""
    return f"import {module}\n"


def loaded(place: str, source: str) -> Any:
    """The object that a place names in a text.

    Raises:
        TicketError: if the text is not trusted, doesn't run, or has no such object.
    """
    if not is_trusted(source):
        raise TicketError(
            f"This session has code of its own, {place}, which is not run before you trust it. "
            "Look at it, and say so: ticket-explorer trust SESSION"
        )
    file, _, attribute = place.rpartition(":")
    module = _module(file, source)
    if not hasattr(module, attribute):
        there = [name for name in vars(module) if not name.startswith("_")]
        raise TicketError(f"{file} has no {attribute}; it has {', '.join(there) or 'nothing'}.")
    found = getattr(module, attribute)
    if getattr(found, "__module__", None) != module.__name__:  # trust is in the text, not in what it imports
        raise TicketError(
            f"{place} is not defined in {file} but imported there; name a function or class of that file."
        )
    return found


@cache
def _module(file: str, source: str) -> ModuleType:
    """The text run once, as a module of its own."""
    name = f"_own_{digest(source)[:16]}"
    shown = _shown(file, source)
    linecache.cache[shown] = (len(source), None, source.splitlines(keepends=True), shown)
    module = ModuleType(name)
    module.__file__ = shown
    sys.modules[name] = module
    try:
        with told(file, source):
            exec(compile(source, shown, "exec"), module.__dict__)
    except BaseException:
        del sys.modules[name]
        raise
    return module


@contextmanager
def told(file: str, source: str) -> Iterator[None]:
    """Errors of a text as sentences that name its file and the line.

    Raises:
        TicketError: in place of any other exception.
    """
    try:
        yield
    except TicketError:
        raise
    except SyntaxError as error:
        raise TicketError(f"{file}, line {error.lineno}: {error.msg}.") from error
    except Exception as error:
        lines = [
            frame.lineno
            for frame in traceback.extract_tb(error.__traceback__)
            if frame.filename == _shown(file, source)
        ]
        where = f"{file}, line {lines[-1]}" if lines else file
        raise TicketError(f"{where}: {shortened(f'{type(error).__name__}: {error}'.splitlines()[0])}.") from error


def _shown(file: str, source: str) -> str:
    return f"<{file} {digest(source)[:8]}>"


class Called:
    """A function of one's own with its parameters; what goes wrong in it names the line."""

    def __init__(self, place: str, source: str, parameters: Mapping[str, Any]) -> None:
        self._file, self._source = place.rpartition(":")[0], source
        self._function, self._parameters = loaded(place, source), dict(parameters)
        if not callable(self._function):
            raise TicketError(f"{place} is no function.")

    def __call__(self, *given: Any) -> Any:
        """What the function returns.

        Raises:
            TicketError: if it fails, with the line.
        """
        with told(self._file, self._source):
            return self._function(*given, **self._parameters)
