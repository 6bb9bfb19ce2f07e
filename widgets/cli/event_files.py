"""TensorBoard's event files: a run for each branch and replicate, of a session that is finished or still grows.

A file's bytes follow from the session's journal alone, so that it can be written on at any time. It is named after the
session: who follows another one into the same directory is refused.
"""

from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any, final

from sessions.messages import events
from sessions.reports.scalars import RoundBegun, Scalars, ScalarTeller
from sessions.store.errors import told
from sessions.views.growing import GrowingJournal
from sessions.views.reading import Header
from ticket_explorer.errors import TicketError
from widgets.cli.growing_file import GrowingFile


@final
class EventFiles:
    """Writes a journal's events into a directory of runs.

    Args:
        journal: Whose events they are.
        out: The directory, which need not exist.

    Raises:
        TicketError: if the library is not installed.
    """

    def __init__(self, journal: GrowingJournal, out: Path) -> None:
        if find_spec("tensorboardX") is None:
            raise TicketError(
                "TensorBoard's files need tensorboardX; install it with: pip install 'ticket-explorer[tensorboard]'"
            )
        self._out, self._teller = out, ScalarTeller(journal.view)
        self._name, self._seed = _name_for(journal.header), journal.header.spec.get("seed")
        self._runs: dict[str, list[GrowingFile]] = {}
        """The files of each branch's replicates."""
        self._plans: dict[str, dict[str, Any]] = {}

    def take(self, event: events.Event) -> None:
        """Take an event that is in the journal's view.

        Raises:
            TicketError: if a run's directory holds what another program, or another session, told.
        """
        from widgets.cli.event_records import scalar_record

        for one in self._teller.of(event):
            if isinstance(one, Scalars):
                self._runs[one.branch][one.replicate].write(scalar_record(one.at, one.step, one.values))
            else:
                self._begin(one)

    def flush(self) -> None:
        """Have the files hold what was taken."""
        for file in self._files():
            file.flush()

    def settle(self) -> None:
        """Have the files hold nothing else; those of runs that the session doesn't have are removed."""
        for file in self._files():
            file.settle()
        with told(self._out):
            there = {path for run in ("*", "*/replicate-*") for path in self._out.glob(f"{run}/{self._name}")}
            for path in there - {file.path for file in self._files()}:
                path.unlink()

    def _files(self) -> list[GrowingFile]:
        return [file for run in self._runs.values() for file in run]

    def _begin(self, begun: RoundBegun) -> None:
        from widgets.cli.event_records import settings_of, settings_records, table_record, version_record

        branch, plan, at = begun.round.branch, begun.round.plan, begun.round.started
        if branch not in self._runs:
            self._runs[branch] = [self._file(run) for run in _runs(branch, begun.replicates)]
            for replicate, file in enumerate(self._runs[branch]):
                settings = settings_of({**plan, "seed": self._seed, "replicate": replicate})
                file.write(version_record(at) + settings_records(at, settings, "score"))
        if self._plans.get(branch) != plan:
            self._plans[branch] = plan
            for file in self._runs[branch]:
                file.write(table_record(at, begun.step, "plan", plan))

    def _file(self, run: str) -> GrowingFile:
        directory = self._out / run
        with told(directory):
            directory.mkdir(parents=True, exist_ok=True)
            others = [path.name for path in directory.glob("*tfevents*") if path.name != self._name]
        if others:
            raise TicketError(
                f"{directory} holds events that this session did not tell ({others[0]}).",
                remedy="Choose another directory, or remove it.",
            )
        return GrowingFile(directory / self._name)


def _name_for(header: Header) -> str:
    """What a session's files are called; what its header says may be anything, so it is no part of the name itself."""
    return f"events.out.tfevents.{sha256(f'{header.created!r} {header.id}'.encode()).hexdigest()[:32]}"


def _runs(branch: str, replicates: int) -> list[str]:
    """What the runs of a branch are called: `snr`, or `snr/replicate-0` and so on."""
    return [branch] if replicates == 1 else [f"{branch}/replicate-{number}" for number in range(replicates)]
