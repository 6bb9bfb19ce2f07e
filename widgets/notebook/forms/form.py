"""What all forms have: an introduction, rows of controls, a button, and a line that says what came of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import ipywidgets

from sessions.messages import commands
from ticket_explorer.errors import TicketError
from widgets.decisions.complaints import Complaint
from widgets.notebook.attachment import Attachment
from widgets.notebook.forms.branch_choice import BranchChoice
from widgets.notebook.watching import button, markup


@dataclass(frozen=True)
class Filled:
    """What a filled-in form asks of the engine."""

    commands: Sequence[commands.Command]
    """One after the other."""
    done: str
    """What to say when it is done; `{new}` and `{all}` stand for the branches it begins."""


class Decision(Protocol):
    """One of the forms."""

    @property
    def form(self) -> "Form":
        """What is shown of it."""
        ...

    def renew(self) -> None:
        """Show what may be decided now; called whenever the session has news."""
        ...


class Form:
    """Asks the engine for something when its button is pressed, and says what came of it."""

    def __init__(
        self,
        attachment: Attachment,
        subject: BranchChoice,
        intro: str,
        rows: Sequence[ipywidgets.Widget],
        label: str,
        request: Callable[[str], Filled],
        *others: ipywidgets.Button,
    ) -> None:
        """Lay it out.

        Args:
            attachment: Of the session.
            subject: The branch that it is about.
            intro: What it is for, a sentence or two.
            rows: The controls of what is to be filled in.
            label: Of the button.
            request: What to ask for, given the branch; a `TicketError` says what is missing.
            others: Buttons beside it.
        """
        self._attachment, self._subject = attachment, subject
        self._said = ipywidgets.HTML()
        self._accept = button(label, intro, lambda: self.ask(request), style="primary")
        closing = ipywidgets.HBox([self._accept, *others])
        self.box = ipywidgets.VBox([ipywidgets.HTML(markup(intro)), *rows, closing, self._said])

    def say(self, sentence: str, is_trouble: bool = False) -> None:
        """Write below the rows; an empty sentence takes away what is written there."""
        said = markup(sentence, "te-alert" if is_trouble else "te-done")
        self._said.value = f'<div role="status">{said}</div>' if sentence else ""

    def object_to(self, complaint: Complaint | None, remarks: str = "") -> None:
        """Say why it can't be so, and refuse; None: it can, with what should be known of that."""
        self.say(remarks if complaint is None else complaint.whole, is_trouble=complaint is not None)
        self._accept.disabled = complaint is not None

    def ask(self, request: Callable[[str], Filled]) -> None:
        """Ask for something, given the branch."""
        self._attachment.spawn(self._asked(request))

    async def _asked(self, request: Callable[[str], Filled]) -> None:
        self._accept.disabled = True
        try:
            asked = request(self._subject.branch)
            self.say("Asking the engine …")
            results = [await self._attachment.ask(command) for command in asked.commands]
        except TicketError as error:
            self.say(str(error), is_trouble=True)
        else:
            last = results[-1]
            self.say(asked.done.format(new=last.get("branch", ""), all=", ".join(last.get("branches", ()))))
        finally:
            self._accept.disabled = False
