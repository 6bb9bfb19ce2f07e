"""Numbers and events as text: the same words in all faces."""

import time
from collections.abc import Iterable
from datetime import datetime

from sessions.messages import events
from sessions.reports.statistics import mean
from sessions.specs.breakpoint import parse_breakpoint
from sessions.views.diverged import told
from sessions.views.session_view import SessionView
from ticket_explorer.tables import algorithm_of

CODE_QUESTION = (
    "This session came with code, which is not run before you trust it: it could do anything that you can do. "
    "Without it everything can be looked at, and nothing computed."
)
"""Of a session whose code this user has not trusted."""
_UNITS = ((90, 1, "s"), (90 * 60, 60, "min"), (48 * 3600, 3600, "h"), (700 * 86400, 86400, "days"))
_YEAR = 365 * 86400


def duration(seconds: float) -> str:
    """Seconds as text: `42 s`, `3 min 5 s`, `2 h 10 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def about(seconds: float | None) -> str:
    """An estimated time: `about 3 min`."""
    if seconds is None:
        return "time not known"
    for limit, unit, name in _UNITS:
        if seconds < limit:
            return f"about {max(round(seconds / unit), 1):,} {name}"
    return f"about {seconds / _YEAR:,.0f} years"


def rate(generations_per_second: float | None) -> str:
    """Generations a second, two digits or more."""
    if not generations_per_second:
        return "first generation"
    return f"{generations_per_second:.{0 if generations_per_second >= 10 else 1}f} gen/s"


def speed(view: SessionView) -> str:
    """How fast a running session is, or what it waits for."""
    return rate(view.generations_per_second) if view.compiling is None else waiting(view.compiling)


def waiting(compiling: events.Compiling) -> str:
    """What a session waits for, and for how long."""
    return f"compiling {compiling.what}, {duration(max(0.0, time.time() - compiling.at))} so far"


def share(density: float) -> str:
    """A density in percent, three digits: `51.2%`."""
    return f"{100 * density:.3g}%"


def score(value: float | None) -> str:
    """A score in three decimals, a dash if there is none."""
    return "–" if value is None else f"{value:.3f}"


def one_error(values: int) -> str:
    """What ± means for the standard error of the mean of so many values, and the 95% interval's size."""
    from ticket_explorer.analysis.significance import quantile  # and NumPy

    return f"± 1 standard error (95%: ± {quantile(values - 1):.1f})"


def bars(replicates: int, what: str = "bars") -> str:
    """A figure's note on several replicates."""
    return f"Mean of {replicates} replicates; {what}: {one_error(replicates)}."


def count(value: int | None) -> str:
    """A whole number with commas, a dash if there is none."""
    return "–" if value is None else f"{value:,}"


def counted(number: int, one: str, many: str) -> str:
    """`1 branch`, `2 branches`."""
    return f"{number} {one if number == 1 else many}"


def of_searches(view: SessionView, shown: Iterable[str]) -> str | None:
    """A note on the scores of branches that learn masks; None if there are none."""
    names = ", ".join(name for name in shown if view.learns_mask(name))
    if not names:
        return None
    return f"Scores of {names} are of the searched weights under the mask they found, not of retrained tickets."


def clock(at: float, since: float | None = None) -> str:
    """The local time of an event, `14:05:09`; with its date, if it isn't of the day on which a list of times begins.

    Args:
        at: Seconds since 1970.
        since: The first time in the list; None: now, so that a time of another day has its date.
    """
    then, first = time.localtime(at), time.localtime(time.time() if since is None else since)
    is_same_day = then[:3] == first[:3]
    return time.strftime("%H:%M:%S" if is_same_day else "%Y-%m-%d %H:%M:%S", then)


def first_time(view: SessionView) -> float | None:
    """When a session's first event happened, for `clock`; None, so that dates are told, if that was not today."""
    first = next((event.at for event in view.history if event.at), None)
    is_today = first is not None and time.localtime(first)[:3] == time.localtime(time.time())[:3]
    return first if is_today else None


def left(seconds: float, is_live: bool = True) -> str:
    """The time left, and when that is in local time: `2 h 10 min left, until 14:05`; with a date if not today.

    Args:
        seconds: Until the end.
        is_live: Whether it runs now; a replay's end has no time of day.
    """
    now = time.time()
    if seconds < 60 or (not is_live and seconds <= _YEAR):
        return f"{duration(seconds)} left"
    if seconds > _YEAR:
        return f"{about(seconds)} left"
    end, today = time.localtime(now + seconds), time.localtime(now)
    form = "%H:%M" if end[:3] == today[:3] else "%Y-%m-%d %H:%M"
    return f"{duration(seconds)} left, until {time.strftime(form, end)}"


