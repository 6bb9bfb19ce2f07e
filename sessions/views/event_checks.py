"""Whether an event is possible, given the events before it.

An intact record may still be nonsense, from another session's journal or from a faulty program. This checks everything
that a view and its readers rely on: known names, parents that came earlier, sizes that fit, numbers in their ranges.
"""

from collections.abc import Callable, Mapping
from itertools import chain
from math import inf, prod
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from sessions.messages import events
from sessions.messages.events import METRICS
from sessions.specs.breakpoint import parse_breakpoint
from sessions.store import check_branch_name
from sessions.store.file_table import TABLE
from sessions.views.branch_checks import check_removal, check_renaming
from sessions.views.branch_view import BranchView, RoundView
from sessions.views.session_view import SessionView
from ticket_explorer.errors import InvalidValue, TicketError

DEEPEST = 32
"""How deeply tables may be nested."""
LARGEST = 3.4028235e38
"""The largest number of single precision, rounded up."""
LATEST = 253402300799.0
"""The last second of the year 9999, in seconds since 1970."""
ROUNDS, GENERATIONS, WEIGHTS = 10_000, 100_000_000, 2**40
"""The largest numbers allowed."""
_GENERATION = 4 * len(METRICS)
"""Bytes of the metrics of a generation and replicate."""


class _Pruning(msgspec.Struct):
    rounds: Annotated[int, Meta(ge=1, le=ROUNDS)]
    ratio: Annotated[float, Meta(ge=0, le=1)]
    ratios: dict[str, Annotated[float, Meta(ge=0, le=1)]] = {}


class _Member(msgspec.Struct):
    name: str


class _Trainer(msgspec.Struct):
    name: str
    generations: Annotated[int, Meta(ge=1, le=GENERATIONS)]


class _Plan(msgspec.Struct):
    """The parts of a plan that are read, whatever its members are: a plug-in need not be installed."""

    task: _Member
    network: _Member
    trainer: _Trainer
    pruner: _Member
    rewind: _Member
    pruning: _Pruning


class Nonsense(ValueError):
    """An event says something impossible."""


def check(view: SessionView, event: events.Event) -> None:
    """Refuse an event that is impossible now.

    Args:
        view: The view of all events before it.
        event: The next one.

    Raises:
        Nonsense: with what is wrong.
    """
    if not 0.0 <= event.at <= LATEST:
        raise Nonsense(f"its time is {event.at}")
    checker = _CHECKS.get(type(event))
    if checker is not None:
        checker(view, event)


def check_depth(value: Any, left: int = DEEPEST) -> None:
    """Refuse tables and lists that are nested too deeply.

    Raises:
        Nonsense: if they are.
    """
    if isinstance(value, dict | list):
        _require(left > 0, f"tables are nested more than {DEEPEST} deep")
        for one in value.values() if isinstance(value, dict) else value:
            check_depth(one, left - 1)


def _require(condition: bool, what: str) -> None:
    if not condition:
        raise Nonsense(what)


def _branch(view: SessionView, name: str) -> BranchView:
    known = view.branches.get(name)
    if known is None:
        raise Nonsense(f"there is no branch {name!r}")
    return known


def _round(view: SessionView, event: Any) -> RoundView:
    known = _branch(view, event.branch).rounds.get(event.round)
    if known is None:
        raise Nonsense(f"round {event.round} of branch {event.branch!r} has not begun")
    return known


def _number(number: int) -> None:
    _require(0 <= number < ROUNDS, f"a round has the number {number}")


def _density(*values: float) -> None:
    for value in values:
        _require(0.0 <= value <= 1.0, f"a density is {value}")


def _weights(*values: int) -> None:
    for value in values:
        _require(0 <= value <= WEIGHTS, f"there are {value} weights")


def _plan(plan: Mapping[str, Any]) -> None:
    check_depth(plan)
    try:
        msgspec.convert(plan, _Plan)
    except msgspec.ValidationError as error:
        raise Nonsense(f"its plan can't be read ({error})") from None


