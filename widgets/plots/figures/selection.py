"""A selection: a branch, a round, a generation. None means live, or the latest one."""

from dataclasses import dataclass, replace

from sessions.messages.events import BranchRemoved, BranchRenamed, Event, Frame
from sessions.views.branch_view import RoundView
from sessions.views.session_view import SessionView


@dataclass(frozen=True)
class Selection:
    """What a person has selected in a session; an unknown name or number selects nothing."""

    branch: str | None = None
    """None is the running branch, or the one that ran last."""
    round: int | None = None
    """None is the branch's last round, finished or running."""
    generation: int | None = None
    """Generations done; None is the last."""
    branches: tuple[str, ...] | None = None
    """The branches to show beside it; None is all."""

    def after(self, event: Event) -> "Selection":
        """The same selection once a branch that it names has another name, or is gone."""
        match event:
            case BranchRenamed():
                now = {event.branch: event.name}
                chosen = None if self.branches is None else tuple(now.get(name, name) for name in self.branches)
                branch = None if self.branch is None else now.get(self.branch, self.branch)
                return replace(self, branch=branch, branches=chosen)
            case BranchRemoved() if event.branch == self.branch:
                return replace(self, branch=None, round=None, generation=None)
        return self

    def branch_in(self, view: SessionView) -> str | None:
        """The name of the selected branch; None if there is none."""
        if self.branch is not None:
            return self.branch if self.branch in view.branches else None
        if view.running is not None:
            return view.running.branch
        started = {name: _last_start(view, name) for name in view.branches}
        return max(started, key=started.__getitem__, default=None)

    def round_in(self, view: SessionView) -> RoundView | None:
        """The selected round, which an ancestor may have trained; None if there is none yet."""
        branch = self.branch_in(view)
        if branch is None:
            return None
        if self.round is not None:
            return view.round(branch, self.round)
        return max(view.lineage(branch), key=lambda round_: round_.number, default=None)

    def frame_in(self, view: SessionView) -> Frame | None:
        """The last frame of that round at or before the selected generation; None if there is none."""
        round_ = self.round_in(view)
        frames = [] if round_ is None else round_.frames
        if self.generation is None:
            return _live(view, round_) or (frames[-1] if frames else None)
        return next((frame for frame in reversed(frames) if frame.generation <= self.generation), None)

    def shown_in(self, view: SessionView) -> list[str]:
        """The branches to show, in the session's order; the selected one is always among them."""
        looked_at = self.branch_in(view)
        return [name for name in view.branches if self.branches is None or name in self.branches or name == looked_at]

    def place_in(self, view: SessionView) -> str:
        """As text: `snr, round 3, 24% kept`."""
        branch, round_ = self.branch_in(view), self.round_in(view)
        if branch is None:
            return "no branch" if self.branch is None else f"no branch {self.branch!r}"
        if round_ is None:
            return branch if self.round is None else f"{branch}, round {self.round}"
        return f"{branch}, round {round_.number}, {percent(round_.density)} kept"

    def missing_in(self, view: SessionView) -> str:
        """A sentence on why there is no branch, no round or no frame to show."""
        branch, round_ = self.branch_in(view), self.round_in(view)
        if branch is None:
            return f"There is {self.place_in(view)} here. Branches: {', '.join(view.branches) or 'none yet'}."
        if round_ is None:
            which = "no round" if self.round is None else f"no round {self.round}"
            return f"Branch {branch} has {which} yet."
        if self.generation is not None and round_.frames:
            return f"No sample up to generation {self.generation}, first at {round_.frames[0].generation}."
        return "The first sample of weights comes with the first generation."


def colour_of(view: SessionView, branch: str) -> int:
    """The palette index of a branch: the same in all figures of a session, whatever is selected."""
    return list(view.branches).index(branch)


def percent(share: float) -> str:
    """A share in three digits: `0.0231` is `2.31%`."""
    return f"{100 * share:.3g}%"


def _live(view: SessionView, round_: RoundView | None) -> Frame | None:
    live = view.live
    if live is None or round_ is None or (live.branch, live.round) != (round_.branch, round_.number):
        return None
    return live


def _last_start(view: SessionView, branch: str) -> float:
    return max((round_.started for round_ in view.branches[branch].rounds.values()), default=float("-inf"))
