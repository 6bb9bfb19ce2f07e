"""Tickets elsewhere: what a branch that trains them otherwise overrides, and what may run beside it."""

from collections.abc import Mapping
from typing import Any

from sessions.spec import Table
from ticket_explorer.trainers.strategies import STRATEGIES
from widgets.decisions.fields import Complaint, objection
from widgets.decisions.trainer_fields import whole_table

BESIDE: Mapping[str, str] = {
    "control": "random tickets of as many weights",
    "both": "random tickets, and native ones",
    "none": "nothing",
}
"""What may run beside the transferred tickets."""


def overrides_of(task: str, trainer: str, plan: Table) -> dict[str, Any]:
    """What is different in a transfer.

    Args:
        task: Its name; empty: as before.
        trainer: One of `trainer_fields.KINDS`; empty: as before.
        plan: Of the branch whose tickets they are.
    """
    overrides: dict[str, Any] = {"task": {"name": task}} if task else {}
    if trainer:
        overrides["trainer"] = whole_table(trainer, plan["trainer"])
        if trainer not in STRATEGIES:
            overrides["pruner"] = "magnitude"  # it has no σ that SNR could be taken of
    return overrides


def objection_to_transfer(overrides: Mapping[str, Any], plan: Table) -> Complaint | None:
    """Why tickets can't be trained so; None if they can."""
    if not overrides:
        return Complaint("", "Choose another task or another trainer; these tickets were trained like that already.")
    return objection(plan, dict(overrides))
