"""Arguments that commands share, and options that are fields of a command, which gives their names, help, defaults."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, TypeVar

import typer

from sessions.messages.commands import Command
from sessions.specs.sources import DEFAULT
from widgets.cli import completion

R = TypeVar("R")

GivenSession = Annotated[str, typer.Argument(help="A session's path, or its name.", autocompletion=completion.sessions)]
"""Which session a command is about."""
GivenSpec = Annotated[
    str | None,
    typer.Argument(
        help=f"A preset, a TOML file, or your data: an .npz file or a directory of images; without one, {DEFAULT!r}.",
        autocompletion=completion.presets_and_files,
    ),
]
"""What a session is made from."""


def with_fields(kind: type[Command], *others: str) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Give a function an option for each field of a command except `others`; it gets them as `**fields`.

    A field that may be a text or a table is typed as text: `early:20`.
    """
    fields = [field for name, field in inspect.signature(kind).parameters.items() if name not in others]
    said = explanations(kind)

    def decorated(function: Callable[..., R]) -> Callable[..., R]:
        @wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> R:
            return function(*args, **kwargs)

        own = [one for one in inspect.signature(function).parameters.values() if one.kind is not one.VAR_KEYWORD]
        parameters = [*own, *(_option(field, said[field.name]) for field in fields)]
        vars(wrapped)["__signature__"] = inspect.Signature(parameters)
        wrapped.__annotations__ = {one.name: one.annotation for one in parameters}
        return wrapped

    return decorated


def explanations(kind: type) -> dict[str, str]:
    """What a class's docstring says about each of its arguments, on one line."""
    found: dict[str, str] = {}
    name, indent = "", 4
    for line in (inspect.getdoc(kind) or "").partition("Args:\n")[2].splitlines():
        text = line.strip()
        if line[:indent].isspace() and not line[indent : indent + 1].isspace():
            name, _, text = text.partition(": ")
        found[name] = f"{found.get(name, '')} {text}".strip()
    return found


def _option(field: inspect.Parameter, said: str) -> inspect.Parameter:
    takes = bool if isinstance(field.default, bool) else str | None
    return field.replace(
        kind=inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[takes, typer.Option(help=said.replace("`", ""))]
    )
