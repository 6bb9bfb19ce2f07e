"""What analyses have found, as charts and tables of the command line."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.table import Table

from sessions.messages import events
from sessions.reports.analysis_rows import holm_p_values, replicates_of
from sessions.reports.statistics import mean, standard_error
from sessions.views.session_view import SessionView
from ticket_explorer.analysis.settings import PARTS
from widgets.cli.output import PrintableConsole, say, write
from widgets.plots import figures
from widgets.plots.figure import Figure
from widgets.plots.figures import Selection
from widgets.plots.figures.hessian import is_by_differences
from widgets.plots.raster.drawing import draw
from widgets.shared.wording import one_error, share

HEIGHT = 20

Found = Sequence[events.Analysed]


def show(view: SessionView, kind: str, found: Found) -> None:
    """Print what was found."""
    console = PrintableConsole()
    shown = _SHOWN.get(kind, _Shown())
    for figure in shown.figures(view, found):
        write(draw(figure, min(console.width, 100), HEIGHT).text() + "\n")
    if shown.table is not None:
        console.print(shown.table(found))
    say("Exports and the app show these results too; --json prints every number.")


def _curvature_figures(view: SessionView, found: Found) -> Iterator[Figure]:
    selection = _selections(found)[-1]
    yield figures.curvature(view, selection)
    if len({one.round for one in found}) > 1:
        yield figures.sharpness(view, selection)


def _hessian_figures(view: SessionView, found: Found) -> Iterator[Figure]:
    selection = _selections(found)[-1]
    yield figures.hessian(view, selection)
    if len({one.round for one in found}) > 1:
        yield figures.hessian_correlation(view, selection)
        yield figures.eigenvalues(view, selection)


def _instability_figures(view: SessionView, found: Found) -> Iterator[Figure]:
    yield from (draw(view, Selection(found[-1].branch, 0)) for draw in _INSTABILITY)


def _correlation(view: SessionView, found: Found) -> Iterator[Figure]:
    yield figures.correlation(view, _selections(found)[-1])


def _comparison_figures(view: SessionView, found: Found) -> Iterator[Figure]:
    yield figures.ticket_curve(view, _selections(found)[-1])
    yield from _one_each(figures.comparison)(view, found)


def _one_each(figure: Callable[[SessionView, Selection], Figure]) -> Callable[[SessionView, Found], Iterator[Figure]]:
    """A figure for each finished analysis."""
    return lambda view, found: (figure(view, selection) for selection in _selections(found))


def _selections(found: Found) -> list[Selection]:
    return [Selection(one.branch, one.round) for one in found]


def _curvature_table(found: Found) -> Table:
    rows = []
    for one in found:
        loss, sharpness = one.array("loss"), one.array("sharpness")
        middle = float(loss[..., loss.shape[-1] // 2].mean())
        rows.append([one.branch, str(one.round), f"{middle:.4g}", f"{sharpness.mean():.4g}", f"{sharpness.std():.2g}"])
    return _table(("branch", "round", "loss", "sharpness", "deviation"), rows)


def _hessian_table(found: Found) -> Table:
    rows = []
    for one in found:
        names = ("spearman", "reliability", "trace")
        cells = [_number(_mean(one.array(name)[:, 0])) for name in names]
        largest = one.array("eigenvalues")[:, :1]
        overlaps = [_number(_mean(pair)) for pair in one.array("overlap").T]
        rows.append([one.branch, str(one.round), *cells, _number(_mean(largest)), *overlaps])
    heads = ("branch", "round", "Spearman", "reliability", "trace", "largest", "SNR/OBD", "magnitude/OBD", "SNR/mag.")
    table = _table(heads, rows)
    table.caption = (
        "Means over replicates. Spearman: of 1/σ² and the Hessian's diagonal; reliability: of the estimate with "
        "another one. The last three: of what two pruners would remove, Jaccard's; OBD is hessian_diagonal."
    )
    if any(is_by_differences(one) for one in found):
        table.caption += " By finite differences, of a sample of the weights."
    return table


def _mean(values: np.ndarray) -> float:
    """NaN if there is no number."""
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if finite.size else float("nan")


def _snr_table(found: Found) -> Table:
    names = ("pearson", "spearman", "snr_threshold", "magnitude_threshold", "overlap")
    rows = [
        [one.branch, f"{number:.0f}", *(_number(one.array(name)[:, i].mean()) for name in names)]
        for one in found
        for i, number in enumerate(one.array("rounds"))
    ]
    heads = ("branch", "round", "Pearson", "Spearman", "SNR cut", "magnitude cut", "overlap")
    return _table(heads, rows)


def _comparison_table(found: Found) -> Table:
    names = ("difference", "standard_error", "p_value")
    rows = [
        [one.branch, str(one.parameters["other"]), share(float(density))]
        + [_number(one.array(name)[0, i]) for name in names]
        + [_number(holm_p_values(one)[i])]
        for one in found
        for i, density in enumerate(one.array("densities"))
    ]
    table = _table(("branch", "other", "kept", "difference", "error", "p", "p (Holm)"), rows)
    table.caption = (
        "p: Student's paired t-test over replicates, at this density alone. p (Holm): corrected for all densities, of "
        "which one in twenty is below 0.05 by chance."
    )
    return table


def _number(value: float) -> str:
    """A number in three digits; a dash if it is not defined, like the error of one replicate."""
    return f"{value:.3g}" if isfinite(value) else "–"


def _decomposition_table(found: Found) -> Table:
    rows = [
        [one.branch, share(float(density)), *(_contribution(one, part, i) for part in range(len(PARTS)))]
        for one in found
        for i, density in enumerate(one.array("densities"))
    ]
    table, replicates = _table(("branch", "kept", *PARTS), rows), min(map(replicates_of, found), default=1)
    if replicates > 1:
        told = "Shares are given where that interval of the effect is above 0."
        table.caption = f"Mean of {replicates} replicates {one_error(replicates)}. {told}"
    return table


def _contribution(found: events.Analysed, part: int, place: int) -> str:
    """`0.12 ± 0.01 (55%)`, without parts that are not defined."""
    names = ("contribution", "standard_error", "share")
    value, error, of_effect = (float(found.array(name)[part, place]) for name in names)
    spread = f" ± {error:.2g}" if isfinite(error) else ""
    return f"{value:.3g}{spread}" + (f" ({of_effect:.0%})" if isfinite(of_effect) else "")


def _connectivity_table(found: Found) -> Table:
    rows = []
    for one in found:
        first, last = one.array("rounds")[0], one.array("other_rounds")[-1]
        values = (one.array(name)[:, 0, -1].mean() for name in figures.BARRIERS)
        rows.append([one.branch, one.parameters.get("other") or one.branch, f"{first:.0f} to {last:.0f}"])
        rows[-1] += [f"{value:.4g}" for value in values]
    return _table(("branch", "other", "rounds", *figures.BARRIERS.values()), rows)


_INSTABILITY = (figures.instability_profile, figures.instability_from, figures.instability)


def _instability_table(found: Found) -> Table:
    rows = []
    for one in found:
        score, instability = one.array("score")[..., [0, -1]].mean(-1), one.array("instability")
        for i, density in enumerate(one.array("densities")):
            values = [float(value) for value in instability[:, i]]
            error = standard_error(values)
            spread = "–" if error is None else f"{error:.2g}"
            cells = (f"{score[:, i].mean():.3f}", f"{mean(values):.3f}", spread)
            rows.append([one.branch, str(one.parameters["other"]), share(float(density)), *cells])
    return _table(("branch", "other", "kept", "score of the ends", "instability", "error"), rows)


def _quantities_table(found: Found) -> Table:
    """Every array's mean over all its numbers, with its shape: of analyses that others wrote."""
    rows = [
        [one.branch, str(one.round), name, "×".join(map(str, array.shape[1:])) or "1", _number(_mean(array))]
        for one in found
        for name, array in ((name, one.array(name)) for name in one.arrays)
    ]
    table = _table(("branch", "round", "quantity", "shape", "mean"), rows)
    table.caption = "Means over replicates and all numbers of an array; exports and --json have each number."
    return table


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for head in heads:
        table.add_column(head, justify="left" if head in ("branch", "other", "quantity") else "right")
    for row in rows:
        table.add_row(*row)
    return table


@dataclass(frozen=True)
class _Shown:
    """How an analysis is shown."""

    figures: Callable[[SessionView, Found], Iterator[Figure]] = lambda view, found: iter(())
    table: Callable[[Found], Table] | None = _quantities_table


_SHOWN = {
    "curvature": _Shown(_curvature_figures, _curvature_table),
    "hessian": _Shown(_hessian_figures, _hessian_table),
    "surface": _Shown(_one_each(figures.surface), None),
    "connectivity": _Shown(_one_each(figures.connectivity), _connectivity_table),
    "instability": _Shown(_instability_figures, _instability_table),
    "snr": _Shown(_correlation, _snr_table),
    "comparison": _Shown(_comparison_figures, _comparison_table),
    "decomposition": _Shown(_one_each(figures.decomposition), _decomposition_table),
    "layers": _Shown(_one_each(figures.sparsity), None),
}
"""Those of other distributions, and of one's own, have a table alone."""
