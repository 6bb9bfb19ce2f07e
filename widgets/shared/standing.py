"""How a branch stands: the mark and the word that lists of branches show."""

from sessions.views.branch_view import BranchView
from sessions.views.session_view import SessionView


def standing(view: SessionView, branch: BranchView) -> tuple[str, str]:
    """A branch's mark, one character, and the word for what keeps it from going on; empty if nothing does."""
    if branch.is_done:
        mark = "✓"
    elif branch.failed:
        mark = "✗"
    elif branch.aside:
        mark = "◌"
    else:
        mark = "!" if branch.stuck else "○"
    if view.running is not None and view.running.branch == branch.name and view.state == "running":
        mark = "●"
    word = "failed" if branch.failed else "set aside" if branch.aside else "stuck" if branch.stuck else ""
    return mark, word
