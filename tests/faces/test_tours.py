"""Guided tours: what they say is data, what they claim is computed, and what was done is noticed."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Label

from sessions.messages import commands, events
from sessions.specs.spec import parse_spec
from sessions.views.reading import read_view
from sessions.views.session_view import SessionView
from ticket_explorer import presets
from widgets.plots.figure import Points
from widgets.plots.figures import Selection, ticket_curve
from widgets.plots.kinds import PANELS
from widgets.shared.guesses import ScoreGuess, score_guesses
from widgets.shared.session_link import ReplayLink
from widgets.terminal.app import TicketExplorer
from widgets.terminal.recorded import recorded_session
from widgets.terminal.screens.explorer import Explorer
from widgets.terminal.tour_panel import TourPanel
from widgets.tours import places
from widgets.tours.measuring import measured, right_choice, told
from widgets.tours.noticing import is_done
from widgets.tours.tour import Choice, Claim, Measure, Question, Task, tours


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """A home without places in tours."""
    monkeypatch.setenv("TICKET_EXPLORER_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def view() -> SessionView:
    """The recorded session's."""
    return read_view(recorded_session())


@pytest.mark.parametrize("number", tours())
def test_every_tour_is_about_a_session_that_can_be_made_and_names_what_is_there(number):
    tour = tours()[number]
    spec = parse_spec(presets.resolved(tour.session))
    names = {branch.name for branch in spec.branches}
    assert spec.replicates >= 3
    for step in tour.step:
        assert step.panel in PANELS
        assert step.task is not None
        if step.task.does == "panel":
            assert step.task.kind in PANELS
        measures = [claim.of for claim in step.claims]
        if step.question is not None:
            assert (step.question.score is not None) != (len(step.question.choices) > 1)
            measures += [choice.value for choice in step.question.choices if choice.value is not None]
            measures += [step.question.score] if step.question.score is not None else []
        for measure in measures:
            assert {measure.branch, measure.minus or measure.branch} <= names
            assert measure.round < spec.branches[0].plan.pruning.rounds
        for claim in step.claims:
            assert claim.text.format(value=0.1, half="0.1", density=0.1, round=1)
            assert "{value" in claim.text


def test_claims_come_from_the_session(view):
    assert len(view.branches["snr"].rounds[0].finished.score) == 1
    score = measured(view, Measure("snr", round=0))
    assert score.value == pytest.approx(view.branches["snr"].rounds[0].finished.score[0])
    assert score.density == 1.0
    last = measured(view, Measure("snr", minus="random"))
    rounds = view.branches["snr"].rounds[last.round], view.branches["random"].rounds[last.round]
    assert last.value == pytest.approx(rounds[0].finished.score[0] - rounds[1].finished.score[0])
    assert measured(view, Measure("ticket")) is None
    assert measured(view, Measure("snr", round=99)) is None
    assert measured(view, Measure("snr", "sharpness", round=17)) is None
    mark, text = told(view, Claim("{value:+.2f} ± {half}", Measure("snr", minus="random"), "certain"))
    assert mark == "·"
    assert "one replicate can't tell" in text
    assert told(view, Claim("{value:.2f}", Measure("snr", round=0), "above", 0.5))[0] == "✓"
    assert told(view, Claim("{value:.2f}", Measure("snr", round=0), "below", 0.5))[0] == "✗"
    assert told(view, Claim("{value:.2f}", Measure("snr", round=99))) is None


def test_three_replicates_have_an_interval_by_students_t(view):
    for branch, scores in {"snr": [0.8, 0.82, 0.84], "random": [0.7, 0.74, 0.72]}.items():
        view.branches[branch].rounds[1].finished = events.RoundFinished(
            at=0.0, branch=branch, round=1, generations=1, score=scores, fitness=[0.0] * 3
        )
    found = measured(view, Measure("snr", minus="random", round=1))
    assert found.value == pytest.approx(0.1)
    assert found.half == pytest.approx(4.3027 * 0.02 / 3**0.5, rel=1e-3)
    question = Question("?", (Choice("a", Measure("random", round=1)), Choice("b", Measure("snr", round=1))))
    assert right_choice(view, question) == "b"
    assert right_choice(view, Question("?", (Choice("a"), Choice("b")))) is None


@pytest.mark.parametrize(
    ("task", "before"),
    [
        (Task("", "generations", count=1), True),
        (Task("", "rounds", branch="snr", count=2), True),
        (Task("", "finish"), True),
        (Task("", "branches", count=4), False),
        (Task("", "analysis", kind="instability"), False),
        (Task("", "panel", kind="mask"), False),
        (Task("", "look"), False),
    ],
)
def test_tasks_are_noticed(view, task, before):
    assert is_done(task, view, "fitness", False) is before
    assert is_done(task, SessionView(), "mask", True) is (task.does in ("panel", "look"))


