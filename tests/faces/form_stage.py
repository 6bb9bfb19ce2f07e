"""A stage for the notebook's forms: a session read from disk, and an engine that answers what it is told to."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets

from sessions.messages import commands
from sessions.store import Ledger
from sessions.views.reading import read_view
from ticket_explorer.errors import TicketError
from ticket_explorer.pruners import PRUNERS
from widgets.notebook.decisions import FORMS
from widgets.notebook.forms.branch_choice import BranchChoice
from widgets.notebook.forms.form import Decision
from widgets.plots.kinds import Look
from widgets.plots.mask_reader import MaskReader

GOLDEN = Path(__file__).parents[1] / "engine" / "golden" / "schema_1"
PREVIEW = {
    "kept": 25,
    "removed": 7,
    "pruners": list(PRUNERS)[:3],
    "overlap": [[1.0 if one == other else 0.4 for other in range(3)] for one in range(3)],
    "layers": {},
}


class Stage:
    """Stands for an attachment, and presses the buttons of a form."""

    def __init__(self, answer: dict[str, Any] | TicketError | None = None, path: Path = GOLDEN) -> None:
        self.look = Look(read_view(path), MaskReader(path, Ledger, lambda: None))
        self.view = self.look.view
        self.asked: list[commands.Command] = []
        self.answer = {} if answer is None else answer
        self.subject = BranchChoice(self, lambda: None)  # type: ignore[arg-type]

    async def ask(self, command: commands.Command) -> dict[str, Any]:
        self.asked.append(command)
        if isinstance(self.answer, TicketError):
            raise self.answer
        return self.answer

    def spawn(self, work: Any) -> None:
        asyncio.run(work)

    def heeding(self, act: Callable[..., None]) -> Callable[..., None]:
        return act

    def form(self, title: str, branch: str = "snr") -> Decision:
        self.subject.choice.value = branch
        return FORMS[title](self, self.subject)  # type: ignore[arg-type]


def parts(decision: Decision, kind: type) -> list[Any]:
    def inside(widget: ipywidgets.Widget) -> list[ipywidgets.Widget]:
        return [widget, *(found for child in getattr(widget, "children", ()) for found in inside(child))]

    return [widget for widget in inside(decision.form.box) if isinstance(widget, kind)]


def field(decision: Decision, label: str) -> Any:
    labelled = parts(decision, (ipywidgets.Dropdown, ipywidgets.Text))  # type: ignore[arg-type]
    return next(widget for widget in labelled if widget.description == label)


def button(decision: Decision, label: str) -> ipywidgets.Button:
    return next(widget for widget in parts(decision, ipywidgets.Button) if widget.description == label)


def words(decision: Decision) -> str:
    return " ".join(widget.value for widget in parts(decision, ipywidgets.HTML))
