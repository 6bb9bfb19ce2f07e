"""A guess is kept in the journal, and the answer is folded until there is one."""

import asyncio

import pytest

import ticket_explorer as tx
from ticket_explorer.errors import InvalidValue
from widgets.notebook import Guess

SMALL = {"pruning.rounds": 2, "trainer.generations": 5, "trainer.population": 8, "network.hidden": [8]}
QUESTION = "Which falls <first>?"


async def until(condition) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.005)


def told(story, tmp_path) -> None:
    async def tell() -> None:
        session = tx.LiveSession.create("fashion", SMALL, tmp_path / "guess.session", inline=True)
        try:
            await session.ready_async()
            await story(session)
        finally:
            await session.stop_async()
            await session.close_async()

    asyncio.run(tell())


def press(guess: Guess) -> None:
    guess.children[2].click()


def test_a_guess_is_a_remark_and_opens_the_answer(home, tmp_path):
    async def story(session: tx.LiveSession) -> None:
        guess = tx.widgets.Guess(session, QUESTION, ["snr", "random"])
        answer = guess.answer("At 3% random scores <0.3>.", right="random")
        assert guess.given is None
        assert answer.value.startswith("<details>")
        press(guess)
        assert "Choose an answer first" in guess.children[3].value
        guess.children[1].value = "snr"
        press(guess)
        await until(lambda: guess.given == "snr")
        await until(lambda: "You guessed: snr; it is: random." in answer.value)
        assert "&lt;0.3&gt;" in answer.value
        assert "<details>" not in answer.value
        assert session.view.remarks[-1].text == f"{QUESTION} snr"
        again = tx.widgets.Guess(session, QUESTION, ["snr", "random"])
        assert (again.given, again.children[1].value) == ("snr", "snr")
        assert "as it came out" in again.answer("It is so.", right="snr").value

    told(story, tmp_path)


def test_what_can_not_be_asked_is_said(home, tmp_path):
    async def story(session: tx.LiveSession) -> None:
        with pytest.raises(InvalidValue, match="at least two, all different"):
            tx.widgets.Guess(session, QUESTION, ["one", "one"])
        with pytest.raises(InvalidValue, match="right: 'c', expected one of a, b"):
            tx.widgets.Guess(session, QUESTION, ["a", "b"]).answer("So it is.", right="c")

    told(story, tmp_path)


def test_a_guess_of_a_score_is_kept_and_marked_in_the_ticket_curve(home, tmp_path):
    async def story(session: tx.LiveSession) -> None:
        with pytest.raises(InvalidValue, match="a whole number from 0"):
            tx.widgets.ScoreGuess(session, QUESTION, "snr", -1)
        guess = tx.widgets.ScoreGuess(session, QUESTION, "snr", 0)
        guess.children[1].value = "much"
        guess.children[2].click()
        assert "A guess is a number" in guess.children[3].value
        guess.children[1].value = "0,25"
        guess.children[2].click()
        await until(lambda: guess.given == 0.25)
        await until(lambda: "Your guess: 0.25" in guess.children[3].value)
        await session.run_round_async()
        await until(lambda: "it came out as" in guess.children[3].value)
        marks = tx.widgets.TicketCurve(session).figure.marks
        assert [mark.y.tolist() for mark in marks if mark.name == "snr, guessed"] == [[0.25]]
        session.report(tmp_path / "report.html")
        assert "Guess: snr scores 0.25 in round 0." in (tmp_path / "report.html").read_text(encoding="utf-8")
        with pytest.raises(InvalidValue, match=r"ends in .html"):
            tx.report(session.path, tmp_path / "report.pdf")

    told(story, tmp_path)
