"""Every action once: its key, its name, what it does.

Bindings, the footer, the command palette, the help screens and docs/keys.md are all made from this
registry, so that they can't disagree. It imports neither Textual's widgets nor NumPy.
"""

from collections.abc import Mapping

from textual.binding import Binding

from widgets.terminal.action import Action, Scope, key_name
from widgets.terminal.explorer_actions import EXPLORER_ACTIONS
from widgets.terminal.list_actions import LIST_ACTIONS

ACTIONS: tuple[Action, ...] = (
    *LIST_ACTIONS,
    *EXPLORER_ACTIONS,
    Action(
        "help_panel", ("question_mark",), "Help", "Explain what is focused, and its keys.", "everywhere", "Help", True
    ),
    Action("help_keys", ("f1",), "All keys", "All keys on one screen.", "everywhere", "Help"),
    Action("leave", ("q", "ctrl+q"), "Quit", "Leave; asks whether the engine goes on.", "everywhere", "Help", True),
    Action("suspend_process", ("ctrl+z",), "Suspend", "Go to the shell; `fg` returns.", "everywhere", "Help"),
)


DECISIONS = frozenset(
    (action.call or action.name).partition("(")[0]
    for action in ACTIONS
    if (action.group == "Decide" and action.name != "export") or action.name in ("end_round", "breakpoint")
)
"""The methods that an engine answers, and a replay can't."""
SCOPES: dict[str, Scope] = {
    "Home": "home",
    "NewSession": "new",
    "Explorer": "explorer",
    "Studies": "studies",
    "StudyScreen": "study",
}
"""Of the screens, by the names of their classes."""


def scope_of(screen: object) -> Scope:
    """The scope of a screen; dialogs only have actions that work everywhere."""
    return SCOPES.get(type(screen).__name__, "everywhere")


def of_scope(scope: Scope) -> list[Action]:
    """The actions of one scope, in order."""
    return [action for action in ACTIONS if action.scope == scope]


def bindings(scope: Scope) -> list[Binding | tuple[str, str] | tuple[str, str, str]]:
    """The bindings of one scope, for a screen's or the app's BINDINGS."""
    return [action.binding for action in of_scope(scope)]


def groups(scope: Scope, keymap: Mapping[str, str]) -> dict[str, list[tuple[str, Action]]]:
    """The actions of a scope by group, each with its keys in words.

    Args:
        scope: Where the actions can be asked for.
        keymap: A person's own keys, by action; comma separated.
    """
    found: dict[str, list[tuple[str, Action]]] = {}
    for action in of_scope(scope):
        keys = keymap.get(action.name, ",".join(action.keys)).split(",")
        found.setdefault(action.group, []).append((" ".join(map(key_name, keys)), action))
    return found


def keys_page() -> str:
    """The text of docs/keys.md, in Markdown."""
    lines = [_PAGE]
    for scope, title in _TITLES.items():
        lines += [f"## {title}\n", "| keys | action | name | does |", "|---|---|---|---|"]
        for action in of_scope(scope):
            keys = " ".join(f"`{key_name(key)}`" for key in action.keys)
            lines.append(f"| {keys} | {action.title} | `{action.name}` | {action.help} |")
        lines.append("")
    return "\n".join(lines)


_TITLES: dict[Scope, str] = {
    "home": "Sessions",
    "new": "New session",
    "explorer": "Explorer",
    "studies": "Studies",
    "study": "Study",
    "everywhere": "Everywhere",
}
_PAGE = """# Keys

Everything can also be done with the mouse, or from the command palette (`ctrl+p`). Any key can be given to another
action: write `name = "key"` into `keys.toml`, beside the directory of your sessions, several keys separated by commas:
`toggle_run = "space,ctrl+r"`.
"""
