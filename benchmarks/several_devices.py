"""One session on four virtual devices of this CPU against one device, with the same threads in all."""

import os
import subprocess
import sys
from collections.abc import Iterator
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.figures import Figure

DEVICES, PAIRS, GENERATIONS = 4, 5, 400
RUN = """
import sys, time
from sessions.session.session import Session
spec = {"preset": "fashion", "replicates": 4, "trainer": {"generations": 4000}}
with Session.create(spec, f"{sys.argv[1]}/mine.session") as session:
    session.step(200)
    began = time.perf_counter()
    done = session.step(int(sys.argv[2]))
    print(done / (time.perf_counter() - began))
    assert session._engine.running.shape.spread.devices == int(sys.argv[3])
"""


def measure() -> Iterator[Figure]:
    """Four replicates, one on each device."""
    pairs = []
    for _ in range(PAIRS):
        one, several = (_speed(devices) for devices in (1, DEVICES))
        pairs.append(several / one)
    print(f"pairs: {', '.join(f'{pair:.2f}' for pair in pairs)}")
    yield Figure("four replicates on four virtual devices / on one", median(pairs), 0.9, at_least=True, unit="×")


def _speed(devices: int) -> float:
    """Generations a second."""
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count={devices}"
    with TemporaryDirectory() as place:
        arguments = (place, GENERATIONS, devices)
        command = [sys.executable, "-c", RUN, *map(str, arguments)]
        told = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, "XLA_FLAGS": flags}
        )
    return float(told.stdout)
