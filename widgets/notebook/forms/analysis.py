"""An analysis of the selected round, or of the running one."""

import ipywidgets

from sessions.messages import commands
from ticket_explorer.analysis import ANALYSES
from ticket_explorer.errors import TicketError
from ticket_explorer.registry import summary_of
from widgets.decisions.analyses import analyses_of
from widgets.decisions.branches import finished_rounds
from widgets.notebook.attachment import Attachment
from widgets.notebook.forms.branch_choice import BranchChoice
from widgets.notebook.forms.controls import choice
from widgets.notebook.forms.form import Filled, Form
from widgets.notebook.watching import button, markup
from widgets.plots.kinds import LANDSCAPES

_INTRO = (
    "Analyse the branch's weights: of the selected round, or as they are now. "
    "The chart `curvature` shows the results; its button `next` leads to the other kinds."
)


class AnalysisForm:
    """Asks for an analysis, or cancels those under way."""

    def __init__(self, attachment: Attachment, subject: BranchChoice) -> None:
        self._attachment, self._subject = attachment, subject
        self._kind = choice("analysis", {name: name for name, _ in LANDSCAPES})
        self._summary = ipywidgets.HTML()
        give_up = button("Cancel", "Cancel the running analyses", self._give_up)
        self.form = Form(attachment, subject, _INTRO, [self._kind, self._summary], "Analyse", self._request, give_up)
        self._kind.observe(attachment.heeding(lambda _: self._explain()), "value")
        self._explain()

    def renew(self) -> None:
        """The same analyses can always be asked for."""

    def _explain(self) -> None:
        self._summary.value = markup(summary_of(ANALYSES[str(self._kind.value)]), "te-hint")

    def _give_up(self) -> None:
        self.form.ask(self._cancellation)

    def _cancellation(self, branch: str) -> Filled:
        running = tuple(self._attachment.view.analysing)
        if not running:
            raise TicketError("No analysis is running.")
        return Filled([commands.CancelAnalysis(id=number) for number in running], "The analyses were cancelled.")

    def _request(self, branch: str) -> Filled:
        selected = self._attachment.look.selection.round
        finished = [round_.number for round_ in finished_rounds(self._attachment.view, branch)]
        round_ = selected if selected in finished else None
        place = f"{branch}, as it is now" if round_ is None else f"{branch}, round {round_}"
        wanted = analyses_of(self._attachment.view, str(self._kind.value), branch, round_)
        if not wanted:
            raise TicketError("No other branch has a finished round to compare this one with.")
        return Filled(wanted, f"The {self._kind.value} of {place} is being computed between generations.")
