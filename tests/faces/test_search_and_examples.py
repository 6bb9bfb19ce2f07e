"""The panels Search and Examples: what they draw, and that they ask only when somebody looks."""

import asyncio
from pathlib import Path

import msgspec
import numpy as np
import pytest

import ticket_explorer as tx
from sessions.engine.round_summary import Arrays
from sessions.messages import commands
from sessions.messages.commands import ExamplesSeen
from sessions.views.session_view import SessionView
from tests.faces.made_events import branch, finish, frame, marks, start, view_of, weights
from widgets.plots import figures
from widgets.plots.figure import MUTED, Picture, Points
from widgets.plots.figures import Selection
from widgets.plots.figures.examples import path_of
from widgets.plots.policy.gallery import AGAIN, Gallery

GOLDEN = Path(__file__).parents[1] / "engine" / "golden" / "rules_6" / "stopped"


def going(generations: int = 5, shrink: float = 0.5) -> SessionView:
    """A mean that goes straight, and a σ that shrinks."""
    arrays = weights()
    assert arrays.std is not None
    step = np.ones_like(arrays.mean)
    frames = [
        frame("a", Arrays(arrays.mean + k * step, arrays.std * shrink**k, arrays.mask), 10 * k)
        for k in range(generations)
    ]
    return view_of(branch("a"), start("a"), *frames)


class TestSearch:
    def test_a_straight_way_lies_on_the_first_direction(self) -> None:
        figure = figures.search(going(), Selection())
        way = marks(figure, Points)["way of the mean"]
        assert (np.diff(way.x) > 0).all()
        assert np.ptp(way.x) == pytest.approx(4 * np.sqrt(512), rel=1e-5), "distances are kept"
        assert np.abs(way.y).max() < 1e-3
        assert "100% of it" in figure.x.label
        assert marks(figure, Points)["θ₀"].x[0] == pytest.approx(way.x[0])
        assert (marks(figure, Points)["mean"].x[0], marks(figure, Points)["mean"].y[0]) == pytest.approx((0, 0))

    def test_sigma_shrinks(self) -> None:
        figure = figures.search(going(shrink=0.5), Selection())
        first, now = (np.ptp(marks(figure, Points)[name].y) for name in ("1 σ at first", "1 σ now"))
        assert now / first == pytest.approx(0.5**4, rel=1e-3)
        assert "σ is 6.25% of what it was" in figure.note

    def test_scrubbing_goes_back_and_a_start_that_was_not_seen_says_so(self) -> None:
        view = going()
        assert "generation 20" in figures.search(view, Selection(generation=25)).title
        assert figures.search(view, Selection(generation=10)).is_empty
        view.branches["a"].rounds[0].frames.pop(0)
        assert "start, generation 10" in marks(figures.search(view, Selection()), Points)

    def test_without_sigma_there_is_only_the_way(self) -> None:
        arrays = weights(sigma=False)
        frames = [frame("a", Arrays(arrays.mean * (k + 1), None, arrays.mask), k) for k in range(4)]
        view = view_of(branch("a"), start("a"), *frames, finish("a"))
        assert set(marks(figures.search(view, Selection()), Points)) == {"way of the mean", "θ₀", "mean"}


def seen(after: bool = True) -> ExamplesSeen:
    before = np.array([[0.9, 0.1], [0.8, 0.2], [0.4, 0.6]], "<f4")
    pruned = np.array([[0.3, 0.7], [0.8, 0.2], [0.2, 0.8]], "<f4")
    return ExamplesSeen(
        branch="a", round=1, generation=7, shape=[3, 2, 2], pixels=np.zeros((3, 2, 2), "<f4").tobytes(),
        labels=[0, 1, 1], classes=2, before=before.tobytes(), after=pruned.tobytes() if after else b"",
        paths=np.arange(6, dtype="<i4").tobytes(),
    )  # fmt: skip


class TestExamples:
    def test_every_image_says_what_it_is_taken_for(self) -> None:
        figure = figures.examples(seen(), ("bag", "boot"), 2, picked=1)
        pictures = [mark for mark in figure.marks if isinstance(mark, Picture)]
        assert [picture.name for picture in pictures] == [
            "✓90→✗boot 70 bag", "▶ ✗bag 80→✗bag 80 boot", "✓60→✓80 boot",
        ]  # fmt: skip
        assert [picture.colour for picture in pictures] == [2, MUTED, 2]
        assert figure.note == "2 of 3 right now, 1 after the next pruning: it takes 1."
        assert figures.examples(seen(after=False), ()).note == "2 of 3 right now."

    def test_a_gallery_asks_once_and_again_when_the_branch_went_on(self) -> None:
        view, gallery = view_of(branch("a"), start("a")), Gallery()
        view.state = "running"
        assert gallery.question(0.0, view) is None, "nobody looks"
        gallery.look_at("a", None)
        assert gallery.question(0.0, view) == commands.Examples(branch="a")
        assert gallery.question(100.0, view) is None, "it waits for the answer"
        gallery.hear(None, "No.", 100.0)
        assert (gallery.has_moved(100.0), gallery.has_moved(100.0), gallery.refusal) == (True, False, "No.")
        assert gallery.question(100.0 + AGAIN / 2, view) is None
        assert gallery.question(101.0 + AGAIN, view) is not None
        gallery.hear(None, "No.", 100.0)
        view.state = "paused"
        assert gallery.question(101.0, view) is not None, "a session that rests is asked soon"
        gallery.look_at("a", 0)
        assert gallery.question(101.0 + AGAIN, view) == commands.Examples(branch="a", round=0)
        gallery.hear(msgspec.to_builtins(seen()), "", 200.0)
        assert gallery.question(500.0, view) is None, "a finished round doesn't change"

    def test_a_chosen_image_lights_up_its_path(self) -> None:
        gallery = Gallery()
        gallery.hear(msgspec.to_builtins(seen()), "", 0.0)
        assert gallery.pick(1) == (2, 3) == path_of(seen(), 1)
        assert gallery.picked == 1
        assert gallery.pick(1) == ()
        assert gallery.pick(9) == ()
        assert gallery.picked is None

    def test_a_notebook_s_chart_lights_up_the_path_of_a_chosen_image(self) -> None:
        async def story() -> None:
            session = tx.LiveSession.open(GOLDEN)  # looked at, without an engine
            chart, mask = tx.widgets.Examples(session), tx.widgets.Mask(session)
            chart._gallery.hear(msgspec.to_builtins(seen()), "", 0.0)
            assert (chart.has_choices, mask.has_choices) == (True, False)
            chart.chosen = [1, 1]
            assert mask.selected == [2, 3]
            chart.chosen = [1, 2]
            assert mask.selected == []
            mask.chosen = [0, 1]
            assert session.attachment.look.picked == ()
            await session.close_async()

        asyncio.run(story())
