"""The page of a replay in a real browser without a network. It takes a Chromium."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from benchmarks.browser import Replay, chromium, replaying
from sessions.store import SessionDirectory
from sessions.views.reading import read_header, read_view
from widgets.replay_page.page import page
from widgets.terminal.recorded import recorded_session

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium here; install Debian's package chromium")
TITLE = "</title><script>document.title = 'hacked'</script><b>Bold</b>"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replay]:
    path, file = recorded_session(), tmp_path_factory.mktemp("page") / "ticket.html"
    header = read_header(SessionDirectory.open_for_reading(path))
    file.write_text(page(path, msgspec.structs.replace(header, title=TITLE), read_view(path)), "utf-8")
    with replaying(file) as found:
        yield found


@pytest.fixture
def shown(opened: Replay) -> Iterator[Replay]:
    """The page at the end of the first branch; afterwards nothing may have gone wrong."""
    go(opened, "#snr:13:200")
    opened.wait("snr round 13")
    yield opened
    assert opened.complaints == []
    assert [address.partition("#")[0] for address in opened.requests] == [f"file://{opened.file}"]


def go(opened: Replay, address: str) -> None:
    """Have the address end otherwise; one that ends like that already says nothing, so it is emptied first."""
    opened.page.evaluate("address => { location.hash = ''; location.hash = address }", address)


def chart(shown: Replay, name: str) -> Any:
    return shown.page.locator(f"article[data-panel={name}]")


def described(shown: Replay, name: str, words: str) -> None:
    """Wait until a chart's description for those who can't see it has some words."""
    chart(shown, name).locator(f"canvas[aria-label*='{words}']").wait_for(timeout=10_000)


def titled(shown: Replay, name: str, words: str) -> None:
    """Wait until a chart's title has some words: a chart is drawn an animation frame after its place is said."""
    chart(shown, name).locator(".te-title", has_text=words).wait_for(timeout=10_000)


def test_a_title_stays_text(shown):
    assert shown.page.locator("h1").inner_text() == TITLE
    assert shown.page.title() == TITLE
    assert shown.page.locator("h1 b").count() == 0


def test_arrows_scrub_through_generations_rounds_and_branches(shown):
    titled(shown, "fitness", "Fitness · snr, round 13, 2.38% kept")
    for keys, place in (
        (["ArrowLeft"] * 10, "snr round 13, 2.38% kept, score 0.762 · generation 160 of 200"),
        (["Shift+ArrowLeft"], "snr round 12"),
        ([","], "snr round 11"),
        (["]"], "magnitude round 11"),
        (["[", "."], "snr round 12"),
        (["ArrowRight"], "snr round 13, 2.38% kept, score 0.762 · generation 0 of 200"),
    ):
        for key in keys:
            shown.page.keyboard.press(key)
        shown.wait(place)
    titled(shown, "snr_magnitude", "generation 1")


def test_the_slider_and_the_table_lead_to_places(shown):
    shown.page.locator("#te-generation").fill("70")
    shown.wait("generation 70 of 200")
    shown.page.get_by_role("button", name="random, round 5: 23.7% kept").click()
    shown.wait("random round 5, 23.7% kept")
    titled(shown, "fitness", "Fitness · random, round 5, 23.7% kept")
    shown.page.locator("[aria-current=true]").wait_for(timeout=10_000)
    assert shown.page.locator("[aria-current=true]").count() == 1


def test_pointing_reads_values_out_and_cursors_are_linked(shown):
    shown.page.keyboard.press("ArrowLeft")
    canvas = chart(shown, "ticket_curve").locator("canvas")
    canvas.hover(position={"x": 60, "y": 100})
    chart(shown, "ticket_curve").locator(".te-tip", has_text="magnitude").wait_for(timeout=10_000)
    canvas.focus()
    before = shown.page.locator("#te-place").inner_text()
    shown.page.keyboard.press("ArrowRight")
    assert shown.page.locator("#te-place").inner_text() == before  # the chart's cursor moved, not the session's


def test_panels_come_and_go_and_show_their_next_thing(shown):
    chip = shown.page.get_by_role("button", name="Distribution")
    chip.click()
    described(shown, "distribution", "magnitude |θ|")
    chart(shown, "distribution").get_by_role("button", name="next").click()
    described(shown, "distribution", "σ: ")
    chip.click()
    assert chart(shown, "distribution").count() == 0


def test_weights_that_are_selected_are_named_and_lit_up_wherever_they_are(shown):
    canvas = chart(shown, "snr_magnitude").locator("canvas")
    box = canvas.bounding_box()
    shown.page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 5)
    shown.page.mouse.down()
    shown.page.mouse.move(box["x"] + box["width"] - 12, box["y"] + 0.8 * box["height"], steps=4)
    shown.page.mouse.up()
    chart(shown, "snr_magnitude").locator(".te-picked", has_text="dense_0/kernel [").wait_for(timeout=10_000)
    described(shown, "mask", "selected: ")


def test_it_plays_to_the_end_of_the_branch(shown):
    go(shown, "#snr:13:0")
    shown.wait("generation 0 of 200")
    shown.page.get_by_role("button", name="Play").click()
    shown.wait("generation 200 of 200")
    shown.page.get_by_role("button", name="Play").wait_for(timeout=5_000)
