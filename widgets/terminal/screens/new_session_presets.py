"""The texts of presets in the list: what each is, what it shows, and how long it takes here."""

from rich.text import Text

from sessions.plans.cost import Estimate
from sessions.specs.spec import Table
from ticket_explorer import presets
from ticket_explorer.tables import algorithm_of
from widgets.shared.wording import about, counted


def story(name: str) -> str:
    """The comments at the head of a preset, on one line."""
    lines = []
    for line in presets.text(name).splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.lstrip("# "))
    return " ".join(lines)


def prompt(name: str, table: Table, cost: Estimate | None, is_missing: bool) -> Text:
    """A preset in three lines: its title; its name; how it trains and, if it is known, how long."""
    line = Text.assemble((str(table.get("title", "")), "bold"), "\n", (name, "green"), "\n")
    branches = counted(len(table["branch"]), "branch", "branches")
    line.append(f"{algorithm_of(table['trainer'])}, {branches}", "dim")
    if cost is not None and cost.seconds is not None:
        line.append(", ", "dim").append(about(cost.seconds), "cyan")
    if is_missing:
        line.append("  no data", "yellow")
    return line


def cost_lines(cost: Estimate, gpu: str | None = None) -> Text:
    """What a session will cost, in two lines; in a third, how much of a GPU is free and how many use it."""
    share = 100 * cost.kept_last / max(cost.prunable, 1)
    sizes = f"{cost.parameters:,} parameters, {cost.prunable:,} prunable, {cost.kept_last:,} left in the last round"
    lines = Text.assemble((sizes, ""), (f" ({share:.3g}%)", "dim"), "\n")
    lines.append(about(cost.seconds), "bold cyan").append(f" here, {cost.generations:,} generations in all")
    lines.append(f", up to {cost.memory_bytes / 1e9:.1f} GB of memory")
    return lines if gpu is None else lines.append(f"\n{gpu}", "dim")
