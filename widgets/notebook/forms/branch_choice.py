"""The branch that forms are about: it follows a branch that was chosen, not those that take turns meanwhile."""

from collections.abc import Callable
from typing import Any

from ticket_explorer.errors import TicketError
from widgets.notebook.attachment import Attachment
from widgets.notebook.forms.controls import choice, offer


class BranchChoice:
    """One branch of a session."""

    def __init__(self, attachment: Attachment, changed: Callable[[], None]) -> None:
        """Begin with the selected branch.

        Args:
            attachment: The session's attachment.
            changed: Called when the branch changes.
        """
        self._attachment = attachment
        self.choice = choice("branch", {})
        self._followed: str | None = None
        self.renew()
        self.choice.observe(attachment.heeding(lambda _: changed()), "value")

    @property
    def branch(self) -> str:
        """The name of the branch that is chosen.

        Raises:
            TicketError: if there is none yet.
        """
        if self.choice.value is None:
            raise TicketError("There is no branch yet; wait until the engine has started.")
        return str(self.choice.value)

    @property
    def is_there(self) -> bool:
        """Whether there is any branch."""
        return self.choice.value is not None

    @property
    def plan(self) -> dict[str, Any]:
        """How it is trained, pruned and rewound."""
        return self._attachment.view.branches[self.branch].plan

    def renew(self) -> None:
        """Follow a person's selection."""
        look = self._attachment.look
        wanted = look.selection.branch
        names = {name: name for name in look.view.branches}
        begin = look.selection.branch_in(look.view) if self.choice.value is None else None
        offer(self.choice, names, wanted if wanted != self._followed and wanted in names else begin)
        self._followed = wanted
