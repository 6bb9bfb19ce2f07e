"""Your own code in a spec's tables: `FILE.py:OBJECT` is replaced by the object's name and the file's text."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ticket_explorer.errors import InvalidValue
from ticket_explorer.own_code import NAME, names_code, taken_in
from ticket_explorer.own_settings import OWN

_FIELDS = {key: ("name", *settings.__struct_encode_fields__) for key, settings in OWN.items()}


def with_own_code(tables: Mapping[str, Any], directory: Path) -> dict[str, Any]:
    """The tables of a plan, or overrides of one, with the text of each file that they name.

    The other fields of such a table are the object's own keyword arguments.

    Args:
        tables: The tables `network`, `pruner` and `rewind`; others stay as they are.
        directory: The directory that relative paths start from.

    Raises:
        TicketError: if there is no such file, or the family takes no code.
    """
    return {key: _taken_in(key, value, directory) for key, value in tables.items()}


def _taken_in(key: str, given: Any, directory: Path) -> Any:
    table = dict(given) if isinstance(given, Mapping) else {"name": given}
    name = table.get("name")
    if key in ("task", "trainer") and names_code(name):
        raise InvalidValue(f"$.{key}.name", name, f"a registered {key}; code of your own can be a {', '.join(OWN)}")
    if key not in OWN or not (names_code(name) or name == NAME):
        return given
    found = taken_in(str(name), f"$.{key}.name", directory) if names_code(name) else {}
    kept = {field: value for field, value in table.items() if field in _FIELDS[key]}
    more = {field: value for field, value in table.items() if field not in _FIELDS[key]}
    parameters = {**table.get("parameters", {}), **more}
    return {**kept, **found, "name": NAME, **({"parameters": parameters} if parameters else {})}
