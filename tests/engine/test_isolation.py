"""One session that says what can't be harms nobody else: a row in the list, a sentence for whoever opens it."""

import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sessions.reports.session_list import Listing
from sessions.reports.verify_session import verify
from sessions.serving.replay import Replay
from sessions.session.session import Session
from sessions.store.errors import Damaged
from sessions.store.journal_records import MAGIC, frame, read_records
from sessions.views.reading import read_view

GOLDEN = Path(__file__).parent / "golden" / "schema_1"


def with_changed(records: list[Any], tag: str, **changes: Any) -> list[Any]:
    at = next(n for n, record in enumerate(records) if record["type"] == tag)
    return [*records[:at], {**records[at], **changes}, *records[at + 1 :]]


NONSENSE = {
    "an unknown branch": lambda r: with_changed(r, "RoundFinished", branch="nobody"),
    "a round that never began": lambda r: with_changed(r, "RoundFinished", round=7),
    "a branch that is its own parent": lambda r: with_changed(r, "BranchAdded", parent="snr", parent_round=0),
    "a branch twice": lambda r: r[:3] + [one for one in r if one["type"] == "BranchAdded"] * 2,
    "a name that leaves the directory": lambda r: with_changed(r, "BranchAdded", branch="../up"),
    "a plan that is none": lambda r: with_changed(r, "BranchAdded", plan={"pruning": {}}),
    "an endless plan": lambda r: with_changed(
        r, "BranchAdded", plan={**r[1]["plan"], "pruning": {"rounds": 10**9, "ratio": 0.2}}
    ),
    "metrics cut short": lambda r: with_changed(r, "Generations", values=b"1234567"),
    "scores of too many replicates": lambda r: with_changed(r, "RoundFinished", score=[0.1] * 9),
    "a score that single precision can't hold": lambda r: with_changed(r, "RoundFinished", score=[1e308]),
    "a time that is no number": lambda r: with_changed(r, "Opened", at=float("nan")),
    "deep nesting": lambda r: with_changed(r, "BranchAdded", plan=msgspec.Raw(b"\x81\xa1x" * 9000 + b"\xc0")),
    "nesting that can be read": lambda r: with_changed(r, "BranchAdded", plan=msgspec.Raw(b"\x81\xa1x" * 99 + b"\xc0")),
    "text that is no UTF-8": lambda r: with_changed(r, "BranchAdded", branch=msgspec.Raw(b"\xa2\xff\xfe")),
    "another kind of record": lambda r: [*r, {"type": "Unheard"}],
}


@pytest.fixture
def bad(request: pytest.FixtureRequest, home: Path) -> Any:
    """A session with a right checksum and nonsense under it, beside a good one, in the user's directory."""
    places = [home / "sessions" / f"isolation-{name}.session" for name in ("bad", "good")]
    for place in places:
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(GOLDEN, place)
    journal = places[0] / "journal.msgpack"
    records = [msgspec.msgpack.decode(payload) for payload in read_records(journal).payloads]
    changed = NONSENSE[request.param](records)
    journal.write_bytes(MAGIC + b"".join(frame(msgspec.msgpack.encode(record)) for record in changed))
    yield places[0]
    for place in places:
        shutil.rmtree(place)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("bad", NONSENSE, indirect=True)
def test_nonsense_is_damage_of_one_session_alone(bad: Path) -> None:
    states = {row.name: row.state for row in Listing().known()}
    assert states["isolation-good"] == "paused"
    assert states["isolation-bad"].startswith(("damaged: journal.msgpack: a", "damaged: journal.msgpack: record"))
    for read in (read_view, Replay, Session.open):
        with pytest.raises(Damaged, match=r"journal\.msgpack is damaged: (a|record) .* (can't be|followed|read)"):
            read(bad)
    assert [finding.path.name for finding in verify(bad) if not finding.ok] == ["journal.msgpack"]
