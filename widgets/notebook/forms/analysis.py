"""Looking closer: an analysis of the round that is looked at, or of what runs now."""

import ipywidgets

from sessions import commands
from ticket_explorer.analysis import ANALYSES
from ticket_explorer.registry import summary_of
from widgets.decisions.branches import finished_rounds
from widgets.notebook.attachment import Attachment
from widgets.notebook.forms.controls import choice
from widgets.notebook.forms.form import Form, Request
from widgets.notebook.forms.subject import Subject
from widgets.notebook.watching import button, markup
from widgets.plots.kinds import LANDSCAPES

_INTRO = (
    "Look closer at the branch's weights: at the round that is looked at, or else as they are now. "
    "The chart `curvature` shows what is found, and its button `next` the other kinds."
)


class AnalysisForm:
    """Asks for an analysis, or gives up those under way."""

    def __init__(self, attachment: Attachment, subject: Subject) -> None:
        self._attachment, self._subject = attachment, subject
        self._kind = choice("analysis", {name: name for name, _ in LANDSCAPES})
        self._summary = ipywidgets.HTML()
        give_up = button("Give up", "Give up the analyses under way", self._give_up)
        self.form = Form(attachment, subject, _INTRO, [self._kind, self._summary], "Analyse", self._request, give_up)
        self._kind.observe(lambda _: self._explain(), "value")
        self._explain()

    def renew(self) -> None:
        """The same analyses can always be asked for."""

    def _explain(self) -> None:
        self._summary.value = markup(summary_of(ANALYSES[self._kind.value]), "te-hint")

    def _give_up(self) -> None:
        for number in tuple(self._attachment.view.analysing):
            self.form.ask(commands.CancelAnalysis(id=number), "The analysis was given up.")

    def _request(self, branch: str) -> Request:
        selected = self._attachment.look.selection.round
        finished = [round_.number for round_ in finished_rounds(self._attachment.view, branch)]
        round_ = selected if selected in finished else None
        place = f"{branch}, as it is now" if round_ is None else f"{branch}, round {round_}"
        command = commands.Analyse(kind=self._kind.value, branch=branch, round=round_)
        return Request(command, f"The {self._kind.value} of {place} is worked on between generations.")
