"""Another name for a branch: what is called by it from then on. Files keep the name that they were written under."""

from msgspec import structs

from sessions.views.branch_view import BranchView


def renamed(branches: dict[str, BranchView], before: str, after: str) -> dict[str, BranchView]:
    """The branches in the same order, one of them by its new name, also where others name it.

    Args:
        branches: By name; what they hold is changed in place.
        before: The branch's name so far.
        after: Its name from now on.
    """
    for branch in branches.values():
        if branch.parent == before:
            branch.parent = after
        if branch.borrowed is not None and branch.borrowed.branch == before:
            branch.borrowed = structs.replace(branch.borrowed, branch=after)
    branch = branches[before]
    branch.name = after
    for round_ in branch.rounds.values():
        round_.branch = after
    return {after if name == before else name: known for name, known in branches.items()}
