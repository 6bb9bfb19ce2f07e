"""What happened in a session, in the order it happened. The journal is a list of these.

Numbers of many generations travel in blocks, as float32 bytes (little-endian): a block costs one
record. New fields get defaults; a field is never reused or retyped.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from sessions.messages.analysis_rows import Row, frame, rows
from sessions.messages.breakpoint_events import BreakpointMet as BreakpointMet
from sessions.messages.breakpoint_events import BreakpointRemoved as BreakpointRemoved
from sessions.messages.breakpoint_events import BreakpointSet as BreakpointSet
from sessions.messages.event import Event as Event
from sessions.messages.parts import Block as Block
from sessions.messages.parts import Borrowed as Borrowed
from sessions.messages.parts import Given as Given
from sessions.messages.parts import LeafShape as LeafShape
from sessions.messages.parts import LeafSummary as LeafSummary
from sessions.messages.parts import Origin as Origin
from sessions.messages.round_events import RoundDropped as RoundDropped
from ticket_explorer.networks.forms import Form

if TYPE_CHECKING:
    import numpy as np
    from pandas import DataFrame

METRICS = ("fitness_mean", "fitness_best", "fitness_std", "sigma")
"""The columns of a block of generations."""


IDLE = "nobody watches"
"""The client that stops an engine which has nothing to compute and no viewer."""


class Opened(Event, frozen=True, kw_only=True):
    """A process opened the session to run it."""

    versions: dict[str, str]
    recovered: str | None = None
    """A sentence on what had to be repaired, if anything."""
    session: str = ""
    """The session's id, which its files' seals name; empty in journals of early versions."""


class Sealed(Event, frozen=True, kw_only=True):
    """A file is on disk, whole and for good."""

    kind: str
    """The kind of the file, as in `sessions.store.file_table`."""
    branch: str = ""
    number: int = 0
    sha256: str
    """The SHA-256 of all its bytes."""
    origin: Origin | None = None
    """Where an adopted file comes from; None for the session's own."""


class BranchAdded(Event, frozen=True, kw_only=True):
    """A branch begins: at a fresh initialisation, or after a round of its parent."""

    must_last: ClassVar[bool] = True
    branch: str
    parent: str | None = None
    parent_round: int | None = None
    plan: dict[str, Any]
    leaves: list[LeafShape] = []
    """The leaves of its network, in the order they have in θ; empty in journals of early versions."""
    input_shape: list[int] = []
    """The shape of one example: `[14, 14, 1]`, or `[observations]`."""
    borrowed: Borrowed | None = None
    given: Given | None = None


class PlanChanged(Event, frozen=True, kw_only=True):
    """A branch follows another plan in its coming rounds and its next pruning."""

    must_last: ClassVar[bool] = True
    branch: str
    plan: dict[str, Any]


class SetAsideChanged(Event, frozen=True, kw_only=True):
    """A branch was set aside, or taken up again."""

    must_last: ClassVar[bool] = True
    branch: str
    aside: bool


class BranchRemoved(Event, frozen=True, kw_only=True):
    """A branch is no longer shown or run; its finished rounds stay on disk, and its name stays taken."""

    must_last: ClassVar[bool] = True
    branch: str


class BranchRenamed(Event, frozen=True, kw_only=True):
    """A branch has another name from now on; its files keep the name that they have, which stays taken."""

    must_last: ClassVar[bool] = True
    branch: str
    """Its name so far."""
    name: str


class Pruned(Event, frozen=True, kw_only=True):
    """A finished round's weights were pruned; the next round can begin."""

    branch: str
    round: int
    """The round whose result was pruned."""
    pruner: str
    rewind: str
    kept: int
    """Prunable weights left; the mean over replicates, rounded, where masks were learned."""
    threshold: list[list[float | None]]
    """The highest score pruned, per replicate; one value, or one per prunable leaf."""


class RoundStarted(Event, frozen=True, kw_only=True):
    """A round begins to train."""

    branch: str
    round: int
    density: float
    kept: int
    """Prunable weights kept."""
    dimension: int
    """All entries searched: the kept ones and those that are never pruned."""
    generations: int
    densities: dict[str, float] = {}
    """The density of each prunable leaf; empty if one threshold holds for all."""


