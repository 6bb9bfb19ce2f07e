"""`transfer`: tickets on another task, with another strategy, by another trainer."""

from typing import Annotated, Any

import typer

from sessions.messages import commands
from sessions.serving.ask import answer
from sessions.specs.sources import assign, load_table
from sessions.views.reading import read_view
from sessions.views.session_view import SessionView
from ticket_explorer.errors import InvalidValue, UnknownName
from ticket_explorer.trainers.succession import succeed
from widgets.cli import completion
from widgets.cli.app import CLIENT, command_line, session_path, told
from widgets.cli.branching import parse_round, say_remarks
from widgets.cli.options import GivenSession, with_fields
from widgets.cli.output import say, write
from widgets.decisions.trainer_fields import TRAINER_KINDS, named

FromTickets = Annotated[
    str,
    typer.Option(
        "--from",
        metavar="BRANCH[:ROUND]",
        help="The tickets of a branch, or of one round.",
        autocompletion=completion.branches,
    ),
]

_FROM_PRESET = ("task", "network", "trainer")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(transfer)
    app.command()(decompose)
    app.command()(adopt)


@told
@with_fields(commands.Transfer, "branch", "rounds", "overrides")
def transfer(
    session: GivenSession,
    from_: FromTickets,
    to: Annotated[
        str | None,
        typer.Option(
            help="A preset or a TOML file: its task, network and trainer.", autocompletion=completion.presets_and_files
        ),
    ] = None,
    trainer: Annotated[
        str | None, typer.Option(help="A strategy, or another trainer.", autocompletion=completion.trainers)
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="What else differs: task.name=mnist")
    ] = None,
    **fields: Any,
) -> None:
    """Train a branch's tickets on something else.

    On another task, with another strategy, or by another trainer. They become a branch of the same session, with a
    control of random masks; resume the session to run them. The new branches' names are printed on stdout.
    """
    path = session_path(session)
    view = read_view(path)
    branch, rounds = _tickets(view, from_)
    overrides = _overrides(to, trainer, set_ or [])
    made = answer(path, commands.Transfer(branch, rounds, overrides, **fields), CLIENT)["branches"]
    say_remarks(view, branch, overrides)
    say(f"Tickets of {from_} go on in {', '.join(made)}. Run them with: {command_line('resume', path)}")
    write("\n".join(made))


@told
def decompose(
    session: GivenSession,
    from_: FromTickets,
    trainer: Annotated[
        str | None,
        typer.Option(
            help="What trains the found masks and the controls of a branch that learns masks.",
            autocompletion=completion.trainers,
        ),
    ] = None,
) -> None:
    """Begin the controls of a branch's tickets.

    They show what the tickets owe to their weights, their mask and their layers: the tickets are trained again with
    permuted weights, with permuted mask and weights, and as random masks of as many weights. Resume the
    session to run them; then analyse its decomposition. Their names are printed on stdout.
    """
    path = session_path(session)
    branch, rounds = _tickets(read_view(path), from_)
    made = answer(path, commands.Decompose(branch=branch, rounds=rounds, trainer=trainer), CLIENT)["branches"]
    say(f"Controls of {from_} are {', '.join(made)}. Run them with: {command_line('resume', path)}")
    write("\n".join(made))


@told
def adopt(
    session: Annotated[
        str,
        typer.Argument(
            help="The session to import the branch into: a path or a name.", autocompletion=completion.sessions
        ),
    ],
    source: Annotated[
        str,
        typer.Argument(help="The session that trained it: a path or a name.", autocompletion=completion.sessions),
    ],
    from_: Annotated[
        str,
        typer.Option("--from", metavar="BRANCH", help="The branch.", autocompletion=completion.branches_of_source),
    ],
    name: Annotated[str | None, typer.Option(help="The branch's new name.")] = None,
) -> None:
    """Import a branch of another session.

    Its finished rounds come with it, so that its tickets can be transferred, its rounds connected and its scores
    compared like the session's own. Both sessions need the same number of replicates. Its name is printed on stdout.
    """
    path, other = session_path(session), session_path(source)
    if from_ not in (known := read_view(other).branches):
        raise InvalidValue("--from", from_, f"a branch among {', '.join(known)}")
    made = answer(path, commands.Adopt(session=str(other.resolve()), branch=from_, name=name), CLIENT)["branch"]
    say(f"Branch {from_} of {other} is {made} here. Transfer it: {command_line('transfer', path)} --from {made}")
    write(made)


def _tickets(view: SessionView, given: str) -> tuple[str, list[int] | None]:
    """A branch, and one of its rounds or all of them."""
    branch, _, number = given.partition(":")
    if branch not in view.branches:
        raise InvalidValue("--from", given, f"a branch among {', '.join(view.branches)}")
    return branch, [parse_round(given)[1]] if number else None


def _overrides(to: str | None, trainer: str | None, assignments: list[str]) -> dict[str, Any]:
    overrides: dict[str, Any] = {}
    if to is not None:
        table = load_table(to)
        overrides |= {key: table[key] for key in _FROM_PRESET if key in table}
    if trainer is not None:
        wanted = named(_known(trainer))
        overrides["trainer"] = succeed(overrides["trainer"], wanted).table if "trainer" in overrides else wanted
    assign(overrides, assignments)
    if not overrides:
        raise InvalidValue("--to", "nothing that would differ", "a preset, --trainer or --set")
    return overrides


def _known(trainer: str) -> str:
    if trainer not in TRAINER_KINDS:
        raise UnknownName("trainer", trainer, TRAINER_KINDS)
    return trainer
