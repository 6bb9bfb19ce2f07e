"""The summaries of a class, in a directory: dropped there, or uploaded. One of a session counts, the latest."""

from pathlib import Path

import msgspec

from sessions.reports.summary import LONGEST, SESSIONS, Summary, read_summary
from sessions.store.errors import told
from sessions.store.files import write_atomic
from ticket_explorer.errors import TicketError
from ticket_explorer.places import make_private

ENDINGS = (".json", ".msgpack")


class Collected:
    """What a directory has now; files are read once, and again when they change."""

    def __init__(self, directory: Path) -> None:
        """Look at a directory, which is made if it is not there.

        Raises:
            TicketError: if it can't be made, or is none.
        """
        self.directory = directory
        with told(directory):
            make_private(directory)
            if not directory.is_dir():
                raise NotADirectoryError(20, "it is a file", str(directory))
        self._known: dict[Path, tuple[tuple[int, int], Summary | str]] = {}

    def read(self) -> tuple[list[Summary], dict[str, str]]:
        """The summaries, each session once, and by name the files that are none, with a sentence on why."""
        known = {}
        with told(self.directory):
            files = sorted(file for file in self.directory.iterdir() if file.suffix in ENDINGS and file.is_file())
        for file in files[:SESSIONS]:
            try:
                status = file.stat()
                stamp = status.st_mtime_ns, status.st_size
                before = self._known.get(file)
                known[file] = before if before is not None and before[0] == stamp else (stamp, _read(file, stamp[1]))
            except OSError:
                continue  # it was removed meanwhile
        self._known = known
        latest: dict[str, Summary] = {}
        for _, found in sorted(known.values(), key=lambda one: one[0]):
            if isinstance(found, Summary):
                latest[found.session] = found
        refused = {file.name: found for file, (_, found) in known.items() if isinstance(found, str)}
        return sorted(latest.values(), key=lambda one: (one.seed, one.session)), refused

    def take(self, data: bytes) -> Summary:
        """Keep a summary that somebody hands in, in place of an earlier one of the same session.

        Raises:
            TicketError: if it is none, there are too many, or it says less than the earlier one.
        """
        summary = read_summary(data)
        there, _ = self.read()
        earlier = next((one for one in there if one.session == summary.session), None)
        if earlier is None and len(self._known) >= SESSIONS:
            raise TicketError(f"There are {SESSIONS} summaries already; no more are taken.")
        if earlier is not None and _rounds(earlier) > _rounds(summary):
            raise TicketError("This session has been handed in with more rounds already.")
        write_atomic(self.directory / f"{summary.session}.json", msgspec.json.format(msgspec.json.encode(summary)))
        return summary


def _read(file: Path, size: int) -> Summary | str:
    if size > LONGEST:
        return f"it has more than {LONGEST:,} bytes"
    try:
        with told(file):
            return read_summary(file.read_bytes())
    except TicketError as error:
        return str(error)


def _rounds(summary: Summary) -> int:
    return sum(len(branch.rounds) for branch in summary.branches)
