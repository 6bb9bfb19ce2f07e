"""The first view of long sessions, in a fresh process without JAX: 80,000 and 300,000 journalled generations.

The second has 50 branches of six rounds each, one branch after another.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
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
from sessions.store.files import write_atomic
from sessions.store.journal_records import MAGIC
from sessions.store.journal_records import frame as record
from sessions.views.reading import Header
from ticket_explorer import presets

ROUNDS, GENERATIONS, BLOCK = 20, 4000, 4
BRANCHES = 50
ID = "0" * 32
LEAVES = [events.LeafShape(name="dense_0/kernel", shape=[784, 50], prunable=True)]
VIEW = """
import sys
from pathlib import Path
from sessions.views.reading import read_view
view = read_view(Path(sys.argv[1]))
assert view.generations_done == int(sys.argv[2]) and "jax" not in sys.modules
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def measure() -> list[Figure]:
    with TemporaryDirectory() as place:
        long, large = Path(place) / "long.session", Path(place) / "large.session"
        write(long)
        write(large, rounds=6, branches=BRANCHES, generations=1000)
        peaks: list[float] = []

        def first_view(path: Path, done: int) -> float:
            return median(seconds(lambda: peaks.append(viewed(path, done))) for _ in range(7))

        took = [first_view(long, 80_000), first_view(large, 300_000)]
    return [
        Figure("first view of 80,000 generations, process and all", took[0], 0.5, at_least=False, unit="s"),
        Figure("of 50 branches, 300 rounds, 300,000 generations", took[1], 1.0, at_least=False, unit="s"),
        Figure("its memory, process and all", max(peaks), 120, at_least=False, unit="MB"),
    ]


def viewed(path: Path, generations: int) -> float:
    """View a session in a process of its own; returns the most memory that the process had, in MB."""
    command = [sys.executable, "-c", VIEW, str(path), str(generations)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout) / 1000


def write(path: Path, rounds: int = ROUNDS, branches: int = 1, generations: int = GENERATIONS) -> None:
    """Write a journal as the engine does, in blocks of a few generations."""
    names = [f"snr-{number}" if number else "snr" for number in range(branches)]
    spec = parse_spec(
        presets.load("fashion") | {"branch": [{"name": name} for name in names], "pruning": {"rounds": rounds}}
    )
    header = Header(title="", created=0.0, spec=spec_table(spec), random_bits="", versions={})
    directory = SessionDirectory.create(path, msgspec.msgpack.encode(header))
    opened = encode(events.Opened(versions={}, session=ID))
    write_atomic(directory.frames, MAGIC + record(opened))
    with JournalFile.open(directory.journal) as journal, JournalFile.open(directory.frames) as frames:
        journal.append(opened)
        for branch in spec.branches:
            added = events.BranchAdded(branch=branch.name, plan=table_of(branch.plan), leaves=LEAVES)
            journal.append(encode(added))
        for event in told(names, rounds, generations):
            (frames if isinstance(event, events.Frame) else journal).append(encode(event))


def told(names: list[str], rounds: int, generations: int) -> Iterator[events.Event]:
    """Every round of every branch."""
    rng = np.random.default_rng(0)
    for name in names:
        for number in range(rounds):
            yield events.RoundStarted(
                branch=name,
                round=number,
                density=0.8**number,
                kept=1,
                dimension=1,
                generations=generations,
            )
            yield from trained(rng, name, number, generations)
            yield events.RoundFinished(branch=name, round=number, generations=generations, score=[0.5], fitness=[0.5])


def trained(rng: np.random.Generator, name: str, number: int, generations: int) -> Iterator[events.Event]:
    for first in range(0, generations, BLOCK):
        values = rng.normal(size=(BLOCK, 1, 4)).astype("<f4").tobytes()
        yield events.Generations(at=time.time(), branch=name, round=number, first=first, count=BLOCK, values=values)
    for generation in range(0, generations, generations // A_ROUND):
        yield frame(rng, name, number, generation)


def frame(rng: np.random.Generator, name: str, number: int, generation: int) -> events.Frame:
    indices = np.arange(SAMPLE, dtype="<i4").tobytes()
    mean, std = (rng.uniform(1, 2, SAMPLE).astype("<f4").tobytes() for _ in range(2))
    histogram = rng.normal(size=BINS + 2).astype("<f4").tobytes()
    return events.Frame(
        branch=name,
        round=number,
        generation=generation,
        indices=indices,
        mean=mean,
        std=std,
        histograms={"magnitude": histogram, "sigma": histogram, "snr": histogram},
    )
