"""The notebook's widgets in JupyterLab and a headless Chromium; the engine already runs when a cell is timed."""

import re
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.browser import Notebook, chromium, jupyter_lab, opened, write_notebook
from benchmarks.figures import Figure
from sessions.messages import events
from sessions.views.reading import read_view

ENGINE = """
import asyncio
from pathlib import Path
from sessions.serving.launch import NewSession, launch
from sessions.specs.spec import parse_spec, spec_table
from ticket_explorer import presets
place = Path("watched.session").resolve()
table = presets.load("fashion") | {"trainer": {"name": "evolution", "strategy": "snes", "generations": 3000}}
await launch(place, False, NewSession(spec_table(parse_spec(table))))
print("engine is up")
"""
FIRST = """
import ticket_explorer as tx
session = tx.LiveSession.open("watched.session")
tx.widgets.Fitness(session)
"""
AGAIN = "tx.widgets.TicketCurve(session)"
RUN = "await session.resume_async(); tx.widgets.Board(tx.widgets.Controls(session), tx.widgets.Fitness(session))"
MANY = """
import gc, itertools, time, psutil
import numpy as np
from widgets.plots.figure import Axis, Figure, Line
from widgets.plots.kinds import PanelKind
await session.pause_async()
count = itertools.count()
values = np.cumsum(np.random.default_rng(0).normal(size=60_000))
def drawn(look):
    n = 5_000 + next(count) % 50_000 // 4
    x = np.arange(float(n))
    return Figure("points", Axis("x"), Axis("y"), (Line("a", x[-5_000:], values[:n][-5_000:]),))
charts = [tx.widgets.Fitness(session, height=160) for _ in range(4)]
for chart in charts:
    chart._kind = PanelKind("fitness", drawn, None)
tx.widgets.Board(*charts)
"""
TURNS = """
async def updates(n, every):
    began, cpu = time.perf_counter(), time.process_time()
    for i in range(n):
        for chart in charts:
            chart._is_stale = True
            chart.redraw()
        await asyncio.sleep(max(0.0, began + (i + 1) * every - time.perf_counter()))
    return (time.process_time() - cpu) / (4 * n)
"""
RATE = "cpu = await updates(250, 0.04); print(f'cpu {cpu:.6f} end')"
LONG = """
before = psutil.Process().memory_info().rss
_ = await updates(2500, 0.02)
gc.collect()
print(f"grew {psutil.Process().memory_info().rss - before} end")
"""
STOP = "await session.stop_async()"
CELLS = [cell.strip() for cell in (ENGINE, FIRST, AGAIN, AGAIN, RUN, MANY, TURNS, RATE, LONG, STOP)]


def measure() -> list[Figure]:
    if chromium() is None:
        print("notebook: there is no Chromium here, so nothing is measured")
        return []
    with TemporaryDirectory() as place:
        folder = Path(place)
        write_notebook(folder, "a.ipynb", CELLS)
        with jupyter_lab(folder) as address, opened(address, "a.ipynb", height=2400) as notebook:
            return [*_rendering(notebook), _pausing(notebook, folder / "watched.session"), *_updating(notebook)]


def _rendering(notebook: Notebook) -> list[Figure]:
    notebook.run_cell(0)
    notebook.output(0).get_by_text("engine is up").wait_for(timeout=60_000)
    cold, *warm = (_rendered(notebook, number) for number in (1, 2, 3))
    return [
        Figure("first widget after its cell runs, cold", cold, 1.5, at_least=False, unit="s"),
        Figure("another one, warm", median(warm), 0.4, at_least=False, unit="s"),
    ]


def _rendered(notebook: Notebook, number: int) -> float:
    began = notebook.run_cell(number)
    notebook.output(number).locator(".te-chart[data-drawn]").first.wait_for(timeout=30_000)
    return time.perf_counter() - began


def _pausing(notebook: Notebook, path: Path) -> Figure:
    page = notebook.page
    notebook.run_cell(4)
    output = notebook.output(4)
    button = output.locator("button[title='Run, or pause']")
    output.get_by_text("gen/s").first.wait_for(timeout=60_000)
    page.wait_for_timeout(1500)
    longest = 0.0
    for _ in range(8):
        pressed = time.time()
        button.click()
        output.get_by_text("❚❚ paused").wait_for(timeout=20_000)
        paused = [event for event in read_view(path).history if isinstance(event, events.Paused)]
        longest = max(longest, paused[-1].at - pressed)
        button.click()
        output.get_by_text("● running").wait_for(timeout=20_000)
        page.wait_for_timeout(400)
    return Figure("pause button to a paused engine, longest of 8", longest, 0.4, at_least=False, unit="s")


def _updating(notebook: Notebook) -> list[Figure]:
    from widgets.notebook.chart import Chart

    page = notebook.page
    for number in (5, 6):
        notebook.run_cell(number)
    charts = notebook.output(5).locator(".te-chart[data-drawn]")
    charts.nth(3).wait_for(timeout=30_000)
    charts.first.scroll_into_view_if_needed()
    page.wait_for_timeout(1000)
    drawn = lambda: [int(charts.nth(i).get_attribute("data-drawn")) for i in range(4)]  # noqa: E731
    before, began = drawn(), time.perf_counter()
    cpu = _printed(notebook, 7, "cpu")
    elapsed = time.perf_counter() - began
    rate = min(after - first for after, first in zip(drawn(), before, strict=True)) / elapsed
    heap = _heap(page)
    kernel = _printed(notebook, 8, "grew", 200_000)
    browser = _heap(page) - heap
    notebook.run_cell(9)
    page.wait_for_timeout(1500)
    return [
        Figure("updates a second, four charts of 5,000 points", rate, 20, at_least=True, unit="/s"),
        Figure("kernel's processor time an update", 1000 * cpu, 3, at_least=False, unit="ms"),
        Figure("the browser's module", len(Chart._esm.encode()) / 1000, 60, at_least=False, unit="kB"),
        Figure("kernel's memory over 10,000 updates", kernel / 1e6, 5, at_least=False, unit="MB more"),
        Figure("browser's memory over 10,000 updates", browser / 1e6, 5, at_least=False, unit="MB more"),
    ]


def _printed(notebook: Notebook, number: int, name: str, patience: int = 60_000) -> float:
    notebook.run_cell(number)
    output = notebook.output(number).get_by_text(re.compile(f"{name} .* end"))
    output.first.wait_for(timeout=patience)
    return float(output.first.inner_text().split()[1])


def _heap(page: object) -> float:
    """Bytes that the page's scripts use, after garbage collection."""
    session = page.context.new_cdp_session(page)  # type: ignore[attr-defined]
    session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"])
