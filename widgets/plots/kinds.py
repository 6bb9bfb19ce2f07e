"""The kinds of panels: what each shows, and its x axis, so that cursors can be linked."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from sessions.messages import commands, events
from sessions.views.reading import Header
from sessions.views.session_view import SessionView
from ticket_explorer.tasks import TASKS
from ticket_explorer.tasks.settings import ImageSettings
from widgets.decisions.analyses import analyses_of
from widgets.plots import figures
from widgets.plots.compare_panel import TURNS as COMPARISONS
from widgets.plots.compare_panel import Company, compare_panel
from widgets.plots.figure import Axis, Figure
from widgets.plots.figures import MetricsCache, Selection
from widgets.plots.figures.policy import ROWS
from widgets.plots.figures.selection import colour_of
from widgets.plots.mask_panel import mask_panel, mask_turns
from widgets.plots.mask_reader import Masks
from widgets.plots.names import LETTERS
from widgets.plots.policy.asking import Asker
from widgets.plots.policy.gallery import Gallery
from widgets.plots.policy.player import PolicyPlayer
from widgets.plots.spec_panel import TURNS as SPEC_TURNS
from widgets.plots.spec_panel import SpecTable, spec_table_of

Cursor = Literal["generation", "round", "density"]


Part = Literal["branch", "round", "generation"]
Source = Literal["round", "rounds", "scores", "analyses", "session"]

_ROUND: frozenset[Part] = frozenset({"branch", "round"})
_GENERATION: frozenset[Part] = frozenset({"branch", "round", "generation"})
LIVE = Selection()
_FREQUENT = (events.Generations, events.Scored, events.Frame, events.Analysed, events.Analysing)
"""Events that change only the panels that list them."""


@dataclass
class Look:
    """What all panels of a screen show."""

    view: SessionView
    masks: Masks
    selection: Selection = LIVE
    metrics: MetricsCache = field(default_factory=MetricsCache)
    player: PolicyPlayer = field(default_factory=PolicyPlayer)
    gallery: Gallery = field(default_factory=Gallery)
    turns: dict[str, int] = field(default_factory=dict)
    """How often a person asked each kind of panel for its next leaf or quantity."""
    picked: tuple[int, ...] = ()
    """The entries of θ that a person selected."""
    policy_rows: int = ROWS
    """How finely a policy's episode is drawn."""
    company: Company = field(default_factory=Company)
    """What the session's branches are compared with."""
    header: Header | None = None
    """What was fixed when the session was created."""
    hidden: frozenset[str] = frozenset()
    """The names of marks that a person doesn't want to see."""

    def take(self, view: SessionView, header: Header | None) -> None:
        """Show a session's view, and what was fixed when it was created; None while it is being created."""
        self.view, self.header = view, header
        if header is not None:
            self.company = replace(self.company, seed=header.spec.get("seed"))


@dataclass(frozen=True)
class PanelKind:
    """One kind of panel."""

    name: str
    draw: Callable[[Look], Figure] | None
    """The function that makes its figure; None for the journal, which is text."""
    cursor: Cursor | None = None
    """What its x axis is."""
    changes_with: tuple[type[events.Event], ...] = ()
    """The events that change it, besides those that change all panels."""
    depends_on: frozenset[Part] = frozenset({"branch"})
    """The parts of the selection that change it, besides its cursor."""
    turns: Callable[[Look], int] | None = None
    """How many things it shows in turn; None if there is only one."""
    has_cursor: Callable[[Look], bool] = lambda _: True
    """Whether its x axis, as it is turned now, is that of its cursor."""
    reads_masks: bool = False
    """Whether it is redrawn when a mask was read from disk."""
    plays: bool = False
    """Whether it plays a policy's episodes, step by step."""
    asks: Callable[[Look], Asker] | None = None
    """What asks the engine while somebody looks at it; None if its figure needs no engine."""
    made_of: Source = "session"
    """What its figure of a round changes with, besides decisions: that round, the same round of all branches, all
    scores, that round and all analyses, or whatever happens."""
    lights_up: bool = False
    """Whether weights that a person picks are lit up in it."""
    picks: bool = False
    """Whether a person can pick weights in it, which are then named below."""
    has_choices: bool = False
    """Whether a person can choose one of its pictures, whose weights are then lit up."""
    has_company: bool = False
    """Whether it compares with other sessions."""
    needs: Callable[[Look], str] | None = None
    """The kind of analysis that computes what it shows, if it shows one."""
    rows: Callable[[Look], SpecTable] | None = None
    """The function that makes its table, if it shows one."""
    told: tuple[str, str] | None = None
    """Its title and its help, if it is not a figure, which has its own."""

    @property
    def key(self) -> str:
        """The key that shows it: 1 to 9, then 0, then letters."""
        return LETTERS.get(self.name) or str((list(PANELS).index(self.name) + 1) % 10)

    @property
    def title(self) -> str:
        """The text in the panel's border."""
        return figures.FIGURES[self.name].title if self.told is None else self.told[0]

    @property
    def help(self) -> str:
        """A paragraph: what it shows, how to read it."""
        return figures.FIGURES[self.name].help if self.told is None else self.told[1]

    def is_changed_by(self, event: events.Event) -> bool:
        """Whether it shows something else after an event."""
        return not isinstance(event, _FREQUENT) or isinstance(event, self.changes_with)

    def cursor_in(self, look: Look) -> Cursor | None:
        """Its x axis as it is shown now."""
        return self.cursor if self.has_cursor(look) else None

    def place_of(self, look: Look) -> float | None:
        """The cursor on its x axis of a person who has left the present; None if they haven't."""
        selection, cursor = look.selection, self.cursor_in(look)
        if cursor == "generation":
            return None if selection.generation is None else float(selection.generation)
        round_ = selection.round_in(look.view) if selection.round is not None else None
        if round_ is None or cursor is None:
            return None
        return float(round_.number) if cursor == "round" else round_.density


