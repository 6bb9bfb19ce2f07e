"""What all forms have: an introduction, rows of controls, a button, and a line that says what came of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import ipywidgets

from sessions import commands
from ticket_explorer.errors import TicketError
from widgets.decisions.fields import Complaint
from widgets.notebook.attachment import Attachment
from widgets.notebook.watching import button, markup

STAY = ""
"""The value of a choice that changes nothing."""


@dataclass(frozen=True)
class Request:
    """What a filled-in form asks of the engine."""

    command: commands.Command
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
        intro: str,
        rows: Sequence[ipywidgets.Widget],
        label: str,
        request: Callable[[str], Request],
        *others: ipywidgets.Button,
    ) -> None:
        """Lay it out.

        Args:
            attachment: Of the session.
            intro: What it is for, a sentence or two.
            rows: Its controls.
            label: Of the button.
            request: What to ask for, given the branch; a `TicketError` says what is missing.
            others: Buttons beside it.
        """
        self.attachment, self._request = attachment, request
        self._said = ipywidgets.HTML()
        self._accept = button(label, intro, lambda: attachment.spawn(self._carry_out()), style="primary")
        closing = ipywidgets.HBox([self._accept, *others])
        self.box = ipywidgets.VBox([ipywidgets.HTML(markup(intro)), *rows, closing, self._said])

    @property
    def branch(self) -> str:
        """The branch that is looked at.

        Raises:
            TicketError: if there is none yet.
        """
        branch = self.attachment.look.selection.branch_in(self.attachment.view)
        if branch is None:
            raise TicketError("There is no branch yet; wait until the engine has started.")
        return branch

    @property
    def plan(self) -> dict[str, Any]:
        """How that branch is trained, pruned and rewound."""
        return self.attachment.view.branches[self.branch].plan

    def say(self, sentence: str, is_trouble: bool = False) -> None:
        """Write below the rows; an empty sentence takes away what is written there."""
        said = markup(sentence, "te-alert" if is_trouble else "te-done")
        self._said.value = f'<div role="status">{said}</div>' if sentence else ""

    def object_to(self, complaint: Complaint | None) -> None:
        """Say why it can't be so, and refuse; None: it can."""
        self.say("" if complaint is None else complaint.whole, is_trouble=True)
        self._accept.disabled = complaint is not None

    def ask(self, command: commands.Command, done: str) -> None:
        """Ask for something at once, beside what the form itself is for."""
        self.attachment.spawn(self._asked(lambda: Request(command, done)))

    async def _carry_out(self) -> None:
        await self._asked(lambda: self._request(self.branch))

    async def _asked(self, request: Callable[[], Request]) -> None:
        self._accept.disabled = True
        try:
            asked = request()
            self.say("Asking the engine …")
            result = await self.attachment.ask(asked.command)
        except TicketError as error:
            self.say(str(error), is_trouble=True)
        else:
            all_new = ", ".join(result.get("branches", ()))
            self.say(asked.done.format(new=result.get("branch", ""), all=all_new))
        finally:
            self._accept.disabled = False


def choice(label: str, options: Mapping[str, str]) -> ipywidgets.Dropdown:
    """One of several.

    Args:
        label: What it is.
        options: What is shown, by what it stands for.
    """
    made = ipywidgets.Dropdown(options=_shown(options), description=label, layout=ipywidgets.Layout(width="460px"))
    made.style.description_width = "90px"
    return made


def offer(dropdown: ipywidgets.Dropdown, options: Mapping[str, str], preferred: str | None = None) -> None:
    """Have a choice show other options; what was chosen stays if it can, unless another one is preferred."""
    wanted = dropdown.value if preferred is None else preferred
    if dropdown.options != _shown(options):
        dropdown.options = _shown(options)
    if wanted in options:
        dropdown.value = wanted


def text(label: str, placeholder: str = "") -> ipywidgets.Text:
    """A line to type."""
    made = ipywidgets.Text(description=label, placeholder=placeholder, layout=ipywidgets.Layout(width="460px"))
    made.style.description_width = "90px"
    return made


def stay_or(present: str, names: Mapping[str, str]) -> dict[str, str]:
    """Options of which the first leaves everything as it is."""
    return {STAY: f"as before: {present}", **names}


def _shown(options: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((words, value) for value, words in options.items())
