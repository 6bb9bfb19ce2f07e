"""The fields of a form that say how much is pruned."""

from collections.abc import Mapping
from typing import Any

from sessions.specs.spec import Pruning, Table
from widgets.decisions.fields import Field, entered, fields_of


def pruning_fields(present: Mapping[str, Any]) -> list[Field]:
    """The fields; with layers' own ratios if there are any."""
    return fields_of(Pruning, ("pruning",), present, ["ratio", *(["ratios"] if present.get("ratios") else [])])


def typed_pruning(texts: Mapping[str, str], present: Mapping[str, Any]) -> Table:
    """The fields that a person changed; a table left empty is an empty table."""
    values = entered(pruning_fields(present), texts)
    values = {name: {} if value is None and name == "ratios" else value for name, value in values.items()}
    return {name: value for name, value in values.items() if value != present.get(name)}
