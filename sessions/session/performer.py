"""Carries out a session's commands, once they are known to be well-formed."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sessions.engine.engine import Engine
from sessions.messages import commands, events
from sessions.messages.answers import Episode, ExamplesSeen, Preview
from sessions.messages.emit import Emit
from sessions.session.adopt import Source
from sessions.session.branches import Branches
from sessions.session.breakpoints import breakpoint_removed, breakpoints_set
from sessions.specs.breakpoint import parse_breakpoint
from sessions.specs.own_code import analysis_called
from sessions.specs.spec import parse_plan
from sessions.specs.validation import convert
from sessions.store import SessionDirectory
from sessions.views.branch_checks import check_removal, check_renaming
from sessions.views.session_view import SessionView
from ticket_explorer.analysis.settings import AnalysisSettings
from ticket_explorer.errors import TicketError


@dataclass(frozen=True)
class Performer:
    """Carries out the commands of one session; implements `commands.Performer`."""

    directory: SessionDirectory
    view: SessionView
    replicates: int
    engine: Engine
    branches: Branches
    emit: Emit
    finish_if_done: Callable[[], None]
    """Reports that the session is finished, if it is by now."""

    def end_round(self) -> None:
        """End the running round at its last generation, and prune what it found.

        Raises:
            TicketError: if no round is running, or none of its generations is done.
        """
        self.engine.end_round()
        self.finish_if_done()

    def change_plan(self, branch: str, overrides: Mapping[str, Any]) -> None:
        """Change the plan of a branch's coming rounds and its next pruning.

        Raises:
            TicketError: if that can't work.
        """
        self.branches.change_plan(branch, overrides)
        self.finish_if_done()

    def switch_code(self, branch: str, overrides: Mapping[str, Any]) -> None:
        """Change the code of a branch's environment or network from its next round on.

        Raises:
            TicketError: if it is no code of one's own, or the network's weights would be others.
        """
        self.branches.switch_code(branch, overrides)
        self.finish_if_done()

    def tune(self, wish: commands.Tune) -> None:
        """Change hyper-parameters of the running round from its next generation on.

        Raises:
            TicketError: if no round is running, or a name or value is not possible.
        """
        self.engine.tune(wish.changes)

    def fork(self, wish: commands.Branch) -> str:
        """Begin a branch after a finished round of another; returns its name.

        Raises:
            TicketError: if there is no such finished round, or the overrides can't work.
        """
        return self.branches.fork(wish)

    def transfer(self, wish: commands.Transfer) -> list[str]:
        """Begin the branches of a transfer; returns their names, the transferred one first.

        Raises:
            TicketError: if there is no such round, or the tickets don't fit.
        """
        return self.branches.transfer(wish)

    def decompose(self, wish: commands.Decompose) -> list[str]:
        """Begin the controls of a branch's tickets that don't exist yet; returns their names.

        Raises:
            TicketError: if there is no such round, or all controls are there.
        """
        return self.branches.decompose(wish)

    def adopt(self, wish: commands.Adopt) -> str:
        """Import a branch of another session with its finished rounds; returns its name here.

        Raises:
            TicketError: if there is no such branch or session, or they don't fit together.
        """
        source = Source.of(Path(wish.session), wish.branch, self.replicates)
        return self.branches.adopt(source, wish.name, self.directory)

    def go_back(self, wish: commands.GoBack) -> str:
        """Set a branch aside and go on from one of its rounds as a new branch; returns its name.

        Raises:
            TicketError: if there is no such finished round.
        """
        added = self.branches.forked(commands.Branch(wish.branch, wish.round))
        self._set_aside(wish.branch, True, *added)
        return added[0].branch

    def set_aside(self, wish: commands.SetAside) -> None:
        """Run no more rounds of a branch, or take it up again; its running round, if any, is dropped.

        Raises:
            TicketError: if there is no such branch.
        """
        self.branches.called(wish.branch)
        self._set_aside(wish.branch, wish.aside)

    def remove_branch(self, branch: str) -> None:
        """Show and run a branch no more; its running round, if any, is dropped.

        Raises:
            TicketError: if there is no such branch, or another one needs it.
        """
        check_removal(self.view, branch)
        self.engine.abandon(branch)
        self.emit(events.BranchRemoved(at=time.time(), branch=branch))
        self.finish_if_done()

    def rename_branch(self, wish: commands.RenameBranch) -> None:
        """Call a branch otherwise.

        Raises:
            TicketError: if there is no such branch, it is being computed, or the name is taken.
        """
        check_renaming(self.view, wish.branch, wish.name)
        if self.engine.analyst.is_asked_about(wish.branch):
            said = f"Branch {wish.branch!r} keeps its name for now: it is being analysed."
            raise TicketError(said, remedy="Rename it when that is done, or cancel the analysis.")
        self.emit(events.BranchRenamed(at=time.time(), branch=wish.branch, name=wish.name))

    def _set_aside(self, branch: str, aside: bool, *before: events.Event) -> None:
        if aside:
            self.engine.abandon(branch)
        self.emit(*before, events.SetAsideChanged(at=time.time(), branch=branch, aside=aside))
        self.finish_if_done()

    def set_pace(self, wish: commands.Pace) -> None:
        """Limit how fast the driver runs this session."""
        self.emit(events.PaceChanged(at=time.time(), generations_per_second=wish.generations_per_second))

    def pause_at(self, at: Mapping[str, Any]) -> int:
        """Set a breakpoint; returns its number.

        Raises:
            TicketError: if it doesn't say one thing to pause at, or there is no such branch.
        """
        (told,) = breakpoints_set(self.view, [parse_breakpoint(at)])
        self.emit(told)
        return told.number

    def remove_breakpoint(self, number: int) -> None:
        """Pause no more at what the breakpoint of this number says.

        Raises:
            TicketError: if there is none of this number.
        """
        self.emit(breakpoint_removed(self.view, number))

    def preview_pruning(self, wish: commands.PreviewPruning) -> Preview:
        """What each pruner would remove now from the branch's running round, or from its last finished one.

        Raises:
            TicketError: if the branch has neither, or the pruner that is asked about can't be used.
        """
        plan = parse_plan(self.branches.called(wish.branch).plan)
        asked = None if wish.pruner is None else self.branches.changed(wish.branch, {"pruner": wish.pruner}).pruner
        return self.engine.preview(wish.branch, plan, asked)

    def try_out(self, wish: commands.TryOut) -> None:
        """Try a change of a branch's plan, and change nothing.

        Raises:
            TicketError: if the plan can't work, or code of one's own fails.
        """
        self.branches.try_out(wish.branch, wish.overrides)

    def rollout(self, wish: commands.Rollout) -> Episode:
        """One episode of a branch's policy: of a finished round, or of its running or last finished one.

        Raises:
            TicketError: if nothing is trained yet, or the task has no policy.
        """
        self.branches.called(wish.branch)
        return self.engine.rollout(wish.branch, wish.round)

    def examples(self, wish: commands.Examples) -> ExamplesSeen:
        """What the weights of a finished round, or of the running or last finished one, make of some test images.

        Raises:
            TicketError: if nothing is trained yet, or the task has no images of classes.
        """
        plan = parse_plan(self.branches.called(wish.branch).plan)
        return self.engine.examples(wish.branch, wish.round, plan, (wish.first, wish.count))

    def ask_analysis(self, wish: commands.Analyse) -> int:
        """Queue an analysis, to be computed between chunks; returns the id that its events carry.

        Raises:
            TicketError: if it can't be done.
        """
        settings: AnalysisSettings = convert(wish.parameters, analysis_called(wish.kind), "$")
        settings.check()
        return self.engine.analyse(settings, wish.branch, wish.round)

    def cancel_analysis(self, number: int) -> None:
        """Cancel an analysis that waits or is under way.

        Raises:
            TicketError: if there is no analysis with this id.
        """
        self.engine.analyst.cancel(number)

    def note(self, text: str) -> None:
        """Write a remark into the journal."""
        self.emit(events.Remarked(at=time.time(), text=text, author="person"))