class Generations(Event, frozen=True, kw_only=True):
    """Metrics of consecutive generations."""

    branch: str
    round: int
    first: int
    count: int
    values: bytes
    """float32 [count, replicates, len(METRICS)]."""
    steps: bytes = b""
    """Environment steps of each generation, int32 [count, replicates]; empty without a policy and in early journals."""


class Scored(Event, frozen=True, kw_only=True):
    """A score during a round: of the current weights, on the same held-out data as the round's own score."""

    branch: str
    round: int
    generation: int
    """How many generations were done."""
    score: list[float | None]
    """The score of each replicate; None where it is not finite."""


class Frame(Event, frozen=True, kw_only=True):
    """A frame of the search distribution: a fixed sample of the kept prunable weights of replicate 0."""

    branch: str
    round: int
    generation: int
    indices: bytes
    """int32 [sample], the sampled entries of θ."""
    mean: bytes
    """float32 [sample], the search mean of those entries."""
    std: bytes | None = None
    """float32 [sample]; None if the trainer has no σ."""
    histograms: dict[str, bytes] = {}
    """Of log10 |θ|, σ and SNR over all kept prunable weights: float32 [2 ends], then counts."""


class Tuned(Event, frozen=True, kw_only=True):
    """Hyper-parameters of a running round changed before this generation."""

    must_last: ClassVar[bool] = True
    branch: str
    round: int
    generation: int
    changes: dict[str, float]


class FormChosen(Event, frozen=True, kw_only=True):
    """The form in which a round's populations are computed from this generation on; forms differ in the last bits."""

    branch: str
    round: int
    generation: int
    form: Form
    why: str = ""
    """Why the form changed; empty at a round's beginning."""


class RoundEnded(Event, frozen=True, kw_only=True, tag="RoundCut"):
    """A person ended a round before its planned last generation."""

    must_last: ClassVar[bool] = True
    branch: str
    round: int
    generations: int


class Diverged(Event, frozen=True, kw_only=True):
    """Replicates whose numbers became NaN or infinite; nothing more is reported about them."""

    branch: str
    round: int
    generation: int
    """The first generation, counted from 1, after which nothing finite came; of the last of these replicates."""
    replicates: list[int]
    what: str
    """What is not finite: `weights`, `sigma`, `fitness` or `score`."""
    left: int
    """How many replicates of the branch are left; with none, the branch has failed."""


class RoundFinished(Event, frozen=True, kw_only=True):
    """A round is finished, and its arrays are on disk."""

    must_last: ClassVar[bool] = True
    branch: str
    round: int
    generations: int
    score: list[float | None]
    """The score of the search mean on held-out data, per replicate."""
    fitness: list[float | None]
    """The mean fitness of the last generation, per replicate."""
    pearson: list[float | None] = []
    """Correlation of SNR and magnitude over the kept prunable weights, per replicate."""
    spearman: list[float | None] = []
    thresholds: dict[str, list[float | None]] = {}
    """What each criterion's threshold would be at the next pruning, per replicate."""
    leaves: dict[str, LeafSummary] = {}
    seconds: float = 0.0
    kept: list[int] = []
    """Prunable weights that the result's mask keeps, per replicate: fewer than the round began with where the
    trainer learned a mask. Empty in journals of early versions."""
    overlap: list[float | None] = []
    """Jaccard overlap of what pruning by SNR and by magnitude would remove next, per replicate, in [0, 1]; empty if it
    was not computed, as in journals of early versions."""
    survivors: list[int] = []
    """Prunable weights that go on if the learned mask is taken over, per replicate, if they differ from that mask's:
    a trainer may let dropped weights return."""


