"""Tickets elsewhere: what a branch that trains them otherwise overrides, and what may run beside it."""

from collections.abc import Mapping
from typing import Any

from sessions.specs.spec import Table
from ticket_explorer.tasks import TASKS
from ticket_explorer.trainers import TRAINERS
from widgets.decisions.complaints import Complaint, objection
from widgets.decisions.trainer_fields import kinds_for, named

BESIDE: Mapping[str, str] = {
    "control": "random tickets of the same size",
    "both": "random tickets, and native ones",
    "none": "nothing",
}
"""What may run beside the transferred tickets."""

TASKS_BY_NAME: Mapping[str, str] = {name: name for name, settings in TASKS.items() if settings.names_data}
"""Tasks that a dialog offers: their names say which data they have. Others are transferred to in other ways."""

STARTS: Mapping[str, str] = {
    "": "where their rounds began",
    "initial": "initial weights",
    "trained": "trained weights",
}
"""Which weights transferred tickets may start from; early ones are named on the command line."""


def learns_masks(plan: Table) -> bool:
    """Whether a branch's tickets are masks that it learned, so that others must train them."""
    trainer = TRAINERS.get(plan["trainer"]["name"])
    return trainer is not None and trainer.learns_mask


def under_masks(plan: Table) -> dict[str, str]:
    """What can train a branch's learned masks as they are: its own settings first, then other trainers."""
    kinds = {kind: kind for kind in kinds_for(plan) if kind not in TRAINERS or not TRAINERS[kind].learns_mask}
    follows_gradients = TRAINERS[plan["trainer"]["name"]].needs_loss
    return {"": "gradient descent, by the branch's settings", **kinds} if follows_gradients else kinds


def overrides_of(task: str, trainer: str) -> dict[str, Any]:
    """What is different in a transfer.

    Args:
        task: Its name; empty: as before.
        trainer: One of `trainer_fields.TRAINER_KINDS`; empty: as before.
    """
    overrides: dict[str, Any] = {"task": {"name": task}} if task else {}
    if trainer:
        overrides["trainer"] = named(trainer)
    return overrides


def objection_to_transfer(overrides: Mapping[str, Any], plan: Table) -> Complaint | None:
    """Why tickets can't be trained so; None if they can."""
    if not overrides:
        return Complaint("", "Choose another task or trainer; these tickets were already trained this way.")
    return objection(plan, dict(overrides))
