"""What a thread found reaches a screen that has its widgets, and no other."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sessions.studies.study import Study
from tests.faces.test_cli_study import TEXT
from widgets.terminal.app import TicketExplorer
from widgets.terminal.screens.handing_over import hand_over
from widgets.terminal.screens.studies import Rows, StudyScreen


class Stage:
    """A screen, as far as `hand_over` looks at it."""

    def __init__(self, is_attached: bool = True, is_mounted: bool = True, in_stack: bool = True) -> None:
        self.is_attached, self.is_mounted = is_attached, is_mounted
        self.later: list[Callable[[], None]] = []
        self.app = SimpleNamespace(screen_stack=[self] if in_stack else [], call_from_thread=lambda call: call())

    def call_later(self, call: Callable[[], None]) -> None:
        self.later.append(call)


def given(stage: Any) -> list[object]:
    taken: list[object] = []
    hand_over(stage, taken.append, "found")
    return taken


def test_a_screen_with_its_widgets_takes_it_at_once() -> None:
    assert given(Stage()) == ["found"]


def test_a_screen_without_widgets_takes_it_later() -> None:
    stage = Stage(is_mounted=False)
    taken = given(stage)
    assert not taken
    stage.is_mounted = True
    stage.later.pop()()
    assert taken == ["found"]


@pytest.mark.parametrize("stage", [Stage(is_attached=False), Stage(in_stack=False)], ids=["detached", "popped"])
def test_a_screen_that_was_left_takes_nothing(stage: Stage) -> None:
    assert not given(stage)


def test_nobody_takes_it_once_the_app_has_ended() -> None:
    stage = Stage()

    def ended(_: Callable[[], None]) -> None:
        raise RuntimeError("App is not running")

    stage.app.call_from_thread = ended
    assert not given(stage)


class Late(StudyScreen):
    """Has its widgets only when its study has been read."""

    async def _compose(self) -> None:
        self.action_refresh_study()
        await asyncio.sleep(0.1)
        await super()._compose()


@pytest.mark.anyio
async def test_a_study_may_be_read_before_its_screen_has_widgets(tmp_path: Path) -> None:
    (file := tmp_path / "mine.toml").write_text(TEXT)
    app = TicketExplorer()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(Late(Study.create(file, tmp_path / "mine.study")))
        while not app.screen.query_one(Rows).row_count:
            await pilot.pause(0.01)
