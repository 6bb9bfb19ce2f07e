"""When a policy that is being watched is asked for again."""

from types import SimpleNamespace

import numpy as np
import pytest
from msgspec import structs

from sessions.messages.commands import Episode
from widgets.plots.figures import policy
from widgets.plots.policy.player import LATEST_AGAIN, STEPS_A_SECOND, PolicyPlayer
from widgets.plots.raster.canvas import FULL
from widgets.plots.raster.drawing import draw
from widgets.terminal.panels.panel import FINENESS

LONG = 100 * LATEST_AGAIN


def view(done):
    round_ = SimpleNamespace(number=0, done=done)
    branch = SimpleNamespace(name="snr", next_round=0, rounds={0: round_})
    return SimpleNamespace(branches={"snr": branch}, round=lambda branch, number: None)


def episode(generation):
    drawings = np.zeros((5, 1, 4), "<f4")
    return Episode(
        branch="snr",
        round=0,
        generation=generation,
        kind="segments",
        bounds=[0.0, 1.0, 0.0, 1.0],
        shape=list(drawings.shape),
        drawings=drawings.tobytes(),
        rewards=bytes(20),
    )


@pytest.fixture
def player():
    made = PolicyPlayer()
    made.look_at("snr", None)
    assert made.next_question(0.0, view(0)) == ("snr", None)
    made.take(episode(57), "", 0.0)
    return made


def test_a_branch_that_has_not_gone_on_is_not_asked_again(player):
    assert player.next_question(LONG, view(57)) is None


def test_one_that_went_on_is_asked_again_once_its_episode_was_shown_also_when_it_rests(player):
    rest = (5 + STEPS_A_SECOND) / STEPS_A_SECOND  # at the end of an episode, which is played again and again
    again = LATEST_AGAIN + (rest - LATEST_AGAIN) % (5 / STEPS_A_SECOND + 2) + 0.05
    assert player.next_question(0.1, view(61)) is None
    assert player.next_question(again, view(61)) == ("snr", None)
    assert player.next_question(again, view(61)) is None


def test_a_finished_round_stays_as_it_is(player):
    player.look_at("snr", 0)
    assert player.next_question(LONG, view(61)) == ("snr", 0)
    player.take(episode(57), "", LONG)
    assert player.next_question(2 * LONG, view(99)) is None


@pytest.mark.parametrize("size", [(50, 12), (60, 20), (76, 14), (110, 30), (190, 50)])
def test_a_policy_takes_the_room_that_its_panel_has(size):
    pole = np.array([[[-2, 0, 2, 0], [0, 0, 0.7, 1.2]]], "<f4")
    one = structs.replace(
        episode(5), shape=list(pole.shape), drawings=pole.tobytes(), bounds=[-2.4, 2.4, -0.6, 1.5], rewards=bytes(4)
    )
    drawing = draw(policy(one, 0, rows=FINENESS), *size)
    (tile,) = drawing.tiles
    assert tile.width >= size[0] - 2 or tile.height >= size[1] - 3
    assert tile.width / (2 * tile.height) == pytest.approx(4.8 / 2.1, rel=0.1)
    lit = np.maximum(drawing.strengths, drawing.grounds)  # a cell's upper pixel, and its lower one
    bright = lit[tile.top : tile.top + tile.height, tile.left : tile.left + tile.width] == FULL
    assert bright.any(axis=0).mean() > 0.75  # the ground is a whole line
    assert bright.any(axis=1).mean() > 0.5  # and so is the pole
