"""The explorer's panels: how many there are, which kinds they show, and which is drawn next."""

import time
from collections.abc import Callable, Collection

from textual.containers import Grid

from sessions.messages import events
from widgets.plots.kinds import MASK, PANELS, Look, PanelKind, offered
from widgets.plots.lens import Deed
from widgets.terminal import settings
from widgets.terminal.panels.journal import JournalPanel
from widgets.terminal.panels.panel import Panel

LAYOUTS: tuple[settings.Layout, ...] = ("auto", "one", "four", "six")
_SHAPES = {"one": (1, 1), "four": (2, 2), "six": (3, 2)}
"""Columns and rows."""


class PanelGrid(Grid):
    """One, four or six panels, by the room there is and a person's choice."""

    def __init__(self, look: Look, remembered: settings.Settings) -> None:
        super().__init__()
        self._look, self._remembered = look, remembered
        self._kinds = [kind for kind in remembered.panels if kind in PANELS] or list(PANELS)[:6]
        self._shape = ""
        self.beside = 0
        """Columns of the screen that something beside the panels takes."""
        self.panels: list[Panel] = []
        """From left to right and top to bottom."""

    @property
    def _kinds_here(self) -> list[str]:
        """The kinds that are remembered, with others in place of those that this session has nothing for."""
        kinds = offered(self._look.view)
        others = (kind for kind in kinds if kind not in self._kinds)
        return [kind if kind in kinds else next(others, kinds[0]) for kind in self._kinds]

    @property
    def focused_panel(self) -> Panel | None:
        """The panel with the focus; the first one if none has it."""
        first = self.panels[0] if self.panels else None
        return next((panel for panel in self.panels if panel.has_focus_within), first)

    @property
    def journals(self) -> list[JournalPanel]:
        """The panels that are shown."""
        return [panel.content for panel in self.panels if isinstance(panel.content, JournalPanel)]

    async def lay_out(self) -> None:
        """Lay out as many panels as the terminal has room for, or as a person chose."""
        width, height = self.app.size.width - self.beside, self.app.size.height
        layout = self._remembered.layout
        if layout == "auto":
            layout = "one" if width < 100 or height < 28 else "six" if width >= 180 and height >= 48 else "four"
        if layout == self._shape:
            return
        self._shape = layout
        columns, rows = _SHAPES[layout]
        self.styles.grid_size_columns, self.styles.grid_size_rows = columns, rows
        self.panels = []
        await self.remove_children()
        panels = [Panel(kind, self._look) for kind in self._kinds_here[: columns * rows]]
        await self.mount_all(panels)
        self.panels = panels
        panels[0].content.focus()

    async def next_layout(self) -> str:
        """Change to the next layout, and remember it; returns its name."""
        position = LAYOUTS.index(self._remembered.layout)
        self._remembered.layout = LAYOUTS[(position + 1) % len(LAYOUTS)]
        settings.save(self._remembered)
        await self.lay_out()
        return self._remembered.layout

    async def go_to(self, kind: str) -> None:
        """Focus the panel that shows a kind; if none does, the focused panel changes to it."""
        if kind not in offered(self._look.view):
            why = "networks see examples, and don't act" if PANELS[kind].plays else "networks act, and see no examples"
            said = f"{PANELS[kind].title}: this session's {why}."
            self.notify(said, severity="warning")
            return
        shown = next((panel for panel in self.panels if panel.kind.name == kind), None)
        if shown is not None and self.screen.maximized is None:
            shown.content.focus()
        elif self.focused_panel is not None:
            await self._turn(self.focused_panel, kind)

    async def swap(self) -> None:
        """Show the next kind of panel in the focused one's place."""
        panel = self.focused_panel
        if panel is not None:
            kinds, all_kinds = offered(self._look.view), list(PANELS)
            after = all_kinds[all_kinds.index(panel.kind.name) + 1 :]
            await self._turn(panel, next((kind for kind in after if kind in kinds), kinds[0]))

    def next_leaf(self) -> None:
        """Show the next layer's mask, distribution or landscape, or scores in place of fitness."""
        panel = self.focused_panel
        kind = panel.kind if panel is not None and panel.kind.turns else PANELS[MASK]
        self._look.turns[kind.name] = self._look.turns.get(kind.name, 0) + 1
        self.renew(lambda shown: shown is kind)

    def touch(self, event: events.Event) -> None:
        """Take note of an event."""
        for panel in self.panels:
            panel.touch(event)

    def draw_next(self) -> None:
        """Draw the stale panel that has waited longest: drawing all at once would keep a key waiting."""
        now = time.monotonic()
        due = [panel for panel in self.panels if panel.is_due(now)]
        if due:
            min(due, key=lambda panel: panel.drawn).renew()

    @property
    def asking(self) -> list[PanelKind]:
        """The kinds that can be seen and ask the engine for what they show."""
        return [panel.kind for panel in self.panels if panel.kind.asks is not None and panel.is_on_screen]

    def on_panel_chosen(self, message: Panel.Chosen) -> None:
        """Light up the weights of an image's path in all panels."""
        message.stop()
        self._look.picked = self._look.gallery.pick(message.number)
        self.renew()

    def renew(self, concerns: Callable[[PanelKind], bool] = lambda _: True) -> None:
        """Draw all panels, or those of some kinds."""
        for panel in self.panels:
            if concerns(panel.kind):
                panel.renew()

    def look_elsewhere(self, changed: Collection[str]) -> None:
        """Follow the selection, of which these parts have changed."""
        for panel in self.panels:
            panel.look_elsewhere(changed)

    def deal(self, deed: Deed) -> None:
        """Zoom, move, change a scale or smooth, in the focused panel."""
        if self.focused_panel is not None:
            self.focused_panel.deal(deed)

    def toggle(self, name: str) -> None:
        """Hide marks of a name in all panels, or show them again."""
        self._look.hidden ^= {name}
        self.renew()

    def on_panel_toggled(self, message: Panel.Toggled) -> None:
        """Hide what was clicked in a legend, or show it again."""
        message.stop()
        self.toggle(message.name)

    def on_panel_cursor_moved(self, message: Panel.CursorMoved) -> None:
        """Link the cursors of panels with the same x axis."""
        message.stop()
        for panel in self.panels:
            if panel is not message.panel:
                panel.mark(message.panel.kind.cursor_in(self._look), message.x)

    async def _turn(self, panel: Panel, kind: str) -> None:
        await panel.turn_to(kind)
        self._kinds[self.panels.index(panel)] = kind
        self._remembered.panels = tuple(self._kinds)
        settings.save(self._remembered)
