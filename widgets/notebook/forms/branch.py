"""A new branch: the finished round it begins after, and what it does differently."""

from typing import Any

from sessions.messages import commands
from sessions.specs.spec import Table
from sessions.views.branch_view import free_name
from ticket_explorer.errors import TicketError
from ticket_explorer.pruners import PRUNERS
from widgets.decisions.branches import finished_rounds, objection_to_name, round_in_words
from widgets.decisions.complaints import objection, remarks_on
from widgets.decisions.own_rules import is_own
from widgets.decisions.pruning_fields import pruning_fields, typed_pruning
from widgets.decisions.trainer_fields import kind_of, kinds_for, named
from widgets.notebook.attachment import Attachment
from widgets.notebook.forms.branch_choice import BranchChoice
from widgets.notebook.forms.controls import choice, offer, text
from widgets.notebook.forms.field_rows import FieldRows
from widgets.notebook.forms.form import Filled, Form
from widgets.notebook.forms.own_rows import OwnRows
from widgets.notebook.forms.rewind import RewindRows

_INTRO = "Begin a new branch after a finished round of this one; the two then take turns."
_PRUNERS = {name: name for name in PRUNERS}


class BranchForm:
    """Asks where a branch begins, its name, and what differs."""

    def __init__(self, attachment: Attachment, subject: BranchChoice) -> None:
        self._attachment, self._subject = attachment, subject
        self._round, self._name = choice("after round", {}), text("name")
        self._pruner, self._trainer = (OwnRows(key, attachment, self._check) for key in ("pruner", "trainer"))
        self._rewind = RewindRows(attachment, self._check)
        self._ratio = FieldRows(attachment.heeding(self._check))
        rows = [self._round, self._name, self._pruner.box, self._rewind.box, self._trainer.box, self._ratio.box]
        self.form = Form(attachment, subject, _INTRO, rows, "Branch", self._request)
        self._plan: Table | None = None
        self._name.observe(attachment.heeding(lambda _: self._check()), "value")
        self.renew()

    def renew(self) -> None:
        """Offer the finished rounds; reset the form if the branch or its plan has changed."""
        view = self._attachment.view
        if not self._subject.is_there:
            return
        branch, plan = self._subject.branch, self._subject.plan
        rounds = {str(round_.number): round_in_words(round_) for round_ in finished_rounds(view, branch)}
        selected = str(self._attachment.look.selection.round)
        last = next(reversed(rounds), None)
        begin = None if self._round.value is not None and plan == self._plan else last
        offer(self._round, rounds, selected if begin is not None and selected in rounds else begin)
        self._name.placeholder = free_name(branch, view.branches)
        if plan != self._plan:
            self._plan = plan
            trainer = plan["trainer"]
            self._pruner.renew(plan["pruner"], _PRUNERS)
            is_mine = is_own("trainer", trainer["name"])
            self._trainer.renew(trainer, {kind: kind for kind in kinds_for(plan)}, "" if is_mine else kind_of(trainer))
            self._ratio.show(pruning_fields(plan["pruning"]))
            self._rewind.renew(plan["rewind"])

    @property
    def _overrides(self) -> dict[str, Any]:
        assert self._plan is not None
        overrides = {**self._pruner.overrides(str), **self._trainer.overrides(named)}
        if pruning := typed_pruning(self._ratio.texts, self._plan["pruning"]):
            overrides["pruning"] = pruning
        return {**overrides, **self._rewind.overrides}

    def _check(self) -> None:
        if self._plan is None or not self._ratio.texts:
            return
        name = self._name.value.strip()
        badly_named = objection_to_name(name, self._attachment.view.branches) if name else None
        said = badly_named or objection(self._plan, self._overrides)
        self._ratio.complain(said)
        for part in (self._rewind, self._pruner, self._trainer):
            part.complain(said)
        self.form.object_to(said, remarks_on(self._plan, self._overrides) if said is None else "")

    def _request(self, branch: str) -> Filled:
        if not self._round.value:
            raise TicketError(f"Branch {branch} has no finished round yet.")
        name, overrides = self._name.value.strip() or None, self._overrides
        command = commands.Branch(parent=branch, round=int(self._round.value), name=name, overrides=overrides)
        return Filled([command], "Branch {new} begins.")
