"""Makes the recorded sessions that ship with the package: `ticket-explorer gallery` lists them.

Each is a real run of a preset, made smaller: four frames a round are kept, each with the first 256 of its sampled
weights, and neither checkpoint nor lock. Everything else is as it was journalled. These are the runs:

    ticket-explorer run fashion --rounds 14 --set pruning.ratio=0.25 --session fashion.session
    ticket-explorer run pendulum --session pendulum.session
    ticket-explorer run fashion-ladder --rounds 8 --set pruning.ratio=0.4 --replicates 2 --session ladder.session
    ticket-explorer run es-vs-gd --rounds 8 --set pruning.ratio=0.4 --replicates 1 --session gradient.session
    ticket-explorer run mask-evolution-vs-es --replicates 1 --session masks.session
    python demos/record.py pendulum.session pendulum
"""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from sessions.messages import events
from sessions.messages.records import encode
from sessions.reports.verify_session import verify
from sessions.store import JournalFile, SessionDirectory
from sessions.views.reading import followed
from sessions.views.session_view import SessionView
from widgets.shared.gallery import RECORDINGS

FRAMES = 4
"""How many frames of each round are kept."""
SAMPLE = 256
"""Weights in a frame. They are in a fixed random order, so the first few are still a sample."""


def main(source: Path, target: Path) -> None:
    """Write a small copy of a finished session, and check it."""
    shutil.rmtree(target, ignore_errors=True)
    original = SessionDirectory.open_for_reading(source)
    view = SessionView()
    recorded = list(followed(original, view))
    target.parent.mkdir(exist_ok=True)
    copy = SessionDirectory.create(target, original.read_header(), view.ledger.session)
    shutil.copytree(source / "rounds", target / "rounds", dirs_exist_ok=True)
    copy.lock.unlink(missing_ok=True)
    with JournalFile.open(copy.journal) as journal:
        for event in thinned(recorded):
            journal.append(encode(event))
    assert all(finding.ok for finding in verify(target))
    size = sum(file.stat().st_size for file in target.rglob("*") if file.is_file())
    print(f"{target}: {size / 1e6:.2f} MB")


def thinned(recorded: list[events.Event]) -> Iterator[events.Event]:
    """The events, with fewer and smaller frames."""
    frames = [event for event in recorded if isinstance(event, events.Frame)]
    wanted = {id(frame) for frame in frames if frame.generation in _kept(frames, frame)}
    for event in recorded:
        if not isinstance(event, events.Frame):
            yield event
        elif id(event) in wanted:
            yield _smaller(event)


def _kept(frames: list[events.Frame], frame: events.Frame) -> set[int]:
    known = [other.generation for other in frames if (other.branch, other.round) == (frame.branch, frame.round)]
    last = len(known) - 1
    return {known[round(last * part / (FRAMES - 1))] for part in range(FRAMES)}


def _smaller(frame: events.Frame) -> events.Frame:
    end = 4 * SAMPLE
    std = None if frame.std is None else frame.std[:end]
    return msgspec.structs.replace(frame, indices=frame.indices[:end], mean=frame.mean[:end], std=std)


if __name__ == "__main__":
    main(Path(sys.argv[1]), RECORDINGS[sys.argv[2]].path)
