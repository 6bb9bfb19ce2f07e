"""What charts send: patches make the browser's figure equal to ours, and hold only what is new."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from widgets.canvas.columns import Encoded, encoded, patched
from widgets.plots.alt_text import described
from widgets.plots.figure import MUTED, Axis, Bars, Figure, Line, Picture, Points, Rule

FIGURES = (
    Figure("t", Axis("x"), Axis("y"), note="Nothing yet."),
    Figure("t", Axis("x"), Axis("y"), (Line("a", np.arange(3.0), np.array([1.0, np.nan, 2.0]), markers=True),)),
    Figure(
        "t",
        Axis("x", "log"),
        Axis("y", percent=True, limits=(0.0, 1.0)),
        (
            Points("p", np.ones(4), np.ones(4), MUTED, np.arange(4, dtype=np.int32)),
            Rule("r", 0.5, "y"),
            Bars("b", np.arange(3.0), np.ones(2)),
            Picture("m", np.eye(3)),
        ),
    ),
)


def applied(before: dict[str, np.ndarray], patch: dict[str, object]) -> dict[str, np.ndarray]:
    """What a browser has after a patch."""
    after = dict(before)
    for key, (start, total, payload) in patch["columns"].items():  # type: ignore[attr-defined]
        fresh = np.frombuffer(payload, "<i4" if key.endswith(".entries") else "<f4")
        after[key] = np.concatenate([before.get(key, fresh[:0])[:start], fresh])
        assert after[key].size == total
    return after


def line(values: np.ndarray) -> Encoded:
    return encoded(Figure("", Axis("x"), Axis("y"), (Line("a", np.arange(float(values.size)), values),)))


SERIES = arrays.arrays(np.float64, st.integers(0, 40), elements=st.floats(-1e6, 1e6, width=32) | st.just(float("nan")))


@given(SERIES, SERIES)
def test_a_patch_makes_the_browser_equal(before, after):
    first, second = line(before), line(after)
    held = applied(applied({}, patched(None, first)), patched(first, second))
    for key, column in second.columns.items():
        np.testing.assert_array_equal(held[key], column)


@given(SERIES, st.integers(0, 10))
def test_a_line_that_grew_sends_its_end_only(values, count):
    grown = np.concatenate([values, np.ones(count)])
    columns = patched(line(values), line(grown))["columns"]
    assert all(start == values.size and len(payload) == 4 * count for start, _, payload in columns.values())
    assert bool(columns) == (count > 0)


@pytest.mark.parametrize("figure", FIGURES)
def test_the_head_is_json_and_the_words_say_what_there_is(figure):
    head = json.loads(json.dumps(encoded(figure, 3.0).head, allow_nan=False))
    assert [mark["kind"] for mark in head["marks"]] == [type(mark).__name__.lower() for mark in figure.marks]
    assert head["alt"] == described(figure)
    assert figure.note in head["alt"]
    assert all(mark.name in head["alt"] for mark in figure.marks)


def test_gaps_and_entries_survive():
    after = applied({}, patched(None, encoded(FIGURES[1])))
    assert np.isnan(after["0.y"][1])
    assert applied({}, patched(None, encoded(FIGURES[2])))["0.entries"].tolist() == [0, 1, 2, 3]
