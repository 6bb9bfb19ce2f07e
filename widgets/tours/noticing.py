"""Whether what a step of a tour asks for was done, by the session's view and by where a person looks."""

from sessions.views.session_view import SessionView
from widgets.tours.tour import Task


def is_done(task: Task, view: SessionView, panel: str, is_scrubbed: bool) -> bool:
    """Whether a task was done.

    Args:
        task: What was to be done.
        view: The session as its journal tells it.
        panel: The kind of the focused panel.
        is_scrubbed: Whether an earlier round or generation is looked at.
    """
    match task.does:
        case "generations":
            return view.generations_done >= task.count
        case "rounds":
            return _rounds(view, task.branch) >= task.count
        case "finish":
            return view.state == "finished" or (bool(view.branches) and view.generations_left == 0)
        case "analysis":
            return sum(_counts(one.kind, one.branch, task) for one in view.analyses) >= task.count
        case "branches":
            return len(view.branches) >= task.count
        case "panel":
            return panel == task.kind
        case "look":
            return is_scrubbed


def _rounds(view: SessionView, branch: str) -> int:
    """Finished rounds of a branch, or of all together."""
    names = [name for name in view.branches if branch in ("", name)]
    return sum(round_.finished is not None for name in names for round_ in view.branches[name].rounds.values())


def _counts(kind: str, branch: str, task: Task) -> bool:
    return kind == task.kind and task.branch in ("", branch)
