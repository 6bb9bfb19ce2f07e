"""Every action once: its key, its name, what it does.

Bindings, the footer, the command palette, the help screens and docs/keys.md are all made from this
registry, so that they can't disagree. It imports neither Textual's widgets nor NumPy.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from textual.binding import Binding

from widgets.plots.names import FIGURES, LETTERS

Scope = Literal["everywhere", "home", "new", "explorer", "studies", "study"]


@dataclass(frozen=True)
class Action:
    """One thing a person can do with a key."""

    name: str
    """The action's method is `action_NAME` of the scope's screen; also its name in keys.toml."""
    keys: tuple[str, ...]
    title: str
    """Its title in the footer and the palette: two or three words."""
    help: str
    """What it does, in a sentence for the list of keys."""
    scope: Scope
    group: str
    footer: bool = False
    call: str = ""
    """The method with its arguments, if it isn't the name."""

    @property
    def binding(self) -> Binding:
        """The action as Textual's binding, with an id for a person's own keys."""
        return Binding(
            ",".join(self.keys),
            self.call or self.name,
            self.title,
            show=self.footer,
            key_display=key_name(self.keys[0]),
            id=self.name,
            tooltip=self.help,
        )


def _panel_keys() -> Iterator[Action]:
    for number in range(1, 11):
        yield Action(
            f"panel_{number}",
            (str(number % 10),),
            f"Panel {number}",
            f"Go to panel {number}; if it isn't on the screen, it takes the place of the focused one.",
            "explorer",
            "Look",
            call=f"panel({number})",
        )
    for name, letter in LETTERS.items():
        title = FIGURES[name].title if name in FIGURES else name.capitalize()
        yield Action(
            f"panel_{name}", (letter,), title, f"Go to the panel {title}.", "explorer", "Look", call=f"panel('{name}')"
        )


def _chart_keys() -> Iterator[Action]:
    for name, keys, title, does in _CHART_KEYS:
        yield Action(name, keys, title, does, "explorer", "Charts", call=f"deal('{name}')")


_CHART_KEYS = (
    ("zoom_in", ("z",), "Zoom in", "Show less of both axes, about the cursor; so does the wheel, about the pointer."),
    ("zoom_out", ("Z",), "Zoom out", "Show more of both axes."),
    ("pan_left", ("ctrl+left",), "Move left", "Move to the left in a chart; so does dragging."),
    ("pan_right", ("ctrl+right",), "Move right", "Move to the right in a chart."),
    ("pan_up", ("ctrl+up",), "Move up", "Move up in a chart."),
    ("pan_down", ("ctrl+down",), "Move down", "Move down in a chart."),
    ("fit", ("F",), "Close up", "Begin the axis at the lowest value in sight, so that lines that lie close part."),
    ("log_x", ("X",), "Scale of x", "A logarithmic x axis instead of a linear one, or the other way round."),
    ("log_y", ("V",), "Scale of y", "A logarithmic y axis instead of a linear one, or the other way round."),
    ("smooth", ("g",), "Smooth", "Average lines over 5, 15, 45 neighbouring values, then not at all."),
    ("reset", ("ctrl+r",), "Reset chart", "Show the whole chart as it is again; so do two clicks."),
)

