"""Deciding: another pruner, another trainer, another branch, back to an earlier round, a remark.

Each form acts on the branch that is looked at; what can't be done is said in a sentence.
"""

import ipywidgets

from widgets.notebook.chart import attached
from widgets.notebook.forms.analysis import AnalysisForm
from widgets.notebook.forms.branch import BranchForm
from widgets.notebook.forms.form import Decision
from widgets.notebook.forms.pruner import PrunerForm
from widgets.notebook.forms.remark import RemarkForm
from widgets.notebook.forms.trainer import TrainerForm
from widgets.notebook.forms.transfer import TransferForm
from widgets.notebook.forms.undo import UndoForm
from widgets.notebook.live_session import LiveSession
from widgets.notebook.style import STYLE
from widgets.notebook.watching import Watch, markup


class Decisions(ipywidgets.VBox):
    """Forms for what a person may decide about the branch that is looked at."""

    def __init__(self, session: LiveSession) -> None:
        self._attachment = attached(session)
        self._forms: dict[str, Decision] = {
            "Pruner": PrunerForm(self._attachment),
            "Trainer": TrainerForm(self._attachment),
            "Branch": BranchForm(self._attachment),
            "Transfer": TransferForm(self._attachment),
            "Analyse": AnalysisForm(self._attachment),
            "Undo": UndoForm(self._attachment),
            "Remark": RemarkForm(self._attachment),
        }
        self._place = ipywidgets.HTML()
        tabs = ipywidgets.Tab([decision.form.box for decision in self._forms.values()], titles=list(self._forms))
        super().__init__([self._place, tabs, ipywidgets.HTML(STYLE)])
        self.add_class("te-decisions")
        self._watch = Watch(self._attachment, self._show)

    def close(self) -> None:
        """Show nothing any more."""
        self._attachment.leave(self._watch)
        super().close()

    def _show(self) -> None:
        look = self._attachment.look
        self._place.value = markup(f"About {look.selection.place_in(look.view)}", "te-name")
        for decision in self._forms.values():
            decision.renew()
