"""Pictures that saved notebooks keep: whole, small, and true to the figure."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from widgets.plots.figure import Axis, Bars, Figure, Line, Picture, Points, Rule
from widgets.plots.svg import svg, svg_of_many

LARGEST = 300_000
RNG = np.random.default_rng(0)
X, Y = Axis("magnitude |θ| <&>", "log"), Axis("SNR", "log")
HUGE = {
    "points": Figure("many points", X, Y, (Points("p", RNG.lognormal(size=50_000), RNG.lognormal(size=50_000)),)),
    "line": Figure(
        "a long line",
        Axis("generation"),
        Axis("fitness"),
        tuple(
            Line(name, np.arange(1e5), v := RNG.normal(size=100_000), low=v - 1, high=v + 1, colour=i)
            for i, name in enumerate(("a", "b", "c"))
        ),
    ),
    "picture": Figure("a large mask", Axis(""), Axis(""), (Picture("m", RNG.random((3000, 1000))),)),
    "bars": Figure("bars", X, Axis("weights"), (Bars("b", np.logspace(-4, 0, 201), RNG.random(200)),)),
}


def elements(text: str) -> list[str]:
    return [element.tag.rpartition("}")[2] for element in ElementTree.fromstring(text).iter()]


@pytest.mark.parametrize("name", HUGE)
def test_a_chart_takes_less_than_300_kb(name):
    text = svg(HUGE[name])
    assert len(text.encode()) < LARGEST
    assert "path" in elements(text)


def test_all_kinds_together_are_whole_and_escaped():
    text = svg_of_many(list(HUGE.values()))
    assert elements(text).count("svg") == 1 + len(HUGE)
    assert "<&>" not in text
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")


def test_a_rule_stands_at_its_value_and_a_line_has_its_gap():
    marks = (Line("a", np.arange(4.0), np.array([0.0, np.nan, 1.0, 1.0])), Rule("dense", 0.5, "y"))
    text = svg(Figure("t", Axis("x"), Axis("y", limits=(0.0, 1.0)), marks))
    paths = [element.get("d", "") for element in ElementTree.fromstring(text).iter() if element.tag.endswith("path")]
    assert any(path.count("M") == 2 and path.count("L") == 1 for path in paths)
    assert any(element.text == "dense" for element in ElementTree.fromstring(text).iter())


def test_nothing_to_draw_says_why():
    note = "The first point comes when the first round is finished, which takes a while and many words."
    text = svg(Figure("Ticket curve", Axis("x"), Axis("y"), note=note))
    words = " ".join(
        element.text or "" for element in ElementTree.fromstring(text).iter() if element.tag.endswith("text")
    )
    assert note in words


def test_lines_without_a_name_are_not_in_the_legend() -> None:
    lines = tuple(Line(name, np.arange(3.0), np.arange(3.0)) for name in ("", "", "mean", "other"))
    drawn = svg(Figure("Profiles", Axis("x"), Axis("y"), lines))
    assert drawn.count("<rect") == 3, "the ground, and two entries"


def test_every_mark_is_named_in_as_many_rows_as_that_takes():
    names = [f"a branch with a long name {i}" for i in range(9)]
    lines = tuple(Line(name, np.arange(3.0), np.arange(3.0), colour=i, markers=True) for i, name in enumerate(names))
    text = svg(Figure("Ticket curve", X, Y, lines))
    assert [name for name in names if name not in text] == []
    rows = {element.get("y") for element in ElementTree.fromstring(text).iter() if (element.text or "") in names}
    assert len(rows) > 2


def test_lines_are_told_apart_without_colours():
    def shapes(colour):
        line = Line("", np.arange(1.0, 4.0), np.arange(1.0, 4.0), colour=colour, markers=True)
        figure = svg(Figure("t", X, Y, (line,)))
        return re.sub("#[0-9a-f]{6}", "", figure)

    assert len({shapes(colour) for colour in range(6)}) == 6
