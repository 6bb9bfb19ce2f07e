"""The branches of a session and their rounds; choosing one makes all widgets show it."""

from typing import Any

import ipywidgets

from sessions.reports.statistics import mean
from sessions.views.branch_view import BranchView, RoundView
from sessions.views.session_view import SessionView
from widgets.notebook.chart import attached
from widgets.notebook.live_session import LiveSession
from widgets.notebook.style import STYLE
from widgets.notebook.watching import Watch, markup
from widgets.plots.figures import Selection
from widgets.shared.standing import standing
from widgets.shared.wording import score, share

Place = tuple[str, int | None]
"""A branch, and one of its rounds."""
_SPACE = "\N{NO-BREAK SPACE}"


class BranchTree(ipywidgets.VBox):
    """Branches with the rounds they trained: density and score."""

    def __init__(self, session: LiveSession, height: str = "320px") -> None:
        """Show a session's branches.

        Args:
            session: A live session.
            height: The height of the list, as CSS writes it.
        """
        self._attachment = attached(session)
        self._list = ipywidgets.Select(options=[], layout=ipywidgets.Layout(width="auto", height=height))
        self._head = ipywidgets.HTML()
        self._is_showing = False
        super().__init__([self._head, self._list, ipywidgets.HTML(STYLE)])
        self.add_class("te-tree")
        self._list.observe(self._attachment.heeding(self._chosen), "value")
        self._watch = Watch(self._attachment, self._show)

    def close(self) -> None:
        """Stop updating."""
        self._attachment.leave(self._watch)
        super().close()

    def _chosen(self, change: Any) -> None:
        if self._is_showing or self._list.value is None:
            return
        branch, round_ = self._list.value
        self._attachment.select(Selection(branch, round_, branches=self._attachment.look.selection.branches))

    def _show(self) -> None:
        look = self._attachment.look
        options = [option for branch in look.view.branches.values() for option in _lines(look.view, branch)]
        self._head.value = markup("Branches" if options else "No branches yet: the engine is starting", "te-name")
        round_ = look.selection.round_in(look.view)
        wanted: Place | None = None if round_ is None else (round_.branch, round_.number)
        self._is_showing = True
        try:
            with self._list.hold_sync():
                if list(self._list.options) != options:
                    self._list.options = options
                self._list.value = wanted if wanted in [place for _, place in options] else None
        finally:
            self._is_showing = False


def _lines(view: SessionView, branch: BranchView) -> list[tuple[str, Place]]:
    mark, word = standing(view, branch)
    origin = f"  ↳ {branch.parent}:{branch.parent_round}" if branch.parent is not None else ""
    head = f"{mark} {branch.name}{origin}{f'  {word}' if word else ''}"
    rounds = [(_round(round_), (branch.name, round_.number)) for round_ in branch.rounds.values()]
    return [(head, (branch.name, None)), *rounds]


def _round(round_: RoundView) -> str:
    told = f"{round_.done}/{round_.generations}" if round_.finished is None else score(mean(round_.finished.score))
    return f"   {round_.number:>2}  {share(round_.density):>6}  {told}".replace(" ", _SPACE)