def date_and_time(at: datetime) -> str:
    """A moment to the minute in local time, `2026-07-01 12:34`: such texts sort as the moments do."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M")


def in_bytes(count: int) -> str:
    """A size on the disk: `340 kB`, `3.4 MB`."""
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if count >= unit:
            return f"{count / unit:.{0 if count >= 10 * unit else 1}f} {name}"
    return f"{count} B"


def trouble(event: events.Event | None) -> str:
    """What went wrong, if an event tells that the session rests because of it; empty otherwise."""
    match event:
        case events.Paused() if event.is_trouble:
            return event.reason
        case events.Failed():
            return event.message
        case _:
            return ""


def sentence(event: events.Event) -> str:
    """An event of the journal as a line of text; empty for events that no person needs to see."""
    match event:
        case events.Opened():
            return f"The session was opened. {event.recovered or ''}".rstrip()
        case events.BranchAdded():
            origin = f" after {event.parent}:{event.parent_round}" if event.parent is not None else ""
            return f"Branch {event.branch}{origin}: {_plan(event.plan)}"
        case events.BranchAdopted():
            return f"Branch {event.branch} with {len(event.rounds)} rounds comes from {event.session}: {event.source}"
        case events.PlanChanged():
            return f"Branch {event.branch} goes on with {_plan(event.plan)}"
        case events.SetAsideChanged():
            return f"Branch {event.branch} was {'set aside' if event.aside else 'taken up again'}"
        case events.BranchRemoved():
            return f"Branch {event.branch} was removed; its rounds stay on disk"
        case events.BranchRenamed():
            return f"Branch {event.branch} is called {event.name} now"
        case events.Pruned():
            return (
                f"{event.branch}:{event.round} pruned by {event.pruner} to {event.kept:,} weights, "
                f"rewound to {event.rewind}"
            )
        case events.RoundStarted():
            return f"{event.branch}:{event.round} begins at {share(event.density)}, {event.kept:,} weights"
        case events.RoundFinished():
            return f"{event.branch}:{event.round} ends with score {score(mean(event.score))}"
        case events.Diverged():
            return told(event)
        case events.Analysed() if not event.automatic:
            return f"{event.branch}:{event.round} was analysed after generation {event.generation}: {event.kind}"
        case events.RoundEnded():
            return f"{event.branch}:{event.round} was ended at generation {event.generations}"
        case events.RoundDropped():
            return f"{event.branch}:{event.round} was dropped after {event.generations} generations, and begins again"
        case events.Tuned():
            changes = ", ".join(f"{name} = {value:g}" for name, value in event.changes.items())
            return f"{event.branch}:{event.round}: {changes} from generation {event.generation} on"
        case events.FormChosen() if event.why:
            return f"{event.branch}:{event.round}: {event.why}; computed as {event.form.words} from generation " + (
                f"{event.generation} on"
            )
        case events.BreakpointSet():
            return f"Breakpoint {event.number} was set: pause {parse_breakpoint(event.when).words}"
        case events.BreakpointRemoved():
            return f"Breakpoint {event.number} was removed"
        case events.BreakpointMet():
            return event.said
        case events.PaceChanged():
            pace = event.generations_per_second
            return "No speed limit" if pace is None else f"No faster than {pace:g} generations a second"
        case events.Paused():
            return f"Paused. {event.reason}".rstrip()
        case events.Resumed():
            return "Running"
        case events.Finished():
            return "All branches are complete"
        case events.Failed():
            return f"Failed: {event.message}"
        case events.Remarked():
            return event.text if event.author == "engine" else f"{event.author}: {event.text}"
        case events.CommandReceived():
            return _asked(event)
        case events.CommandRefused():
            return f"{event.client} was refused: {_command(event.command)}. {event.sentence}"
        case _:
            return ""


def _plan(plan: dict[str, object]) -> str:
    names = []
    for key in ("task", "network", "trainer", "pruner", "rewind"):
        table = plan[key]
        assert isinstance(table, dict)
        names.append(algorithm_of(table))
    task, network, trainer, pruner, rewind = names
    return f"{trainer} trains {network} on {task}, {pruner} prunes, rewound to {rewind}"


def _asked(event: events.CommandReceived) -> str:
    """Who asked for what; a remark tells itself, and who only watches the clock asks for nothing."""
    match event.command.get("type"):
        case "Note":
            return ""
        case "Stop" if event.client == events.IDLE:
            return "The engine ended by itself: it had nothing to compute, and no viewer"
        case "Stop" if event.client.startswith("SIG"):
            return f"The engine was ended by {event.client}"
        case _:
            return f"{event.client} asked: {_command(event.command)}"


def _command(command: dict[str, object]) -> str:
    fields = {key: value for key, value in command.items() if key != "type" and value not in (None, {}, [])}
    what = ", ".join(f"{key} {value}" for key, value in fields.items())
    return f"{command.get('type')}{' ' + what if what else ''}"
