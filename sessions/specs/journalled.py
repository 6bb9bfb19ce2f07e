"""Settings of plans that a journal tells, which may be another version's, or damaged."""

from collections.abc import Mapping
from typing import Any

import msgspec

from ticket_explorer.trainers import TRAINERS
from ticket_explorer.trainers.settings import TrainerSettings


def trainer_of(plan: Mapping[str, Any]) -> TrainerSettings | None:
    """How a plan trains; None if its trainer is not known here, or has settings that are not."""
    table = dict(plan.get("trainer", {}))
    settings = TRAINERS.get(table.pop("name", ""))
    try:
        return None if settings is None else msgspec.convert(table, settings)
    except msgspec.ValidationError:
        return None
