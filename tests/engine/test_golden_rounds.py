"""Sessions left half-way through a round by earlier code go on by the rules that they began with.

`golden/README.md` says how they were made. Where jaxlib and processor are those they were made on,
what they come to is compared bit for bit, and elsewhere within `TOLERANCE`.
"""

import shutil
from pathlib import Path
from typing import Any, get_args

import msgspec
import numpy as np
import pytest

from sessions.engine.round_runner import RoundRunner
from sessions.messages import commands, events
from sessions.messages.records import AnyEvent
from sessions.session.session import Session
from sessions.store import read_records
from sessions.views.own_code import untrusted_code
from sessions.views.reading import decoded, read_view
from tests.engine.golden_rounds import GENERATION, JOURNALLED, PLANS, machine, outcome, to_the_end

pytestmark = [pytest.mark.thorough, pytest.mark.optimised]
GOLDEN = Path(__file__).parent / "golden"
KEPT = sorted(path.relative_to(GOLDEN) for path in GOLDEN.glob("rules_*/*/"))
NAMES = {
    "rules_1": {*PLANS, "everything"} - {"evolution-scored"},
    "rules_2": {"evolution-scored"},
    "rules_3": {"refused"},
    "rules_4": {"evolution-sep-cma-es"},
    "rules_5": {"troubled"},
    "rules_6": {"stopped"},
    "rules_7": {"renamed"},
    "rules_8": {"dropped"},
}
"""What lies there; other names are kept by a set that comes later."""
QUICK = {
    "dropped", "evolution-sep-cma-es", "gradient_descent", "mask_evolution", "refused", "renamed", "stopped",
    "troubled",
}  # fmt: skip
"""Run by default; the others compile more, and are slow."""

TOLERANCE = {"metrics": 0.02, "norm": 0.005, "score": 0.03, "kept": 0.03}
"""Elsewhere: the largest difference, relative to the largest value where that is more than 1.

Six generations apart, sums in another order leave differences of about 1e-6; a weight near a threshold may fall to
the other side, and then a few of a thousand images are classified otherwise."""

COMMANDS = {
    "Adopt", "Analyse", "Branch", "CancelAnalysis", "Decompose", "Note", "Pace", "Pause", "Prune", "Resume",
    "RewindTo", "RunRounds", "SetAside", "SetPruning", "Step", "Stop", "SwitchPruner", "SwitchTrainer", "Transfer",
    "Tune",
}  # fmt: skip
"""The tags of commands in `everything`: format, never renamed."""
LATER_COMMANDS = {"PauseAt", "RemoveBreakpoint", "RemoveBranch", "RenameBranch", "SwitchCode"}
"""Journalled commands that came after it; a golden session of a later set holds each of them."""
EVENTS = {
    "Analysed", "BranchAdded", "BranchAdopted", "CommandReceived", "Failed", "Finished", "Frame", "Generations",
    "Opened", "PaceChanged", "Paused", "PlanChanged", "Pruned", "Remarked", "Resumed", "RoundCut", "RoundFinished",
    "RoundStarted", "SetAsideChanged", "Tuned",
}  # fmt: skip
"""The tags of events in `everything`: format, never renamed."""
LATER_EVENTS = {
    "Scored", "Sealed", "CommandRefused", "Diverged", "FormChosen",
    "BreakpointSet", "BreakpointMet", "BreakpointRemoved", "BranchRemoved", "BranchRenamed", "RoundDropped",
}  # fmt: skip
"""Events that came after it; a golden session of a later set holds each of them."""
AWAITED: set[str] = set()
"""Events and commands that came after it and are in no golden session yet: keep one before a version is published."""
NEVER_JOURNALLED = {"Analysing", "Compiling"}


