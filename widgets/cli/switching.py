"""`switch`: change how a branch goes on."""

from typing import Annotated, Any

import typer

from sessions.messages import commands
from sessions.serving.ask import answer
from sessions.specs.sources import assign
from sessions.specs.spec import Table
from sessions.store import SessionDirectory
from sessions.views.reading import read_view
from ticket_explorer.errors import InvalidValue, UnknownName
from widgets.cli import completion
from widgets.cli.app import CLIENT, command_line, session_path, told
from widgets.cli.branching import say_remarks
from widgets.cli.options import GivenSession
from widgets.cli.output import say

_EXPECTED = "pruner, rewind, trainer, pruning, or your own task or network, such as pruner=magnitude"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(switch)


@told
def switch(
    session: GivenSession,
    branch: Annotated[str, typer.Option("--branch", help="The branch to change.", autocompletion=completion.branches)],
    set_: Annotated[
        list[str], typer.Option("--set", metavar="PATH=VALUE", help="What changes: pruner=magnitude, pruning.ratio=0.3")
    ],
) -> None:
    """Change how a branch prunes or trains from its next round on.

    A branch whose code of your own fails goes on with other code; name a changed file again to use its new text.
    """
    path = session_path(session)
    SessionDirectory.open_for_reading(path)
    overrides: Table = {}
    assign(overrides, set_)
    view = read_view(path)
    if branch not in view.branches:
        raise UnknownName("branch", branch, view.branches)
    answer(path, _wanted(branch, overrides), CLIENT)
    say_remarks(view, branch, overrides)
    say(f"Branch {branch!r} goes on with this. Run it with: {command_line('resume', path)}")


def _wanted(branch: str, overrides: Table) -> commands.Deed[Any]:
    """The one command that makes these changes."""
    known = {"pruner", "rewind", "trainer", "pruning", "task", "network"}
    if not overrides or set(overrides) - known:
        raise InvalidValue("--set", ", ".join(sorted(set(overrides) - known)) or "nothing", _EXPECTED)
    rules = {key: value for key, value in overrides.items() if key in ("pruner", "rewind")}
    if rules and len(rules) == len(overrides):
        return commands.SwitchPruner(branch, **rules)
    code = {key: value for key, value in overrides.items() if key in ("task", "network")}
    if code and len(code) == len(overrides):
        return commands.SwitchCode(branch, **code)
    if len(overrides) > 1:
        raise InvalidValue(
            "--set",
            ", ".join(overrides),
            "pruner and rewind, or task and network, or trainer, or pruning: one after another",
        )
    if "trainer" in overrides:
        return commands.SwitchTrainer(branch, overrides["trainer"])
    return commands.SetPruning(branch, overrides["pruning"])
