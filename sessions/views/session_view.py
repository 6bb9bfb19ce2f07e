"""The view: a session folded from its events. Faces draw it, and the engine decides by it.

Live, attached, replayed and scrubbed views differ only in where the events come from. No JAX is imported here.
"""

from collections.abc import Iterator
from typing import Any, Literal

from msgspec import structs

from sessions.messages import events
from sessions.specs.spec import completed
from sessions.store import Ledger
from sessions.views.adopted import adopted_branch
from sessions.views.branch_view import OLD_TICKETS, BranchView, RoundView, density_told
from sessions.views.breakpoints import BreakpointEvent, Breakpoints
from sessions.views.densities import densities_of
from sessions.views.renaming import renamed
from sessions.views.sealed import forget_early, record
from ticket_explorer.densities import overall
from ticket_explorer.trainers import TRAINERS

State = Literal["paused", "running", "finished", "failed"]

_UNTOLD = (events.Generations, events.Scored, events.Frame, events.Analysing, events.Sealed)
UNCOUNTED = b"\xff"
"""Of which −1 is made, in any integer type."""


class SessionView:
    """The state of a session that its events add up to."""

    def __init__(self) -> None:
        self.branches: dict[str, BranchView] = {}
        self.former_names: list[str] = []
        """Names that removed and renamed branches had, under which their files are kept."""
        self.state: State = "paused"
        self.message: str = ""
        """Why the session is paused or has failed, if there is more to say."""
        self.running: RoundView | None = None
        self.live: events.Frame | None = None
        """The latest frame of the running round, journalled or not."""
        self.versions: dict[str, str] = {}
        self.pace: float | None = None
        """The most generations per second; None is no limit."""
        self.history: list[events.Event] = []
        """All events but blocks of generations, scores during a round, frames and seals, in order."""
        self.recent: tuple[float, float] | None = None
        """Recent generations per second, and when they were measured."""
        self.analyses: list[events.Analysed] = []
        """Finished analyses, in order."""
        self.analysing: dict[int, events.Analysing] = {}
        """The progress of analyses under way, by their ids."""
        self.compiling: events.Compiling | None = None
        """What is being compiled while the session waits, and since when."""
        self.ledger = Ledger()
        """The session's id, and what its journal says about its files."""
        self.former_rules: dict[str, None] = {}
        """Sentences on older rules that the session follows because of its age."""
        self.changed = 0.0
        """When the latest event happened, in seconds since 1970; 0 before any."""
        self.breakpoints = Breakpoints()
        self.seconds_run = 0.0
        """For how many seconds it ran so far; pauses don't count, nor does the time after an engine was killed."""

    def apply(self, event: events.Event) -> None:
        """Take in one event."""
        self._keep_time(event)
        if not isinstance(event, _UNTOLD) and not _is_routine(event):
            self.history.append(event)
        handler = _HANDLERS.get(type(event))
        if handler is not None:
            handler(self, event)

    def _keep_time(self, event: events.Event) -> None:
        if self.state == "running" and not isinstance(event, events.Opened):
            self.seconds_run += max(event.at - self.changed, 0.0)
        self.changed = max(self.changed, event.at)

    def apply_live(self, event: events.Event) -> None:
        """Take in an event that is not journalled."""
        if isinstance(event, events.Frame):
            self.live = event
        elif isinstance(event, events.Analysing | events.Paused | events.Failed):
            self.apply(event)
        elif isinstance(event, events.Compiling):
            self.compiling = event if event.what else None

    def analysis(
        self, kind: str, branch: str, number: int | None = None, generation: int | None = None
    ) -> events.Analysed | None:
        """The latest analysis of a kind, of a branch or of one of its rounds, which an ancestor may have trained.

        Args:
            kind: The analysis's name, `curvature`.
            branch: The branch whose weights were analysed.
            number: The number of the round; None takes any.
            generation: The latest generation of the round that counts; None takes any.
        """
        found = None
        for known in self.analyses:
            if known.kind != kind or (number is not None and known.round != number):
                continue
            if number is not None and not self._is_of(known, branch, number):
                continue
            if number is None and known.branch != branch:
                continue
            if generation is not None and known.generation > generation:
                continue
            if found is None or known.generation >= found.generation or known.round != found.round:
                found = known
        return found

    def _is_of(self, known: events.Analysed, branch: str, number: int) -> bool:
        """Whether an analysis of round `number` belongs to the round that `branch` has."""
        round_ = self.round(branch, number)
        return round_ is not None and known.branch in self.branches and self.round(known.branch, number) is round_

    def lineage(self, branch: str) -> Iterator[RoundView]:
        """The finished and running rounds of a branch from round 0 on, inherited ones first."""
        view = self.branches[branch]
        if view.parent is not None and view.parent_round is not None:
            for round_ in self.lineage(view.parent):
                if round_.number <= view.parent_round:
                    yield round_
        yield from (view.rounds[number] for number in sorted(view.rounds))

    def round(self, branch: str, number: int) -> RoundView | None:
        """Round `number` of a branch, which an ancestor may have trained; None if there is none yet."""
        view = self.branches[branch]
        while number < view.first_round and view.parent is not None:
            view = self.branches[view.parent]
        return view.rounds.get(number)

    def learns_mask(self, branch: str) -> bool:
        """Whether a branch's trainer learns masks: its scores are then those of a search, not of retrained tickets."""
        known = self.branches.get(branch)
        trainer = TRAINERS.get(known.plan["trainer"]["name"]) if known is not None else None
        return trainer is not None and trainer.learns_mask

    def owner(self, branch: str, number: int) -> str:
        """The branch that trained, or will train, round `number` of `branch`."""
        view = self.branches[branch]
        while number < view.first_round and view.parent is not None:
            view = self.branches[view.parent]
        return view.name

    def density_of(self, branch: str, number: int) -> float:
        """The density that round `number` of a branch has or will have: (1 − p) times the one before.

        The density of a mask still to be learned is not known: it counts as the one that the round begins with.
        """
        known = self.round(branch, number)
        if known is not None:
            return known.trained_density
        prunable = [leaf for leaf in self.branches[branch].leaves if leaf.prunable]
        return overall(densities_of(self, branch, number), prunable)

    def found_density_of(self, branch: str, number: int) -> float:
        """The density of the mask that round `number` of a branch found: the one it trained, unless it learns."""
        known = self.round(branch, number)
        return self.density_of(branch, number) if known is None else known.density

    @property
    def remarks(self) -> list[events.Remarked]:
        """The remarks, by the program and by people."""
        return [event for event in self.history if isinstance(event, events.Remarked)]

    def says(self, text: str) -> bool:
        """Whether a remark of this text was made."""
        return any(remark.text == text for remark in self.remarks)

    @property
    def commands(self) -> list[events.CommandReceived]:
        """The commands, and who sent them."""
        return [event for event in self.history if isinstance(event, events.CommandReceived)]

    @property
    def generations_left(self) -> int:
        """Generations until every branch that is not set aside is done."""
        left = 0
        for branch in self.branches.values():
            if branch.aside or branch.failed is not None:
                continue
            rounds = max(branch.planned_rounds - branch.next_round, 0)
            left += rounds * int(branch.plan["trainer"]["generations"])
            current = branch.rounds.get(branch.next_round)
            if current is not None and rounds:
                left -= current.done
        return max(left, 0)

    @property
    def generations_done(self) -> int:
        """Generations trained in all branches together."""
        return sum(round_.done for branch in self.branches.values() for round_ in branch.rounds.values())

    @property
    def generations_per_second(self) -> float | None:
        """Recent generations per second; None before anything was measured."""
        return self.recent[0] if self.recent else None

    @property
    def eta_seconds(self) -> float | None:
        """Seconds of computing left at the present rate; None if it isn't known yet."""
        rate = self.generations_per_second
        return self.generations_left / rate if rate else None


