"""Asking in a cell whether to run the code that came with somebody else's session."""

from collections.abc import Sequence
from html import escape

import ipywidgets

from sessions.views.own_code import KeptCode
from widgets.notebook.unexpected import spoken
from widgets.notebook.watching import button, markup
from widgets.shared.printable import printable
from widgets.shared.wording import CODE_QUESTION


class Trust(ipywidgets.VBox):
    """Code that is not trusted, and a button that trusts it; empty when there is none."""

    def __init__(self, codes: Sequence[KeptCode]) -> None:
        self._codes = codes
        self._said = ipywidgets.HTML()
        shown = "".join(map(_shown, codes))
        rows = [
            ipywidgets.HTML(f'<div role="alert">{markup(CODE_QUESTION, "te-alert")}</div>'),
            ipywidgets.HTML(f"<details><summary>Show the code</summary>{shown}</details>"),
            ipywidgets.HBox([button("Trust it", "Run this code from now on", self._trust, "check")]),
            self._said,
        ]
        super().__init__(rows if codes else [])

    def _trust(self) -> None:
        with spoken(self._say):
            for code in self._codes:
                code.trust()
            self.children = [ipywidgets.HTML(markup("The code is trusted; press Run.", "te-done"))]

    def _say(self, sentence: str) -> None:
        self._said.value = markup(sentence, "te-alert")


def _shown(code: KeptCode) -> str:
    return f"<p>{markup(printable(code.call), 'te-name')}</p><pre>{_plain(code.source)}</pre>"


def _plain(source: str) -> str:
    return escape(printable(source, keep="\n\t"))
