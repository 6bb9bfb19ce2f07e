"""Figures as characters.

Golden drawings are in `golden_charts`; after a wanted change, write them anew with
`TICKET_EXPLORER_REGOLD=1 pytest tests/faces/test_raster.py -k golden`, and look at the difference.
"""

import os
from itertools import pairwise
from math import isclose, log10
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from widgets.plots.figure import MUTED, Axis, Bars, Figure, Line, Picture, Points, Rule
from widgets.plots.raster import FULL, Drawing, draw
from widgets.plots.raster.scales import Scale, brief, fitted, ticks

GOLDEN = Path(__file__).with_name("golden_charts")
X, Y = Axis("generation"), Axis("score")
WAVE = np.sin(np.arange(28) / 4)


def learning() -> Figure:
    x = np.arange(300.0)
    best = 0.8 * (1 - np.exp(-x / 60)) + 0.1 + 0.01 * np.sin(x / 3)
    other = np.where((x >= 120) & (x < 140), np.nan, 0.8 * best)
    band = 0.04 + 0.04 * np.exp(-x / 90)
    first = Line("es", x, best, best - band, best + band)
    second = Line("ticket after 5 rounds", x, other, other - band, other + band, 1)
    return Figure(
        "Learning", X, Axis("score", percent=True), (first, second, Line("random", x, best / 2, None, None, 2))
    )


def ticket_curve() -> Figure:
    density = 0.8 ** np.arange(11.0)[::-1]
    score = 0.8 + 0.02 * np.sin(np.arange(11)) + 0.1 * np.sqrt(density)
    other = score - 0.08 * (1 - density)
    error = 0.01 + 0.01 * np.cos(np.arange(11)) ** 2
    lines = (
        Line("es", density, score, score - error, score + error, 0, markers=True),
        Line("random", density, other, other - error, other + error, 1, markers=True),
    )
    x = Axis("weights kept", "log", reverse=True, percent=True)
    return Figure("Ticket curve", x, Axis("score", percent=True), lines, "5 replicates, bars are standard errors")


def scatter() -> Figure:
    turn = np.arange(60.0)
    kept = Points("kept", np.cos(turn) * turn / 20, np.sin(turn) * turn / 30)
    pruned = Points("pruned", np.cos(turn) * turn / 90, np.sin(turn * 2) * turn / 90, MUTED)
    return Figure("Weights", Axis("before"), Axis("after"), (kept, pruned, Rule("zero", 0.0, "y")))


def bars() -> Figure:
    heights = np.rint(400 * np.exp(-(((np.arange(20) - 9) / 4) ** 2)))
    marks = (Bars("weights", np.linspace(-1, 1, 21), heights, 2), Rule("threshold", 0.4, "x"))
    return Figure("Magnitudes", Axis("weight"), Axis("count"), marks)


def one_bar_each() -> Figure:
    marks = tuple(
        Bars(f"dense_{i}/kernel", np.array([i - 0.4, i + 0.4]), np.array([share]), i)
        for i, share in enumerate((0.9, 0.5, 0.2, 0.75))
    )
    return Figure("Layers", Axis("layer"), Axis("weights kept", percent=True, limits=(0.0, 1.0)), marks)


def picture() -> Figure:
    values = np.clip(np.outer(WAVE, WAVE[:16]), 0, 1)
    values[20:24, 3:9] = np.nan
    return Figure("Receptive field", Axis(""), Axis(""), (Picture("unit 3", values),), "28 × 16")


def empty() -> Figure:
    note = "No round has finished yet: a ticket curve needs at least one pruned network."
    return Figure("Ticket curve", X, Y, (Line("es", np.arange(3.0), np.full(3, np.nan)),), note)


def log_loss() -> Figure:
    x = np.arange(1000.0)
    lines = (Line("es", x, 2.3 * np.exp(-x / 150) + 1e-3, colour=3), Line("adam", x, 2.3 * np.exp(-x / 80), colour=5))
    return Figure("Loss", X, Axis("loss", "log"), lines)


def pictures() -> Figure:
    field = np.clip(np.outer(WAVE, WAVE), 0, 1)
    return Figure("Units", X, Y, tuple(Picture(f"unit {i}", np.roll(field, 4 * i, 1), i) for i in range(6)))


