"""Tables as files: CSV, Parquet and JSON, each written whole; and CSV that grows with a session."""

import csv
from collections.abc import Callable, Iterable
from io import StringIO
from pathlib import Path
from typing import TextIO, final

import msgspec

from sessions.messages import events
from sessions.reports.generation_rows import Row, SettledRows
from sessions.store import errors
from sessions.store.files import write_atomic
from sessions.views.growing import GrowingJournal, rounds_told
from ticket_explorer.errors import TicketError
from widgets.cli.growing_file import GrowingFile

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@final
class GrowingCsv:
    """Writes a journal's metrics as rows, each once nothing can change it any more.

    Args:
        journal: Whose metrics they are.
        out: The file, which need not exist.
    """

    def __init__(self, journal: GrowingJournal, out: Path) -> None:
        self._view, self._rows, self._file = journal.view, SettledRows(journal.view), GrowingFile(out)
        self._round: tuple[str, int] | None = None
        """Of which rows may be waiting."""
        self._is_empty = True

    def take(self, event: events.Event) -> None:
        """Take an event that is in the journal's view."""
        for told in rounds_told(event):
            if told != self._round:
                self._write()
                self._round = told

    def flush(self) -> None:
        """Have the file hold what has settled."""
        self._write()
        self._file.flush()

    def settle(self) -> None:
        """Have the file hold nothing else."""
        self._write()
        self._file.settle()

    def _write(self) -> None:
        if self._round is not None:
            text = StringIO(newline="")
            _write_rows(self._rows.of(*self._round), text, with_names=self._is_empty)
            self._file.write(text.getvalue().encode())
            self._is_empty &= not text.tell()


def _write_rows(rows: Iterable[Row], file: TextIO, with_names: bool = True) -> None:
    writer: csv.DictWriter[str] | None = None
    for row in rows:
        if writer is None:
            writer = csv.DictWriter(file, row)
            if with_names:
                writer.writeheader()
        writer.writerow({name: _cell(value) for name, value in row.items()})


def _cell(value: object) -> object:
    """What a spreadsheet takes as text: one that begins as a formula does is quoted, as spreadsheets themselves do."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _write_csv(rows: Iterable[Row], out: Path) -> None:
    with errors.told(out), out.open("w", newline="", encoding="utf-8") as file:
        _write_rows(rows, file)


def _write_json(rows: Iterable[Row], out: Path) -> None:
    write_atomic(out, msgspec.json.encode(list(rows)))


def _write_parquet(rows: Iterable[Row], out: Path) -> None:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise TicketError("Parquet needs pyarrow; install it with: pip install 'ticket-explorer[data]'") from None
    with errors.told(out):
        parquet.write_table(pyarrow.Table.from_pylist(list(rows)), out)


TABLES: dict[str, Callable[[Iterable[Row], Path], None]] = {
    "csv": _write_csv,
    "parquet": _write_parquet,
    "json": _write_json,
}
"""Writers, by the file's format."""
