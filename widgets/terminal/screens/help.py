"""Help: a paragraph on what is focused, and the keys, all from the registries."""

import re
from collections.abc import Mapping

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Label, Static

from widgets.terminal.action import Scope
from widgets.terminal.actions import groups, scope_of
from widgets.terminal.dialogs.dialog import Dialog

HOME_HELP = (
    "Your sessions, the latest first: the title of each, its progress, its best score at the lowest density, and a "
    "sparkline of the ticket curve from dense (left) to sparse (right). A flat sparkline is a winning ticket."
)
NEW_HELP = (
    "Choose a preset, then change what you like. Each field shows its range; if a value can't work, the field says so "
    "as you type. The estimate below follows."
)
TREE_HELP = (
    "The branches and the rounds each trained, with the share of weights kept and the score. ↳ says after which round "
    "a branch begins. Choose a round to look at it in all charts; end returns to live."
)


class _Help(Dialog[None]):
    BINDINGS = [("escape,q,question_mark,f1", "dismiss", "Close")]


class PanelHelp(_Help):
    """Explains what has the focus."""

    def __init__(self, screen: Screen[object], keymap: Mapping[str, str]) -> None:
        super().__init__(classes="dialog")
        self._title, self._text = _about(screen)
        self._scope: Scope = scope_of(screen)
        self._keymap = keymap

    def compose(self) -> ComposeResult:
        """The paragraph above the keys."""
        with VerticalScroll(classes="box -wide"):
            yield Label(self._title, classes="title", markup=False)
            yield Static(Text(self._text))
            yield Static(_keys(self._scope, self._keymap))


class AllKeys(_Help):
    """All keys of all screens."""

    def __init__(self, keymap: Mapping[str, str]) -> None:
        super().__init__(classes="dialog")
        self._keymap = keymap

    def compose(self) -> ComposeResult:
        """A table for each screen."""
        scopes: dict[Scope, str] = {
            "explorer": "Explorer",
            "home": "Sessions",
            "new": "New session",
            "everywhere": "Everywhere",
        }
        with VerticalScroll(classes="box -wide"):
            for scope, title in scopes.items():
                yield Label(title, classes="title")
                yield Static(_keys(scope, self._keymap))


def _keys(scope: Scope, keymap: Mapping[str, str]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", style="bold", no_wrap=True)
    table.add_column()
    for group, actions in groups(scope, keymap).items():
        table.add_row("", "")
        table.add_row("", Text(group, "bold cyan"))
        for keys, action in actions:
            if action.name == "panel_1" or not re.fullmatch(r"panel_\d+", action.name):
                shown = "1–9 0" if action.name == "panel_1" else keys
                table.add_row(Text(shown), Text(action.help))
    return table


def _about(screen: Screen[object]) -> tuple[str, str]:
    scope = scope_of(screen)
    if scope == "explorer":
        from widgets.terminal.branch_tree import BranchTree
        from widgets.terminal.screens.explorer import Explorer

        assert isinstance(screen, Explorer)
        if isinstance(screen.focused, BranchTree) or screen.focused_panel is None:
            return "Branches", TREE_HELP
        return screen.focused_panel.kind.title, screen.focused_panel.kind.help
    return {"home": ("Sessions", HOME_HELP), "new": ("New session", NEW_HELP)}.get(scope, ("Help", ""))
