"""The first view of a session of 20 rounds and 80,000 journalled generations, in a fresh process without JAX."""

import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import msgspec
import numpy as np

from benchmarks.figures import Figure, seconds
from sessions.engine.weight_samples import A_ROUND, BINS, SAMPLE
from sessions.messages import events
from sessions.messages.records import encode
from sessions.specs.spec import parse_spec, spec_table, table_of
from sessions.store import JournalFile, SessionDirectory
from sessions.views.reading import Header
from ticket_explorer import presets

ROUNDS, GENERATIONS, BLOCK = 20, 4000, 4
VIEW = """
import sys, time
from pathlib import Path
from sessions.views.reading import read_view
view = read_view(Path(sys.argv[1]))
assert view.generations_done == 80_000 and "jax" not in sys.modules
"""


def measure() -> list[Figure]:
    with TemporaryDirectory() as place:
        path = Path(place) / "long.session"
        write(path)
        took = median(seconds(lambda: subprocess.run([sys.executable, "-c", VIEW, path], check=True)) for _ in range(7))
    return [Figure("first view of 80,000 generations, process and all", took, 0.5, at_least=False, unit="s")]


def write(path: Path, rounds: int = ROUNDS) -> None:
    """Write a journal as the engine does, in blocks of a few generations."""
    spec = parse_spec(presets.load("fashion") | {"branch": [{"name": "snr"}], "pruning": {"rounds": rounds}})
    header = Header(title="", created=0.0, spec=spec_table(spec), random_bits="", versions={})
    directory = SessionDirectory.create(path, msgspec.msgpack.encode(header))
    rng = np.random.default_rng(0)
    with JournalFile.open(directory.journal) as journal:

        def add(event: events.Event) -> None:
            journal.append(encode(event))

        add(events.BranchAdded(branch="snr", plan=table_of(spec.branches[0].plan)))
        for number in range(rounds):
            add(
                events.RoundStarted(
                    branch="snr", round=number, density=0.8**number, kept=1, dimension=1, generations=GENERATIONS
                )
            )
            for first in range(0, GENERATIONS, BLOCK):
                values = rng.normal(size=(BLOCK, 1, 4)).astype("<f4").tobytes()
                add(
                    events.Generations(
                        at=time.time(), branch="snr", round=number, first=first, count=BLOCK, values=values
                    )
                )
            for generation in range(0, GENERATIONS, GENERATIONS // A_ROUND):
                add(frame(rng, number, generation))
            add(events.RoundFinished(branch="snr", round=number, generations=GENERATIONS, score=[0.5], fitness=[0.5]))


def frame(rng: np.random.Generator, number: int, generation: int) -> events.Frame:
    sample = rng.normal(size=SAMPLE).astype("<f4").tobytes()
    histogram = rng.normal(size=BINS + 2).astype("<f4").tobytes()
    return events.Frame(
        branch="snr",
        round=number,
        generation=generation,
        indices=sample,
        mean=sample,
        std=sample,
        histograms={"magnitude": histogram, "sigma": histogram, "snr": histogram},
    )
