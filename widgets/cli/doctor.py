"""`doctor`: does this machine work? A line for each check, with what to do about it."""

from typing import Annotated, Any

import typer
from rich.text import Text

from sessions.serving.checkup import checkup
from sessions.serving.finding import Finding
from widgets.cli.app import told
from widgets.cli.failures import FAILED
from widgets.cli.output import PrintableConsole, narration, print_json

_STYLES = {"ok": "green", "remark": "yellow", "trouble": "red"}


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(doctor)


@told
def doctor(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Check whether sessions can run on this machine, and be seen.

    Takes at most 20 seconds. Exit code 0 if they can: missing extras, a missing browser or GPU are remarks.
    """
    console, found = PrintableConsole(), list[Finding]()
    with narration.status("checking, and training a short round"):
        for finding in checkup():
            found.append(finding)
            if not json:
                _print(finding, console)
    works = all(finding.state != "trouble" for finding in found)
    if json:
        print_json(_as_json(works, found))
    elif works:
        console.print("Sessions can run here, and be seen.", style="bold")
    else:
        console.print("Sessions can't run here yet, or can't be seen: see the lines with trouble.", style="bold")
    if not works:
        raise typer.Exit(FAILED)


def _print(finding: Finding, console: PrintableConsole) -> None:
    line = Text.assemble((f"{finding.state:<8}", _STYLES[finding.state]), f"{finding.name}: {finding.said}")
    console.print(line, soft_wrap=True)
    if finding.remedy:
        console.print(Text(f"{'':8}→ {finding.remedy}", "dim"), soft_wrap=True)


def _as_json(works: bool, found: list[Finding]) -> dict[str, Any]:
    return {"works": works, "checks": found}
