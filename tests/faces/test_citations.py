"""Help, science and code name the same places of the papers that they follow."""

import re
from pathlib import Path

import pytest

from widgets.plots.figures import FIGURES

ROOT = Path(__file__).parents[2]
CITED = {
    "ticket_curve": "2",  # test score against sparsity, for all tasks
    "connectivity": "6, top",  # highest accuracy on the line between two optima
    "curvature": "6, bottom",  # one-dimensional projections of the loss
    "sharpness": "6, bottom",  # the quadratic coefficient of those
    "compare": "7, top",
    "comparison": "7, top",  # difference of SNR and magnitude pruning
    "snr_magnitude": "7",  # middle: thresholds of both
    "correlation": "7, bottom",  # correlation of SNRs and magnitudes across rounds
    "overlap": "7, bottom",  # what follows from that
    "distribution": "11",  # weight summary statistics
    "decomposition": "8",  # permutation baselines, of gradient descent
    "surface": "10",  # two-dimensional projections of the loss
    "sparsity": "11",  # layer-wise pruning ratios
    "sparsity_now": "11",
}
"""What each kind of figure is in Lange & Sprekeler (2023), read off the captions."""
OTHERS = {
    "learning": "figures 2 and 3 of Conklin's paper, and of figure 2 of Savarese et al. (2020)",  # training curves
    "instability_from": "figure 3 of the survey of 2021",  # instability when starting from step k
    "instability_profile": "figure 2 of the survey of 2021",  # error on the linear path
}
"""The same in other papers."""
HIGHEST = {"figure": 11, "table": 5, "section": 6, "algorithm": 1}
"""Of Lange & Sprekeler (2023)."""
PLACE = re.compile(
    r"Lange & Sprekeler[^A-Za-z]{1,3}2023\)?,? (?:[A-Z]\w+, )?(figure|table|section|algorithm)s? (\d+)", re.I
)


@pytest.mark.parametrize(("kind", "figure"), CITED.items())
def test_help_names_the_figure(kind: str, figure: str) -> None:
    assert re.search(rf"\bfigure {figure}\b", FIGURES[kind].help, re.I), FIGURES[kind].help


@pytest.mark.parametrize(("kind", "place"), OTHERS.items())
def test_help_names_figures_of_other_papers(kind: str, place: str) -> None:
    assert place in FIGURES[kind].help


def test_no_other_kind_names_one() -> None:
    named = {kind for kind, told in FIGURES.items() if re.search(r"\bfigures? \d", told.help, re.I)}
    assert named == CITED.keys() | OTHERS.keys()


def test_places_exist() -> None:
    files = [
        *ROOT.glob("docs/*.md"),
        *(path for room in ("ticket_explorer", "widgets") for path in _sources(ROOT / room)),
    ]
    found = [(path, *place) for path in files for place in PLACE.findall(path.read_text())]
    assert len(found) > 10
    assert [one for one in found if int(one[2]) > HIGHEST[one[1].lower()]] == []


def _sources(room: Path) -> list[Path]:
    return [path for ending in ("py", "toml") for path in room.rglob(f"*.{ending}")]
