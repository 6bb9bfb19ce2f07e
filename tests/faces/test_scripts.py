"""The front door for scripts: run, many sessions, figures; the page that shows them runs."""

import re
from pathlib import Path

import pytest

import ticket_explorer as tx
from ticket_explorer.errors import InvalidValue, TicketError, UnknownName
from widgets.plots.figure import Line
from widgets.plots.figures.pooled import pooled_curves

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).parents[2]
TINY = {"task": {"name": "fashion", "batch": 32, "pool": 4}, "network.hidden": [4], "trainer.population": 8}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> list[tx.SavedSession]:
    """Two strategies, two seeds."""
    place = tmp_path_factory.mktemp("grid")
    for strategy in ("snes", "pgpe"):
        for seed in (0, 1):
            settings = {**TINY, "trainer.strategy": strategy}
            path = place / f"{strategy}-{seed}"
            tx.run("fashion", path, rounds=2, generations=2, seed=seed, settings=settings, quiet=True)
    return tx.read_all(place)


def test_a_run_tells_of_its_rounds_and_goes_on_where_it_was(tmp_path, capsys):
    path = tmp_path / "a.session"
    run = tx.run("fashion", path, rounds=2, generations=2, settings=TINY)
    told = capsys.readouterr().err.splitlines()
    assert told[0].startswith("snr, round 0: score 0.")
    assert len(told) == 4
    assert run.is_finished
    assert run.rounds("magnitude") == (0, 1)
    tx.run("fashion", path, rounds=2, generations=2, settings=TINY)
    assert capsys.readouterr().err == ""
    with pytest.raises(TicketError, match="from another spec: seed is 0 there and 3 here"):
        tx.run("fashion", path, rounds=2, generations=2, seed=3, settings=TINY)


def test_curves_are_pooled_by_a_field_over_sessions_and_replicates(runs):
    curves = pooled_curves(runs, by="trainer.strategy", branches=["snr"])
    assert [curve.branch for curve in curves] == ["pgpe", "snes"]
    snes = [run for run in runs if run.name.startswith("snes")]
    scores = [run.view.round("snr", 1).finished.score[0] for run in snes]
    assert curves[1].score[-1] == pytest.approx(sum(scores) / 2)
    assert curves[1].error[-1] == pytest.approx(abs(scores[0] - scores[1]) / 2)
    assert curves[1].replicates == 2
    assert {curve.branch for curve in pooled_curves(runs)} == {"snr", "magnitude", "random"}
    assert "pgpe, random" in {curve.branch for curve in pooled_curves(runs, by="trainer.strategy")}


def test_figures_are_drawn_of_one_and_of_many(runs, tmp_path):
    pytest.importorskip("matplotlib")
    many = tx.figure("ticket_curve", runs, by="seed", branches=["snr"])
    assert [mark.name for mark in many.figure.marks if isinstance(mark, Line)] == ["0", "1"]
    assert "2 searches" in many.figure.note
    many.save(tmp_path / "a.svg")
    assert (tmp_path / "a.svg").read_text("utf-8").count("<svg") == 1
    one = tx.figure("correlation", runs[0])
    assert not one.figure.is_empty
    assert not tx.figure("ticket_curve", runs[0].path).figure.is_empty


def test_what_can_not_be_drawn(runs, tmp_path):
    with pytest.raises(UnknownName, match="figure 'nope'"):
        tx.figure("nope", runs[0])
    with pytest.raises(TicketError, match="draw correlation of each by itself"):
        tx.figure("correlation", runs)
    with pytest.raises(TicketError, match="No session has a branch 'nope'"):
        tx.figure("ticket_curve", runs, branches=["nope"])
    with pytest.raises(InvalidValue, match="a field of the spec"):
        tx.figure("ticket_curve", runs, by="nope")
    with pytest.raises(TicketError, match="no sessions"):
        tx.figure("ticket_curve", [])
    with pytest.raises(InvalidValue, match=r"ends in \.png"):
        tx.figure("ticket_curve", runs).save(tmp_path / "x.txt")


@pytest.mark.parametrize("given", [3, None, ["fashion"]])
def test_what_is_no_spec(given):
    with pytest.raises(TicketError, match="a preset's name, a file, a table"):
        tx.spec(given)
    with pytest.raises(TicketError, match="a preset's name, a file, a table"):
        tx.Session.create(given)


def test_every_method_of_a_session_is_in_the_docs():
    page = (ROOT / "docs" / "engine.md").read_text("utf-8")
    missing = [name for name in dir(tx.Session) if not name.startswith("_") and f"`{name}`" not in page]
    assert missing == []


@pytest.mark.slow
def test_the_page_runs_from_top_to_bottom(tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs" / "scripts.md").read_text("utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    assert len(blocks) == 3
    names: dict[str, object] = {}
    for block in blocks:
        exec(block, names)
    assert (tmp_path / "grid.pdf").stat().st_size > 5_000
    assert names["accuracy"] == pytest.approx(names["runs"][0].view.round("snr", 3).finished.score[0], abs=1e-6)
