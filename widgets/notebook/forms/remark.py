"""A remark for the journal."""

import ipywidgets

from sessions.messages import commands
from ticket_explorer.errors import TicketError
from widgets.notebook.attachment import Attachment
from widgets.notebook.forms.branch_choice import BranchChoice
from widgets.notebook.forms.form import Filled, Form


class RemarkForm:
    """Asks for some words."""

    def __init__(self, attachment: Attachment, subject: BranchChoice) -> None:
        wide = ipywidgets.Layout(width="460px")
        self._text = ipywidgets.Text(placeholder="what you see or think", layout=wide)
        self.form = Form(attachment, subject, "Add it to the journal.", [self._text], "Write", self._request)

    def renew(self) -> None:
        """A remark can always be made."""

    def _request(self, branch: str) -> Filled:
        if not self._text.value.strip():
            raise TicketError("Type a remark first.")
        return Filled([commands.Note(text=self._text.value)], "The remark is in the journal.")
