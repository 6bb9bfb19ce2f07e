"""Presets: whole specs as TOML files, each with the paper and table its numbers come from."""

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from ticket_explorer.errors import UnknownName


@cache
def names() -> tuple[str, ...]:
    """All presets, the embedded default first."""
    found = sorted(file.name.removesuffix(".toml") for file in _files() if file.name.endswith(".toml"))
    return tuple(sorted(found, key=lambda name: name != "fashion"))


def load(name: str) -> dict[str, Any]:
    """The table of a preset.

    Raises:
        UnknownName: with the known ones, if there is none.
    """
    return tomllib.loads(text(name))


def text(name: str) -> str:
    """A preset's TOML, comments and all.

    Raises:
        UnknownName: with the known ones, if there is none.
    """
    if name not in names():
        raise UnknownName("preset", name, names())
    return (resources.files(__name__) / f"{name}.toml").read_text(encoding="utf-8")


def _files() -> list[Any]:
    return list(resources.files(__name__).iterdir())