def _new_branch(view: SessionView, event: events.BranchAdded | events.BranchAdopted) -> None:
    check_branch_name(event.branch)
    _require(event.branch not in view.branches, f"the branch {event.branch!r} exists already")
    _plan(event.plan)
    for leaf in event.leaves:
        _require(all(0 <= side <= WEIGHTS for side in leaf.shape), f"a leaf has the shape {leaf.shape}")
    _weights(sum(prod(leaf.shape) for leaf in event.leaves), *event.input_shape)


def _added(view: SessionView, event: events.BranchAdded) -> None:
    _new_branch(view, event)
    if event.parent is not None:
        _branch(view, event.parent)
        _require(event.parent_round is not None, "its parent has no round")
        _number(event.parent_round or 0)
    if event.given is not None:
        _density(event.given.density)
    if event.borrowed is not None:
        _branch(view, event.borrowed.branch)
        for number in event.borrowed.rounds:
            _number(number)
        check_depth(event.borrowed.start)


def _adopted(view: SessionView, event: events.BranchAdopted) -> None:
    _new_branch(view, event)
    numbers = [told.number for told in event.rounds]
    _require(numbers == list(range(len(numbers))) and len(numbers) <= ROUNDS, f"its rounds are {numbers[:5]}")
    for told in event.rounds:
        _plan(told.plan)
        _density(told.density, *told.densities.values())
        _weights(told.kept, told.dimension)
        _require(0.0 <= told.started <= LATEST, f"a round began at {told.started}")
        replicates = len(told.finished.score)
        done = told.finished.generations
        _require(replicates > 0, "a round has no score")
        _require(0 < done <= told.generations <= GENERATIONS, f"a round has {done} of {told.generations} generations")
        _require(
            len(told.metrics) == _GENERATION * done * replicates, f"a round has {len(told.metrics)} bytes of metrics"
        )
        _require(len(told.steps) % (4 * replicates) == 0, f"a round has {len(told.steps)} bytes of steps")
        _require(len(told.steps) <= 4 * replicates * done, f"a round has {len(told.steps)} bytes of steps")
        for scored in told.scored:
            _scores(scored, done, replicates)
        _require(set(told.diverged) <= set(range(replicates)), f"replicates {told.diverged[:5]} diverge")
        _summary(told.finished, replicates)


def _changed(view: SessionView, event: events.PlanChanged) -> None:
    _branch(view, event.branch)
    _plan(event.plan)


def _of_branch(view: SessionView, event: Any) -> None:
    _branch(view, event.branch)


def _removed(view: SessionView, event: events.BranchRemoved) -> None:
    try:
        check_removal(view, event.branch)
    except TicketError as error:
        raise Nonsense(str(error)) from None


def _renamed(view: SessionView, event: events.BranchRenamed) -> None:
    try:
        check_renaming(view, event.branch, event.name)
    except TicketError as error:
        raise Nonsense(str(error)) from None


def _started(view: SessionView, event: events.RoundStarted) -> None:
    branch = _branch(view, event.branch)
    _number(event.round)
    possible = {*branch.rounds, branch.next_round}
    _require(event.round in possible, f"round {event.round} of branch {event.branch!r} begins, not {max(possible)}")
    _density(event.density, *event.densities.values())
    _weights(event.kept, event.dimension)
    _require(0 < event.generations <= GENERATIONS, f"a round has {event.generations} generations")


def _generations(view: SessionView, event: events.Generations) -> None:
    """There are tens of thousands of these: nothing is said unless something is wrong."""
    round_ = _round(view, event)
    if event.count <= 0 or not 0 <= event.first <= round_.done or event.first + event.count > round_.generations:
        raise Nonsense(f"generations {event.first} to {event.first + event.count} follow generation {round_.done}")
    replicates, rest = divmod(len(event.values), _GENERATION * event.count)
    if rest or not replicates or replicates != (_replicates(round_) or replicates):
        raise Nonsense(f"{len(event.values)} bytes of metrics for {event.count} generations")
    if event.steps and len(event.steps) != 4 * event.count * replicates:
        raise Nonsense(f"{len(event.steps)} bytes of steps for {event.count} generations")


