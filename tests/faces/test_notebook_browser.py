"""A notebook as a person has it: JupyterLab in a real browser. It takes a Chromium."""

import shutil

import pytest

from benchmarks.browser import chromium, jupyter_lab, opened
from sessions.views.reading import read_view

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(chromium() is None, reason="no Chromium here; install Debian's package chromium"),
]
RUN = "button[title='Run, or pause']"
BEGIN = """
import ticket_explorer as tx
session = tx.LiveSession.create("fashion", {"trainer.generations": 2000, "pruning.rounds": 3}, "SESSION", run=True)
tx.explore(session)
"""


def test_a_session_is_watched_paused_and_selected_from_in_jupyterlab(home, root, tmp_path):
    from benchmarks.browser import write_notebook

    path = tmp_path / "watched.session"
    write_notebook(tmp_path, "a.ipynb", [BEGIN.replace("SESSION", str(path)).strip()])
    shutil.copy(root / "demos" / "1_find_your_first_ticket.ipynb", tmp_path)
    with jupyter_lab(tmp_path) as address, opened(address, "a.ipynb") as notebook:
        page = notebook.page
        notebook.run_cell(0)
        fitness = page.locator(".te-chart").first
        fitness.wait_for(timeout=60_000)
        try:
            drawn = "([chart, count]) => Number(chart.dataset.drawn) >= count"
            page.wait_for_function(drawn, arg=[fitness.element_handle(), 20], timeout=90_000)
            page.locator(RUN).click()
            page.get_by_text("❚❚ paused").wait_for(timeout=20_000)
            view = read_view(path)
            assert view.state == "paused"
            done = view.generations_done
            assert any(event.client == "notebook" for event in view.commands)
            before = int(fitness.get_attribute("data-drawn") or 0)
            page.locator(RUN).click()
            page.wait_for_function(drawn, arg=[fitness.element_handle(), before + 10], timeout=60_000)
            page.locator(RUN).click()
            page.get_by_text("❚❚ paused").wait_for(timeout=20_000)
            assert read_view(path).generations_done > done
            assert " values, the last " in str(fitness.locator("canvas").get_attribute("aria-label"))
            drag(page, page.locator(".te-chart canvas").nth(2))
            picked = page.locator(".te-picked:not([hidden])").first
            picked.wait_for(timeout=20_000)
            assert "dense_0/kernel [" in picked.inner_text()
        finally:
            page.keyboard.press("Escape")
            stop(notebook)
    assert notebook.errors == []
    assert notebook.abroad == []


def drag(page, canvas) -> None:
    """A rectangle around nearly all points."""
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.1 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.95 * box["width"], box["y"] + 0.8 * box["height"], steps=5)
    page.mouse.up()


def stop(notebook) -> None:
    """End the engine: nobody watches it any more."""
    page = notebook.page
    page.locator(".jp-Notebook .jp-Cell").nth(1).locator(".cm-content").fill("await session.stop_async(); 'gone'")
    notebook.run_cell(1)
    page.get_by_text("'gone'").last.wait_for(timeout=30_000)


def test_a_recording_is_scrubbed_through_in_jupyterlab(tmp_path):
    from benchmarks.browser import write_notebook

    write_notebook(tmp_path, "a.ipynb", ['import ticket_explorer as tx\ntx.widgets.Replay(tx.gallery()["fashion"])'])
    with jupyter_lab(tmp_path) as address, opened(address, "a.ipynb") as notebook:
        notebook.run_cell(0)
        frame = notebook.page.frame_locator("iframe[srcdoc]")
        frame.locator(".te-chart[data-drawn]").first.wait_for(timeout=60_000)
        frame.get_by_role("button", name="random, round 5").click()
        frame.locator("#te-place", has_text="random round 5").wait_for(timeout=20_000)
    assert notebook.errors == []
    assert notebook.abroad == []
