"""The explorer: one session, watched and steered."""

import asyncio
import gc
import time

from textual import work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.screen import Screen

from sessions.messages import commands, events
from sessions.plans.cost import remember_speed
from sessions.views.session_view import SessionView
from ticket_explorer.errors import TicketError
from widgets.plots.figures import Selection
from widgets.plots.kinds import PANELS, Look
from widgets.plots.lens import Deed
from widgets.plots.mask_reader import MaskReader
from widgets.plots.time_travel import Part, beside
from widgets.shared.session_link import Condition, EngineLink, Link
from widgets.shared.wording import trouble
from widgets.terminal import settings
from widgets.terminal.actions import DECISIONS, bindings
from widgets.terminal.banner import Banner
from widgets.terminal.branch_tree import BranchTree
from widgets.terminal.dialogs import ask
from widgets.terminal.dialogs.trust import ask_for_trust
from widgets.terminal.key_line import KeyLine
from widgets.terminal.panels.journal_search import JournalSearch
from widgets.terminal.panels.panel import FINENESS, LEAST, Panel
from widgets.terminal.panels.panel_grid import PanelGrid
from widgets.terminal.screens.asking import Asking
from widgets.terminal.screens.comparing import Comparing
from widgets.terminal.screens.explorer_requests import STARTING, Requests
from widgets.terminal.screens.handing_over import is_left
from widgets.terminal.status import Headline, ProgressLines
from widgets.terminal.tour_panel import TourPanel

TURNS = 20
"""Turns per second; at each, one stale panel is drawn."""
FOLLOWING = 0.025
"""Seconds from a key that moves the selection to the charts: the headline comes first."""
LEAST_WITH_TREE = 96
"""The least columns with the tree of branches; in a narrower terminal the panels get its room."""


