"""Rows for code of one's own in a dialog: where it is, and its arguments; and its trial before it is accepted."""

from collections.abc import Mapping
from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical

from sessions.messages import commands
from sessions.specs.spec import Table
from ticket_explorer.errors import TicketError
from widgets.decisions.complaints import Complaint
from widgets.decisions.own_rules import has_own_code, own_fields, own_table
from widgets.shared.session_link import Link
from widgets.terminal.dialogs.fields import Closing, complain, field_row


class OwnRows(Vertical):
    """Where code of one's own is, and its arguments; shown while it is chosen."""

    def __init__(self, key: str, present: Table) -> None:
        """Show what the plan has.

        Args:
            key: `pruner`, `rewind` or `trainer`.
            present: The plan's table.
        """
        super().__init__(classes="own", id=f"own-{key}")
        self._key, self._present = key, present
        self._rows = [field_row(field) for field in own_fields(key, present)]
        self.display = False

    def compose(self) -> ComposeResult:
        """A row for each."""
        yield from self._rows

    @property
    def table(self) -> Table | None:
        """What a person typed, as an override; None if it is what the plan has."""
        return own_table(self._key, self._present, {row.field: row.text for row in self._rows})

    def complain(self, said: Complaint | None) -> bool:
        """Show a complaint about arguments beside them; returns whether it is shown here: a file needs more room."""
        return bool(self.display) and complain(self._rows[1:], said)


async def is_refused(link: Link, branch: str, overrides: Mapping[str, Any], closing: Closing) -> bool:
    """Have the engine try code of one's own; returns whether it can't be, which the dialog then says.

    Args:
        link: The way to the engine.
        branch: The branch that would change.
        overrides: What would differ.
        closing: Says why it can't be.
    """
    if not has_own_code(overrides):
        return False
    closing.say("Trying your code …", is_error=False)
    try:
        await link.ask(commands.TryOut(branch=branch, overrides=dict(overrides)))
    except TicketError as error:
        closing.say(str(error))
        return True
    return False
