"""What watches over a session that runs long: room on the disk, and whoever wants to hear of its end."""

from contextlib import suppress

from sessions.messages import events
from sessions.plans.disk import disk_trouble
from sessions.session.notifications import Notifications, Notifier, notifications
from sessions.session.session import Session
from ticket_explorer.errors import TicketError


def watch_over(session: Session) -> None:
    """Have a session warn of a disk that becomes full, now and after each round, and tell whoever wants to hear."""
    try:
        wanted = notifications()
    except TicketError as error:
        session.remark(str(error))
        wanted = Notifications()
    disk = DiskWatch(session)
    disk.look()
    session.subscribe(disk)
    session.subscribe(Notifier(session.path, wanted, session.remark))


class DiskWatch:
    """Remarks once that the disk has less room than a session needs, and again if room was made and is gone."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._is_told = False

    def __call__(self, event: events.Event, journalled: bool) -> None:
        """Look after each round."""
        if isinstance(event, events.RoundFinished):
            self.look()

    def look(self) -> None:
        """Look whether there is room."""
        session = self._session
        trouble = disk_trouble(session.view, session.spec.replicates, session.path)
        if trouble and not self._is_told:
            with suppress(TicketError):  # it is full already: that is said elsewhere
                session.remark(trouble)
        self._is_told = bool(trouble)