def _is_routine(event: events.Event) -> bool:
    """Whether an event recurs by itself while a round runs."""
    return isinstance(event, events.Analysed) and event.automatic


def _branch_added(view: SessionView, event: events.BranchAdded) -> None:
    if event.borrowed is not None and event.borrowed.takes == "trained" and view.learns_mask(event.borrowed.branch):
        view.former_rules[OLD_TICKETS.format(branch=event.branch, source=event.borrowed.branch)] = None
    view.branches[event.branch] = BranchView(
        name=event.branch,
        parent=event.parent,
        parent_round=event.parent_round,
        plan=completed(event.plan, view.former_rules),
        leaves=event.leaves,
        input_shape=event.input_shape,
        borrowed=event.borrowed,
        given=event.given,
    )
    if view.state == "finished":
        view.state = "paused"


def _branch_adopted(view: SessionView, event: events.BranchAdopted) -> None:
    view.branches[event.branch] = adopted_branch(event, view.former_rules)


def _plan_changed(view: SessionView, event: events.PlanChanged) -> None:
    view.branches[event.branch].plan = completed(event.plan, view.former_rules)
    view.branches[event.branch].stuck = ""
    if view.state == "finished":
        view.state = "paused"


def _set_aside(view: SessionView, event: events.SetAsideChanged) -> None:
    view.branches[event.branch].aside = event.aside
    view.branches[event.branch].stuck = ""
    if view.running is not None and view.running.branch == event.branch:
        view.running = None
    if view.state == "finished":
        view.state = "paused"