def _replicates(round_: RoundView) -> int:
    """The number of replicates in a round's metrics; 0 if there are none yet."""
    return len(round_.values) // (_GENERATION * round_.done) if round_.done else 0


def _scored(view: SessionView, event: events.Scored) -> None:
    round_ = _round(view, event)
    _scores(event, round_.done, _replicates(round_))


def _scores(event: events.Scored, done: int, replicates: int) -> None:
    _require(0 < event.generation <= done, f"a score is of generation {event.generation} of {done}")
    _require(len(event.score) == replicates, f"{len(event.score)} scores of {replicates} replicates")
    _single(*event.score)


def _frame(view: SessionView, event: events.Frame) -> None:
    round_ = _round(view, event)
    _require(0 <= event.generation <= round_.done, f"weights are of generation {event.generation} of {round_.done}")
    size = len(event.indices)
    rest = [len(values) for values in (event.mean, event.std) if values is not None]
    _require(size % 4 == 0 and all(one == size for one in rest), f"a sample has {size} and {rest} bytes")
    _require(all(len(one) >= 12 and len(one) % 4 == 0 for one in event.histograms.values()), "a histogram is too short")
    leaves = view.branches[event.branch].leaves
    weights = sum(prod(leaf.shape) for leaf in leaves) if leaves else WEIGHTS
    indices = memoryview(event.indices).cast("i")
    _require(not size or (min(indices) >= 0 and max(indices) < weights), "a sample is of weights that don't exist")


def _tuned(view: SessionView, event: events.Tuned) -> None:
    round_ = _round(view, event)
    _require(0 <= event.generation <= round_.done, f"generation {event.generation} of {round_.done} is tuned")


def _formed(view: SessionView, event: events.FormChosen) -> None:
    round_ = _round(view, event)
    known = [one.generation for one in round_.forms]
    _require(max(known, default=0) <= event.generation <= round_.done, f"a form is chosen at {event.generation}")
    form = event.form
    _require(0 < form.group <= WEIGHTS and 0 <= form.examples <= WEIGHTS, f"a form is of {form.group} individuals")


def _cut(view: SessionView, event: Any) -> None:
    round_ = _round(view, event)
    _require(0 < event.generations <= round_.done, f"a round ends after {event.generations} of {round_.done}")


def _dropped(view: SessionView, event: events.RoundDropped) -> None:
    round_ = _round(view, event)
    _require(round_ is view.running, f"round {event.round} of branch {event.branch!r} is dropped, and doesn't run")
    _require(event.generations == round_.done, f"{event.generations} of {round_.done} generations are dropped")


def _diverged(view: SessionView, event: events.Diverged) -> None:
    round_ = _round(view, event)
    _require(0 <= event.generation <= round_.done, f"replicates diverge at generation {event.generation}")
    known = _replicates(round_) if round_.done else 0
    _require(all(0 <= replicate < known for replicate in event.replicates), f"{event.replicates} of {known} diverge")
    _require(0 <= event.left < max(known, 1), f"{event.left} of {known} replicates are left")


def _finished(view: SessionView, event: events.RoundFinished) -> None:
    round_ = _round(view, event)
    _require(event.generations == round_.done, f"a round ends after {event.generations} of {round_.done} generations")
    _summary(event, _replicates(round_))


