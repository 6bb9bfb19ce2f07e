"""The code of one's own that a session keeps: whether it is trusted here, and how its files differ from it by now."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from sessions.specs.own_code import codes_of
from sessions.views.branch_view import BranchView
from ticket_explorer.own_code import LARGEST
from ticket_explorer.own_trust import is_trusted, trust
from ticket_explorer.tables import is_table


class Branches(Protocol):
    """A session's view, as far as its plans are concerned."""

    branches: dict[str, BranchView]


@dataclass(frozen=True)
class KeptCode:
    """One text that a session goes on with."""

    place: str
    """File and object, `rules.py:my_score`."""
    source: str
    file: str = ""
    """Where the text came from, on the machine that took it in."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """What the object is called with."""

    @property
    def call(self) -> str:
        """The object with its arguments, `rules.py:my_score(power=0.7)`: what is trusted, with the text."""
        given = ", ".join(f"{name}={value!r}" for name, value in self.parameters.items())
        return f"{self.place}({given})" if given else self.place

    @property
    def is_trusted(self) -> bool:
        """Whether it is run here."""
        return is_trusted(self.place, self.source, self.parameters)

    def trust(self) -> None:
        """Run it here from now on.

        Raises:
            TicketError: if that can't be kept.
        """
        trust(self.place, self.source, self.parameters)

    def changes(self) -> str:
        """What its file says otherwise by now, as a unified diff; empty if it is gone, or the same."""
        file = Path(self.file)
        try:
            if not file.is_file() or file.stat().st_size > LARGEST:  # whoever made the session chose this path
                return ""
            now = file.read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError):
            return ""
        kept, new = self.source.splitlines(keepends=True), now.splitlines(keepends=True)
        return "".join(difflib.unified_diff(kept, new, f"{self.place}, in the session", self.file))

    def changes_in_words(self) -> str:
        """How much of its file has changed, in a sentence; empty if nothing has."""
        lines = self.changes().splitlines()[2:]
        added, removed = (sum(line.startswith(sign) for line in lines) for sign in "+-")
        if not lines:
            return ""
        return (
            f"{self.file} has changed since the session took it in (+{added} −{removed} lines). The session goes on "
            "with its own text; name the file again, in a branch or a switch, to use the new one."
        )


def kept_code(view: Branches) -> list[KeptCode]:
    """All code that a session's plans have, each text once for each way to call it."""
    plans: list[Mapping[str, Any]] = [branch.plan for branch in view.branches.values()]
    plans += [round_.plan for branch in view.branches.values() for round_ in branch.rounds.values()]
    found: dict[tuple[str, str, str], KeptCode] = {}
    for table in (table for plan in plans for table in codes_of(plan)):
        place, source, file = (str(table.get(field, "")) for field in ("place", "source", "file"))
        given = table.get("parameters")
        code = KeptCode(place, source, file, given if is_table(given) else {})
        found.setdefault((code.call, place, source), code)
    return list(found.values())


def untrusted_code(view: Branches) -> list[KeptCode]:
    """The code that is not run before this user says so."""
    return [code for code in kept_code(view) if not code.is_trusted]
