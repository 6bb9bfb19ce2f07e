"""`show --diff`: the fields in which two specs, or two branches, differ as they are now."""

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from sessions.specs.difference import MISSING
from sessions.views.reading import Header
from sessions.views.session_view import SessionView
from widgets.cli.output import PrintableConsole, print_json, write


def show_difference(header: Header, view: SessionView, name: str, given: str, json: bool) -> None:
    """Print a row for each field that differs, or a sentence if none does.

    Args:
        header: What was fixed when the session was created.
        view: What has happened in it.
        name: What the session is called.
        given: Another session, a preset, or two branches of this one, `snr:random`.
        json: Whether to print JSON.

    Raises:
        TicketError: if `given` is none of these.
    """
    from sessions.reports.spec_rows import other_spec, rows_of

    first, _, second = given.partition(":")
    one, other = (first, second) if second in view.branches else (name, given)
    rows = rows_of(*other_spec(given, header, view))
    if json:
        print_json([{"field": row.path, "here": _plain(row.here), "there": _plain(row.there)} for row in rows])
        return
    if not rows:
        write(f"The specs of {one} and {other} are equal.")
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for head in ("field", one, other):
        table.add_column(Text(head), overflow="fold")
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in (row.path, row.here, row.there)))
    PrintableConsole().print(table)


def _plain(value: object) -> object:
    return None if value == MISSING else value
