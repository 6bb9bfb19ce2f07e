"""A process that is killed, a power failure, a full disk: at any operation, a session is whole and goes on to the same.

The states are enumerated: before every operation on the disk, and in the middle of every write.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from sessions.messages.records import decode_record
from sessions.reports.session_list import session_state
from sessions.reports.verify_session import verify
from sessions.session.session import Session
from sessions.store import sessions_in
from sessions.store.errors import DiskFull
from tests.siege.disk import Again, Disk, Operation, Platter
from tests.siege.figures import count
from tests.siege.story import (
    DECISIONS,
    DONOR,
    TABLES,
    decisions,
    give,
    journalled_kinds,
    steps,
    tell,
    told_kinds,
    trust_code,
)

pytestmark = pytest.mark.thorough

NAME = "mine.session"
Decided = tuple[bytes, ...]


@dataclass
class Told:
    """A story that was told to its end, and what a session comes to that stops after any of its decisions."""

    lab: Any
    donor: Path
    disk: Disk
    snapshots: dict[Decided, Path] = field(default_factory=dict)
    """The session when each step was done, by what was decided until then; nothing was killed."""
    order: list[Decided] = field(default_factory=list)
    """What was decided when each step was done."""
    _ends: dict[Decided, dict[str, Any]] = field(default_factory=dict)

    def end(self, decided: Decided) -> dict[str, Any]:
        """What a run to its end comes to after so many decisions."""
        if decided not in self._ends:
            self._ends[decided] = self.lab.outcome(self.lab.go_on(self.snapshots[decided]))
        return self._ends[decided]

    def assert_goes_on(self, state: Path, place: Path) -> None:
        """A state, resumed to its end, comes to the same bits."""
        path = Path(shutil.copytree(state, place / "resumed" / NAME))
        decided = decisions(path)
        self.lab.go_on(path)
        self.lab.assert_whole(path)
        assert self.lab.outcome(path) == self.end(decided or self.order[0])
        shutil.rmtree(place / "resumed")


@pytest.fixture(scope="session")
def told(shared_lab: Any) -> Told:
    lab = shared_lab
    trust_code()
    donor = lab.finished("siege-donor", **DONOR)
    place = lab.place / "told"
    place.mkdir()
    story, disk = steps(donor), Disk(place)
    assert told_kinds(story) == journalled_kinds()
    told = Told(lab, donor, disk)
    with disk.watched():
        session = Session.create(lab.spec(**TABLES), place / NAME)

        def heard(number: int) -> None:
            disk.mark("done")
            told.order.append(decisions(place / NAME))
            told.snapshots[told.order[-1]] = Path(
                shutil.copytree(place / NAME, lab.place / "snapshots" / str(number) / NAME)
            )

        tell(session, story, heard)
        session.close()
    return told


def states(told: Told, place: Path) -> Iterator[tuple[Path, int]]:
    """Every state of the story's session that a killed process can leave, and how many steps were done by then."""
    again, done = Again(place), 0
    for operation in told.disk.log:
        if operation.kind == "mark":
            done += 1
            continue
        yield place / NAME, done
        again.do(operation)
        if operation.kind == "write" and len(operation.data) > 1:
            again.undo_write(operation, 0.5)
            yield place / NAME, done
            rest = operation.data[len(operation.data) - int(len(operation.data) * 0.5) :]
            again.do(type(operation)("write", file=operation.file, data=rest))
    again.close()
    yield place / NAME, done


def looked_at(path: Path) -> None:
    assert session_state(path).state in ("stopped", "paused", "finished")
    assert [finding for finding in verify(path) if not finding.ok] == []


def decides(operation: Operation) -> bool:
    """Whether it writes a record of a decision."""
    if operation.kind != "write":
        return False
    try:
        return any(isinstance(event, DECISIONS) for event in decode_record(operation.data[8:]))
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False  # of another file


def test_a_decision_is_one_write_that_is_on_the_disk_before_it_is_acknowledged(told: Told) -> None:
    log, steps_that_decided = told.disk.log, 0
    marks = [at for at, operation in enumerate(log) if operation.kind == "mark"]
    for begin, end in pairwise([0, *marks]):
        at = [number for number in range(begin, end) if decides(log[number])]
        assert len(at) <= 1, "several writes for one decision"
        assert all(log[number + 1] == Operation("sync", file=log[number].file) for number in at)
        steps_that_decided += len(at)
    assert steps_that_decided >= 12


