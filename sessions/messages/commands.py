"""All commands: what a person may ask of a session. Commands in, events out; both are small, frozen and tagged.

The same structs travel over the socket, are written to the journal and are called from Python: a command's fields are
the parameters of its verbs in `Session`, `LiveSession` and `tx`, and are named nowhere else. An explicit tag is the
name of a command in older journals; it never changes on disk.
"""

import operator
from functools import reduce
from typing import TYPE_CHECKING, Protocol, TypeAlias

from sessions.messages.answers import Episode, ExamplesSeen, Preview
from sessions.messages.branch_commands import Adopt, Branch, BranchPerformer, Decompose, GoBack, Transfer
from sessions.messages.command import Command, Deed, Directive
from sessions.messages.look_commands import (
    Analyse,
    CancelAnalysis,
    Examples,
    LookPerformer,
    PreviewPruning,
    Rollout,
    TryOut,
)
from sessions.messages.plan_commands import (
    PlanPerformer,
    RemoveBranch,
    RenameBranch,
    SetAside,
    SetPruning,
    SwitchCode,
    SwitchPruner,
    SwitchTrainer,
)
from sessions.messages.run_commands import (
    EndRound,
    Note,
    Pace,
    Pause,
    PauseAt,
    RemoveBreakpoint,
    Resume,
    RunPerformer,
    RunRounds,
    Step,
    Stop,
    Tune,
)

__all__ = [
    "COMMANDS",
    "Adopt",
    "Analyse",
    "AnyCommand",
    "Branch",
    "CancelAnalysis",
    "Command",
    "Decompose",
    "Deed",
    "Directive",
    "EndRound",
    "Episode",
    "Examples",
    "ExamplesSeen",
    "GoBack",
    "Note",
    "Pace",
    "Pause",
    "PauseAt",
    "Performer",
    "Preview",
    "PreviewPruning",
    "RemoveBranch",
    "RemoveBreakpoint",
    "RenameBranch",
    "Resume",
    "Rollout",
    "RunRounds",
    "SetAside",
    "SetPruning",
    "Step",
    "Stop",
    "SwitchCode",
    "SwitchPruner",
    "SwitchTrainer",
    "Transfer",
    "TryOut",
    "Tune",
]


class Performer(RunPerformer, PlanPerformer, BranchPerformer, LookPerformer, Protocol):
    """Carries out all deeds; a session has one."""


COMMANDS: dict[str, type[Command]] = {
    str(kind.__struct_config__.tag): kind for kind in (*Directive.__subclasses__(), *Deed.__subclasses__())
}
"""All of them, by their tags."""

if TYPE_CHECKING:
    AnyCommand: TypeAlias = Command
else:
    AnyCommand = reduce(operator.or_, COMMANDS.values())
"""What a journal or a message holds."""
