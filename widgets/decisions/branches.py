"""Where a new branch may begin, and the names it may have."""

from collections.abc import Collection, Sequence

from sessions.reports.statistics import mean
from sessions.specs.spec import Table
from sessions.store import check_branch_name
from sessions.views.branch_view import RoundView
from sessions.views.session_view import SessionView
from ticket_explorer.errors import InvalidValue, TicketError
from widgets.decisions.complaints import Complaint, complaint_of
from widgets.shared.wording import score, share


def finished_rounds(view: SessionView, branch: str) -> Sequence[RoundView]:
    """The finished rounds of a branch from round 0 on, inherited ones included."""
    return [round_ for round_ in view.lineage(branch) if round_.finished is not None]


def round_in_words(round_: RoundView) -> str:
    """A finished round in a list: its number, density and score."""
    assert round_.finished is not None
    return f"{round_.number}: {share(round_.density)} kept, score {score(mean(round_.finished.score))}"


def round_to_go_back_to(view: SessionView, branch: str) -> int | None:
    """The last round after which something is left to do; None: the last finished one."""
    found = view.branches[branch]
    return found.next_round - 2 if found.is_done else None


def nothing_to_run(plan: Table, number: int | None, overrides: Table) -> Complaint | None:
    """Why a branch that changes nothing has nothing to run; None if it has, or changes something.

    Args:
        plan: The plan of the branch that it begins from.
        number: The round after which it begins.
        overrides: What it changes.
    """
    if overrides or number is None or number + 1 < int(plan["pruning"]["rounds"]):
        return None
    return Complaint("", "It would be the same branch, with nothing to run: change something, or give it more rounds.")


def objection_to_name(name: str, branches: Collection[str]) -> Complaint | None:
    """Why a new branch can't have this name; None if it can."""
    try:
        check_branch_name(name)
        if name.lower() in map(str.lower, branches):
            raise InvalidValue("$.branch.name", repr(name), "a name that no other branch has")
    except TicketError as error:
        return complaint_of(error)
    return None
