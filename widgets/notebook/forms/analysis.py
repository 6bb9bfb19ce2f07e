"""Looking closer: an analysis of the round that is looked at, or of what runs now."""

import ipywidgets

from sessions import commands
from ticket_explorer.analysis import ANALYSES
from ticket_explorer.registry import summary_of
from widgets.notebook.attachment import Attachment
from widgets.notebook.forms.form import Form, Request, choice
from widgets.notebook.watching import button, markup

_INTRO = "Look closer at the branch's weights; the curvature chart shows what is found as soon as it is there."


class AnalysisForm:
    """Asks for an analysis, or gives up those under way."""

    def __init__(self, attachment: Attachment) -> None:
        self._attachment = attachment
        self._kind = choice("analysis", {name: name for name in ANALYSES})
        self._summary = ipywidgets.HTML()
        give_up = button("Give up", "Give up the analyses under way", self._give_up)
        self.form = Form(attachment, _INTRO, [self._kind, self._summary], "Analyse", self._request, give_up)
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
        selection, view = self._attachment.look.selection, self._attachment.view
        known = selection.round_in(view)
        round_ = selection.round if known is not None and known.finished is not None else None
        command = commands.Analyse(kind=self._kind.value, branch=branch, round=round_)
        place = selection.place_in(view) if round_ is not None else f"{branch}, as it is now"
        return Request(command, f"The {self._kind.value} of {place} is worked on between generations.")
