"""Verbs: methods and functions that have a command's fields as parameters, and carry it out or send it.

`transfer = Verb(commands.Transfer, performed)` in a class is enough: type checkers and `help` see the command's
fields. No JAX is imported here.
"""

import inspect
from collections.abc import Callable
from pathlib import Path
from types import MethodType
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, get_type_hints, overload

from msgspec import structs

from sessions.messages.commands import Analyse, Deed
from sessions.specs.own_code import with_own_analysis, with_own_code
from sessions.specs.validation import checked
from ticket_explorer.tables import is_table

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S")
T = TypeVar("T")
D = TypeVar("D", bound=Deed[Any])


class Subject(Protocol):
    """An object that performs deeds."""

    def perform(self, deed: Deed[R]) -> R:
        """Carry it out at once; returns its answer."""
        ...


class Verb(Generic[P, T]):
    """A method that has a command's fields as parameters."""

    def __init__(self, kind: Callable[P, Deed[R]], do: Callable[[Any, Deed[R]], T]) -> None:
        """Make a verb.

        Args:
            kind: The class of the command.
            do: What the verb does: it is called with the method's object and the command.
        """
        self.kind = kind
        self._method = spoken(kind, do)

    def __set_name__(self, owner: type, name: str) -> None:
        name_it(self._method, owner.__module__, f"{owner.__qualname__}.{name}")

    @overload
    def __get__(self, subject: None, owner: type) -> Callable[Concatenate[Any, P], T]: ...
    @overload
    def __get__(self, subject: object, owner: type) -> Callable[P, T]: ...
    def __get__(self, subject: object, owner: type) -> Any:
        return self._method if subject is None else MethodType(self._method, subject)


def spoken(
    kind: Callable[P, Deed[R]], do: Callable[[S, Deed[R]], T], subject: str = "self"
) -> Callable[Concatenate[S, P], T]:
    """A function that makes a command from its parameters; the first one is the object that carries it out.

    Args:
        kind: The class of the command.
        do: What the function does with that object and the command.
        subject: The name of the first parameter.
    """

    def function(subject: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return do(subject, with_own_text(checked(unfolded(kind(*args, **kwargs)))))

    vars(function)["__signature__"] = _signature(kind, subject)
    function.__doc__ = inspect.getdoc(kind)
    return function


def unfolded(deed: D) -> D:
    """A command whose analysis is given as `tx.code_of` gives it, a table: its name, and the rest as parameters."""
    if isinstance(deed, Analyse) and is_table(deed.kind):
        kind = str(deed.kind.get("name"))
        more = {field: value for field, value in deed.kind.items() if field != "name"}
        return structs.replace(deed, kind=kind, parameters={**more, **deed.parameters})
    return deed


def with_own_text(deed: D) -> D:
    """The deed with the text of the files that its overrides name, relative to the caller's working directory."""
    if isinstance(deed, Analyse):
        kind, parameters = with_own_analysis(deed.kind, deed.parameters, Path.cwd())
        return structs.replace(deed, kind=kind, parameters=parameters)
    given = {
        key: value
        for key in ("overrides", "task", "network", "pruner", "rewind", "trainer")
        if (value := getattr(deed, key, None)) is not None
    }
    if "overrides" in given:
        given["overrides"] = with_own_code(given["overrides"], Path.cwd())
    return structs.replace(deed, **with_own_code(given, Path.cwd())) if given else deed


def name_it(function: Any, module: str, name: str) -> None:
    """Give a function a name, for help and tracebacks."""
    function.__module__, function.__name__, function.__qualname__ = module, name.rpartition(".")[2], name


def _signature(kind: Any, subject: str) -> inspect.Signature:
    """The signature: the object, then the fields, with types as a person writes them."""
    types = get_type_hints(kind)
    fields = inspect.signature(kind).parameters.values()
    first = inspect.Parameter(subject, inspect.Parameter.POSITIONAL_ONLY)
    return inspect.Signature([first, *(field.replace(annotation=types[field.name]) for field in fields)])


def performed(subject: Subject, deed: Deed[R]) -> R:
    """Carry a command out at once; returns its answer."""
    return subject.perform(deed)
