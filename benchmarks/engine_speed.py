"""A stepped, journalled and checkpointed session with live frames, against a bare scan of the same step."""

from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figures import Figure, speed_ratio
from benchmarks.sparse_generation import generations
from sessions.session.session import Session
from sessions.specs.spec import parse_spec
from ticket_explorer import presets

SEGMENT = 300
REPEATS = 12


def measure() -> list[Figure]:
    table = presets.load("fashion") | {"branch": [{"name": "snr"}]}
    table["trainer"] = table["trainer"] | {"generations": SEGMENT * (REPEATS + 2)}
    spec = parse_spec(table)
    with TemporaryDirectory() as place, Session.create(spec, Path(place) / "speed.session") as session:
        session.subscribe(lambda event, journalled: None, live_frames=True)
        bare = generations(spec.branches[0].plan, 1.0, count=SEGMENT)
        ratio = speed_ratio(lambda: run(session), bare, REPEATS)
    return [Figure("session against a bare lax.scan of the same step, speed", ratio, 0.97, at_least=True)]


def run(session: Session) -> None:
    done = 0
    while done < SEGMENT:
        done += session.pulse(SEGMENT - done)
