"""Another strategy or trainer, or other hyper-parameters: from the next round on, or in the running one."""

from typing import Any

import ipywidgets

from ticket_explorer.errors import TicketError
from widgets.decisions.own_rules import is_own, own_choice, own_summary
from widgets.decisions.trainer_draft import WHEN, TrainerDraft, tunable_round
from widgets.decisions.trainer_fields import TRAINER_KINDS, kind_of, kinds_for
from widgets.notebook.attachment import Attachment
from widgets.notebook.forms.branch_choice import BranchChoice
from widgets.notebook.forms.controls import choice, offer
from widgets.notebook.forms.field_rows import FieldRows
from widgets.notebook.forms.form import Filled, Form
from widgets.notebook.watching import markup

_INTRO = "Train the branch with another strategy or trainer, or change its hyper-parameters."


class TrainerForm:
    """Asks how the branch is trained."""

    def __init__(self, attachment: Attachment, subject: BranchChoice) -> None:
        self._attachment, self._subject = attachment, subject
        self._when = choice("takes effect", {"later": WHEN["later"]})
        self._kind = choice("trainer", {kind: kind for kind in TRAINER_KINDS})
        self._summary = ipywidgets.HTML()
        self._rows = FieldRows(attachment.heeding(self._check))
        rows = [self._when, self._kind, self._summary, self._rows.box]
        self.form = Form(attachment, subject, _INTRO, rows, "Change", self._request)
        self._draft: TrainerDraft | None = None
        self._shown: tuple[Any, ...] = ()
        self._when.observe(attachment.heeding(lambda _: self._choose()), "value")
        self._kind.observe(attachment.heeding(lambda _: self._choose()), "value")
        self.renew()

    def renew(self) -> None:
        """Reset the form if the branch, its plan or the running round has changed."""
        view = self._attachment.view
        if not self._subject.is_there:
            return
        branch = self._subject.branch
        running = tunable_round(view, branch)
        place = None if running is None else (running.number, len(running.tuned))
        if (now := (branch, view.branches[branch].plan, place)) == self._shown:
            return
        is_same_plan, self._shown = now[:2] == self._shown[:2], now
        offer(self._when, WHEN if running is not None else {"later": WHEN["later"]})
        if not is_same_plan or self._when.value == "now":
            self._draft = None
            plan = view.branches[branch].plan
            kinds = {kind: kind for kind in kinds_for(plan)} | own_choice("trainer", plan["trainer"])
            offer(self._kind, kinds, kind_of(plan["trainer"]))
            self._choose()

    def _choose(self) -> None:
        """Show the fields of the chosen trainer; texts typed into fields of the same name stay."""
        branch, view = self._subject.branch, self._attachment.view
        running = tunable_round(view, branch) if self._when.value == "now" else None
        kind = str(self._kind.value) if running is None else kind_of(running.plan["trainer"])
        wanted = TrainerDraft(view.branches[branch].plan, kind, running)
        before, self._draft = self._draft, wanted
        typed = before.edited(self._rows.texts) if before is not None and before.running is running else {}
        self._kind.disabled = running is not None
        is_mine = is_own("trainer", kind)
        self._summary.value = markup(own_summary("the notebook") if is_mine else TRAINER_KINDS.get(kind, ""), "te-hint")
        self._rows.show(wanted.fields.values(), typed)
        self._check()

    def _check(self) -> None:
        if self._draft is None:
            return
        said = self._draft.objection(self._rows.texts)
        is_told = self._rows.complain(said)
        self.form.object_to(said, self._draft.remarks(self._rows.texts) if said is None else "")
        if said is not None and is_told:
            self.form.say("")

    def _request(self, branch: str) -> Filled:
        command = None if self._draft is None else self._draft.command(branch, self._rows.texts)
        if command is None:
            raise TicketError("Nothing would change; choose another trainer, or type another value.")
        when = "next generation" if self._when.value == "now" else "next round"
        return Filled([command], f"Branch {branch} follows from its {when} on.")
