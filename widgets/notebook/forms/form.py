"""What all forms have: an introduction, rows of controls, a button, and a line with the outcome."""

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
    """The request of a filled-in form to the engine."""

    commands: Sequence[commands.Command]
    """The commands, in order."""
    done: str
    """The sentence to show when it is done; `{new}` and `{all}` stand for the branches it begins."""


class Decision(Protocol):
    """One of the forms."""

    @property
    def form(self) -> "Form":
        """The widget that is shown."""
        ...

    def renew(self) -> None:
        """Update the form; called whenever the session has news."""
        ...


class Form:
    """Sends the engine a request when its button is pressed, and shows the outcome."""

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
            attachment: The session's attachment.
            subject: The branch that it is about.
            intro: A sentence or two on what the form is for.
            rows: The controls to fill in.
            label: The button's label.
            request: Makes the request for a branch; a `TicketError` says what is missing.
            others: More buttons beside it.
        """
        self._attachment, self._subject = attachment, subject
        self._said = ipywidgets.HTML()
        self._accept = button(label, intro, lambda: self.ask(request), style="primary")
        closing = ipywidgets.HBox([self._accept, *others])
        self.box = ipywidgets.VBox([ipywidgets.HTML(markup(intro)), *rows, closing, self._said])

    def say(self, sentence: str, is_trouble: bool = False) -> None:
        """Write a sentence below the rows; an empty one clears it."""
        said = markup(sentence, "te-alert" if is_trouble else "te-done")
        self._said.value = f'<div role="status">{said}</div>' if sentence else ""

    def object_to(self, complaint: Complaint | None, remarks: str = "") -> None:
        """Show why the input is refused, and disable the button; None: it is fine, and remarks are shown."""
        self.say(remarks if complaint is None else complaint.whole, is_trouble=complaint is not None)
        self._accept.disabled = complaint is not None

    def ask(self, request: Callable[[str], Filled]) -> None:
        """Send the request for the branch."""
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
