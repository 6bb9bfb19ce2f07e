"""What a kind of panel can do is said once, in its registry; faces ask it and know no kind by its name."""

import ast
from pathlib import Path

import pytest

import widgets
from sessions.messages import events
from sessions.views.reading import read_view
from sessions.views.session_view import SessionView
from widgets.plots.kinds import CHARTS, JOURNAL, MASK, PANELS, offered
from widgets.terminal.recorded import recorded_session

FACES = [path for face in ("terminal", "notebook") for path in (Path(widgets.__file__).parent / face).rglob("*.py")]


def compared_names(text: str) -> list[str]:
    """Names of panels that a module's text compares something with."""
    compared = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Compare))
    constants = (part for node in compared for part in ast.walk(node) if isinstance(part, ast.Constant))
    return [str(constant.value) for constant in constants if constant.value in PANELS]


@pytest.mark.parametrize("path", FACES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_face_compares_with_a_panel_s_name(path: Path) -> None:
    assert compared_names(path.read_text(encoding="utf-8")) == []


def test_a_comparison_would_be_found() -> None:
    assert set(compared_names("if kind.name in ('mask', 'x') or kind == 'policy':\n    pass")) == {"policy", "mask"}


def test_panels_are_told_apart_by_what_they_do() -> None:
    turning = [name for name, kind in PANELS.items() if kind.turns]
    assert turning == ["fitness", "curvature", "mask", "distribution", "spec", "compare"]
    assert ([name for name in PANELS if name not in CHARTS], MASK) == ([JOURNAL, "spec"], "mask")
    keys = [kind.key for kind in PANELS.values()]
    assert keys[:10] == [*"1234567890"]
    assert all(key.isalpha() for key in keys[10:])
    assert len(set(keys)) == len(keys)
    assert all(kind.title and kind.help for kind in PANELS.values())


def test_frequent_events_change_only_panels_that_say_so() -> None:
    scored = events.Scored(at=0.0, branch="b", round=0, generation=1, score=[1.0])
    paused = events.Paused(at=0.0, reason="asked")
    assert [name for name, kind in PANELS.items() if kind.is_changed_by(scored)] == ["fitness"]
    assert all(kind.is_changed_by(paused) for kind in PANELS.values())


@pytest.mark.parametrize(("task", "has_policy"), [("mnist", False), ("pendulum", True), ("a plug-in's", True)])
def test_a_policy_is_offered_where_networks_act(task: str, has_policy: bool) -> None:
    view = read_view(recorded_session())
    assert "policy" not in offered(view)
    for branch in view.branches.values():
        branch.plan = {**branch.plan, "task": {"name": task}}
    assert ("policy" in offered(view)) is has_policy
    assert "policy" in offered(SessionView())
