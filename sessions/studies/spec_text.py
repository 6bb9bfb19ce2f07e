"""The text of a `study.toml`, given more seeds, rounds or values; what a person wrote around them stays."""

from collections.abc import Iterable
from typing import Any

from sessions.specs.sources import toml_value
from sessions.specs.spec import Table
from ticket_explorer.errors import InvalidValue, UnknownName


def with_more(text: str, seeds: int | None, rounds: int | None, values: Iterable[str]) -> tuple[str, Table]:
    """The text with more in it, and the same as a table.

    Args:
        text: Valid TOML.
        seeds: How many seeds there are to be; None leaves them.
        rounds: `pruning.rounds` of `[set]`; None leaves it.
        values: `AXIS=VALUE`, a further value of an axis, or a further preset.

    Raises:
        TicketError: if there is no such axis, or it has labels.
    """
    import tomlkit

    document: Any = tomlkit.parse(text)
    if seeds is not None:
        _give_seeds(document, seeds)
    if rounds is not None:
        _give_rounds(document, rounds)
    for value in values:
        _give_value(document, value)
    return tomlkit.dumps(document), document.unwrap()


def _give_seeds(document: Any, seeds: int) -> None:
    known = document.get("seeds")
    if isinstance(known, list):
        raise InvalidValue(
            "--seeds", seeds, "a study whose seeds are a number; this one lists them, so edit study.toml"
        )
    if isinstance(known, int) and seeds < known:
        raise InvalidValue("--seeds", seeds, f"at least {known}, the seeds that it has")
    if known is not None:
        document["seeds"] = seeds
        return
    raise InvalidValue(
        "--seeds", seeds, "a study with seeds; this one's cells have one each, and would be called otherwise with more"
    )


def _give_rounds(document: Any, rounds: int) -> None:
    settings = document.setdefault("set", {})
    nested = settings.get("pruning")
    if isinstance(nested, dict) and "rounds" in nested:
        nested["rounds"] = rounds
    else:
        settings["pruning.rounds"] = rounds


def _give_value(document: Any, given: str) -> None:
    name, equals, text = given.partition("=")
    if not equals:
        raise InvalidValue("--value", given, "AXIS=VALUE, such as strategy=des")
    axes = {str(axis.get("name")): axis for axis in document.get("axis", ())}
    if name not in axes:
        raise UnknownName("axis", name, axes, "--value")
    axis = axes[name]
    if "labels" in axis:
        raise InvalidValue("--value", given, "an axis without labels; edit study.toml, where the label stands too")
    key, value = ("presets", text) if "presets" in axis else ("values", toml_value(text.strip()))
    if value in axis[key].unwrap():
        raise InvalidValue("--value", given, f"a value that the axis lacks; it has {', '.join(map(str, axis[key]))}")
    axis[key].append(value)
