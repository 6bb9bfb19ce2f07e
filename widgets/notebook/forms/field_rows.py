"""Fields to type into, a row each: their values, their ranges, and what is wrong as a person types."""

from collections.abc import Callable, Iterable, Mapping

import ipywidgets

from sessions.specs.spec import Table
from widgets.decisions.complaints import Complaint
from widgets.decisions.fields import Field, entered, written
from widgets.notebook.watching import markup

_COLUMNS = "repeat(auto-fit, minmax(min(460px, 100%), 1fr))"


class FieldRows:
    """Rows of fields of one table, in as many columns as there is room for."""

    def __init__(self, changed: Callable[[], None]) -> None:
        """Begin without a row.

        Args:
            changed: Called when a person has typed.
        """
        self._changed = changed
        self._rows: dict[str, _Row] = {}
        self.box = ipywidgets.GridBox(layout=ipywidgets.Layout(grid_template_columns=_COLUMNS, grid_gap="0 16px"))

    @property
    def texts(self) -> dict[str, str]:
        """The texts in the fields, by the fields' names."""
        return {name: row.line.value for name, row in self._rows.items()}

    @property
    def values(self) -> Table:
        """The texts that a person typed, by the fields' names."""
        return entered((row.field for row in self._rows.values()), self.texts)

    def show(self, fields: Iterable[Field], typed: Mapping[str, str] | None = None) -> None:
        """Show these fields.

        Args:
            fields: The fields in order.
            typed: Texts that were typed already, by name.
        """
        self._rows = {field.name: _Row(field, (typed or {}).get(field.name), self._changed) for field in fields}
        self.box.children = [row.box for row in self._rows.values()]

    def complain(self, said: Complaint | None) -> bool:
        """Show a complaint beside its field and clear the others; returns whether it has a field here."""
        found = said is None
        for row in self._rows.values():
            is_here = said is not None and said.concerns(row.field.place)
            row.complain(said.short if said is not None and is_here else "")
            found = found or is_here
        return found


class _Row:
    """A label, a line, and what it accepts or what is wrong."""

    def __init__(self, field: Field, typed: str | None, changed: Callable[[], None]) -> None:
        self.field = field
        self._note = ipywidgets.HTML(markup(field.words, "te-hint"), layout=ipywidgets.Layout(flex="1 1 0"))
        self.line = ipywidgets.Text(
            written(field.value) if typed is None else typed,
            description=str(field.path[-1]),
            placeholder=field.empty,
            tooltip=field.name,
            layout=ipywidgets.Layout(width="270px", flex="0 0 auto"),
        )
        self.line.style.description_width = "160px"
        self.line.observe(lambda _: changed(), "value")
        self.box = ipywidgets.HBox([self.line, self._note], layout=ipywidgets.Layout(align_items="center"))

    def complain(self, error: str) -> None:
        self._note.value = markup(error, "te-wrong") if error else markup(self.field.words, "te-hint")