class AdoptedRound(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A finished round of a branch that another session trained."""

    number: int
    density: float
    kept: int
    dimension: int
    generations: int
    started: float
    plan: dict[str, Any]
    metrics: bytes
    """float32 [generations, replicates, len(METRICS)]."""
    steps: bytes = b""
    """Its environment steps, as in `RoundView.steps`."""
    scored: list[Scored] = []
    finished: RoundFinished
    densities: dict[str, float] = {}
    diverged: list[int] = []
    """Replicates that diverged in this round or before."""


class BranchAdopted(Event, frozen=True, kw_only=True):
    """A branch of another session is imported with its finished rounds."""

    must_last: ClassVar[bool] = True
    branch: str
    session: str
    """The path of the other session at that time."""
    source: str
    """What the branch is called there."""
    plan: dict[str, Any]
    leaves: list[LeafShape] = []
    input_shape: list[int] = []
    rounds: list[AdoptedRound]


class Analysed(Event, frozen=True, kw_only=True):
    """The result of an analysis."""

    id: int
    kind: str
    branch: str
    round: int
    """The round that was analysed; the last one, if all were."""
    generation: int
    """How many generations of that round were done."""
    parameters: dict[str, Any]
    arrays: dict[str, Block]
    """The result's arrays by the names of its fields; see `ticket_explorer.analysis`. NaN means not defined."""
    automatic: bool = False
    """Whether the spec asked for it."""
    seconds: float = 0.0

    def array(self, name: str) -> "np.ndarray":
        """One of the arrays, float32."""
        import numpy as np  # a first view does without

        block = self.arrays[name]
        return np.frombuffer(block.data, "<f4").reshape(block.shape)

    def rows(self) -> Iterator[Row]:
        """A row for each number of the result, with its place along each axis."""
        place: Row = {"branch": self.branch, "round": self.round, "generation": self.generation}
        return rows({"analysis": self.id, "kind": self.kind, **place}, self.kind, self.arrays)

    def to_frame(self) -> "DataFrame":
        """The result as a pandas table, a row for each number, as in `rows`.

        Raises:
            TicketError: if pandas is not installed.
        """
        return frame(self.rows())

    def __repr__(self) -> str:
        """What was analysed and which arrays there are; the numbers are `array(name)` and `to_frame()`."""
        sizes = ", ".join(f"{name} {'×'.join(map(str, block.shape))}" for name, block in self.arrays.items())
        place = f"{self.kind} of {self.branch}:{self.round}, generation {self.generation}"
        return f"<Analysed {place}: {sizes}; .array(name), .to_frame()>"


class Analysing(Event, frozen=True, kw_only=True):
    """The progress of an analysis; never journalled."""

    id: int
    kind: str
    branch: str
    round: int
    done: int
    total: int
    """How many points of weight space are to be evaluated."""
    ended: str = ""
    """Why it ended without a result."""


class Compiling(Event, frozen=True, kw_only=True):
    """What the session waits for during compilation; never journalled."""

    what: str = ""
    """What is being compiled, `generations of ant`; empty once it is ready."""


class Paused(Event, frozen=True, kw_only=True):
    """The session rests until a command asks for more."""

    reason: str = ""
    is_trouble: bool = False
    """Whether an error brought it to rest, and the reason says which."""


class Resumed(Event, frozen=True, kw_only=True):
    """The session computes again."""


class PaceChanged(Event, frozen=True, kw_only=True):
    """The session runs no faster than this; None removes the limit. A pace ends with its process."""

    generations_per_second: float | None = None


class Finished(Event, frozen=True, kw_only=True):
    """Every branch has all its rounds."""


class Failed(Event, frozen=True, kw_only=True):
    """The engine could not go on; the message says why and what to do."""

    message: str


class Remarked(Event, frozen=True, kw_only=True):
    """A remark, by the program or by a person."""

    must_last: ClassVar[bool] = True
    text: str
    author: str = "engine"
    stuck: str = ""
    """The branch that can't go on because of it before the session is opened again; empty if none."""


class CommandReceived(Event, frozen=True, kw_only=True):
    """A client asked for something."""

    client: str
    command: dict[str, Any]


class CommandRefused(Event, frozen=True, kw_only=True):
    """A client asked for something that was refused."""

    client: str
    command: dict[str, Any]
    """The command as it came, or only its type if it is very large or can't be read."""
    sentence: str
    """Why it was refused."""