_SPEC_HELP = (
    "How the selected branch trains, prunes and rewinds now, field by field, beside the preset that the session began "
    "from: what differs is marked. Next come only the fields in which it differs from another branch, the one that "
    "Compare compares it with. Changes take effect with the next pruning or round."
)
_JOURNAL_HELP = (
    "Everything that happened in the session, the latest last: rounds, prunings, who asked for what, remarks. "
    "Everything that is shown here can be rebuilt from it. Search it with the search key."
)


def _mask(look: Look) -> Figure:
    return mask_panel(look.view, look.selection, look.masks, look.picked, look.turns.get("mask", 0))


LANDSCAPES: tuple[tuple[str, Callable[[SessionView, Selection], Figure]], ...] = (
    ("curvature", figures.curvature),
    ("curvature", figures.sharpness),
    ("hessian", figures.hessian),
    ("hessian", figures.hessian_correlation),
    ("hessian", figures.eigenvalues),
    ("surface", figures.surface),
    ("connectivity", figures.connectivity),
    ("instability", figures.instability),
    ("instability", figures.instability_from),
    ("instability", figures.instability_profile),
    ("decomposition", figures.decomposition),
    ("comparison", figures.comparison),
)
"""What the curvature panel shows in turn, and the analyses that each needs."""


def landscape_of(look: Look) -> tuple[str, Callable[[SessionView, Selection], Figure]]:
    """What the curvature panel shows now."""
    return LANDSCAPES[look.turns.get("curvature", 0) % len(LANDSCAPES)]


def wanted_analyses(look: Look, shown: PanelKind) -> list[commands.Analyse]:
    """The analyses that compute what a panel shows, for the selected round or the running one.

    Args:
        look: What is selected.
        shown: The panel; for one that shows no analysis, what the curvature panel shows.
    """
    view, selection = look.view, look.selection
    branch, kind = selection.branch_in(view), (shown.needs or LANDSCAPE.needs or (lambda _: ""))(look)
    if branch is None:
        return []
    known = selection.round_in(view)
    number = selection.round if known is not None and known.finished is not None else None
    return analyses_of(view, kind, branch, number)


def _fitness(look: Look) -> Figure:
    turn = _fitness_turn(look)
    if turn is None:
        return figures.fitness(look.view, replace(look.selection, generation=None), look.metrics)
    return figures.learning(look.view, look.selection, turn)


def _fitness_turn(look: Look) -> figures.Against | None:
    """The x axis of the fitness panel's scores, if it shows scores."""
    turns: tuple[figures.Against | None, ...] = (None, "generations", "environment_steps")
    turn = turns[look.turns.get("fitness", 0) % len(turns)]
    return "forward_passes" if turn == "environment_steps" and not _acts(look) else turn


def _acts(look: Look) -> bool:
    round_ = look.selection.round_in(look.view)
    return round_ is None or bool(round_.steps)


def _distribution(look: Look) -> Figure:
    turn = look.turns.get("distribution", 0)
    return figures.distribution(look.view, look.selection, figures.QUANTITIES[turn % len(figures.QUANTITIES)])


def _compare(look: Look) -> Figure:
    turn = look.turns.get("compare", 0)
    return compare_panel(look.view, look.selection, look.company, turn)


def _policy(look: Look) -> Figure:
    branch, player = look.selection.branch_in(look.view), look.player
    player.look_at(branch, look.selection.round)
    if branch is None or player.episode is None:
        note = player.refusal or "Asking the engine for an episode …"
        return Figure(
            "Policy", Axis(""), Axis(""), note=look.selection.missing_in(look.view) if branch is None else note
        )
    return figures.policy(player.episode, player.step(time.monotonic()), colour_of(look.view, branch), look.policy_rows)


def class_names(task: str) -> tuple[str, ...]:
    """The names of a built-in data set's classes; none for others."""
    settings = TASKS.get(task)
    return settings().data.classes if settings is not None and issubclass(settings, ImageSettings) else ()


