"""The actions of the lists of sessions and studies, of a study, and of the form of a new session."""

from widgets.terminal.action import Action

LIST_ACTIONS: tuple[Action, ...] = (
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
        "mark_cell",
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
)
