"""A session in which every command that decides something is given once: what the siege takes apart.

Each step says when it is done, so that it can be asked again after whatever went wrong, and comes to the same.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import msgspec

from sessions.messages import commands, events
from sessions.serving.driver import Driver
from sessions.session.session import Session
from sessions.store import SessionDirectory, read_records
from sessions.views.reading import decoded
from sessions.views.session_view import SessionView
from ticket_explorer.own_trust import trust

NETWORK = """
from flax import linen as nn

class Mine(nn.Module):
    outputs: int

    @nn.compact
    def __call__(self, x):
        x = nn.relu(nn.Dense(4)(x.reshape(x.shape[0], -1)))
        return nn.Dense(self.outputs)(x)
"""
REPAIRED = NETWORK.replace("nn.relu", "nn.tanh")


def _network(source: str) -> dict[str, Any]:
    return {"name": "own", "place": "net.py:Mine", "source": source}


TABLES: dict[str, Any] = {
    "task": {"name": "fashion", "batch": 16},
    "network": _network(NETWORK),
    "trainer": {"generations": 6, "population": 4},
    "pruning": {"ratio": 0.3, "rounds": 2},
    "branch": [{"name": "a"}, {"name": "b", "rewind": {"name": "early", "generation": 3}}],
}
DONOR = {**TABLES, "branch": [{"name": "theirs"}], "seed": 1}


def trust_code() -> None:
    """Let the story's code run in the home of this process."""
    for source in (NETWORK, REPAIRED):
        trust("net.py:Mine", source, {})


@dataclass(frozen=True)
class Step:
    """One command, until it is done."""

    command: Callable[[SessionView], commands.Command]
    is_done: Callable[[SessionView], bool]


def _once(command: commands.Command) -> Step:
    """A command that the journal says was taken; what came of it is one record."""
    tag = str(command.__struct_config__.tag)
    return Step(lambda view: command, lambda view: any(known.command["type"] == tag for known in view.commands))


def _until(generations: int) -> Step:
    """Step to a number of generations in all branches together."""
    return Step(
        lambda view: commands.Step(generations=generations - view.generations_done),
        lambda view: view.generations_done >= generations,
    )


def _finished(branch: str, number: int) -> Callable[[SessionView], bool]:
    def is_done(view: SessionView) -> bool:
        round_ = view.round(branch, number)
        return round_ is not None and round_.finished is not None

    return is_done


def _has(*names: str) -> Callable[[SessionView], bool]:
    return lambda view: set(names) <= view.branches.keys()


def steps(donor: Path) -> list[Step]:
    """The story; the donor is a finished session."""
    branch = commands.Branch(parent="a", round=0, name="forked", overrides={"pruner": "random"})
    transfer = commands.Transfer(branch="theirs", rounds=[1], name="carried", native=True)
    adopt = commands.Adopt(session=str(donor), branch="theirs", name="theirs")
    analyse = commands.Analyse(kind="snr", branch="a", round=0)
    spare = "theirs-random"  # of those that are decomposed
    return [
        Step(lambda view: commands.Note(text="A note"), lambda view: view.says("A note")),
        _until(2),
        Step(lambda view: commands.Tune(changes={"std": 0.04}), lambda view: bool(view.branches["a"].rounds[0].tuned)),
        _until(4),
        Step(lambda view: commands.EndRound(), _finished("a", 0)),
        Step(lambda view: branch, _has("forked")),
        Step(lambda view: adopt, _has("theirs")),
        Step(
            lambda view: commands.SwitchPruner(branch="forked", pruner="magnitude", rewind="trained"),
            lambda view: view.branches["forked"].plan["pruner"]["name"] == "magnitude",
        ),
        Step(
            lambda view: commands.SwitchTrainer(branch="b", trainer={"generations": 5}),
            lambda view: view.branches["b"].plan["trainer"]["generations"] == 5,
        ),
        Step(
            lambda view: commands.SwitchCode(branch="forked", network=_network(REPAIRED)),
            lambda view: view.branches["forked"].plan["network"]["source"] == REPAIRED,
        ),
        Step(
            lambda view: commands.SetPruning(branch="forked", pruning={"rounds": 3}),
            lambda view: view.branches["forked"].plan["pruning"]["rounds"] == 3,
        ),
        Step(lambda view: commands.Pace(generations_per_second=1e6), lambda view: view.pace is not None),
        Step(lambda view: commands.RunRounds(rounds=1), _finished("a", 1)),
        Step(lambda view: transfer, _has("carried", "carried-native")),
        Step(lambda view: commands.Decompose(branch="theirs", rounds=[1]), lambda view: len(view.branches) >= 8),
        Step(
            lambda view: commands.GoBack(branch="b", round=0),
            lambda view: view.branches["b"].aside and "b-2" in view.branches,
        ),
        Step(
            lambda view: commands.SetAside(branch="forked"),
            lambda view: view.branches["forked"].aside,
        ),
        Step(
            lambda view: commands.SetAside(branch="forked", aside=False),
            lambda view: not view.branches["forked"].aside,
        ),
        Step(lambda view: commands.RemoveBranch(branch=spare), lambda view: spare not in view.branches),
        Step(lambda view: commands.RenameBranch("theirs-permuted-mask", "called"), _has("called")),
        _once(commands.PauseAt(branch="a", round=99)),
        _once(commands.RemoveBreakpoint(number=1)),
        Step(lambda view: analyse, lambda view: bool(view.analyses)),
        _once(commands.Pause()),
        Step(lambda view: commands.Resume(), lambda view: view.state == "finished"),
        _once(commands.Stop()),
    ]


NEVER_ALONE = {"CancelAnalysis"}
"""Commands that need another one under way; they decide nothing that is trained."""


def told_kinds(told: list[Step]) -> set[str]:
    """The commands of a story."""
    view = SessionView()
    view.branches = {}
    return {str(step.command(view).__struct_config__.tag) for step in told}


def journalled_kinds() -> set[str]:
    """The commands that a story must have."""
    members = get_args(commands.AnyCommand)
    return {str(member.__struct_config__.tag) for member in members if member.is_journalled} - NEVER_ALONE


def give(session: Session, command: commands.Command) -> str | None:
    """Have a driver take a command until it rests; returns why it could not, or what stopped it."""
    driver, errors = Driver(session), []
    driver.ask(command, "siege", lambda answer, error: errors.append(error))
    driver.run(stay=False)
    failure = errors[0] or driver.failure
    return None if failure is None else str(failure)


def tell(session: Session, told: list[Step], heard: Callable[[int], None] = lambda number: None) -> None:
    """Give every command, each until it is done.

    Args:
        session: A new one, or one that was left amid the story.
        told: The story.
        heard: Called when a step is done, with its number.
    """
    for number, step in enumerate(told):
        if not step.is_done(session.view):
            error = give(session, step.command(session.view))
            assert error is None, error
            assert step.is_done(session.view), step.command(session.view)
        heard(number)


DECISIONS = (
    events.BranchAdded,
    events.BranchAdopted,
    events.PlanChanged,
    events.SetAsideChanged,
    events.Tuned,
    events.RoundEnded,
)


def decisions(path: Path) -> tuple[bytes, ...]:
    """What persons decided in a session, without when."""
    directory = SessionDirectory(path)
    told = decoded(read_records(directory.journal).payloads, directory.journal)
    return tuple(
        msgspec.msgpack.encode(msgspec.structs.replace(event, at=0.0))
        if not isinstance(event, events.BranchAdopted)
        else event.branch.encode()
        for event in told
        if isinstance(event, DECISIONS)
    )