ACTIONS: tuple[Action, ...] = (
    Action("open", ("enter",), "Open", "Open the session, and join its engine if one runs.", "home", "Sessions", True),
    Action("new", ("n",), "New", "Plan a new session.", "home", "Sessions", True),
    Action("start_default", ("d",), "Start default", "Start the embedded default at once.", "home", "Sessions", True),
    Action(
        "demo", ("o",), "Recorded demo", "Replay a recorded session; nothing is computed.", "home", "Sessions", True
    ),
    Action(
        "replay", ("r",), "Replay", "Watch the session's journal again; nothing is computed.", "home", "Sessions", True
    ),
    Action("rename", ("f2",), "Rename", "Give the session another name.", "home", "Sessions"),
    Action(
        "delete",
        ("delete", "backspace"),
        "Delete",
        "Delete the session, or all that are marked; asks first.",
        "home",
        "Sessions",
        True,
    ),
    Action("mark", ("space",), "Mark", "Mark the session, or mark it no more, and go to the next.", "home", "Sessions"),
    Action("tag", ("t",), "Tag", "Put tags on the session, or on all that are marked.", "home", "Sessions"),
    Action(
        "archive",
        ("a",),
        "Archive",
        "Archive the session, or all that are marked, or bring them back; `is:archived` in the filter shows them.",
        "home",
        "Sessions",
    ),
    Action(
        "filter",
        ("slash",),
        "Filter",
        "Show only sessions that match words, or fields: `task:pendulum state:running`.",
        "home",
        "Sessions",
        True,
    ),
    Action(
        "sort",
        ("s",),
        "Sort",
        "Sort by the next column; a click on a heading sorts by that one.",
        "home",
        "Sessions",
        call="sort(1)",
    ),
    Action("sort_before", ("S",), "Sort back", "Sort by the column before.", "home", "Sessions", call="sort(-1)"),
    Action("sort_reverse", ("z",), "Reverse", "Sort the other way round.", "home", "Sessions"),
    Action("refresh", ("f5",), "Refresh", "Read the sessions from disk again.", "home", "Sessions"),
    Action("studies", ("y",), "Studies", "Show your studies: grids of sessions.", "home", "Sessions", True),
    Action("refresh_studies", ("f5",), "Refresh", "Read the studies from disk again.", "studies", "Studies"),
    Action("close_studies", ("escape",), "Back", "Back to the sessions.", "studies", "Studies", True),
    Action(
        "mark",
        ("space",),
        "Mark",
        "Lay the cell's ticket curve over those of other marked cells, or take it away.",
        "study",
        "Study",
        True,
    ),
    Action("unmark", ("u",), "Unmark all", "Mark no cell any more.", "study", "Study"),
    Action("refresh_study", ("f5",), "Refresh", "Read the study from disk again.", "study", "Study"),
    Action("close_study", ("escape",), "Back", "Back to the screen before.", "study", "Study", True),
    Action("create", ("ctrl+s",), "Start", "Start the session and watch it.", "new", "New session", True),
    Action(
        "create_paused", ("ctrl+o",), "Open paused", "Create the session, and wait paused.", "new", "New session", True
    ),
    Action(
        "filter_presets", ("slash",), "Filter", "Show only presets that match some words.", "new", "New session", True
    ),
    Action("cancel", ("escape",), "Back", "Back to the sessions.", "new", "New session", True),
    Action(
        "toggle_run",
        ("space",),
        "Run",
        "Run to the end, or pause after the chunk in flight.",
        "explorer",
        "Run",
        True,
    ),
    Action("step_1", ("s",), "Step", "Run one generation, then pause.", "explorer", "Run", True, "step(1)"),
    Action("step_10", ("d",), "Step 10", "Run ten generations, then pause.", "explorer", "Run", False, "step(10)"),
    Action(
        "step_100", ("f",), "Step 100", "Run a hundred generations, then pause.", "explorer", "Run", False, "step(100)"
    ),
    Action(
        "run_round",
        ("r",),
        "Round",
        "Run to the end of the round, then pause.",
        "explorer",
        "Run",
        True,
        "run_rounds(1)",
    ),
    Action("run_some_rounds", ("R",), "Rounds …", "Run the next N rounds, then pause; asks for N.", "explorer", "Run"),
    Action(
        "end_round",
        ("k",),
        "End round",
        "End the round at this generation, and prune what it found.",
        "explorer",
        "Run",
    ),
    Action(
        "breakpoint",
        ("B",),
        "Pause at …",
        "Set a breakpoint, or remove one: the session pauses by itself at a round, density, generation, or finding.",
        "explorer",
        "Run",
        call="decide('breakpoint')",
    ),
    Action("slower", ("minus",), "Slower", "Run at half the pace, for watching and teaching.", "explorer", "Run"),
    Action(
        "faster",
        ("plus", "equals_sign"),
        "Faster",
        "Run at twice the pace, up to no limit.",
        "explorer",
        "Run",
    ),
    Action(
        "pruner",
        ("p",),
        "Pruner",
        "Switch the pruner, with a preview of what each would remove.",
        "explorer",
        "Decide",
        True,
        call="decide('pruner')",
    ),
    Action(
        "strategy",
        ("e",),
        "Strategy",
        "Switch the strategy, or change its hyper-parameters.",
        "explorer",
        "Decide",
        True,
        call="decide('strategy')",
    ),
    Action(
        "branch",
        ("b",),
        "Branch",
        "Branch from the selected round.",
        "explorer",
        "Decide",
        True,
        call="decide('branch')",
    ),
    Action(
        "transfer",
        ("t",),
        "Transfer",
        "Train the branch's tickets on another task, or with another strategy or trainer.",
        "explorer",
        "Decide",
        call="decide('transfer')",
    ),
    Action(
        "decompose",
        ("D",),
        "Decompose",
        "Train controls of the branch's tickets (permuted, random) to see what their effect comes from.",
        "explorer",
        "Decide",
        call="decide('decompose')",
    ),
    Action(
        "undo",
        ("u",),
        "Undo",
        "Set the branch aside and go on from one of its earlier rounds.",
        "explorer",
        "Decide",
        True,
        call="decide('undo')",
    ),
    Action(
        "remove_branch",
        ("delete",),
        "Remove branch",
        "Show and run the branch no more; asks first, and its rounds stay on disk.",
        "explorer",
        "Decide",
        call="decide('remove')",
    ),
    Action("set_aside", ("a",), "Set aside", "Stop running the branch, or take it up again.", "explorer", "Decide"),
    Action(
        "curvature",
        ("c",),
        "Curvature",
        "Compute what the curvature panel shows: the curvature of the loss, or a landscape.",
        "explorer",
        "Decide",
    ),
    Action("cancel_analyses", ("C",), "Cancel analyses", "Cancel the running analyses.", "explorer", "Decide"),
    Action("note", ("n",), "Note", "Add a remark to the journal.", "explorer", "Decide"),
    Action(
        "export",
        ("x",),
        "Export",
        "Write metrics, analyses, a ticket, a figure, a report or a replay.",
        "explorer",
        "Decide",
    ),
    Action(
        "scrub_back",
        ("left",),
        "Earlier",
        "Go back in the round's generations; all charts follow.",
        "explorer",
        "Look",
        False,
        "scrub(-1)",
    ),
    Action(
        "scrub_on", ("right",), "Later", "Go forward again; all charts follow.", "explorer", "Look", False, "scrub(1)"
    ),
    Action(
        "round_back",
        ("shift+left", "comma"),
        "Previous round",
        "Look at the previous round.",
        "explorer",
        "Look",
        False,
        "scrub_round(-1)",
    ),
    Action(
        "round_on",
        ("shift+right", "full_stop"),
        "Next round",
        "Look at the next round.",
        "explorer",
        "Look",
        False,
        "scrub_round(1)",
    ),
    Action("live", ("end",), "Live", "Return to what is computed now.", "explorer", "Look"),
    Action(
        "branch_before",
        ("left_square_bracket",),
        "Previous branch",
        "Look at the previous branch.",
        "explorer",
        "Look",
        False,
        "look_at_branch(-1)",
    ),
    Action(
        "branch_after",
        ("right_square_bracket",),
        "Next branch",
        "Look at the next branch.",
        "explorer",
        "Look",
        False,
        "look_at_branch(1)",
    ),
    Action("cycle_view", ("v",), "View", "Show one, four or six charts.", "explorer", "Look"),
    Action("maximise", ("m",), "Maximise", "Maximise the focused panel, and back.", "explorer", "Look"),
    Action("swap", ("w",), "Swap panel", "Show the next kind of panel in the focused one's place.", "explorer", "Look"),
    Action(
        "next_leaf",
        ("l",),
        "Next layer",
        "Show the next layer's mask, distribution or landscape; scores in place of fitness.",
        "explorer",
        "Look",
    ),
    *_panel_keys(),
    *_chart_keys(),
    Action(
        "pin",
        ("Y",),
        "Pin",
        "In Compare, take differences from the next branch; after the last one, from the branch's parent again.",
        "explorer",
        "Look",
        call="compare('pin')",
    ),
    Action(
        "hide",
        ("H",),
        "Hide branch",
        "Hide the selected branch in all charts, or show it again; a click on a name in a legend does the same.",
        "explorer",
        "Look",
        call="compare('hide')",
    ),
    Action(
        "add_session",
        ("A",),
        "Add session",
        "Compare with another session's branches too; again, and not any more.",
        "explorer",
        "Look",
        call="compare('add')",
    ),
    Action("search", ("slash",), "Search", "Search the journal.", "explorer", "Look"),
    Action(
        "engine_log",
        ("L",),
        "Engine log",
        "Show what the engine printed, and details of errors.",
        "explorer",
        "Look",
        call="show('log')",
    ),
    Action(
        "usage",
        ("U",),
        "Usage",
        "Show what the engine takes of processor, memory and GPU, or no more.",
        "explorer",
        "Look",
        call="show('usage')",
    ),
    Action("go_home", ("h",), "Home", "Back to the sessions; the engine goes on.", "explorer", "Look", True),
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


def key_name(key: str) -> str:
    """A key as it is written on a keyboard: `full_stop` is `.`."""
    return "+".join(_NAMES.get(part, part) for part in key.split("+"))


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
_NAMES = {
    "slash": "/",
    "full_stop": ".",
    "comma": ",",
    "minus": "-",
    "plus": "+",
    "equals_sign": "=",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "question_mark": "?",
    "left": "←",
    "right": "→",
}
_PAGE = """# Keys

Everything can also be done with the mouse, or from the command palette (`ctrl+p`). Any key can be given to another
action: write `name = "key"` into `keys.toml`, beside the directory of your sessions, several keys separated by commas:
`toggle_run = "space,ctrl+r"`.
"""
