"""Another trainer or other hyper-parameters, as a person has filled in the form so far."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sessions.messages import commands
from sessions.specs.spec import Table
from sessions.views.branch_view import RoundView
from sessions.views.session_view import SessionView
from widgets.decisions.complaints import Complaint, objection, remarks_on
from widgets.decisions.fields import Field, entered, written
from widgets.decisions.own_rules import is_own
from widgets.decisions.trainer_fields import kind_of, live_fields, named, nested, refused, settings_fields, whole_table

WHEN: Mapping[str, str] = {"later": "from the next round on", "now": "now, in the running round"}
"""When a change takes effect."""


@dataclass(frozen=True)
class TrainerDraft:
    """A change of how a branch trains; the texts typed into its fields go by the fields' names."""

    plan: Table
    """Of the branch."""
    kind: str
    """One of `trainer_fields.TRAINER_KINDS`."""
    running: RoundView | None = None
    """The round that is tuned; None: the change takes effect from the next round on."""

    @cached_property
    def fields(self) -> dict[str, Field]:
        """The fields by their names, with their original values."""
        found = settings_fields(self.kind, self.base) if self.running is None else live_fields(self.kind, self.running)
        return {field.name: field for field in found}

    @property
    def base(self) -> Table:
        """The trainer that the fields begin with."""
        present: Table = self.plan["trainer"]
        return present if self.kind == kind_of(present) else whole_table(self.kind, present)

    def edited(self, texts: Mapping[str, str]) -> dict[str, str]:
        """The texts that differ from the original values."""
        known = {name: text for name, text in texts.items() if name in self.fields}
        return {name: text for name, text in known.items() if text.strip() != written(self.fields[name].value)}

    def changes(self, texts: Mapping[str, str]) -> dict[str, Any]:
        """The values of changed fields."""
        edited = self.edited(texts)
        return entered((self.fields[name] for name in edited), edited)

    def objection(self, texts: Mapping[str, str]) -> Complaint | None:
        """Why this can't work; None if it can."""
        if self.running is not None:
            return refused(self.kind, self.changes(texts), self.fields)
        return objection(self.plan, {"trainer": self.trainer(texts)})

    def remarks(self, texts: Mapping[str, str]) -> str:
        """The settings of trainer and pruner that are dropped; empty if none are, or if the plan can't work."""
        return "" if self.running is not None else remarks_on(self.plan, {"trainer": self.trainer(texts)})

    def command(self, branch: str, texts: Mapping[str, str]) -> commands.SwitchTrainer | commands.Tune | None:
        """The command for the engine, once nothing is wrong; None if nothing changes."""
        if self.running is not None:
            changes = self.changes(texts)
            return commands.Tune(changes={name: float(value) for name, value in changes.items()}) if changes else None
        trainer = self.trainer(texts)
        return commands.SwitchTrainer(branch=branch, trainer=trainer) if trainer else None

    def trainer(self, texts: Mapping[str, str]) -> Table:
        """The changes to what a round begins with."""
        changes = nested(self.base, self.kind, self.changes(texts))
        if is_own("trainer", self.kind):
            if "parameters" in changes:
                changes["parameters"] = changes["parameters"] or {}
            is_present = self.kind == kind_of(self.plan["trainer"]) and "place" not in changes
            return changes if is_present else {"name": self.kind, "place": "", **changes}
        return changes if self.kind == kind_of(self.plan["trainer"]) else {**named(self.kind), **changes}


def tunable_round(view: SessionView, branch: str) -> RoundView | None:
    """The round of a branch that runs now, has begun, and is trained by a trainer known here; None if there is none."""
    running = view.running
    if running is None or running.branch != branch or not running.done or not kind_of(running.plan["trainer"]):
        return None
    return running
