"""The page of a replay in a headless Chromium without a network: its size, how soon it opens, how smoothly it scrubs.

The session is the default's, `fashion`, trained here: 18 rounds of three branches.
"""

import os
import subprocess
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.browser import Replay, chromium, replaying
from benchmarks.figures import Figure
from ticket_explorer.child_process import python
from widgets.replay_page.page import replay

SESSION = "TICKET_EXPLORER_BENCHMARK_SESSION"
"""Names a session to take instead of training one."""
FRAMES = """
async () => {
  const frames = [];
  const slider = document.getElementById("te-generation");
  const cells = [...document.querySelectorAll("#te-rounds button")];
  const began = performance.now();
  for (let step = 0; performance.now() - began < 5000; step++) {
    frames.push(await new Promise(requestAnimationFrame));
    if (step % 60 === 0) cells[(step / 60) % cells.length].click();
    slider.value = (step * 3) % (Number(slider.max) + 1);
    slider.dispatchEvent(new Event("input"));
  }
  return frames;
}
"""
"""Moves to another generation in every animation frame, and to another round in every sixtieth."""


def measure() -> list[Figure]:
    if chromium() is None:
        print("replay_page: there is no Chromium here, so nothing is measured")
        return []
    with TemporaryDirectory() as place:
        session = Path(os.environ.get(SESSION) or Path(place) / "fashion.session")
        if SESSION not in os.environ:
            command = python("ticket_explorer", "run", "fashion", "--session", str(session))
            subprocess.run(command, check=True, capture_output=True)
        file = Path(place) / "ticket.html"
        began = time.perf_counter()
        replay(session, file)
        written = time.perf_counter() - began
        opening, rates = [], []
        for _ in range(5):
            with replaying(file) as found:
                opening.append(found.seconds)
                rates.append(_frames_a_second(found))
        size = file.stat().st_size / 1e6
    return [
        Figure("the page of the default session", size, 3, at_least=False, unit="MB"),
        Figure("writing it", written, 5, at_least=False, unit="s"),
        Figure("opening it, to the first charts, median of 5", median(opening), 1.5, at_least=False, unit="s"),
        Figure("frames a second while scrubbing, the least of 5", min(rates), 30, at_least=True, unit="/s"),
    ]


def _frames_a_second(found: Replay) -> float:
    """Animation frames a second while the place changes in each: of the slowest second."""
    frames = [at / 1000 for at in found.page.evaluate(FRAMES)]
    counts = [sum(start <= at < start + 1 for at in frames) for start in frames if start + 1 <= frames[-1]]
    return float(min(counts))
