"""A session on disk that is only read: it is not locked, nothing is journalled, and JAX is loaded only for weights."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sessions.reports.data_frame import RowKind, frame_of
from sessions.store import SessionDirectory
from sessions.views.reading import Header, read_header, read_view, session_path
from sessions.views.session_view import SessionView

if TYPE_CHECKING:
    from pandas import DataFrame

    from sessions.tickets.found_ticket import FoundTicket
    from sessions.tickets.workbench import Workbench
    from ticket_explorer.problems import Problem


class SavedSession:
    """What a session on disk has found so far; `reread` looks again."""

    def __init__(self, path: Path, header: Header, view: SessionView) -> None:
        """Use `read`."""
        self.path, self.header, self.view = path, header, view

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """A session by its path, or its name in the user's sessions.

        Raises:
            TicketError: if it is not a session, or is damaged.
        """
        path = session_path(path)
        return cls(path, read_header(SessionDirectory.open_for_reading(path)), read_view(path))

    def reread(self) -> Self:
        """Read the session again, as it is now.

        Raises:
            TicketError: as `read`.
        """
        return type(self).read(self.path)

    @property
    def name(self) -> str:
        """Its directory's name, without `.session`."""
        return self.path.name.removesuffix(".session")

    @property
    def title(self) -> str:
        """The title in its spec."""
        return self.header.title

    @property
    def spec(self) -> dict[str, Any]:
        """The spec as a table, in which every branch has its whole plan."""
        return dict(self.header.spec)

    @property
    def branches(self) -> tuple[str, ...]:
        """The names of its branches."""
        return tuple(self.view.branches)

    @property
    def is_finished(self) -> bool:
        """Whether every branch has all its rounds."""
        return self.view.state == "finished"

    def rounds(self, branch: str) -> tuple[int, ...]:
        """The numbers of a branch's finished rounds."""
        return tuple(round_.number for round_ in self.view.lineage(branch) if round_.finished is not None)

    def to_frame(self, rows: RowKind = "rounds") -> "DataFrame":
        """A pandas table of the finished rounds, or of all generations; see `sessions.reports.data_frame`.

        Raises:
            TicketError: if pandas is not installed, or there are no such rows.
        """
        return frame_of(self.view, rows, self.name, self.spec.get("seed"))

    def ticket(self, branch: str, round: int, replicate: int = 0) -> "FoundTicket":
        """A finished round's ticket and the result of its training; loads JAX and the data.

        Raises:
            TicketError: if there is no such branch, finished round or replicate.
        """
        from sessions.tickets.found_ticket import found_ticket

        return found_ticket(self._bench, branch, round, replicate)

    def problem(self, branch: str) -> "Problem":
        """What a branch trains on: its network, and its data or environment; loads JAX and the data."""
        from sessions.plans.problems import plan_of

        return self._bench.problem(plan_of(self.view.branches[branch].plan))

    @cached_property
    def _bench(self) -> "Workbench":
        from sessions.tickets.workbench import Workbench

        return Workbench.of(self.path, self.view)

    def __repr__(self) -> str:
        return f"<SavedSession {self.name}: {self.view.state}, {', '.join(self.branches)}>"
