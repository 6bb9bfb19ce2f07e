"""Trust in the code of a spec's table, whose branches may give it arguments of their own."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sessions.specs.overrides import overridden
from sessions.specs.own_code import trust_changes, trusted_in
from ticket_explorer.tables import is_table


def trusted_in_branches(table: Mapping[str, Any]) -> set[tuple[str, str]]:
    """The places and sources of a table's code that this user lets run as it is called there."""
    return {code for plan in (table, *_merged(table)) for code in trusted_in(plan)}


def trust_in_branches(known: Collection[tuple[str, str]], table: Mapping[str, Any]) -> None:
    """Trust code also with the arguments that it has now, there or in a branch, if it was trusted before.

    Raises:
        TicketError: if that can't be kept.
    """
    for plan in (table, *_merged(table)) if known else ():
        trust_changes(known, plan)


def _merged(table: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    branches = table.get("branch")
    for branch in branches if isinstance(branches, list | tuple) else ():
        if is_table(branch):
            yield overridden(table, branch).tables
