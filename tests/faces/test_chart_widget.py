"""The chart in a terminal."""

import numpy as np
import pytest
from textual.app import App, ComposeResult
from textual.color import Color

from widgets.plots.figure import Axis, Figure, Line, Picture
from widgets.plots.raster import FULL, MUTED, TEXT, TITLE
from widgets.terminal.charts import Chart
from widgets.terminal.charts.palette import ANSI_DARK, DARK, LIGHT, palette_for

LINE = Line("es", np.arange(50.0), np.sqrt(np.arange(50.0)))
FIGURE = Figure("Learning", Axis("generation"), Axis("score"), (LINE,))
PICTURE = Figure("Mask", Axis(""), Axis(""), (Picture("mask", np.eye(8)),))


class Demo(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.moves: list[float | None] = []
        self.clicks: list[Chart.Clicked] = []

    def compose(self) -> ComposeResult:
        yield Chart(FIGURE)

    def on_chart_cursor_moved(self, message: Chart.CursorMoved) -> None:
        self.moves.append(message.x)

    def on_chart_clicked(self, message: Chart.Clicked) -> None:
        self.clicks.append(message)


def run(scenario, size=(80, 24)) -> None:
    """Run a scenario with an app, its chart and a pilot."""
    import asyncio

    async def main() -> None:
        app = Demo()
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await scenario(app, app.query_one(Chart), pilot)

    asyncio.run(main())


def text(chart: Chart) -> str:
    return "\n".join(chart.render_line(y).text for y in range(chart.size.height))


def test_it_shows_a_figure_and_another():
    async def scenario(app, chart, pilot):
        assert "Learning" in text(chart)
        before = chart.drawing
        assert chart.drawing is before, "drawn once"
        chart.show(PICTURE)
        await pilot.pause()
        assert "Mask" in text(chart)
        chart.show(PICTURE)
        await pilot.pause()
        await pilot.resize_terminal(40, 12)
        assert chart.drawing.glyphs.shape == (12, 40)
        assert all(chart.render_line(y).cell_length == 40 for y in range(12))

    run(scenario)


def test_the_mouse_moves_the_cursor():
    async def scenario(app, chart, pilot):
        await pilot.hover(Chart, offset=(40, 10))
        await pilot.pause()
        assert app.moves == [chart.drawing.x_at(40)]
        assert chart.cursor in LINE.x
        assert chart.read_out() == f"generation {chart.cursor:.0f} · es {np.sqrt(chart.cursor):.2f}"
        assert f"━ es {np.sqrt(chart.cursor):.2f}" in text(chart)
        await pilot.hover(Chart, offset=(0, 10))
        await pilot.pause()
        assert app.moves[-1] is None
        assert chart.cursor is None
        assert chart.read_out() == ""

    run(scenario)


def test_setting_the_cursor_is_silent():
    async def scenario(app, chart, pilot):
        chart.cursor = 25.0
        await pilot.pause()
        assert "25" in text(chart).split("\n")[-2].split()
        assert app.moves == []

    run(scenario)


def test_a_click_tells_what_is_there():
    async def scenario(app, chart, pilot):
        column, row = chart.drawing.column(25.0), chart.drawing.frame.row(5.0)
        await pilot.click(Chart, offset=(column, row))
        await pilot.pause()
        (click,) = app.clicks
        assert click.control is chart
        assert abs(click.x - 25) <= 1
        assert click.reading.name == "es"
        assert abs(click.reading.index - 25) <= 1
        assert app.focused is chart

    run(scenario)


def test_without_colours(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")

    async def scenario(app, chart, pilot):
        assert app.no_color
        for theme in ("textual-dark", "ansi-dark"):
            app.theme = theme
            for figure in (FIGURE, PICTURE):
                chart.show(figure)
                await pilot.hover(Chart, offset=(40, 10))
                await pilot.pause()
                assert figure.title in app.export_screenshot()
        assert all(segment.style is not None for y in range(24) for segment in chart.render_line(y))

    run(scenario)


def test_colours_follow_the_theme():
    async def scenario(app, chart, pilot):
        for theme, colour in (("textual-dark", DARK[0]), ("textual-light", LIGHT[0]), ("ansi-dark", ANSI_DARK[0])):
            app.theme = theme
            await pilot.pause()
            used = {
                segment.style.color.name for y in range(24) for segment in chart.render_line(y) if segment.style.color
            }
            assert colour in used

    run(scenario)


def contrast(one: Color, other: Color) -> float:
    """The contrast ratio of the Web Content Accessibility Guidelines."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: Color) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    ("background", "dark"), [("#121212", True), ("#282a36", True), ("#e0e0e0", False), ("#fff", False)]
)
def test_colours_are_legible(background, dark):
    palette = palette_for(Color.parse(background), Color.parse("#e0e0e0" if dark else "#1f1f1f"), dark, ansi=False)
    for index in (*range(6), MUTED, TEXT, TITLE):
        style = palette.style(index)
        assert contrast(Color.parse(background), Color.from_rich_color(style.color)) > 3
    assert palette.style(6) == palette.style(0)
    assert palette.style(0, FULL, FULL).bgcolor == palette.style(0).color
