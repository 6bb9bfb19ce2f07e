"""The columns of a list of sessions, for every face: their words, and how sessions are sorted and filtered by them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sessions.reports.session_list import SessionState
from ticket_explorer.errors import UnknownName
from widgets.shared.wording import date_and_time, duration, in_bytes, score, share


@dataclass(frozen=True)
class Column:
    """One column."""

    words: Callable[[SessionState], str]
    key: Callable[[SessionState], Any]
    """What sessions are sorted by; None where a session has no such value, which comes last."""
    is_number: bool = False
    """Whether it is aligned on the right, and sorted from the greatest down at first."""
    is_text: bool = False
    """Whether `name:text` filters by it."""


def _text(of: Callable[[SessionState], str]) -> Column:
    return Column(of, lambda one: of(one).casefold() or None, is_text=True)


def _moment(of: Callable[[SessionState], datetime | None]) -> Column:
    return Column(lambda one: date_and_time(at) if (at := of(one)) else "", of, is_number=True)


def state_in_words(session: SessionState) -> str:
    """A session's state, with what an engine that rests in it means for a person."""
    if session.state == "stopped":
        return "crashed; can go on"
    return "paused, open" if session.state == "paused" and session.is_open else session.state


COLUMNS: dict[str, Column] = {
    "session": _text(lambda one: one.name),
    "state": _text(state_in_words),
    "rounds": Column(lambda one: f"{one.rounds_done}/{one.rounds_planned}", lambda one: one.rounds_done, True),
    "sparsest": Column(
        lambda one: "" if one.lowest_density is None else share(one.lowest_density),
        lambda one: one.lowest_density,
        True,
    ),
    "score": Column(
        lambda one: "" if one.best_score is None else score(one.best_score), lambda one: one.best_score, True
    ),
    "task": _text(lambda one: one.task),
    "network": _text(lambda one: one.network),
    "strategy": _text(lambda one: one.strategy),
    "changed": _moment(lambda one: one.changed),
    "tags": _text(lambda one: ", ".join(one.tags)),
    "branches": Column(lambda one: str(one.branches or ""), lambda one: one.branches or None, True),
    "duration": Column(
        lambda one: duration(one.seconds_run) if one.seconds_run else "", lambda one: one.seconds_run or None, True
    ),
    "size": Column(lambda one: in_bytes(one.bytes_on_disk), lambda one: one.bytes_on_disk, True),
    "created": _moment(lambda one: one.created),
    "title": _text(lambda one: one.title),
}
"""The columns by their headings, most important first: the last ones are out of sight in a narrow terminal."""
ARCHIVED = "is:archived"
"""The word that asks for archived sessions."""
LATEST = "changed"
"""The column that lists are sorted by at first."""


def sorted_by(known: Iterable[SessionState], column: str = LATEST, reverse: bool = False) -> list[SessionState]:
    """Sessions in the order of a column: texts from A, numbers and times from the greatest; equals by name.

    Args:
        known: As `Listing` has them, in any order.
        column: A name in `COLUMNS`.
        reverse: The other way round; sessions without a value stay last.

    Raises:
        UnknownName: if there is no such column.
    """
    if column not in COLUMNS:
        raise UnknownName("column", column, COLUMNS)
    chosen = COLUMNS[column]
    by_name = sorted(known, key=lambda one: one.name)
    having = [one for one in by_name if chosen.key(one) is not None]
    having.sort(key=chosen.key, reverse=chosen.is_number != reverse)
    return having + [one for one in by_name if chosen.key(one) is None]


def matching(known: Iterable[SessionState], words: Sequence[str]) -> list[SessionState]:
    """The sessions that match all words, whatever their case; archived ones only if `is:archived` is a word.

    Args:
        known: As `Listing` has them, in any order.
        words: Each is a text that is somewhere in a session's line, `field:text`, `task:pendulum`, for one column,
            `tag:paper`, which is a whole tag, or `is:archived`.

    Raises:
        UnknownName: if there is no such field.
    """
    is_archived = ARCHIVED in map(str.casefold, words)
    wanted = [_wanted(word) for word in words]
    return [one for one in known if one.archived is is_archived and all(is_there(one) for is_there in wanted)]


def _wanted(word: str) -> Callable[[SessionState], bool]:
    field, colon, text = word.casefold().partition(":")
    if not colon:
        return lambda one: any(field in column.words(one).casefold() for column in COLUMNS.values())
    if field == "tag":
        return lambda one: text in map(str.casefold, one.tags)
    if field == "is":
        if f"{field}:{text}" != ARCHIVED:
            raise UnknownName("state of sessions", text, ["archived"])
        return lambda one: one.archived
    fields = [name for name, column in COLUMNS.items() if column.is_text]
    if field not in fields:
        raise UnknownName("field", field, [*fields, "tag", "is"])
    return lambda one: text in COLUMNS[field].words(one).casefold()
