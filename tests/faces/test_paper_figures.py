"""Figures for papers: nothing is cut, no label lies over another, no name over a line; grey tells them apart too."""

from itertools import combinations, pairwise
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

pytest.importorskip("matplotlib")

import ticket_explorer as tx
from ticket_explorer.errors import TicketError
from widgets.plots.curve_data import TicketCurve
from widgets.plots.figure import Figure
from widgets.plots.figures.ticket_curve import figure_of
from widgets.plots.matplotlib_figure import DASHES, MARKERS, Look, canvas_of, drawn
from widgets.plots.paper_figure import PaperFigure, size_of
from widgets.terminal.recorded import recorded_session

SIZES = ((3.25, 2.4), (4.5, 3.0), (6.75, 3.0))
"""A column, the default, a page."""
NAMES = ("snr", "magnitude", "random-control", "movement", "learned-mask")


def halved(rounds: int = 4, ratio: float = 0.5, count: int = 5) -> Figure:
    """Ticket curves of a pruning ratio."""
    density = tuple((1 - ratio) ** t for t in range(rounds))
    curves = [
        TicketCurve(name, density, tuple(0.9 - 0.1 * k * t / rounds for t in range(rounds)), (0.02,) * rounds, 5)
        for k, name in enumerate(NAMES[:count])
    ]
    return figure_of("Ticket curve", curves, list(range(count)), density[-1], "")


RECORDED = {
    kind: tx.figure(kind, recorded_session()).figure
    for kind in ("ticket_curve", "sparsity", "fitness", "correlation", "snr_magnitude")
}
FIGURES = {
    **RECORDED,
    "halved": halved(),
    "two rounds": halved(2, 0.2),
    "many rounds": halved(20, 0.2),
    "sharp": halved(6, 0.9),
}


