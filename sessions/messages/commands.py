"""What a person may ask of a session. Commands in, events out; both are small, frozen and tagged.

The same structs travel over the socket, stand in the journal and are called from Python. Where a tag is given, it is
the name that older journals know a command by: on disk it stays for ever.
"""

from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import Meta

Count = Annotated[int, Meta(ge=1)]


class Command(msgspec.Struct, frozen=True, kw_only=True, tag=True, forbid_unknown_fields=True):
    """The base of all commands."""

    is_journalled: ClassVar[bool] = True
    """Whether it changes anything; questions are not written down."""


class Pause(Command, frozen=True, kw_only=True):
    """Stop after the chunk in flight and write a checkpoint."""


class Resume(Command, frozen=True, kw_only=True):
    """Run until every branch has all its rounds."""


class Step(Command, frozen=True, kw_only=True):
    """Run this many generations, then pause."""

    generations: Count = 1


class RunRounds(Command, frozen=True, kw_only=True):
    """Run to the end of this many rounds, the running one included, then pause."""

    rounds: Count = 1


class EndRound(Command, frozen=True, kw_only=True, tag="Prune"):
    """End the running round at this generation, and prune what it found."""


class SwitchPruner(Command, frozen=True, kw_only=True):
    """Prune a branch by another criterion, and restart its weights otherwise, from its next pruning on."""

    branch: str
    pruner: str | dict[str, Any] | None = None
    rewind: str | dict[str, Any] | None = None


class SwitchTrainer(Command, frozen=True, kw_only=True):
    """Train a branch otherwise from its next round on: another strategy, or other settings of it."""

    branch: str
    trainer: dict[str, Any]


class SetPruning(Command, frozen=True, kw_only=True):
    """Change how much a branch prunes, in which scope, and how many rounds it has."""

    branch: str
    pruning: dict[str, Any]


class Tune(Command, frozen=True, kw_only=True):
    """Change hyper-parameters of the running round from its next generation on."""

    changes: dict[str, float]


class Branch(Command, frozen=True, kw_only=True):
    """Begin a new branch after a finished round of another; its overrides are tables as in the spec."""

    parent: str
    round: Annotated[int, Meta(ge=0)]
    name: str | None = None
    overrides: dict[str, Any] = {}


class Transfer(Command, frozen=True, kw_only=True):
    """Train a branch's tickets otherwise: on another task, with another strategy, by another trainer.

    The new branches are `branches` of the answer: the transferred one first.
    """

    branch: str
    rounds: list[Annotated[int, Meta(ge=0)]] | None = None
    """Whose tickets; None is those of all planned rounds."""
    overrides: dict[str, Any] = {}
    """What is different, tables as in the spec."""
    name: str | None = None
    control: bool = True
    """Whether random masks of as many weights run beside it."""
    native: bool = False
    """Whether a branch that finds its own tickets runs beside it."""
    overlap: bool = False
    """Whether layers of other shapes take what both have, instead of being refused."""
    start: str | dict[str, Any] | None = None
    """Which weights the tickets start from: `initial`, `trained`, or `{"name": "early", "generation": k}`; None: those
    that their rounds began with, but initial ones where the branch goes on from trained weights."""


class Decompose(Command, frozen=True, kw_only=True):
    """Train a branch's tickets once more with permuted weights, with permuted mask and weights, and at random.

    The answer's `branches` are the new ones; the analysis `decomposition` compares them with the tickets.
    """

    branch: str
    rounds: list[Annotated[int, Meta(ge=0)]] | None = None
    """Whose tickets; None is those of all planned rounds."""
    trainer: str | dict[str, Any] | None = None
    """What trains tickets and controls under masks that stay, where the branch learns masks; None: gradient descent by
    the branch's own settings, if it follows gradients."""


class Adopt(Command, frozen=True, kw_only=True):
    """Take a branch of another session in, with its finished rounds; then it is transferred and analysed as any other.

    The answer's `branch` is its name.
    """

    session: str
    """The path of the other session, which may be running."""
    branch: str
    name: str | None = None


class GoBack(Command, frozen=True, kw_only=True, tag="RewindTo"):
    """Set a branch aside and go on from one of its earlier rounds as a new branch."""

    branch: str
    round: Annotated[int, Meta(ge=0)]


class SetAside(Command, frozen=True, kw_only=True):
    """Run no more rounds of a branch, or take it up again."""

    branch: str
    aside: bool = True


class Pace(Command, frozen=True, kw_only=True):
    """Run no faster than this, for teaching; None is as fast as can be."""

    generations_per_second: Annotated[float, Meta(gt=0)] | None = None


class PreviewPruning(Command, frozen=True, kw_only=True):
    """Ask what each pruner would remove from a branch now, and how much their choices overlap."""

    is_journalled: ClassVar[bool] = False
    branch: str


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to `PreviewPruning`: what the next pruning would do, replicate 0."""

    kept: int
    """Prunable weights kept now."""
    removed: int
    """How many of them the next pruning removes."""
    pruners: list[str]
    """The pruners that can be used here."""
    overlap: list[list[float]]
    """Jaccard overlap of what each two of them would remove, in [0, 1]."""
    layers: dict[str, dict[str, int]]
    """By pruner, how many weights of each prunable leaf it would remove."""


class Rollout(Command, frozen=True, kw_only=True):
    """Ask for one episode of a branch's policy: of a finished round, or of what it is now."""

    is_journalled: ClassVar[bool] = False
    branch: str
    round: Annotated[int, Meta(ge=0)] | None = None


class Episode(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to `Rollout`: replicate 0, step by step."""

    branch: str
    round: int
    generation: int
    kind: Literal["segments", "cells"]
    """Whether drawings are line segments (x, y, x, y, y upwards) or cells with a brightness in [0, 1]."""
    shape: list[int]
    """Of the drawings: [steps, segments, 4], or [steps, rows, columns]."""
    drawings: bytes
    """float32 of that shape, C order."""
    bounds: list[float]
    """Left, right, bottom, top of what is shown, in the units of the segments."""
    rewards: bytes
    """float32 [steps], the reward of each step."""


class Analyse(Command, frozen=True, kw_only=True):
    """Look at a branch's weights: answered at once with the analysis's `id`, worked on between chunks."""

    kind: str
    branch: str
    round: Annotated[int, Meta(ge=0)] | None = None
    """A finished round; None is what runs now, or else the last finished one."""
    parameters: dict[str, Any] = {}
    """Fields of the analysis's settings."""


class CancelAnalysis(Command, frozen=True, kw_only=True):
    """Give up an analysis that waits or is under way."""

    id: int


class Note(Command, frozen=True, kw_only=True):
    """Write a remark into the journal."""

    text: str


class Stop(Command, frozen=True, kw_only=True):
    """Checkpoint and end the engine's process."""


AnyCommand = (
    Pause
    | Resume
    | Step
    | RunRounds
    | EndRound
    | SwitchPruner
    | SwitchTrainer
    | SetPruning
    | Tune
    | Branch
    | Transfer
    | Decompose
    | Adopt
    | GoBack
    | SetAside
    | Pace
    | PreviewPruning
    | Rollout
    | Analyse
    | CancelAnalysis
    | Note
    | Stop
)
