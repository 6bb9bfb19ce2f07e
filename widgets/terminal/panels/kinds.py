"""The kinds of panels: what each shows, and of what its x axis is, so that cursors can be linked."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from sessions import events
from sessions.view import SessionView
from widgets.plots import figures
from widgets.plots.figure import Axis, Figure
from widgets.plots.figures import MetricsCache, Selection
from widgets.plots.figures.selection import colour_of
from widgets.terminal.panels.masks import MaskReader
from widgets.terminal.panels.policy import PolicyPlayer
from widgets.words import share

Cursor = Literal["generation", "round", "density"]


Part = Literal["branch", "round", "generation"]

_ROUND: frozenset[Part] = frozenset({"branch", "round"})
_GENERATION: frozenset[Part] = frozenset({"branch", "round", "generation"})
LIVE = Selection()


@dataclass
class Look:
    """What all panels of a screen look at."""

    view: SessionView
    masks: MaskReader
    selection: Selection = LIVE
    metrics: MetricsCache = field(default_factory=MetricsCache)
    player: PolicyPlayer = field(default_factory=PolicyPlayer)
    turns: dict[str, int] = field(default_factory=dict)
    """How often a person asked each kind of panel for its next leaf or quantity."""


@dataclass(frozen=True)
class PanelKind:
    """One kind of panel."""

    name: str
    draw: Callable[[Look], Figure] | None
    """None for the journal, which is text."""
    cursor: Cursor | None = None
    """What its x axis is."""
    changes_with: tuple[type[events.Event], ...] = ()
    """The events that change it, beside those that change all."""
    depends_on: frozenset[Part] = frozenset({"branch"})
    """What of the selection changes it, beside its cursor."""

    @property
    def title(self) -> str:
        """In the panel's border."""
        return JOURNAL_TITLE if self.draw is None else figures.KINDS[self.name].title

    @property
    def help(self) -> str:
        """A paragraph: what it shows, how to read it."""
        return JOURNAL_HELP if self.draw is None else figures.KINDS[self.name].help


JOURNAL_TITLE = "Journal"
JOURNAL_HELP = (
    "Everything that happened in the session, the latest last: rounds, prunings, who asked for what, remarks. It is "
    "what the session is made of: from it everything shown here can be told again. Search it with the search key."
)


def _mask(look: Look) -> Figure:
    branch = look.selection.branch_in(look.view)
    if branch is None:
        return Figure("Mask", Axis(""), Axis(""), note=look.selection.missing_in(look.view))
    leaves = look.view.branches[branch].leaves
    prunable = [leaf.name for leaf in leaves if leaf.prunable]
    finished = [round_ for round_ in look.view.lineage(branch) if round_.finished]
    wanted = [round_ for round_ in finished if look.selection.round in (None, round_.number)]
    if not prunable or not wanted:
        note = (
            "A mask is drawn when its round is finished." if prunable else "This session has no record of its layers."
        )
        return Figure("Mask", Axis(""), Axis(""), note=note)
    found = look.masks.mask(wanted[-1].branch, wanted[-1].number)
    if found is None:
        return Figure("Mask", Axis(""), Axis(""), note="Reading the mask …")
    leaf = prunable[look.turns.get("mask", 0) % len(prunable)]
    drawn = figures.mask(found, leaves, leaf, look.view.branches[branch].input_shape)
    place = f"{leaf} · {branch}, round {wanted[-1].number}, {share(wanted[-1].density)} kept"
    return Figure(place, drawn.x, drawn.y, drawn.marks, drawn.note)


def _distribution(look: Look) -> Figure:
    turn = look.turns.get("distribution", 0)
    return figures.distribution(look.view, look.selection, figures.QUANTITIES[turn % len(figures.QUANTITIES)])


def _policy(look: Look) -> Figure:
    branch, player = look.selection.branch_in(look.view), look.player
    player.look_at(branch, look.selection.round)
    if branch is None or player.episode is None:
        note = player.refusal or "The engine is asked to play an episode …"
        return Figure(
            "Policy", Axis(""), Axis(""), note=look.selection.missing_in(look.view) if branch is None else note
        )
    return figures.policy(player.episode, player.step(time.monotonic()), colour_of(look.view, branch))


KINDS: dict[str, PanelKind] = {
    kind.name: kind
    for kind in (
        PanelKind(
            "fitness",
            lambda look: figures.fitness(look.view, replace(look.selection, generation=None), look.metrics),
            "generation",
            (events.Generations,),
            _ROUND,
        ),
        PanelKind("ticket_curve", lambda look: figures.ticket_curve(look.view, look.selection), "density"),
        PanelKind("sparsity", lambda look: figures.sparsity(look.view, look.selection), "round"),
        PanelKind(
            "snr_magnitude",
            lambda look: figures.snr_magnitude(look.view, look.selection),
            None,
            (events.Frame,),
            _GENERATION,
        ),
        PanelKind("curvature", lambda look: figures.curvature(look.view, look.selection), depends_on=_ROUND),
        PanelKind("mask", _mask, depends_on=_ROUND),
        PanelKind("distribution", _distribution, None, (events.Frame,), _GENERATION),
        PanelKind("journal", None),
        PanelKind("correlation", lambda look: figures.correlation(look.view, look.selection), "round"),
        PanelKind("policy", _policy, depends_on=_ROUND),
    )
}
"""By name, in the order of their keys 1 to 9 and 0."""