def _summary(event: events.RoundFinished, replicates: int) -> None:
    lengths = {len(event.score), len(event.fitness)}
    _require(lengths == {replicates} and replicates > 0, f"scores of {lengths} replicates follow {replicates}")
    optional = {len(one) for one in (event.kept, event.survivors)}
    _require(optional <= {0, replicates}, f"weights of {optional} replicates follow {replicates}")
    _weights(*event.kept, *event.survivors)
    _density(*(leaf.density for leaf in event.leaves.values()))
    _single(*event.score, *event.fitness, *event.pearson, *event.spearman, *event.overlap, event.seconds)
    _single(*chain.from_iterable(event.thresholds.values()))


def _single(*values: float | None) -> None:
    """Numbers come from float32; squares of larger ones don't fit a float."""
    wrong = next((value for value in values if value is not None and LARGEST < abs(value) < inf), None)
    _require(wrong is None, f"a number is {wrong}, which single precision can't hold")


def _pruned(view: SessionView, event: events.Pruned) -> None:
    _branch(view, event.branch)
    _number(event.round)
    _weights(event.kept)


def _analysed(view: SessionView, event: events.Analysed) -> None:
    _branch(view, event.branch)
    _number(event.round)
    _require(0 <= event.generation <= GENERATIONS, f"weights are of generation {event.generation}")
    check_depth(event.parameters)
    for name, block in event.arrays.items():
        fits = len(block.shape) <= 4 and all(0 <= side <= WEIGHTS for side in block.shape)
        _require(fits and 4 * prod(block.shape) == len(block.data), f"{name} of {block.shape} has {len(block.data)}")


def _breakpoint_set(view: SessionView, event: events.BreakpointSet) -> None:
    _require(view.breakpoints.last < event.number < ROUNDS, f"a breakpoint has the number {event.number}")
    check_depth(event.when)
    try:
        parse_breakpoint(event.when)
    except InvalidValue as error:
        raise Nonsense(f"a breakpoint can't be read ({error})") from None


def _breakpoint(view: SessionView, event: events.BreakpointRemoved | events.BreakpointMet) -> None:
    _require(event.number in view.breakpoints.known, f"there is no breakpoint {event.number}")
    if isinstance(event, events.BreakpointMet):
        _branch(view, event.branch)
        _number(event.round)


def _received(view: SessionView, event: events.CommandReceived) -> None:
    _require(isinstance(event.command.get("type"), str), "a command has no name")
    check_depth(event.command)


def _opened(view: SessionView, event: events.Opened) -> None:
    known = view.ledger.session
    _require(event.session in ("", known) or not known, "it is of another session than the records before it")


def _sealed(view: SessionView, event: events.Sealed) -> None:
    known = (*view.branches, *view.former_names)
    _require(event.kind in TABLE, f"there are no files of kind {event.kind!r}")
    _require("{branch}" not in TABLE[event.kind].place or event.branch in known, f"no branch {event.branch!r}")
    _require(0 <= event.number <= GENERATIONS, f"a file has the number {event.number}")
    digits = set(event.sha256) <= set("0123456789abcdef")
    _require(len(event.sha256) == 64 and digits, "it names no SHA-256")


_CHECKS: Mapping[type[events.Event], Callable[[SessionView, Any], None]] = {
    events.Opened: _opened,
    events.Sealed: _sealed,
    events.BranchAdded: _added,
    events.BranchAdopted: _adopted,
    events.PlanChanged: _changed,
    events.SetAsideChanged: _of_branch,
    events.BranchRemoved: _removed,
    events.BranchRenamed: _renamed,
    events.RoundStarted: _started,
    events.Generations: _generations,
    events.Scored: _scored,
    events.Frame: _frame,
    events.Tuned: _tuned,
    events.FormChosen: _formed,
    events.RoundEnded: _cut,
    events.RoundDropped: _dropped,
    events.Diverged: _diverged,
    events.RoundFinished: _finished,
    events.Pruned: _pruned,
    events.Analysed: _analysed,
    events.CommandReceived: _received,
    events.BreakpointSet: _breakpoint_set,
    events.BreakpointRemoved: _breakpoint,
    events.BreakpointMet: _breakpoint,
}
