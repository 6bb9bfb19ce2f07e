"""One chart in a cell: a figure of `widgets.plots`, drawn on a canvas by one small module of our own.

The browser holds the numbers; a patch sends what is new. Charts that nobody sees are sent nothing.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

import anywidget
import traitlets

from sessions.messages import events
from ticket_explorer.errors import TicketError, UnknownName
from widgets.canvas.browser_module import ESM, joined
from widgets.canvas.columns import Encoded, encoded, patched
from widgets.notebook.attachment import Attachment
from widgets.notebook.kept import Kept
from widgets.notebook.live_session import LiveSession
from widgets.notebook.policy import play
from widgets.notebook.weights import named_weights
from widgets.plots.colours import DARK, LIGHT
from widgets.plots.figure import Axis, Figure
from widgets.plots.figures import Selection
from widgets.plots.kinds import CHARTS, PANELS, Look
from widgets.plots.policy.gallery import Gallery
from widgets.plots.policy.player import PolicyPlayer
from widgets.shared.session_link import Condition


class Chart(anywidget.AnyWidget):
    """A live chart of a session; give its parts to ipywidgets layouts, or show it alone."""

    KIND: ClassVar[str] = ""
    """The kind that a subclass shows."""
    _esm = joined(ESM, "widget")
    _css = (ESM / "chart.css").read_text("utf-8")
    snapshot = traitlets.Any().tag(sync=True, to_json=lambda _, chart: chart.snapshot_now())
    """The whole figure, made when the widget's state is requested; it never changes by itself."""
    patch = traitlets.Dict({"sequence": 0, "base": 0}).tag(sync=True)
    palette = traitlets.Dict({"dark": DARK, "light": LIGHT}).tag(sync=True)
    height = traitlets.Int(240).tag(sync=True)
    """Pixels of the drawing; the words around it come on top."""
    link = traitlets.Unicode().tag(sync=True)
    """Charts with the same link share a cursor."""
    selected = traitlets.List(traitlets.Int()).tag(sync=True)
    """The entries of θ that are lit up."""
    picked = traitlets.Unicode().tag(sync=True)
    """The names of those weights."""
    trouble = traitlets.Unicode().tag(sync=True)
    """A sentence on what went wrong."""
    turn = traitlets.Int(0).tag(sync=True)
    """How often a person asked for the next layer, quantity or landscape."""
    has_turns = traitlets.Bool(False).tag(sync=True)
    has_choices = traitlets.Bool(False).tag(sync=True)
    """Whether its pictures can be chosen."""
    chosen = traitlets.List(traitlets.Int()).tag(sync=True)
    """The number of the picture that was chosen last, and how often one was."""
    visible = traitlets.Bool(False).tag(sync=True)
    """Whether a person can see it."""
    asked = traitlets.Int(0).tag(sync=True)
    """How often the browser asked for the whole figure."""

    def __init__(
        self,
        session: LiveSession,
        kind: str = "",
        *,
        branch: str | None = None,
        round: int | None = None,
        branches: Sequence[str] | None = None,
        height: int = 240,
    ) -> None:
        """Show one kind of chart.

        Args:
            session: From `tx.LiveSession.create` or `tx.LiveSession.open`.
            kind: One of `CHARTS`; subclasses have their own.
            branch: Show this branch, whatever the session's other widgets show.
            round: Show this round.
            branches: Show only these branches beside it.
            height: Pixels of the drawing.

        Raises:
            TicketError: if there is no such kind, or this is not a live session.
        """
        kind = kind or self.KIND
        if kind not in CHARTS:
            raise UnknownName("chart", kind, CHARTS)
        self.attachment = attached(session)
        self._kind = PANELS[kind]
        self._own = None
        if branch is not None or round is not None or branches is not None:
            self._own = Selection(branch, round, branches=None if branches is None else tuple(branches))
        self._sent: Encoded | None = None
        self._sequence, self._is_stale = 0, True
        self._player, self._gallery, self.is_open = PolicyPlayer(), Gallery(), True
        self.asker = None if self._kind.asks is None else self._kind.asks(self._look)
        self._place = str(session.path)
        has_turns, has_choices = self._kind.turns is not None, self._kind.has_choices
        super().__init__(height=height, has_turns=has_turns, has_choices=has_choices)
        self._tell()
        self.attachment.watch(self)
        self.kept = Kept(self, lambda: [self.figure], self.attachment)
        if self.asker is not None:
            self.attachment.spawn(play(self))

    def _ipython_display_(self) -> None:
        self.kept.display()

    @property
    def figure(self) -> Figure:
        """The figure that it shows now."""
        draw = self._kind.draw
        assert draw is not None
        if not self._look.view.branches:
            return Figure(self._kind.title, Axis(""), Axis(""), note=_waiting(self.attachment.link.condition))
        return draw(self._look)

    @property
    def kind(self) -> str:
        """One of `CHARTS`."""
        return self._kind.name

    @property
    def _look(self) -> Look:
        look = self.attachment.look
        return replace(
            look,
            selection=self._own or look.selection,
            turns={self.kind: self.turn},
            player=self._player,
            gallery=self._gallery,
        )

    def touch(self, event: events.Event) -> None:
        """Take note of an event."""
        if self._kind.is_changed_by(event):
            self._is_stale = True

    def renew(self) -> None:
        """Take note that everything may have changed."""
        self._is_stale = True
        self._tell()

    def redraw(self) -> int:
        """Send what is new, if the chart is visible."""
        if not (self._is_stale and self.visible):
            return 0
        self._is_stale = False
        return self._pass_on(patched(self._sent, now := self._encoded()), now, self._sequence)

    def close(self) -> None:
        """Stop updating."""
        self.is_open = False
        if hasattr(self, "kept"):  # not in one that could not be made
            self.attachment.leave(self)
            self.attachment.leave(self.kept)
        super().close()

    @traitlets.observe("visible")
    def _seen(self, change: Any) -> None:
        self.attachment.want_drawing()

    @traitlets.observe("turn")
    def _turned(self, change: Any) -> None:
        self._is_stale = True
        self._tell()
        self.attachment.want_drawing()

    @traitlets.observe("asked")
    def _asked(self, change: Any) -> None:
        with self.attachment.speaking():
            now = self._encoded()
            self._pass_on(patched(None, now), now, None)

    @traitlets.observe("selected")
    def _selected(self, change: Any) -> None:
        with self.attachment.speaking():
            self.attachment.pick(tuple(self.selected))

    @traitlets.observe("chosen")
    def _chosen(self, change: Any) -> None:
        with self.attachment.speaking():
            if self.has_choices and self.chosen:
                self.attachment.pick(self._gallery.pick(self.chosen[0]))

    def _encoded(self) -> Encoded:
        return encoded(self.figure, self._kind.place_of(self._look))

    def _pass_on(self, patch: dict[str, Any], now: Encoded, base: int | None) -> int:
        if base is not None and not patch["columns"] and self._sent is not None and now.head == self._sent.head:
            return 0
        self._sent, self._sequence = now, self._sequence + 1
        self.patch = patch | {"sequence": self._sequence, "base": base}
        return sum(len(column[2]) for column in patch["columns"].values())

    def snapshot_now(self) -> dict[str, Any]:
        """The whole figure for a browser that has nothing yet; the next patch fits it."""
        if self._sent is None:
            self._sent = self._encoded()
        return {"sequence": self._sequence, "base": None, **patched(None, self._sent)}

    def _tell(self) -> None:
        """Show messages about the whole session."""
        self.trouble = self.attachment.trouble
        cursor = self._kind.cursor_in(self._look)
        self.link = f"{self._place} {cursor}" if cursor else ""
        if self._kind.lights_up:
            self.selected = list(self._look.picked)
        if self._kind.picks:
            self.picked = named_weights(self._look.picked, self._look)


def attached(session: object) -> Attachment:
    """The attachment of a live session.

    Raises:
        TicketError: if it is something else.
    """
    if isinstance(session, LiveSession):
        return session.attachment
    raise TicketError(
        f"A widget watches a live session, not {type(session).__name__} {session!r}; "
        "write: session = tx.LiveSession.open(...), with a session's name or path."
    )


def _waiting(condition: Condition) -> str:
    if condition is Condition.GONE:
        return "The engine did not start."
    return "Starting the engine: loading data, compiling (seconds the first time) …"
