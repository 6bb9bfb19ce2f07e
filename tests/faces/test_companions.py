"""Other sessions beside the own one: charts go on as their journals do."""

import asyncio
import shutil
from pathlib import Path

import pytest

import ticket_explorer as tx
from sessions.store.errors import NotASession
from ticket_explorer.errors import TicketError
from widgets.plots.figure import Figure, Line
from widgets.shared import companions
from widgets.shared.companions import Companions

pytestmark = pytest.mark.thorough
SMALL = {
    "branch.0.name": "other",
    "pruning.rounds": 3,
    "trainer.generations": 4,
    "trainer.population": 8,
    "network.hidden": [8],
}


@pytest.fixture(autouse=True)
def at_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(companions, "EVERY", 0.0)


def lines(figure: Figure) -> dict[str, int]:
    """How many values each line has."""
    return {mark.name: len(mark.x) for mark in figure.marks if isinstance(mark, Line)}


def test_they_are_read_on_as_they_grow(tmp_path: Path) -> None:
    with tx.Session.create(tx.spec("fashion", SMALL), tmp_path / "theirs.session") as session:
        session.run_round()
        known = Companions([session.path])
        view, seed = known.beside["theirs"]
        assert (seed, len(view.branches["other"].rounds)) == (session.spec.seed, 1)
        assert not known.catch_up()
        session.run_round()
        assert known.catch_up()
        assert len(view.branches["other"].rounds) == 2
        assert not known.catch_up()
    known.remove(session.path)
    assert (session.path in known, known.beside) == (False, {})


def test_another_one_in_its_place_is_read_anew_and_one_that_is_gone_stays_as_it_was(tmp_path: Path) -> None:
    places = [tmp_path / name for name in ("one.session", "two.session")]
    for place, rounds in zip(places, (2, 1), strict=True):
        with tx.Session.create(tx.spec("fashion", SMALL), place) as session:
            for _ in range(rounds):
                session.run_round()
    known = Companions([places[0]])
    shutil.rmtree(places[0])
    assert not known.catch_up()
    assert len(known.beside["one"][0].branches["other"].rounds) == 2
    places[1].rename(places[0])
    assert known.catch_up()
    assert len(known.beside["one"][0].branches["other"].rounds) == 1


def test_a_notebook_s_chart_goes_on_with_the_other_session(tmp_path: Path) -> None:
    async def story() -> None:
        with tx.Session.create(tx.spec("fashion", SMALL), tmp_path / "theirs.session") as other:
            other.run_round()
            with tx.Session.create(tx.spec("fashion", SMALL), tmp_path / "mine.session") as own:
                own.run_round()
                own.run_round()
            session = tx.LiveSession.open(own.path)
            chart = tx.widgets.Compare(session, beside=[other.path], baseline="theirs:other")
            assert "less theirs:other" in chart.figure.y.label + chart.figure.title
            chart.turn = 2
            before = lines(chart.figure)
            assert {"other", "theirs:other"} <= before.keys()
            chart.visible = True
            other.run_round()
            async with asyncio.timeout(30):
                while sum(lines(chart.figure).values()) == sum(before.values()):
                    await asyncio.sleep(0.02)
            chart.close()
            await session.close_async()

    asyncio.run(story())


def test_what_is_no_session_is_said(tmp_path: Path) -> None:
    (tmp_path / "none.session").mkdir()
    with pytest.raises(NotASession):
        Companions([tmp_path / "none.session"])
    with pytest.raises(TicketError, match="nosuch"):
        Companions(["nosuch"])