@pytest.mark.parametrize(
    ("every", "resumed"), [(3, 3), pytest.param(1, 500, marks=[pytest.mark.siege, pytest.mark.timeout(3600)])]
)
def test_killed_before_any_operation_or_amid_any_write(told: Told, tmp_path: Path, every: int, resumed: int) -> None:
    place = tmp_path / "again"
    place.mkdir()
    chance, seen, went_on = np.random.default_rng(count.seed), 0, 0
    total = 2 * len(told.disk.log)
    for number, (state, done) in enumerate(states(told, place)):
        if number % every:
            continue
        if not state.exists():
            assert sessions_in(place) == []
            continue
        seen += 1
        looked_at(state)
        decided = decisions(state)
        assert not decided or decided in told.snapshots, "a decision is there in part"
        assert done == 0 or told.order.index(decided) <= done, "something was decided that nobody had asked for"
        assert done == 0 or len(decided) >= len(told.order[done - 1]), "what was acknowledged is lost"
        if chance.random() < resumed * every / total:
            told.assert_goes_on(state, tmp_path)
            went_on += 1
    count.add("states of a killed process, read", seen)
    count.add("states of a killed process, resumed to their end and compared bit for bit", went_on)


@pytest.mark.parametrize(
    ("every", "resumed"), [(12, 2), pytest.param(1, 200, marks=[pytest.mark.siege, pytest.mark.timeout(3600)])]
)
def test_power_failure_at_any_operation(told: Told, tmp_path: Path, every: int, resumed: int) -> None:
    """What nobody waited for is gone, or half there; what was acknowledged is not."""
    platter, chance, done, seen, went_on = Platter(), np.random.default_rng(count.seed), 0, 0, 0
    for number, operation in enumerate(told.disk.log):
        if operation.kind == "mark":
            done += 1
            continue
        platter.do(operation)
        if number % every:
            continue
        for unsynced in (0.0, 0.5, 1.0):
            place = tmp_path / "left"
            place.mkdir()
            platter.left(place, chance, unsynced)
            state = place / NAME
            if done:
                assert len(decisions(state)) >= len(told.order[done - 1]), "what was acknowledged is lost"
            if state.exists():
                seen += 1
                assert not (decided := decisions(state)) or decided in told.snapshots
                bad = {finding.path.name for finding in verify(state) if not finding.ok}
                assert bad <= {"checkpoint.msgpack", "frames.msgpack"}, "only these are not waited for"
                if chance.random() < resumed * every / (3 * len(told.disk.log)):
                    told.assert_goes_on(state, tmp_path)
                    went_on += 1
            shutil.rmtree(place)
    count.add("states after a power failure, read", seen)
    count.add("states after a power failure, resumed to their end and compared bit for bit", went_on)


@pytest.mark.siege
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("times", [200])
def test_a_full_disk_at_any_write(told: Told, tmp_path: Path, times: int) -> None:
    """Whatever could not be written is said; asked again once there is room, it all comes to the same."""
    last = told.disk.writes
    for at in np.random.default_rng(count.seed).choice(last, size=min(times, last), replace=False):
        place = tmp_path / str(at)
        place.mkdir()
        disk = Disk(place)
        disk.full_at = int(at) + 1
        with disk.watched():
            session = begun(told, disk, place)
            for step in steps(told.donor):
                for _ in range(3):
                    if step.is_done(session.view):
                        break
                    error = give(session, step.command(session.view))
                    assert error is None or " is full. " in error
                    disk.full_at = None
                assert step.is_done(session.view), step.command(session.view)
            session.close()
        told.lab.assert_whole(place / NAME)
        assert told.lab.outcome(place / NAME) == told.end(told.order[-1])
        shutil.rmtree(place)
    count.add("writes that a full disk refused, asked again", min(times, last))


def begun(told: Told, disk: Disk, place: Path) -> Session:
    """A new session, or the one that a full disk left half begun."""
    try:
        return Session.create(told.lab.spec(**TABLES), place / NAME)
    except DiskFull:
        disk.full_at = None
    if (place / NAME).exists():
        return Session.open(place / NAME)
    return Session.create(told.lab.spec(**TABLES), place / NAME)