def curvatures() -> Figure:
    """Weights in groups on logarithmic axes, as σ against curvature shows them."""
    rng = np.random.default_rng(0)
    x, y = 10 ** rng.normal(-2, 1, 300), 10 ** rng.normal(2.6, 0.05, 300)
    names = ("curvature above 0", "below 0", "SNR keeps, magnitude drops")
    groups = tuple(Points(name, x[i::3], y[i::3], (0, MUTED, 1)[i]) for i, name in enumerate(names))
    axes = Axis("curvature |∂²L/∂θ²|", scale="log"), Axis("precision 1/σ²", scale="log")
    return Figure("σ and curvature", *axes, groups, "Rank correlation 0.04.")


def way() -> Figure:
    """A surface with what is marked on it."""
    steps = np.linspace(-1, 1, 21)
    parts = (("θ₀", [20.5], [2.5]), ("way", [17.5, 14.5], [5.5, 9.5]), ("end", [10.5], [10.5]))
    marks = tuple(Points(name, np.array(x), np.array(y), 1 + i) for i, (name, x, y) in enumerate(parts))
    return Figure(
        "Loss surface", Axis(""), Axis(""), (Picture("loss", 1 - np.outer(steps, steps) ** 2), *marks), "note"
    )


FIGURES = (learning, ticket_curve, scatter, bars, one_bar_each, picture, pictures, empty, log_loss, curvatures, way)
GALLERY = {figure.__name__: figure for figure in FIGURES}


@pytest.mark.parametrize("name", GALLERY)
def test_golden_drawings(name):
    cursor = 200.0 if name == "learning" else None
    sizes = ((80, 20), (40, 10)) if name != "learning" else ((80, 20), (40, 10), (100, 8))
    found = "\n".join(f"{w} × {h}\n{draw(GALLERY[name](), w, h, cursor).text()}\n" for w, h in sizes)
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("TICKET_EXPLORER_REGOLD"):
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")


numbers = st.one_of(
    st.floats(width=64),
    st.floats(-1, 1),
    st.integers(-5, 5).map(float),
    st.sampled_from([np.nan, np.inf, -np.inf, 0.0, 1e308, -1e308, 5e-324, 1e-300, 1e9 + 0.1]),
)
axes = st.builds(
    Axis,
    st.text(max_size=12),
    st.sampled_from(["linear", "log"]),
    st.booleans(),
    st.booleans(),
    st.none() | st.tuples(numbers, numbers),
)


def values(count: int) -> st.SearchStrategy[np.ndarray]:
    return arrays(np.float64, count, elements=numbers)


@st.composite
def marks(one):
    name, colour, n = one(st.text(max_size=20)), one(st.integers(-1, 8)), one(st.integers(0, 12))
    match one(st.sampled_from(["line", "band", "points", "bars", "rule", "picture"])):
        case "line":
            x = one(values(n))
            return Line(name, np.sort(x) if one(st.booleans()) else x, one(values(n)), None, None, colour)
        case "band":
            flags = one(st.booleans()), one(st.booleans())
            return Line(name, one(values(n)), one(values(n)), one(values(n)), one(values(n)), colour, *flags)
        case "points":
            return Points(name, one(values(n)), one(values(n)), colour)
        case "bars":
            return Bars(name, np.sort(one(values(n + 1))), one(values(n)), colour)
        case "rule":
            return Rule(name, one(numbers), one(st.sampled_from(["x", "y"])), colour)
        case _:
            shape = one(st.integers(1, 40)), one(st.integers(1, 40))
            return Picture(name, one(arrays(np.float64, shape, elements=numbers, fill=numbers)), colour)


figures = st.builds(Figure, st.text(max_size=30), axes, axes, st.lists(marks(), max_size=4).map(tuple), st.text())


@settings(max_examples=150)
@given(figures, st.integers(1, 200), st.integers(1, 60), st.none() | numbers, st.data())
def test_any_figure_fits_any_size(figure, width, height, cursor, data):
    drawing = draw(figure, width, height, cursor)
    for cells in (drawing.glyphs, drawing.colours, drawing.strengths, drawing.grounds):
        assert cells.shape == (height, width)
    assert ((drawing.strengths >= 0) & (drawing.strengths <= FULL)).all()
    assert ((drawing.grounds >= 0) & (drawing.grounds <= FULL)).all()
    assert len(drawing.text().split("\n")) == height
    column, row = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    x = drawing.x_at(column)
    drawing.nearest(column, row)
    if x is not None:
        assert drawing.read_out(x)


def test_sizes_down_to_nothing():
    for figure in GALLERY.values():
        for width, height in ((0, 0), (1, 1), (8, 3), (200, 1), (1, 60), (8, 4)):
            assert draw(figure(), width, height, 1.0).glyphs.shape == (height, width)
    assert draw(learning(), 8, 3).text().strip(), "the marks alone"


