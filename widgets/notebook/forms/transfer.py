"""A transfer: whose tickets, what trains them, and what runs beside them."""

from sessions.messages import commands
from sessions.specs.spec import Table
from ticket_explorer.errors import TicketError
from widgets.decisions.complaints import remarks_on
from widgets.decisions.trainer_fields import TRAINER_KINDS, kind_of
from widgets.decisions.transfers import BESIDE, STARTS, TASKS_BY_NAME, Wish, learns_masks
from widgets.notebook.attachment import Attachment
from widgets.notebook.forms.branch_choice import BranchChoice
from widgets.notebook.forms.controls import choice, offer, stay_or, text
from widgets.notebook.forms.form import Filled, Form
from widgets.notebook.watching import button
from widgets.shared.wording import share

_INTRO = (
    "Train the branch's tickets on another task or with another trainer. Layers must have the same shapes; "
    "session.transfer_async(...) changes other settings too."
)
_DECOMPOSE = (
    "What does the tickets' effect come from? Train them as the branch does, but with permuted weights, with permuted "
    "masks and weights, and as random masks; then ask for the analysis `decomposition`. "
    "Learned masks are trained by `trainer`"
)
_TRAINERS = {name: name for name in TRAINER_KINDS}


class TransferForm:
    """Asks which tickets to train, and how."""

    def __init__(self, attachment: Attachment, subject: BranchChoice) -> None:
        self._attachment, self._subject = attachment, subject
        self._tickets, self._beside = choice("tickets", {"": "of all rounds"}), choice("beside", BESIDE)
        self._task, self._trainer = (
            choice("task", stay_or("", TASKS_BY_NAME)),
            choice("trainer", stay_or("", _TRAINERS)),
        )
        self._name = text("name", "after what is different")
        self._start = choice("start", STARTS)
        rows = [self._tickets, self._task, self._trainer, self._start, self._beside, self._name]
        decompose = button("Decompose", _DECOMPOSE, lambda: self.form.ask(self._decomposition))
        self.form = Form(attachment, subject, _INTRO, rows, "Transfer", self._request, decompose)
        self._plan: Table | None = None
        for field in (self._task, self._trainer, self._name):
            field.observe(attachment.heeding(lambda _: self._check()), "value")
        self.renew()

    def renew(self) -> None:
        """Reset the form if the branch or its plan has changed."""
        view = self._attachment.view
        if not self._subject.is_there or self._subject.plan == self._plan:
            return
        self._plan, branch = self._subject.plan, self._subject.branch
        planned = range(view.branches[branch].planned_rounds)
        tickets = {str(n): f"of round {n}: {share(view.found_density_of(branch, n))} kept" for n in planned}
        offer(self._tickets, {"": "of all rounds", **tickets}, "")
        offer(self._task, stay_or(self._plan["task"]["name"], TASKS_BY_NAME), "")
        offer(self._trainer, stay_or(kind_of(self._plan["trainer"]), _TRAINERS), "")

    def _wish(self, branch: str) -> Wish:
        return Wish(
            branch,
            tickets=str(self._tickets.value),
            task=str(self._task.value),
            trainer=str(self._trainer.value),
            start=str(self._start.value),
            beside=str(self._beside.value),
            name=self._name.value,
        )

    def _check(self) -> None:
        if self._plan is None:
            return
        wish = self._wish(self._subject.branch)
        said = wish.objection(self._attachment.view) if wish.overrides or wish.name.strip() else None
        self.form.object_to(said, remarks_on(self._plan, wish.overrides) if said is None else "")

    def _decomposition(self, branch: str) -> Filled:
        done = "{all} begin; when they are done, ask for the analysis `decomposition`."
        wish, trainer = self._wish(branch), None
        if self._plan is not None and learns_masks(self._plan):
            trainer = wish.overrides.get("trainer")
        return Filled([commands.Decompose(branch=branch, rounds=wish.rounds, trainer=trainer)], done)

    def _request(self, branch: str) -> Filled:
        wish = self._wish(branch)
        if (said := wish.objection(self._attachment.view)) is not None:
            raise TicketError(said.whole)
        return Filled([wish.command], "{all} begin.")