def _branch_removed(view: SessionView, event: events.BranchRemoved) -> None:
    del view.branches[event.branch]
    view.former_names.append(event.branch)
    view.analyses = [known for known in view.analyses if known.branch != event.branch]
    if view.running is not None and view.running.branch == event.branch:
        view.running = view.live = None


def _branch_renamed(view: SessionView, event: events.BranchRenamed) -> None:
    before, after = event.branch, event.name
    view.branches = renamed(view.branches, before, after)
    view.former_names.append(before)
    view.ledger.rename(before, after)
    view.breakpoints.rename(before, after)
    view.analyses = [structs.replace(one, branch=after) if one.branch == before else one for one in view.analyses]


def _round_started(view: SessionView, event: events.RoundStarted) -> None:
    branch = view.branches[event.branch]
    known = branch.rounds.get(event.round)
    if known is None:
        known = RoundView(
            branch=event.branch,
            number=event.round,
            trained_density=density_told(event, branch),
            trained_kept=event.kept,
            dimension=event.dimension,
            prunable=branch.prunable,
            generations=event.generations,
            started=event.at,
            plan=branch.plan,
            densities=event.densities,
        )
        branch.rounds[event.round] = known
    view.running, view.live = known, None


def _generations(view: SessionView, event: events.Generations) -> None:
    round_ = view.branches[event.branch].rounds[event.round]
    if event.first != round_.done:
        return
    if event.steps:
        round_.steps += UNCOUNTED * (round_.done * len(event.steps) // event.count - len(round_.steps)) + event.steps
    round_.values += event.values
    round_.done += event.count
    elapsed = event.at - (round_.heard or round_.started)
    round_.heard = event.at
    if elapsed > 0:
        rate = event.count / elapsed
        weight = min(1.0, elapsed / 3.0)
        before = view.recent[0] if view.recent else rate
        view.recent = (before + weight * (rate - before), event.at)


def _scored(view: SessionView, event: events.Scored) -> None:
    view.branches[event.branch].rounds[event.round].scored.append(event)


def _frame(view: SessionView, event: events.Frame) -> None:
    view.live = event
    frames = view.branches[event.branch].rounds[event.round].frames
    if frames and frames[-1].indices == event.indices:
        event = structs.replace(event, indices=frames[-1].indices)  # kept once: a round samples the same weights
    if not frames or frames[-1].generation < event.generation:
        frames.append(event)


def _tuned(view: SessionView, event: events.Tuned) -> None:
    view.branches[event.branch].rounds[event.round].tuned.append(event)


def _form_chosen(view: SessionView, event: events.FormChosen) -> None:
    view.branches[event.branch].rounds[event.round].forms.append(event)


def _round_ended(view: SessionView, event: events.RoundEnded) -> None:
    view.branches[event.branch].rounds[event.round].generations = event.generations


def _round_dropped(view: SessionView, event: events.RoundDropped) -> None:
    del view.branches[event.branch].rounds[event.round]
    if event.round == 0:
        forget_early(view.ledger, event.branch)
    view.running = view.live = None
    place = (event.branch, event.round)
    view.analyses = [known for known in view.analyses if (known.branch, known.round) != place]


def _diverged(view: SessionView, event: events.Diverged) -> None:
    branch = view.branches[event.branch]
    branch.rounds[event.round].diverged |= set(event.replicates)
    if event.left == 0:
        branch.failed = event
        view.running = None


def _round_finished(view: SessionView, event: events.RoundFinished) -> None:
    view.breakpoints.finished = view.branches[event.branch].rounds[event.round]
    view.breakpoints.finished.finished, view.running = event, None


def _pruned(view: SessionView, event: events.Pruned) -> None:
    round_ = view.round(event.branch, event.round)
    if round_ is not None:
        round_.pruned.append(event)


def _analysed(view: SessionView, event: events.Analysed) -> None:
    view.analyses.append(event)
    view.analysing.pop(event.id, None)


def _analysing(view: SessionView, event: events.Analysing) -> None:
    if event.ended:
        view.analysing.pop(event.id, None)
    else:
        view.analysing[event.id] = event


def _state(state: State) -> Any:
    def handler(view: SessionView, event: Any) -> None:
        view.state = state
        view.message = getattr(event, "reason", "") or getattr(event, "message", "")

    return handler


def _pace_changed(view: SessionView, event: events.PaceChanged) -> None:
    view.pace = event.generations_per_second


def _breakpoint(view: SessionView, event: BreakpointEvent) -> None:
    view.breakpoints.take(event, view.running)


def _sealed(view: SessionView, event: events.Sealed) -> None:
    record(view.ledger, event)


def _opened(view: SessionView, event: events.Opened) -> None:
    if event.session and not view.ledger.session:
        view.ledger.session, view.ledger.is_sealed = event.session, not view.branches
    view.versions = event.versions
    view.pace = None
    view.state = "paused" if view.state in ("running", "failed") else view.state
    for branch in view.branches.values():
        branch.stuck = ""


def _remarked(view: SessionView, event: events.Remarked) -> None:
    if event.stuck in view.branches:
        view.branches[event.stuck].stuck = event.text


_HANDLERS: dict[type[events.Event], Any] = {
    events.Opened: _opened,
    events.Sealed: _sealed,
    events.BranchAdded: _branch_added,
    events.BranchAdopted: _branch_adopted,
    events.PlanChanged: _plan_changed,
    events.SetAsideChanged: _set_aside,
    events.BranchRemoved: _branch_removed,
    events.BranchRenamed: _branch_renamed,
    events.RoundStarted: _round_started,
    events.Generations: _generations,
    events.Scored: _scored,
    events.Frame: _frame,
    events.Tuned: _tuned,
    events.FormChosen: _form_chosen,
    events.RoundEnded: _round_ended,
    events.RoundDropped: _round_dropped,
    events.Diverged: _diverged,
    events.RoundFinished: _round_finished,
    events.Pruned: _pruned,
    events.Analysed: _analysed,
    events.Analysing: _analysing,
    events.Paused: _state("paused"),
    events.Resumed: _state("running"),
    events.Remarked: _remarked,
    events.PaceChanged: _pace_changed,
    events.Finished: _state("finished"),
    events.Failed: _state("failed"),
    **dict.fromkeys((events.BreakpointSet, events.BreakpointRemoved, events.BreakpointMet), _breakpoint),
}
