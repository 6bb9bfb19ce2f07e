"""Another pruner or rewind; the form can first compare what each pruner would remove now."""

from typing import Any

import ipywidgets
import msgspec

from sessions.messages import commands
from sessions.specs.spec import Table
from ticket_explorer.errors import TicketError
from ticket_explorer.pruners import PRUNERS
from ticket_explorer.registry import summary_of
from widgets.decisions.complaints import objection
from widgets.decisions.own_rules import own_summary
from widgets.notebook.attachment import Attachment
from widgets.notebook.forms.branch_choice import BranchChoice
from widgets.notebook.forms.form import Filled, Form
from widgets.notebook.forms.own_rows import OwnRows
from widgets.notebook.forms.rewind import RewindRows
from widgets.notebook.watching import button, markup
from widgets.shared.wording import share

_INTRO = "Prune the branch by another criterion, or rewind its weights in another way, from its next pruning on."
_NAMES = {name: name for name in PRUNERS}


class PrunerForm:
    """Asks how the branch is pruned and rewound."""

    def __init__(self, attachment: Attachment, subject: BranchChoice) -> None:
        self._attachment, self._subject = attachment, subject
        self._summary = ipywidgets.HTML()
        self._pruner, self._rewind = OwnRows("pruner", attachment, self._check), RewindRows(attachment, self._check)
        compare = button("Compare", "What would each pruner remove now?", lambda: attachment.spawn(self._preview()))
        rows = [self._pruner.box, self._summary, self._rewind.box]
        self.form = Form(attachment, subject, _INTRO, rows, "Switch", self._request, compare)
        self._plan: Table | None = None
        self.renew()

    def renew(self) -> None:
        """Reset the form if the branch or its plan has changed."""
        if self._subject.is_there and self._subject.plan != self._plan:
            self._plan = self._subject.plan
            self._pruner.renew(self._plan["pruner"], _NAMES)
            self._rewind.renew(self._plan["rewind"])

    @property
    def _overrides(self) -> dict[str, Any]:
        return {**self._pruner.overrides(str), **self._rewind.overrides}

    def _check(self) -> None:
        name = self._pruner.name
        hint = own_summary("the notebook") if self._pruner.is_own else summary_of(PRUNERS[name]) if name else ""
        self._summary.value = markup(hint, "te-hint") if hint else ""
        if self._plan is not None:
            said = objection(self._plan, self._overrides)
            self._rewind.complain(said)
            self._pruner.complain(said)
            self.form.object_to(said)

    def _request(self, branch: str) -> Filled:
        if not (overrides := self._overrides):
            raise TicketError("Nothing would change; choose another pruner or another rewind.")
        command = commands.SwitchPruner(branch=branch, **overrides)
        return Filled([command], f"Branch {branch} follows from its next pruning on.")

    async def _preview(self) -> None:
        try:
            branch = self._subject.branch
            about = self._pruner.overrides(str).get("pruner") if self._pruner.is_own else None
            self.form.say("Computing what each pruner would remove …")
            told = await self._attachment.ask(commands.PreviewPruning(branch=branch, pruner=about))
        except TicketError as error:
            self.form.say(str(error), is_trouble=True)
            return
        preview = msgspec.convert(told, commands.Preview)
        now = preview.present or str(self._attachment.view.branches[branch].plan["pruner"]["name"])
        self.form.say(_overlaps(preview, now))


def _overlaps(preview: commands.Preview, now: str) -> str:
    """How much of what the present pruner would remove the others would remove too."""
    if now not in preview.pruners:
        return f"{preview.removed:,} of {preview.kept:,} kept weights go next; {now} can't be compared."
    row = preview.overlap[preview.pruners.index(now)]
    others = [f"{name} {share(value)}" for name, value in zip(preview.pruners, row, strict=True) if name != now]
    return f"{preview.removed:,} of {preview.kept:,} kept weights go next. Overlap with {now}: {', '.join(others)}."
