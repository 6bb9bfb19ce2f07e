"""Deciding: another pruner, another trainer, another branch, back to an earlier round, a remark.

Each form acts on the branch above them; a sentence says what can't be done.
"""

from collections.abc import Callable, Mapping

import ipywidgets

from widgets.notebook.attachment import Attachment
from widgets.notebook.chart import attached
from widgets.notebook.forms.analysis import AnalysisForm
from widgets.notebook.forms.branch import BranchForm
from widgets.notebook.forms.branch_choice import BranchChoice
from widgets.notebook.forms.breakpoint import BreakpointForm
from widgets.notebook.forms.form import Decision
from widgets.notebook.forms.pruner import PrunerForm
from widgets.notebook.forms.remark import RemarkForm
from widgets.notebook.forms.trainer import TrainerForm
from widgets.notebook.forms.transfer import TransferForm
from widgets.notebook.forms.undo import UndoForm
from widgets.notebook.live_session import LiveSession
from widgets.notebook.style import STYLE
from widgets.notebook.watching import Watch

FORMS: Mapping[str, Callable[[Attachment, BranchChoice], Decision]] = {
    "Pruner": PrunerForm,
    "Trainer": TrainerForm,
    "Branch": BranchForm,
    "Transfer": TransferForm,
    "Analyse": AnalysisForm,
    "Undo": UndoForm,
    "Pause at": BreakpointForm,
    "Remark": RemarkForm,
}
"""The forms by the title of their tab."""


class Decisions(ipywidgets.VBox):
    """Forms for decisions about one branch: the one that was chosen last."""

    def __init__(self, session: LiveSession) -> None:
        self._attachment = attached(session)
        self._subject = BranchChoice(self._attachment, self._renew)
        self._forms: dict[str, Decision] = {name: form(self._attachment, self._subject) for name, form in FORMS.items()}
        boxes = [decision.form.box for decision in self._forms.values()]
        super().__init__([self._subject.choice, ipywidgets.Tab(boxes, titles=list(FORMS)), ipywidgets.HTML(STYLE)])
        self.add_class("te-decisions")
        self._watch = Watch(self._attachment, self._show)

    def close(self) -> None:
        """Stop updating."""
        self._attachment.leave(self._watch)
        super().close()

    def _show(self) -> None:
        self._subject.renew()
        self._renew()

    def _renew(self) -> None:
        for decision in self._forms.values():
            decision.renew()