def inside(drawing: Drawing) -> np.ndarray:
    frame = drawing.frame
    return drawing.glyphs[frame.top : frame.top + frame.height, frame.left : frame.left + frame.width]


def is_braille(glyphs: np.ndarray) -> np.ndarray:
    return (glyphs >> 8) == 0x28


@settings(max_examples=100)
@given(values(30), st.integers(20, 120), st.integers(8, 40), st.tuples(st.floats(-2, 0), st.floats(0.1, 2)))
def test_marks_stay_in_the_frame(y, width, height, limits):
    x = np.linspace(-1, 2, 30)
    figure = Figure("t", Axis("x", limits=(0.0, 1.0)), Axis("y", limits=limits), (Line("", x, y, y - 1, y + 1),))
    drawing = draw(figure, width, height)
    assert is_braille(drawing.glyphs).sum() == is_braille(inside(drawing)).sum()


@settings(max_examples=100)
@given(st.integers(30, 150), st.integers(8, 40), st.integers(5, 85), st.booleans())
def test_nan_leaves_a_gap(width, height, start, reverse):
    x = np.arange(100.0)
    y = np.where((x >= start) & (x < start + 10), np.nan, np.cos(x))
    drawing = draw(Figure("t", Axis("x", reverse=reverse), Y, (Line("", x, y),)), width, height)
    covered = is_braille(inside(drawing)).any(axis=0)
    columns = sorted(drawing.column(edge) - drawing.frame.left for edge in (start - 1.0, start + 10.0))
    assert not covered[columns[0] + 1 : columns[1]].any()
    assert covered[columns[0]]
    assert covered[columns[1]]
    assert covered.sum() == covered.size - max(columns[1] - columns[0] - 1, 0)


@settings(max_examples=50)
@given(st.integers(0, 9999), st.integers(0, 9999), st.integers(20, 120), st.integers(6, 40))
def test_decimation_keeps_the_lowest_and_the_highest(low, high, width, height):
    y = np.zeros(10_000)
    y[high], y[low] = 1.0, -1.0
    axis = Axis("score", limits=(-1.0, 1.0))
    drawing = draw(Figure("t", X, axis, (Line("", np.arange(10_000.0), y),)), width, height)
    for index, row in ((low, -1), (high, 0)) if low != high else ((low, -1),):
        assert is_braille(inside(drawing)[row, drawing.column(float(index)) - drawing.frame.left])


@settings(max_examples=300)
@given(st.floats(1e-6, 1e6), st.floats(-1e6, 1e6), st.booleans(), st.integers(2, 12))
def test_ticks_are_round_and_inside(span, low, log, about):
    low = abs(low) + 1e-6 if log else low
    high = low * (1 + span) if log else low + span * max(abs(low), 1.0)
    scale = Scale(low, high, log)
    found = ticks(scale, about)
    slack = 1e-9 * max(abs(scale.low), abs(scale.high))
    assert all(scale.low - slack <= tick.value <= scale.high + slack for tick in found)
    steps = {b.value - a.value for a, b in pairwise(found)}
    round_step = len(steps) == 0 or all(_is_round(step, slack) for step in (min(steps), max(steps)))
    assert round_step or all(_is_round(tick.value, 1e-9 * tick.value) for tick in found)
    assert len({tick.label for tick in found}) == len(found)


def _is_round(value: float, slack: float) -> bool:
    power = 10.0 ** np.floor(log10(value + slack))
    return any(isclose(value, digit * power, abs_tol=4 * slack, rel_tol=1e-6) for digit in (1, 2, 3, 5, 10))


@pytest.mark.parametrize("figure", [learning, ticket_curve, scatter, bars, log_loss])
@pytest.mark.parametrize("width", range(14, 130, 3))
def test_labels_never_touch(figure, width):
    drawing = draw(figure(), width, 20)
    row = drawing.text().split("\n")[drawing.frame.top + drawing.frame.height + 1]
    for label in row.split():
        assert label.removesuffix("%").replace(".", "", 1).removeprefix("-").isdigit(), row
    axis = "".join(map(chr, drawing.glyphs[drawing.frame.top + drawing.frame.height]))
    assert axis.count("┬") == len(row.split())


def test_a_column_and_its_value_are_each_others():
    for figure in (learning(), ticket_curve(), log_loss()):
        drawing = draw(figure, 80, 20)
        for column in range(80):
            x = drawing.frame.x_at(column)
            assert x is None or drawing.column(x) == column
        assert {drawing.x_at(column) for column in range(80)} <= {None, *figure.marks[0].x.tolist()}


