"""Looking at a chart from near, on other scales, smoothed."""

from typing import get_args

import numpy as np
import pytest

from widgets.plots.figure import Axis, Figure, Line, Picture
from widgets.plots.lens import FACTOR, SMOOTHINGS, Deed, Lens, closed_up, done, moved, through, without
from widgets.plots.matplotlib_figure import Look, canvas_of
from widgets.plots.raster import draw
from widgets.plots.raster.scales import Scale
from widgets.plots.sheet import Sheet

CURVE = Figure(
    "Ticket curve",
    Axis("weights kept", "log", reverse=True, percent=True, limits=(0.01, 1.0)),
    Axis("score"),
    (Line("snr", np.array([0.01, 0.1, 1.0]), np.array([0.70, 0.71, 0.72]), markers=True),),
)
NOISY = Figure(
    "Fitness", Axis("generation"), Axis("fitness"), (Line("mean", np.arange(50.0), np.tile([0.0, 1.0], 25)),)
)


def scales(figure: Figure) -> tuple[Scale, Scale]:
    frame = draw(figure, 80, 24).frame
    return frame.x, frame.y


def look(figure: Figure, *deeds: Deed, around: tuple[float, float] = (0.5, 0.5)) -> Lens:
    lens = Lens()
    for deed in deeds:
        lens = done(lens, deed, figure, scales(through(figure, lens)), around)
    return lens


def test_zooming_keeps_the_place_it_is_about() -> None:
    before = scales(NOISY)
    lens = look(NOISY, "zoom_in", around=(0.25, 0.75))
    after = scales(through(NOISY, lens))
    for now, then, place in zip(after, before, (0.25, 0.75), strict=True):
        assert now.value(place) == pytest.approx(then.value(place))
        assert now.high - now.low == pytest.approx(FACTOR * (then.high - then.low))
    assert look(NOISY, "zoom_in", "reset").is_plain


def test_a_reversed_logarithmic_axis_zooms_about_its_place_too() -> None:
    lens = look(CURVE, "zoom_in", around=(1.0, 0.5))
    assert lens.x is not None
    assert lens.x[0] == pytest.approx(0.01)
    assert lens.x[1] < 1.0


@pytest.mark.parametrize("deed", ["zoom_out", "pan_left", "pan_right"])
def test_shares_never_go_beyond_what_can_be(deed: Deed) -> None:
    for count in range(1, 8):
        x = scales(through(CURVE, look(CURVE, *[deed] * count)))[0]
        assert 0 < x.low < x.high <= 1.0


def test_dragging_moves_what_is_shown_with_the_pointer() -> None:
    x, y = scales(NOISY)
    lens = moved(Lens(), NOISY, (x, y), (0.1, 0.2))
    assert lens.x == pytest.approx((x.value(-0.1), x.value(0.9)))
    assert lens.y == pytest.approx((y.value(-0.2), y.value(0.8)))


def test_close_up_begins_at_the_lowest_value_in_sight() -> None:
    lens = look(CURVE, "fit")
    assert lens.y is not None
    assert 0.69 < lens.y[0] < 0.70
    assert 0.72 < lens.y[1] < 0.73


def test_figures_for_papers_can_begin_there_too() -> None:
    canvas = canvas_of(CURVE, Look(close_up=True))
    assert canvas.axes[0].get_ylim() == pytest.approx(closed_up(CURVE).y.limits, rel=2e-3)
    sheet = canvas_of(Sheet("", (CURVE, CURVE), 2), Look(close_up=True))
    assert [axes.get_ylim()[0] > 0.69 for axes in sheet.axes] == [True, True]


def test_scales_change_only_where_something_can_be_shown() -> None:
    assert through(CURVE, look(CURVE, "log_x")).x.scale == "linear"
    assert through(CURVE, look(CURVE, "log_y")).y.scale == "log"
    below = Figure("", Axis("x"), Axis("y"), (Line("loss", np.arange(3.0), -np.ones(3)),))
    assert through(below, look(below, "log_y")).y.scale == "linear"


def test_smoothing_averages_lines_and_shows_what_they_were() -> None:
    faint, mean = through(NOISY, look(NOISY, "smooth")).marks
    assert isinstance(mean, Line)
    assert isinstance(faint, Line)
    assert (mean.name, faint.faint, faint.name) == ("mean", True, "")
    assert mean.y[2:-2] == pytest.approx(np.convolve(np.tile([0.0, 1.0], 25), np.ones(5) / 5, "valid"))
    assert through(CURVE, look(CURVE, "smooth")).marks == CURVE.marks, "measured values stay"
    assert look(NOISY, *["smooth"] * len(SMOOTHINGS)).is_plain  # type: ignore[list-item]


def test_every_deed_is_told() -> None:
    assert all(look(NOISY, deed).told() for deed in get_args(Deed) if deed != "reset")


def test_pictures_have_nothing_to_zoom() -> None:
    picture = Figure("Mask", Axis(""), Axis(""), (Picture("mask", np.eye(3)),))
    assert through(picture, Lens(x=(0.0, 1.0))) is picture


def test_what_is_hidden_is_still_named() -> None:
    (hidden,) = without(NOISY, frozenset({"mean"})).marks
    assert isinstance(hidden, Line)
    assert (hidden.name, hidden.y.size) == ("mean", 0)
    assert without(NOISY, frozenset({"other"})).marks == NOISY.marks