def _examples(look: Look) -> Figure:
    branch, gallery = look.selection.branch_in(look.view), look.gallery
    gallery.look_at(branch, look.selection.round)
    if branch is None or gallery.seen is None:
        waiting = gallery.refusal or "Asking the engine …"
        note = look.selection.missing_in(look.view) if branch is None else waiting
        return Figure("Examples", Axis(""), Axis(""), note=note)
    return figures.examples(
        gallery.seen,
        class_names(look.view.branches[branch].plan["task"]["name"]),
        colour_of(look.view, branch),
        gallery.picked,
    )


PANELS: dict[str, PanelKind] = {
    kind.name: kind
    for kind in (
        PanelKind(
            "fitness",
            _fitness,
            "generation",
            (events.Generations, events.Scored),
            _ROUND,
            turns=lambda _: 3,
            has_cursor=lambda look: _fitness_turn(look) in (None, "generations"),
            made_of="rounds",
        ),
        PanelKind("ticket_curve", lambda look: figures.ticket_curve(look.view, look.selection), "density"),
        PanelKind("sparsity", lambda look: figures.sparsity(look.view, look.selection), "round"),
        PanelKind(
            "snr_magnitude",
            lambda look: figures.snr_magnitude(look.view, look.selection),
            None,
            (events.Frame,),
            _GENERATION,
            made_of="round",
            lights_up=True,
            picks=True,
        ),
        PanelKind(
            "curvature",
            lambda look: landscape_of(look)[1](look.view, look.selection),
            None,
            (events.Analysed,),
            _GENERATION,
            turns=lambda _: len(LANDSCAPES),
            made_of="analyses",
            needs=lambda look: landscape_of(look)[0],
        ),
        PanelKind(
            "mask",
            _mask,
            depends_on=_ROUND,
            turns=lambda look: mask_turns(look.view, look.selection),
            reads_masks=True,
            made_of="round",
            lights_up=True,
        ),
        PanelKind(
            "distribution",
            _distribution,
            None,
            (events.Frame,),
            _GENERATION,
            turns=lambda _: len(figures.QUANTITIES),
            made_of="round",
        ),
        PanelKind("journal", None, told=("Journal", _JOURNAL_HELP)),
        PanelKind("correlation", lambda look: figures.correlation(look.view, look.selection), "round"),
        PanelKind("policy", _policy, depends_on=_ROUND, plays=True, asks=lambda look: look.player),
        PanelKind(
            "overlap",
            lambda look: figures.overlap(look.view, look.selection),
            "round",
            (events.Analysed,),
            needs=lambda _: "snr",
        ),
        PanelKind(
            "spec",
            None,
            turns=lambda _: SPEC_TURNS,
            rows=lambda look: spec_table_of(
                look.view, look.selection, look.header, look.company, look.turns.get("spec", 0)
            ),
            told=("Spec", _SPEC_HELP),
            has_company=True,
        ),
        PanelKind(
            "compare",
            _compare,
            "density",
            depends_on=_ROUND,
            turns=lambda _: COMPARISONS,
            made_of="scores",
            has_company=True,
        ),
        PanelKind("examples", _examples, depends_on=_ROUND, asks=lambda look: look.gallery, has_choices=True),
        PanelKind(
            "search",
            lambda look: figures.search(look.view, look.selection),
            None,
            (events.Frame,),
            _GENERATION,
            made_of="round",
        ),
    )
}
"""The kinds by name, in the order of their keys 1 to 9 and 0; those after them have letters."""
LANDSCAPE = next(kind for kind in PANELS.values() if kind.needs is not None)
"""The kind that shows landscapes in turn."""


def offered(view: SessionView) -> list[str]:
    """The kinds that a session has something for: policies where networks act, examples where they see some.

    Args:
        view: The session; one that has no branch yet may turn out to be anything.
    """
    tasks = [TASKS.get(branch.plan["task"]["name"]) for branch in view.branches.values()]
    has_policy = not tasks or any(task is None or not task.has_examples for task in tasks)
    has_examples = not tasks or any(task is None or task.has_examples for task in tasks)
    fits = {True: has_policy, False: has_examples}
    return [name for name, kind in PANELS.items() if kind.asks is None or fits[kind.plays]]


CHARTS = tuple(name for name, kind in PANELS.items() if kind.draw is not None)
"""The names of the kinds that are drawn."""
JOURNAL = next(name for name, kind in PANELS.items() if kind.draw is None and kind.rows is None)
"""The name of the kind that tells what happened."""
MASK = next(name for name, kind in PANELS.items() if kind.reads_masks)
"""The name of the kind whose layer changes if the focused panel shows only one thing."""
FIRST = ("fitness", "ticket_curve", "snr_magnitude", "mask", "sparsity", "correlation")
"""The kinds that a browser shows until a person chooses others."""
