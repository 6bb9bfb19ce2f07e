"""A choice that may be code of one's own, above the fields that say where it is; part of other forms."""

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets

from sessions.specs.spec import Table
from widgets.decisions.complaints import Complaint
from widgets.decisions.own_rules import is_own, label_of, own_choice, own_fields, own_table
from widgets.notebook.attachment import Attachment
from widgets.notebook.forms.controls import choice, offer, stay_or
from widgets.notebook.forms.field_rows import FieldRows


class OwnRows:
    """A choice of which the first option changes nothing and the last one is code of one's own, and fields for that."""

    def __init__(self, key: str, attachment: Attachment, changed: Callable[[], None]) -> None:
        """Begin without a plan.

        Args:
            key: `pruner` or `trainer`.
            attachment: Shows what goes wrong in what a person does.
            changed: Called when a person has chosen or typed.
        """
        self._key, self._changed = key, attachment.heeding(changed)
        self._present: Table = {}
        self.choice = choice(key, stay_or("", {}))
        self._rows = FieldRows(self._changed)
        self.box = ipywidgets.VBox([self.choice, self._rows.box])
        self.choice.observe(attachment.heeding(lambda _: self._choose()), "value")

    def renew(self, present: Table, names: Mapping[str, str], label: str = "") -> None:
        """Begin with a plan's table.

        Args:
            present: The table, such as `{"name": "snr"}`.
            names: The other options.
            label: What the first option calls the table, if not by its name.
        """
        self._present = present
        own = own_choice(self._key, present)
        others = {name: words for name, words in names.items() if name not in own}
        offer(self.choice, stay_or(label or label_of(self._key, present), {**others, **own}), "")

    @property
    def name(self) -> str:
        """The chosen option; empty if everything stays."""
        return str(self.choice.value or "")

    @property
    def is_own(self) -> bool:
        """Whether code of one's own is chosen."""
        return bool(self.name) and is_own(self._key, self.name)

    def overrides(self, chosen: Callable[[str], Any]) -> dict[str, Any]:
        """What is different, as an override; empty if nothing is.

        Args:
            chosen: The override of any other choice.
        """
        if not self.is_own:
            return {self._key: chosen(self.name)} if self.name else {}
        table = own_table(self._key, self._present, self._rows.texts) if self._rows.texts else None
        return {} if table is None else {self._key: table}

    def complain(self, said: Complaint | None) -> bool:
        """Show a complaint beside its field; returns whether it has a field here."""
        return self._rows.complain(said)

    def _choose(self) -> None:
        self._rows.show(own_fields(self._key, self._present) if self.is_own else ())
        self._changed()
