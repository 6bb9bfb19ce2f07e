"""All cells of a study as one table: `cell`, a column for each axis, the seed, then the rows of a session's table."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, get_args

from sessions.studies.cell import Cell
from sessions.studies.study_spec import SEED
from ticket_explorer.errors import InvalidValue, TicketError

if TYPE_CHECKING:
    from pandas import DataFrame

    from sessions.reports.data_frame import RowKind


def study_rows(cells: Sequence[Cell], kind: "RowKind") -> Iterator[dict[str, Any]]:
    """The rows of all cells that have begun.

    Args:
        cells: The study's cells.
        kind: What a row is, as in a session's own `to_frame`.

    Raises:
        TicketError: if no cell has begun, there are no such rows, or a session can't be read.
    """
    from sessions.reports.data_frame import RowKind, round_rows
    from sessions.reports.generation_rows import metric_rows

    if kind not in get_args(RowKind):
        raise InvalidValue("rows", repr(kind), " or ".join(map(repr, get_args(RowKind))))
    begun = [cell for cell in cells if cell.has_begun]
    if not begun:
        raise TicketError("No cell of this study has begun yet.", remedy="Run the study first.")
    rows_of = round_rows if kind == "rounds" else metric_rows
    for cell in begun:
        head = {"cell": cell.name, SEED: cell.seed} if SEED not in cell.axes else {"cell": cell.name}
        whole = {"cell": cell.name, **cell.axes, **head}
        for row in rows_of(cell.read().view):
            yield whole | row


def study_frame(cells: Sequence[Cell], kind: "RowKind") -> "DataFrame":
    """The same as a pandas table.

    Raises:
        TicketError: as `study_rows`, or if pandas is not installed.
    """
    rows = list(study_rows(cells, kind))
    try:
        import pandas
    except ImportError:
        raise TicketError("A table needs pandas; install it with: pip install pandas") from None
    return pandas.DataFrame.from_records(rows)