def test_the_cursor_reads_every_line():
    drawing = draw(learning(), 80, 20, 130.0)
    title, *_ = drawing.text().split("\n")
    assert title == "Learning · score   ━ es 80.2%   ╍ ticket after 5 rounds –   ┅ random 40.1%"
    assert drawing.read_out(130.0) == "generation 130 · es 80.2% · random 40.1%"
    assert "│" in {chr(code) for code in inside(drawing)[:, drawing.column(130.0) - drawing.frame.left]}


def test_the_nearest_value_to_a_cell():
    drawing = draw(scatter(), 80, 20)
    mark = scatter().marks[0]
    for index in (0, 30, 59):
        x, y = float(mark.x[index]), float(mark.y[index])
        reading = drawing.nearest(drawing.frame.column(x), drawing.frame.row(y))
        assert (reading.x - x) ** 2 + (reading.y - y) ** 2 < 0.05
    drawing = draw(picture(), 80, 20)
    tile = drawing.tiles[0]
    reading = drawing.nearest(tile.left, tile.top)
    assert (reading.name, reading.index, reading.value) == ("unit 3", 0, 0.0)
    assert drawing.nearest(0, 10) is None
    assert draw(bars(), 80, 20).nearest(40, 3).name == "weights"
    assert draw(empty(), 80, 20).nearest(40, 3) is None


def long_names(count: int, suffix: str = "") -> Figure:
    names = [f"a branch with a long name {i}{suffix}" for i in range(count)]
    lines = tuple(Line(name, np.arange(3.0), np.arange(3.0), colour=i) for i, name in enumerate(names))
    return Figure("Learning", X, Y, lines)


def test_what_names_have_in_common_is_left_out_before_anything_else() -> None:
    wide, narrow, tiny = (draw(long_names(4), width, 11).text().split("\n")[0] for width in (160, 80, 12))
    assert wide.count("long name") == 4
    assert narrow.endswith("━ …0   ╍ …1   ┅ …2   ┉ …3")
    assert len(tiny) <= 12
    assert "…" in tiny
    assert "…0…" in draw(long_names(2, "/kernel"), 40, 11).text()


def test_a_legend_takes_more_rows_before_names_are_shortened() -> None:
    names = ["snr", "magnitude of weights", "random", "movement", "permuted mask"]
    lines = tuple(Line(name, np.arange(3.0), np.arange(3.0), colour=i) for i, name in enumerate(names))
    drawing = draw(Figure("Ticket curve", X, Y, lines), 50, 20)
    rows = drawing.text().split("\n")[: drawing.frame.top]
    assert 1 < len(rows) <= 3
    assert all(name in " ".join(rows) for name in names)
    assert [drawing.named_at(one.start, one.row) for one in drawing.legend] == names
    assert drawing.named_at(0, 19) is None
    read = draw(drawing.figure, 50, 20, cursor=1.0)
    assert read.frame == drawing.frame, "nothing moves under a cursor"
    assert all(name in read.text() for name in names)


def test_shares_are_never_shown_above_all() -> None:
    one = fitted(Axis("weights kept", "log", percent=True), np.array([1.0]))
    assert one.low < one.high == 1.0
    assert fitted(Axis("kept", percent=True), np.array([0.2, 0.99]), 0.05).high == 1.0


def test_pictures_keep_their_shape():
    for width, height in ((80, 20), (30, 30), (10, 40), (200, 60)):
        (tile,) = draw(picture(), width, height).tiles
        assert tile.enlarged == 1 or tile.reduced == 1
        assert tile.width <= width
        assert tile.height <= height
        assert abs(tile.width / tile.height / 2 - 16 / 28) < 0.2


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (0.0125, "0.0125"),
        (15_000, "15k"),
        (2e-7, "2e-7"),
        (-1.5e6, "-1.5M"),
        (999.9, "1000"),
        (1e20, "1e20"),
    ],
)
def test_numbers_in_few_characters(number, text):
    assert brief(number) == text


def test_what_cannot_be_fitted():
    assert fitted(Axis("x", "log"), np.array([-1.0, 0.0])) == Scale(1.0, 10.0, True)
    assert fitted(Axis("x"), np.array([])) == Scale(0.0, 1.0)
    scale = fitted(Axis("x"), np.array([5.0, 5.0]))
    assert scale.low < 5.0 < scale.high