@pytest.fixture
def golden(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return Path(shutil.copytree(GOLDEN / request.param, tmp_path / "golden.session"))


@pytest.fixture
def taken_up(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """How rounds are taken up from now on: `restored` at a generation, or `started`."""
    seen: list[tuple[str, int]] = []
    start, restore = RoundRunner.start, RoundRunner.restore

    def started(self: RoundRunner, ticket: Any) -> None:
        seen.append(("started", 0))
        start(self, ticket)

    def restored(self: RoundRunner, leaves: Any, generation: int) -> None:
        seen.append(("restored", generation))
        restore(self, leaves, generation)

    monkeypatch.setattr(RoundRunner, "start", started)
    monkeypatch.setattr(RoundRunner, "restore", restored)
    return seen


def test_every_plan_is_kept() -> None:
    assert {(path.parent.name, path.name) for path in KEPT} == {
        (rules, name) for rules, names in NAMES.items() for name in names
    }


@pytest.mark.parametrize("golden", KEPT, ids=str, indirect=True)
def test_it_folds_and_verifies(lab: Any, golden: Path) -> None:
    lab.assert_whole(golden)
    running = read_view(golden).running
    assert running is not None
    assert running.done >= GENERATION
    assert running.generations > running.done


@pytest.mark.parametrize(
    "golden",
    [pytest.param(path, marks=[] if path.name in QUICK else pytest.mark.slow) for path in KEPT],
    ids=str,
    indirect=True,
)
def test_it_goes_on_and_comes_out_the_same(
    request: pytest.FixtureRequest, lab: Any, golden: Path, taken_up: list[tuple[str, int]]
) -> None:
    kept = GOLDEN / request.node.callspec.params["golden"]
    expected = msgspec.msgpack.decode(kept.with_name(f"{kept.name}.msgpack").read_bytes())
    running = read_view(golden).running
    assert running is not None
    before = outcome(golden)
    for code in untrusted_code(read_view(golden)):
        code.trust()
    with Session.open(golden) as session:
        to_the_end(session)
    lab.assert_whole(golden)
    assert taken_up[0] == ("restored", GENERATION)
    assert [how for how, _ in taken_up].count("restored") == 1
    found = outcome(golden)
    assert sorted(found) == sorted(expected["rounds"])
    for key, wanted in expected["rounds"].items():
        if key in before or machine() == expected["machine"]:
            _assert_same(key, found[key], wanted)
        else:
            _assert_close(key, found[key], wanted)


def _assert_same(key: str, found: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Bit for bit; what is only reported may be said better by now, and the state may have got more arrays."""
    for what, value in wanted.items():
        if what == "problem_state":
            assert found[what][: len(value)] == value, f"{what} of {key} differs"
        elif what not in ("reported", "density"):
            assert found[what] == value, f"{what} of {key} differs"


def _assert_close(key: str, found: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert found["generations"] == wanted["generations"]
    _close(f"metrics of {key}", TOLERANCE["metrics"], *(np.frombuffer(it["metrics"], "<f4") for it in (found, wanted)))
    for what, tolerance in (("norm", "norm"), ("score", "score"), ("fitness", "metrics"), ("found", "kept")):
        _close(f"{what} of {key}", TOLERANCE[tolerance], found[what], wanted[what])
    assert [branch for branch, _ in found["pruned"]] == [branch for branch, _ in wanted["pruned"]]


def _close(what: str, tolerance: float, found: Any, wanted: Any) -> None:
    scale = max(1.0, float(np.nanmax(np.abs(np.asarray(wanted, float)), initial=0.0)))
    np.testing.assert_allclose(
        np.asarray(found, float), np.asarray(wanted, float), rtol=0, atol=tolerance * scale, err_msg=what
    )


def _journal(path: Path) -> list[events.Event]:
    return list(decoded(read_records(path / "journal.msgpack").payloads, path))


def _tags(sessions: str) -> tuple[set[str], set[str]]:
    """The events and the commands that the journals of some kept sessions hold."""
    told = [event for path in GOLDEN.glob(sessions) for event in _journal(path)]
    asked = {event.command["type"] for event in told if isinstance(event, events.CommandReceived)}
    return {str(event.__struct_config__.tag) for event in told}, asked


def test_everything_holds_every_event_and_every_command_of_its_time() -> None:
    assert _tags("rules_1/everything") == (EVENTS, COMMANDS)


def test_every_later_event_and_command_is_kept_too() -> None:
    told, asked = _tags("rules_*/*/")
    known = {str(event.__struct_config__.tag) for event in get_args(AnyEvent)}
    assert known - AWAITED == EVENTS | LATER_EVENTS | NEVER_JOURNALLED, "keep a golden session that holds the new event"
    assert told == EVENTS | LATER_EVENTS
    members = get_args(commands.AnyCommand)
    known = {str(command.__struct_config__.tag) for command in members if command.is_journalled}
    assert known - AWAITED == COMMANDS | LATER_COMMANDS, "keep a golden session that holds the new command"
    assert asked == COMMANDS | LATER_COMMANDS


@pytest.mark.parametrize("golden", KEPT, ids=str)
def test_commands_are_still_understood(golden: Path) -> None:
    for event in _journal(GOLDEN / golden):
        if isinstance(event, events.CommandReceived):
            command = msgspec.convert(event.command, commands.AnyCommand)
            assert event.command.items() <= msgspec.to_builtins(command).items()


def test_each_was_left_after_its_checkpoint() -> None:
    """A process was killed: its journal knows more generations than its checkpoint."""
    for path in KEPT:
        running = read_view(GOLDEN / path).running
        assert running is not None
        if path.name == "everything":
            continue
        assert running.done == JOURNALLED
