"""Runs that take days: dates beside times, the end as a clock time, room on the disk, and who hears of what."""

import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sessions.messages import events
from sessions.plans import disk
from sessions.plans.disk import disk_needed, disk_trouble
from sessions.session import long_runs
from sessions.session.long_runs import watch_over
from sessions.session.notifications import (
    Notifications,
    escapes,
    notice_of,
    notifications,
    notifications_path,
)
from sessions.views.reading import read_view
from tests.faces.conftest import GOLDEN
from tests.faces.made_events import branch, finish, view_of
from ticket_explorer.errors import TicketError
from widgets.shared.wording import clock, first_time, left

EVENING = 1_800_000_000.0
"""15 January 2027, 08:00:00 in UTC."""


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A clock that is set, in a zone that is set."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.setattr(time, "time", lambda: EVENING)
    yield
    monkeypatch.undo()
    time.tzset()


def test_a_time_has_its_date_once_a_list_has_passed_midnight() -> None:
    assert clock(EVENING + 60, EVENING) == "08:01:00"
    assert clock(EVENING + 86_400, EVENING) == "2027-01-16 08:00:00"
    assert clock(EVENING + 16 * 3600, EVENING) == "2027-01-16 00:00:00"
    assert clock(EVENING + 16 * 3600 - 1, EVENING) == "23:59:59"
    assert clock(EVENING) == "08:00:00"
    assert clock(EVENING - 86_400) == "2027-01-14 08:00:00"


def test_an_older_journal_has_dates_on_all_lines() -> None:
    today, before = (view_of(events.Remarked(at=at, text="so")) for at in (EVENING - 60, EVENING - 86_400))
    assert first_time(today) == EVENING - 60
    assert first_time(before) is None
    assert clock(EVENING - 86_400, first_time(before)) == "2027-01-14 08:00:00"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (5, "5.0 s left"),
        (300, "5 min 0 s left, until 08:05"),
        (15 * 3600, "15 h 0 min left, until 23:00"),
        (16 * 3600, "16 h 0 min left, until 2027-01-16 00:00"),
        (3 * 86_400 + 60, "72 h 1 min left, until 2027-01-18 08:01"),
        (800 * 86_400, "about 2 years left"),
    ],
)
def test_the_end_is_a_clock_time(seconds: float, said: str) -> None:
    assert left(seconds) == said


def test_what_a_session_needs_shrinks_with_its_rounds() -> None:
    view = read_view(GOLDEN)
    needed = disk_needed(view, 2)
    assert needed > 0
    view.branches["random"].aside = True
    assert disk_needed(view, 2) < needed
    assert disk_needed(view, 4) > disk_needed(view, 2)
    for branch_ in view.branches.values():
        branch_.plan["pruning"]["rounds"] = 0
    assert disk_needed(view, 2) == 0


def test_a_disk_without_room_is_said_with_both_sizes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    view = read_view(GOLDEN)
    assert disk_trouble(view, 2, tmp_path) == "" or "free at" in disk_trouble(view, 2, tmp_path)
    monkeypatch.setattr(disk, "free_bytes", lambda place: 3_000_000)
    assert "about" in (said := disk_trouble(view, 2, tmp_path))
    assert f"3 MB are free at {tmp_path}" in said
    monkeypatch.setattr(disk, "free_bytes", lambda place: 10**12)
    assert disk_trouble(view, 2, tmp_path) == ""


class Watched:
    """Stands for a session that is watched over."""

    def __init__(self, path: Path) -> None:
        self.path, self.view, self.spec = path, read_view(GOLDEN), SimpleNamespace(replicates=2)
        self.remarks: list[str] = []
        self.subscribers: list[Any] = []
        self.remark = self.remarks.append
        self.subscribe = self.subscribers.append
        watch_over(self)  # type: ignore[arg-type]

    def tell(self, event: events.Event) -> None:
        for subscriber in self.subscribers:
            subscriber(event, True)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TICKET_EXPLORER_HOME", str(tmp_path))
    monkeypatch.setattr(long_runs, "disk_trouble", lambda view, replicates, place: "")
    return tmp_path


def test_the_disk_is_told_of_once_before_and_during_a_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said = ["", "full", "full", "", "full"]
    monkeypatch.setattr(long_runs, "disk_trouble", lambda view, replicates, place: said.pop(0))
    session = Watched(tmp_path)
    for _ in range(4):
        session.tell(finish("snr"))
    assert session.remarks == ["full", "full"]  # room was made in between


OCCASIONS = {
    "finished": events.Finished(),
    "failed": events.Paused(reason="The disk is full.", is_trouble=True),
    "paused": events.BreakpointMet(number=1, branch="snr", round=2, said="Breakpoint 1."),
    "round": finish("snr", 3, score=[0.8125]),
}


@pytest.mark.parametrize("occasion", OCCASIONS)
def test_each_occasion_is_heard_of_if_it_is_wanted(occasion: Any, tmp_path: Path) -> None:
    told = tmp_path / "told"
    command = f'echo "$TICKET_EXPLORER_OCCASION $TICKET_EXPLORER_TEXT" > {told}.part; mv {told}.part {told}'
    notifications_path().write_text(f"on = ['{occasion}']\non_finish = '''{command}'''\n")
    session = Watched(tmp_path / "mine.session")
    for event in OCCASIONS.values():
        session.tell(event)
    limit = time.monotonic() + 20
    while not told.exists():
        assert time.monotonic() < limit
    notice = notice_of(OCCASIONS[occasion])
    assert notice is not None
    assert told.read_text() == f"{occasion} {notice.text}\n"
    assert session.remarks == [f"Notification by on_finish at 08:00: {notice.text}"]


def test_what_happens_all_the_time_is_no_occasion() -> None:
    for event in (events.Paused(reason="closed"), events.Resumed(), branch("snr"), events.Remarked(text="so")):
        assert notice_of(event) is None


def test_a_desktop_without_notify_send_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    notifications_path().write_text('by = ["desktop"]')
    session = Watched(tmp_path)
    session.tell(events.Finished())
    assert session.remarks == ["Notification by notify-send: there is no notify-send here."]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("on = [", "the defaults are in force"),
        ('on = ["lunch"]', "expected"),
        ('sound = "loud"', "unknown field"),
        ("on_finish = 7", "expected"),
    ],
)
def test_a_file_that_can_not_be_used_is_said_in_the_journal(text: str, said: str, tmp_path: Path) -> None:
    notifications_path().write_text(text)
    with pytest.raises(TicketError, match=said):
        notifications()
    session = Watched(tmp_path)
    assert len(session.remarks) == 1
    assert said in session.remarks[0]


def test_a_terminal_is_sent_what_is_wanted_and_no_control_characters_of_others() -> None:
    wanted = Notifications(on=("failed",), by=("bell", "osc9", "osc777"))
    failed = events.Failed(message="It \x1b]0;owned\x07 failed")
    assert escapes(wanted, failed, "a;b\x07") == (
        "\x1b]9;a;b : It  ]0;owned  failed\x07\x1b]777;notify;Ticket Explorer;a;b : It  ]0;owned  failed\x07\a"
    )
    assert escapes(wanted, events.Finished(), "mine") == ""
    assert escapes(Notifications(), events.Finished(), "mine") == "\a"


def test_without_a_file_the_end_and_a_failure_ring() -> None:
    assert notifications() == Notifications(on=("finished", "failed"), by=("bell",), on_finish="")
