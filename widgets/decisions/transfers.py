"""Transfers: what the new branch overrides, and what may run beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sessions.messages import commands
from sessions.specs.spec import Table
from sessions.views.session_view import SessionView
from ticket_explorer.tasks import TASKS
from ticket_explorer.trainers import TRAINERS
from widgets.decisions.branches import objection_to_name
from widgets.decisions.complaints import Complaint, objection
from widgets.decisions.trainer_fields import kinds_for, named

BESIDE: Mapping[str, str] = {
    "control": "random tickets of the same size",
    "both": "random tickets, and native ones",
    "none": "nothing",
}
"""What may run beside the transferred tickets."""

TASKS_BY_NAME: Mapping[str, str] = {name: name for name, settings in TASKS.items() if settings.names_data}
"""The tasks that a dialog offers, whose names say which data they have. Others need the command line or Python."""

STARTS: Mapping[str, str] = {
    "": "where their rounds began",
    "initial": "initial weights",
    "fresh": "fresh weights",
    "trained": "trained weights",
}
"""The weights that transferred tickets may start from; early ones need the command line."""


def learns_masks(plan: Table) -> bool:
    """Whether a branch's tickets are masks that it learned, so that another trainer must train them."""
    trainer = TRAINERS.get(plan["trainer"]["name"])
    return trainer is not None and trainer.learns_mask


def under_masks(plan: Table) -> dict[str, str]:
    """The trainers that can train a branch's learned masks unchanged: with its own settings first, then others."""
    kinds = {kind: kind for kind in kinds_for(plan) if kind not in TRAINERS or not TRAINERS[kind].learns_mask}
    follows_gradients = TRAINERS[plan["trainer"]["name"]].needs_loss
    return {"": "gradient descent, by the branch's settings", **kinds} if follows_gradients else kinds


@dataclass(frozen=True)
class Wish:
    """The input of a form for a transfer; empty strings: as before."""

    branch: str
    tickets: str = ""
    """The number of the round whose ticket is used; empty: all rounds."""
    task: str = ""
    trainer: str = ""
    """One of `trainer_fields.TRAINER_KINDS`."""
    start: str = ""
    """One of `STARTS`."""
    beside: str = "control"
    """One of `BESIDE`."""
    name: str = ""
    """The new branch's."""

    @property
    def rounds(self) -> list[int] | None:
        """The rounds whose tickets are transferred; None: all."""
        return [int(self.tickets)] if self.tickets else None

    @property
    def overrides(self) -> dict[str, Any]:
        """What is different."""
        overrides: dict[str, Any] = {"task": {"name": self.task}} if self.task else {}
        if self.trainer:
            overrides["trainer"] = named(self.trainer)
        return overrides

    @property
    def command(self) -> commands.Transfer:
        """The command for this transfer."""
        return commands.Transfer(
            branch=self.branch,
            rounds=self.rounds,
            overrides=self.overrides,
            name=self.name.strip() or None,
            control=self.beside != "none",
            native=self.beside == "both",
            start=self.start or None,
        )

    def objection(self, view: SessionView) -> Complaint | None:
        """Why tickets can't be trained like this; None if they can."""
        if self.name.strip() and (said := objection_to_name(self.name.strip(), view.branches)):
            return said
        if not self.overrides and not self.start:
            return Complaint("", "Choose another task, trainer or start; these tickets were already trained this way.")
        return objection(view.branches[self.branch].plan, self.overrides)
