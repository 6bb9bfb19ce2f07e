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
