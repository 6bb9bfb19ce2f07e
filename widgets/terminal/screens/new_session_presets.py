"""The presets as a list shows them: what each is, what it shows, and how long it takes here."""

from rich.text import Text

from sessions.plans.cost import Estimate
from sessions.specs.spec import Table
from ticket_explorer import presets
from ticket_explorer.tables import algorithm_of
from widgets.shared.wording import counted

_UNITS = ((90, 1, "s"), (90 * 60, 60, "min"), (48 * 3600, 3600, "h"), (700 * 86400, 86400, "days"))
_YEAR = 365 * 86400


def story(name: str) -> str:
    """What the comments at the head of a preset say, on one line."""
    lines = []
    for line in presets.text(name).splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.lstrip("# "))
    return " ".join(lines)


def about(seconds: float | None) -> str:
    """A time that is only estimated: `about 3 min`."""
    if seconds is None:
        return "time not known"
    for limit, unit, name in _UNITS:
        if seconds < limit:
            return f"about {max(round(seconds / unit), 1):,} {name}"
    return f"about {seconds / _YEAR:,.0f} years"


def prompt(table: Table, cost: Estimate | None, is_missing: bool) -> Text:
    """A preset in three lines: its title, what it is made of, how long it takes."""
    parts = [
        _name(table, "task"),
        _name(table, "network"),
        algorithm_of(table["trainer"]),
    ]
    line = Text.assemble((str(table.get("title", "")), "bold"), "\n")
    line.append(" · ".join(parts), "dim").append("\n")
    line.append(f"{counted(len(table['branch']), 'branch', 'branches')}, ", "dim")
    line.append(about(cost.seconds if cost else None), "cyan")
    if is_missing:
        line.append("  no data", "yellow")
    return line


def cost_lines(cost: Estimate) -> Text:
    """What a session will cost, in two lines."""
    share = 100 * cost.kept_last / max(cost.prunable, 1)
    sizes = f"{cost.parameters:,} parameters, {cost.prunable:,} prunable, {cost.kept_last:,} left in the last round"
    lines = Text.assemble((sizes, ""), (f" ({share:.3g}%)", "dim"), "\n")
    lines.append(about(cost.seconds), "bold cyan").append(f" here, {cost.generations:,} generations in all")
    return lines.append(f", up to {cost.memory_bytes / 1e9:.1f} GB of memory")


def _name(table: Table, key: str) -> str:
    given = table[key]
    return given if isinstance(given, str) else str(given["name"])