def test_a_guess_of_a_score_is_marked_in_the_chart(view):
    guess = ScoreGuess("random", 5, 0.31)
    for score in (0.9, guess.score):
        view.apply(events.Remarked(at=0.0, text=ScoreGuess("random", 5, score).remark))
    view.apply(events.Remarked(at=0.0, text="Guess: that it will rain."))
    view.apply(events.Remarked(at=0.0, text=ScoreGuess("elsewhere", 5, 0.2).remark))
    assert score_guesses(view)[0] == guess
    figure = ticket_curve(view, Selection())
    (marked,) = [mark for mark in figure.marks if isinstance(mark, Points)]
    assert marked.name == "random, guessed"
    assert marked.x.tolist() == [view.density_of("random", 5)]
    assert marked.y.tolist() == [0.31]
    assert figure.y.limits is None or figure.y.limits[0] < 0.31


def on_tour(scenario: Callable[[Explorer, TourPanel, Pilot[None]], Awaitable[None]], lesson: str = "2") -> None:
    async def run() -> None:
        app = TicketExplorer(recorded_session(), replay=True, lesson=lesson)
        async with app.run_test(size=(120, 36)) as pilot:
            while not isinstance(app.screen, Explorer):
                await pilot.pause(0.05)
            screen = app.screen
            assert isinstance(screen.link, ReplayLink)
            assert 0 < screen.link.progress < 1.0
            assert screen.link.view.generations_done == 0
            await play(screen.link)
            while screen.link.progress < 1.0:
                await pilot.pause(0.05)
            await scenario(screen, screen.query_one(TourPanel), pilot)

    asyncio.run(run())


async def play(link: ReplayLink) -> None:
    """Have the recording over at once."""
    link._replay.speed = 1e9
    await link.ask(commands.Resume())


def said(panel: TourPanel) -> str:
    panel.look()
    return str(panel.query_one("Static").render())


def test_a_tour_goes_on_and_back_notices_and_comes_back_where_it_was(home):
    async def first(screen: Explorer, panel: TourPanel, pilot: Pilot[None]) -> None:
        assert "☑ Do: Press s to run one generation" in said(panel)
        assert screen.focused_panel.kind.name == "snr_magnitude"
        await pilot.press("greater_than_sign")
        assert "Press G to guess" in said(panel)
        assert "Answer." not in said(panel)
        await pilot.press("G")
        await pilot.pause()
        await pilot.press("enter")
        await pilot.pause(0.1)
        assert "Your guess: almost perfectly" in said(panel)
        assert "correlation is now" in said(panel)
        await pilot.press("greater_than_sign")
        assert "☐ Do: Press o" in said(panel)
        await pilot.press("o")
        await pilot.pause(0.1)
        assert "☑ Do: Press o" in said(panel)
        await pilot.press("less_than_sign", "greater_than_sign", "greater_than_sign")
        assert "☐ Do: Press the left arrow" in said(panel)
        await pilot.press("left")
        await pilot.pause(0.1)
        assert "☑ Do: Press the left arrow" in said(panel)

    async def second(screen: Explorer, panel: TourPanel, pilot: Pilot[None]) -> None:
        assert panel.place.step == 3
        await pilot.press(*["greater_than_sign"] * 3)
        assert panel.place.step == 4
        assert "better than random pruning" not in said(panel)
        await pilot.press("G")
        await pilot.pause()
        await pilot.press(*"much", "enter")
        await pilot.pause(0.1)
        assert 4 not in panel.place.guesses
        trouble = pilot.app.screen.query_one("#line_trouble", Label)
        assert "'much' is no accuracy; give a number from 0 to 1" in str(trouble.render())
        await pilot.press(*["backspace"] * 4, *"45%", "enter")
        await pilot.pause(0.2)
        assert "Your guess: 0.45" in said(panel)
        assert "better than random pruning" in said(panel)
        assert score_guesses(screen.link.view) == [ScoreGuess("random", 5, 0.45)]

    async def third(screen: Explorer, panel: TourPanel, pilot: Pilot[None]) -> None:
        await pilot.pause(0.2)
        assert "Your guess: 0.45" in said(panel)
        assert score_guesses(screen.link.view) == [ScoreGuess("random", 5, 0.45)]

    on_tour(first)
    assert places.load().tours["2"].step == 3
    on_tour(second)
    on_tour(third)


def test_places_that_can_not_be_read_are_none(home):
    places.save("1", places.Place(step=2))
    assert places.load().tours["1"].step == 2
    places.places_path().write_bytes(b"\xff\x00")
    assert not places.load().tours


def test_the_command_lists_tours_and_says_what_is_wrong(tell, home):
    places.save("2", places.Place(step=1))
    listed = tell("learn")
    assert listed.exit_code == 0
    assert "2  SNR against magnitude, 15 minutes  (at step 2 of 5)" in listed.stdout
    assert [row["step"] for row in json.loads(tell("learn", "--json").stdout)] == [None, 2, None, None, None]
    for words, sentence in (
        (("nine",), "unknown lesson 'nine'; known: 1, 2"),
        (("3", "--recorded"), "No recorded session suits lesson 3; there is one for: 1, 2"),
        (("2", "--recorded", "--again"), "exclude each other"),
        (("2",), "The app needs a terminal"),
    ):
        told_of = tell("learn", *words)
        assert told_of.exit_code == 2
        assert sentence in told_of.stderr.replace("\n", " ")