class Explorer(Screen[None]):
    """Watches one session, and sends its engine what a person asks for."""

    BINDINGS = bindings("explorer")
    AUTO_FOCUS = ""

    def __init__(self, link: Link, remembered: settings.Settings, tour: TourPanel | None = None) -> None:
        super().__init__()
        self.link, self._tour = link, tour
        self._masks = MaskReader(link.path, lambda: link.view.ledger, self._mask_arrived)
        self.look = Look(link.view, self._masks, policy_rows=FINENESS)
        self.look.take(link.view, getattr(link, "header", None))
        self._grid = PanelGrid(self.look, remembered)
        self._search = JournalSearch(self._grid)
        self._joined = asyncio.Event()
        self._requests = Requests(self, link, self.look, self._have_engine)
        self._asking = Asking(self, link, self.look, self._grid)
        self._comparing = Comparing(self, self.look, self._grid)
        self._is_stale, self._stated = True, 0.0
        self._moved = set[str]()
        """The parts of the selection that the panels don't follow yet."""

    @property
    def titles(self) -> dict[str, str]:
        """What actions are called here, if not as elsewhere."""
        return {"toggle_run": "Play"} if self.link.condition is Condition.REPLAY else {}

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether an action can be done: in a replay nothing can be decided."""
        can_decide = self.link.condition is not Condition.REPLAY or action not in DECISIONS
        return can_decide if action != "tour" else self._tour is not None

    def compose(self) -> ComposeResult:
        """Headline, branches and panels, progress, keys."""
        yield Headline()
        yield Banner()
        with Horizontal():
            yield BranchTree()
            yield self._grid
            if self._tour is not None:
                yield self._tour
        yield self._search
        yield ProgressLines()
        yield KeyLine()

    async def on_mount(self) -> None:
        """Lay the panels out, and join the session."""
        await self._lay_out()
        self.set_interval(1 / TURNS, self._redraw)
        self._show_state()
        self._follow()
        # What is loaded stays; a full collection that looks through it kept keys waiting 65 to 110 ms.
        self.call_after_refresh(gc.freeze)

    async def on_resize(self) -> None:
        """Adapt the number of panels to the size."""
        await self._lay_out()
        self._show_state()

    async def on_unmount(self) -> None:
        """Detach from the session; its engine goes on."""
        self._masks.close()
        await self.link.close()

    # What comes in

    @work(exclusive=True, group="follow")
    async def _follow(self, run: bool = False, start: bool = False) -> None:
        try:
            await self._join(run, start)
            await self.link.follow(self._told, self._changed_state)
        except TicketError as error:
            self._changed_state()
            self._ask_what_now(str(error))
            return
        self._changed_state()
        if isinstance(self.link, EngineLink):
            await self.link.until_started()
            self._follow()

    async def _join(self, run: bool, start: bool) -> None:
        """Join the engine; what would run a session's code asks about it first."""
        self._joined.clear()
        try:
            if isinstance(link := self.link, EngineLink):
                await ask_for_trust(self.app, link.view)
                await link.connect(run, start)
                self._take_view(link.view)
            self._changed_state()
        finally:
            self._joined.set()

    async def _have_engine(self) -> None:
        """Wait for an engine; start one, and say so, if none runs and none was needed before."""
        if self.link.condition is Condition.RESTING:
            self.notify(STARTING)
            self._joined.clear()
            self._follow(start=True)
        if self.link.condition in (Condition.RESTING, Condition.CONNECTING):
            await self._joined.wait()

    @work(exclusive=True, group="failed")
    async def _ask_what_now(self, reason: str) -> None:
        """Show why the engine can't start, and ask whether to try again or leave."""
        choices = {"again": "Try again", "look": "Look at the session", "home": "Home"}
        chosen = await self.app.push_screen_wait(ask.choice(reason, choices))
        if chosen == "again":
            self._follow()
        elif chosen == "home":
            self.action_go_home()

    def _told(self, event: events.Event) -> None:
        if is_left(self):
            return
        self._is_stale = True
        self.look.selection = self.look.selection.after(event)
        self._grid.touch(event)
        if not isinstance(event, events.Generations | events.Frame | events.Analysing):
            self._show_state()
        if isinstance(event, events.RoundFinished) and self.link.condition is Condition.ATTACHED:
            remember_speed(self.look.view)
        if why := trouble(event):
            self.notify(why, title="The session rests", severity="error", timeout=20, markup=False)
        if self.link.condition is not Condition.REPLAY:
            self.app.ring(event, self.link.path.stem)  # type: ignore[attr-defined]

    def _take_view(self, view: SessionView) -> None:
        self.look.take(view, getattr(self.link, "header", None))
        self.look.metrics = type(self.look.metrics)()
        self._renew()

    def _changed_state(self) -> None:
        if is_left(self):
            return
        self.query_one(Banner).show(self.link)
        self._renew()

    def _mask_arrived(self) -> None:
        self.call_later(self._renew_masks)  # from the thread that read it, or from this one if it was quick

    def _renew_masks(self) -> None:
        if not is_left(self):
            self._grid.renew(lambda kind: kind.reads_masks)

    # Drawing

    def _redraw(self) -> None:
        """Draw the stale panel that has waited longest; with the lines of state, since each drawing has its price."""
        if self.app.screen is not self or self._moved:  # who pressed a key sees the headline move first
            return
        now = time.monotonic()
        if now >= self._stated + LEAST and (self._is_stale or self.look.view.compiling is not None):
            self._is_stale, self._stated = False, now
            self._show_state()
        self._grid.draw_next()
        self._asking.watch(now)
        self._comparing.catch_up()

    def _renew(self) -> None:
        self._grid.renew()
        self._show_state()

    def _show_state(self) -> None:
        if not self.is_mounted or is_left(self):
            return
        self.query_one(Headline).show(self.link, self.look.selection)
        self.query_one(ProgressLines).show(self.link)
        self.query_one(BranchTree).show(self.look.view, self.look.selection)

    @property
    def focused_panel(self) -> Panel | None:
        """The panel with the focus; the first one if none has it."""
        return self._grid.focused_panel

    async def _lay_out(self) -> None:
        self._grid.beside = self._tour.columns(self.app.size.width) if self._tour is not None else 0
        self.query_one(BranchTree).display = self.app.size.width - self._grid.beside >= LEAST_WITH_TREE
        await self._grid.lay_out()

    # What a person asks for

    def action_toggle_run(self) -> None:
        """Run or pause; start the engine again if it is gone."""
        condition = self.link.condition
        if self.look.view.state == "finished" and condition in (Condition.ATTACHED, Condition.RESTING):
            self.notify("All branches are complete: branch from one, or undo to an earlier round, to continue.")
        elif condition in (Condition.GONE, Condition.RESTING):
            self._follow(run=True)
        elif self.link.is_running:
            self._requests.send(commands.Pause())
        else:
            self._requests.send(commands.Resume())

    def action_step(self, generations: int) -> None:
        """Run some generations."""
        self._requests.send(commands.Step(generations=generations))

    def action_run_rounds(self, rounds: int) -> None:
        """Run some rounds."""
        self._requests.send(commands.RunRounds(rounds=rounds))

    @work(group="dialog")
    async def action_run_some_rounds(self) -> None:
        """Ask for a number of rounds, and run them."""
        rounds = await self.app.push_screen_wait(ask.number("Run how many rounds?", 3))
        if rounds:
            self.action_run_rounds(rounds)

    def action_end_round(self) -> None:
        """End the round now."""
        self._requests.send(commands.EndRound(), "The round has ended; its weights are pruned next.")

    @work(group="ask")
    async def action_pace(self, factor: float) -> None:
        """Run faster or slower by a factor."""
        await self._requests.change_pace(factor)
        self._show_state()

    @work(group="dialog")
    async def action_note(self) -> None:
        """Ask for a remark, and write it into the journal."""
        await self._requests.note()

    def action_set_aside(self) -> None:
        """Set the branch aside, or take it up again."""
        self._requests.set_aside()

    def action_curvature(self) -> None:
        """Compute what the focused panel shows, or the curvature panel; if a policy is looked at, have it played."""
        panel = self.focused_panel
        if panel is not None and panel.kind.asks is not None:
            self.run_worker(self._have_engine(), group="ask")
        elif panel is not None:
            self._requests.analyse(panel.kind)

    def action_cancel_analyses(self) -> None:
        """Cancel all analyses that wait or are under way."""
        self._requests.cancel_analyses()

    @work(group="dialog")
    async def action_decide(self, dialog: str) -> None:
        """Show a dialog about the selected branch, and send the command that it returns."""
        await self._requests.decide(dialog)

    @work(group="dialog")
    async def action_export(self) -> None:
        """Write a file."""
        await self._requests.export()

    @work(group="dialog")
    async def action_tour(self, deed: str) -> None:
        """Go through the tour, or guess."""
        if self._tour is not None:
            await self._tour.do(deed)

    def on_tour_panel_guessed(self, message: TourPanel.Guessed) -> None:
        """Keep a guess; charts mark it."""
        self._requests.remark(message.text)
        self._renew()

    # Looking around

    def _select(self, selection: Selection) -> None:
        before, view = self.look.selection, self.look.view
        self.look.selection = selection
        changed = {
            "branch": before.branch_in(view) != selection.branch_in(view),
            "round": before.round_in(view) is not selection.round_in(view),
            "generation": before.generation != selection.generation,
        }
        self.query_one(Headline).show(self.link, selection)
        if not self._moved:
            self.call_after_refresh(self.set_timer, FOLLOWING, self._look_elsewhere)
        self._moved |= {part for part, has_changed in changed.items() if has_changed} or {"cursor"}

    def _look_elsewhere(self) -> None:
        """Let everything follow the selection; doing this at once would slow down a held key."""
        if is_left(self):
            return
        moved, self._moved = self._moved, set()
        self._grid.look_elsewhere(moved)
        self._show_state()

    def action_scrub(self, part: Part, direction: int) -> None:
        """Go through a round's generations, a branch's rounds, or the branches."""
        self._select(beside(part, self.look.view, self.look.selection, direction))

    def action_live(self) -> None:
        """Return to what is computed now."""
        self._select(Selection())

    def on_branch_tree_chosen(self, message: BranchTree.Chosen) -> None:
        """Select the branch or the round that was chosen in the tree."""
        self._select(Selection(message.branch, message.round))

    async def action_cycle_view(self) -> None:
        """Show one panel, four, six, or as many as fit."""
        self.notify(f"Panels: {await self._grid.next_layout()}", timeout=2)

    def action_maximise(self) -> None:
        """Show only the focused panel, or all again."""
        panel = self._grid.focused_panel
        if self.maximized is not None:
            self.minimize()
        elif panel is not None:
            self.maximize(panel, container=False)
        self.call_after_refresh(self._renew)

    async def action_panel(self, kind: int | str) -> None:
        """Go to a kind of panel, by its number from 1 or by its name."""
        await self._grid.go_to(kind if isinstance(kind, str) else list(PANELS)[kind - 1])

    def action_deal(self, deed: Deed) -> None:
        """Zoom, move, change a scale or smooth, in the focused chart."""
        self._grid.deal(deed)

    @work(group="dialog")
    async def action_compare(self, how: str) -> None:
        """Pin what is compared with, hide the branch, or add another session's branches."""
        await self._comparing.do(how)

    async def action_swap(self) -> None:
        """Show the next kind of panel in the focused one's place."""
        await self._grid.swap()

    def action_next_leaf(self) -> None:
        """Show the next layer's mask or the next distribution."""
        self._grid.next_leaf()

    async def action_search(self) -> None:
        """Search the journal."""
        await self._search.open()

    def key_escape(self) -> None:
        """Leave the search, the maximised panel, or the scrubbed past."""
        if self._search.is_open:
            self._search.leave(forget=True)
        elif self.maximized is not None:
            self.action_maximise()
        else:
            self.action_live()

    def action_show(self, what: str) -> None:
        """Show the engine's log, or what it takes of the machine."""
        self._requests.show(what, self.query_one(ProgressLines))

    def action_go_home(self) -> None:
        """Go back to the sessions."""
        self.app.go_home()  # type: ignore[attr-defined]