def laid_out(figure: Figure, size: tuple[float, float]) -> tuple[Any, Any]:
    """The canvas with everything in its place, and what draws it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = canvas_of(figure, Look(size))
    agg = FigureCanvasAgg(canvas)
    canvas.draw_without_rendering()
    return canvas, agg.get_renderer()  # type: ignore[no-untyped-call]


def shown_labels(axis: Any, renderer: Any) -> list[tuple[str, Any]]:
    low, high = sorted(axis.get_view_interval())
    slack = 1e-6 * (high - low)
    return [
        (tick.label1.get_text(), tick.label1.get_window_extent(renderer))
        for tick in axis.get_major_ticks()
        if low - slack <= tick.get_loc() <= high + slack and tick.label1.get_text()
    ]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", FIGURES)
def test_no_label_lies_over_another(name: str, size: tuple[float, float]) -> None:
    canvas, renderer = laid_out(FIGURES[name], size)
    (axes,) = canvas.axes
    for axis in (axes.xaxis, axes.yaxis):
        boxes = sorted((box for _, box in shown_labels(axis, renderer)), key=lambda box: (box.x0, box.y0))
        assert len(boxes) >= 2
        assert not any(one.overlaps(other) for one, other in pairwise(boxes))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", FIGURES)
def test_names_hide_nothing_and_fit(name: str, size: tuple[float, float]) -> None:
    canvas, renderer = laid_out(FIGURES[name], size)
    (legend,) = canvas.legends
    named, (axes,) = legend.get_window_extent(renderer), canvas.axes
    assert not named.overlaps(axes.get_tightbbox(renderer))
    title = canvas._suptitle.get_window_extent(renderer)
    assert not title.overlaps(axes.get_tightbbox(renderer))
    assert not title.overlaps(named)
    for box in (named, title):
        assert box.x0 >= 0
        assert box.x1 <= canvas.bbox.width


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["ticket_curve", "sparsity", "correlation", "halved", "two rounds", "sharp"])
def test_no_marker_is_cut(name: str, size: tuple[float, float]) -> None:
    canvas, _ = laid_out(FIGURES[name], size)
    (axes,) = canvas.axes
    frame = axes.get_window_extent()
    for line in axes.get_lines():
        if line.get_marker() not in (None, "None", ""):
            radius = line.get_markersize() * canvas.dpi / 72 / 2
            for x, y in axes.transData.transform(line.get_xydata()):
                assert frame.x0 <= x - radius < x + radius <= frame.x1
                assert frame.y0 <= y - radius < y + radius <= frame.y1


@pytest.mark.parametrize(
    ("figure", "last"), [(halved(), "12.5%"), (halved(2, 0.2), "80%"), (RECORDED["ticket_curve"], "2.38%")]
)
def test_the_densest_and_the_sparsest_round_are_named(figure: Figure, last: str) -> None:
    canvas, renderer = laid_out(figure, SIZES[0])
    labels = [text for text, _ in shown_labels(canvas.axes[0].xaxis, renderer)]
    assert {"100%", last} <= set(labels)


def test_lines_differ_without_colours() -> None:
    canvas, _ = laid_out(halved(), SIZES[1])
    lines = [line for line in canvas.axes[0].get_lines() if line.get_label() in NAMES]
    styles = [(line.get_marker(), str(line._dash_pattern)) for line in lines]
    assert len(lines) == len({marker for marker, _ in styles}) == len({dash for _, dash in styles}) == len(NAMES)
    pairs = [(MARKERS[n % len(MARKERS)], str(DASHES[n % len(DASHES)])) for n in range(len(MARKERS) * len(DASHES))]
    assert all(one != other for one, other in combinations(pairs, 2))


def test_axes_can_be_changed(tmp_path: Path) -> None:
    canvas = PaperFigure(halved(), Look(SIZES[0])).to_matplotlib()
    canvas.axes[0].set_ylabel("accuracy")
    canvas.savefig(tmp_path / "own.svg")
    assert "accuracy" in (tmp_path / "own.svg").read_text(encoding="utf-8")


def test_a_style_holds_for_axes_that_are_changed_too() -> None:
    plain, dark = (
        PaperFigure(halved(), Look(SIZES[0], style=style)).to_matplotlib() for style in (None, "dark_background")
    )
    assert dark.axes[0].get_facecolor() == (0.0, 0.0, 0.0, 1.0) != plain.axes[0].get_facecolor()
    with pytest.raises(TicketError, match="--style"):
        PaperFigure(halved(), Look(SIZES[0], style="no-such-style")).to_matplotlib()


def test_sizes_are_inches_or_a_venues_column() -> None:
    assert size_of("4.5x3") == (4.5, 3.0)
    assert size_of("icml")[0] == 3.25
    for given in ("wide", "0x3", "3", "3x", "1e9x1"):
        with pytest.raises(TicketError, match="width x height in inches, such as 4"):
            size_of(given)


def test_vector_text_stays_text_and_a_title_can_be_left_out() -> None:
    whole, bare = (drawn(halved(), "svg", Look(title=shown)).decode() for shown in (True, False))
    assert "Ticket curve" in whole
    assert "Ticket curve" not in bare
    assert "random-control" in bare


def test_a_style_file_takes_the_place_of_ours(tmp_path: Path) -> None:
    style = tmp_path / "mine.mplstyle"
    style.write_text("font.family: monospace\n", encoding="utf-8")
    assert "monospace" in drawn(halved(), "svg", Look(style=str(style))).decode()
    with pytest.raises(TicketError, match="nope"):
        drawn(halved(), "svg", Look(style="nope"))


@pytest.mark.parametrize(
    ("kind", "of", "word"),
    [
        ("mask", "dense_1/kernel", "dense_1/kernel"),
        ("distribution", "snr", "SNR"),
        ("compare", "random", "less random"),
    ],
)
def test_panels_are_figures_too(kind: str, of: str, word: str, tmp_path: Path) -> None:
    made = tx.figure(kind, recorded_session(), branch="snr", of=of, size="icml", title=kind != "distribution")
    made.save(tmp_path / "a.svg")
    assert word in (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert made.to_matplotlib().get_size_inches()[0] == 3.25
    with pytest.raises(TicketError, match="nope"):
        tx.figure(kind, recorded_session(), branch="snr", of="nope")


def test_an_open_session_draws_itself_and_writes_its_report(tmp_path: Path) -> None:
    path = tmp_path / "mine.session"
    copytree(recorded_session(), path)
    with tx.Session.open(path) as session:
        session.figure("ticket_curve", branches=["snr"], size="neurips").save(tmp_path / "curve.svg")
        session.report(tmp_path / "mine.html")
        with pytest.raises(TicketError, match="nothing"):
            session.figure("nothing")
    assert "<svg" in (tmp_path / "curve.svg").read_text()
    assert "<html" in (tmp_path / "mine.html").read_text()
