"""Studies that come with the package: whole papers, and the same questions at a size for two cores."""

import tomllib
from functools import cache
from importlib import resources

from sessions.studies.study_spec import StudySpec, parse_study
from ticket_explorer.errors import UnknownName


@cache
def names() -> tuple[str, ...]:
    """All of them, by name."""
    found = (file.name for file in resources.files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml")))


def text(name: str) -> str:
    """A shipped study's TOML as it is written, comments and all.

    Raises:
        UnknownName: with the known ones, if there is none.
    """
    if name not in names():
        raise UnknownName("study", name, names())
    return (resources.files(__name__) / f"{name}.toml").read_text(encoding="utf-8")


def spec(name: str) -> StudySpec:
    """The same, parsed.

    Raises:
        UnknownName: as `text`.
    """
    return parse_study(tomllib.loads(text(name)))
