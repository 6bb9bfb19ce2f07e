"""A choice of rewind, and its fields; part of other forms."""

from collections.abc import Callable
from typing import Any

import ipywidgets

from sessions.specs.spec import Table
from ticket_explorer.registry import summary_of
from ticket_explorer.rewinds import REWINDS
from widgets.decisions.complaints import Complaint
from widgets.decisions.fields import fields_of
from widgets.decisions.own_rules import is_own, label_of, own_choice, own_fields, own_summary, own_table
from widgets.notebook.attachment import Attachment
from widgets.notebook.forms.controls import choice, offer, stay_or
from widgets.notebook.forms.field_rows import FieldRows
from widgets.notebook.watching import markup


class RewindRows:
    """A choice of rewinds, of which the first changes nothing, above the fields of the chosen one."""

    def __init__(self, attachment: Attachment, changed: Callable[[], None]) -> None:
        self._changed = attachment.heeding(changed)
        self._choice = choice("rewind", stay_or("", {}))
        self._summary = ipywidgets.HTML()
        self._rows = FieldRows(self._changed)
        self.box = ipywidgets.VBox([self._choice, self._summary, self._rows.box])
        self._present: Table = {}
        self._choice.observe(attachment.heeding(lambda _: self._choose()), "value")

    def renew(self, present: Table) -> None:
        """Begin with the current rewind, `{"name": "initial"}`."""
        self._present = present
        names = {name: name for name in REWINDS} | own_choice("rewind", present)
        offer(self._choice, stay_or(label_of("rewind", present), names), "")

    @property
    def overrides(self) -> dict[str, Any]:
        """The chosen rewind with its fields, as an override; empty if it stays as it is."""
        name = str(self._choice.value)
        if name and is_own("rewind", name):
            own = own_table("rewind", self._present, self._rows.texts) if self._rows.texts else None
            return {} if own is None else {"rewind": own}
        table = {"name": name, **self._rows.values}
        return {"rewind": table} if name and table != self._present else {}

    def complain(self, said: Complaint | None) -> bool:
        """Show a complaint beside its field; returns whether it has a field here."""
        return self._rows.complain(said)

    def _choose(self) -> None:
        name = str(self._choice.value)
        present = self._present if name == self._present.get("name") else {}
        if name and is_own("rewind", name):
            self._rows.show(own_fields("rewind", self._present))
            self._summary.value = markup(own_summary("the notebook"), "te-hint")
        else:
            self._rows.show(fields_of(REWINDS[name], ("rewind",), present) if name else ())
            self._summary.value = markup(summary_of(REWINDS[name]), "te-hint") if name else ""
        self._changed()
