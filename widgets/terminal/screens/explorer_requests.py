"""What a person asks of a session in the explorer: commands for its engine, dialogs and files.

The screen itself draws and listens. A notification reports the outcome of a request.
"""

from collections.abc import Awaitable, Callable

from textual.screen import Screen

from sessions.messages import commands, events
from ticket_explorer.errors import TicketError
from widgets.plots.kinds import Look, PanelKind, wanted_analyses
from widgets.shared.session_link import Condition, Link
from widgets.terminal.dialogs import ask, dialog_called
from widgets.terminal.dialogs.waiting import Waiting
from widgets.terminal.status import ProgressLines

STARTING = "The engine starts, which takes seconds: this needs one, and looking did not."
NOT_PLAYED = "No engine runs that could be asked. The curvature key starts one."
DECIDED = "Done: it takes effect with the branch's next pruning or round."
_DONE: dict[type, str] = {
    commands.PauseAt: "Set: the session pauses there by itself.",
    commands.RemoveBranch: "The branch is removed; its rounds stay on disk.",
    commands.RenameBranch: "The branch has another name.",
    commands.RemoveBreakpoint: "The breakpoint is removed.",
}
NOT_ATTACHED = "This needs the session's engine, which is not attached."


class Requests:
    """Sends one session's engine what a person asks for."""

    def __init__(
        self, screen: Screen[None], link: Link, look: Look, have_engine: Callable[[], Awaitable[None]]
    ) -> None:
        """Make it.

        Args:
            screen: Shows the notifications and dialogs.
            link: The way to the engine.
            look: What is selected; requests are about its branch.
            have_engine: Starts an engine if none was needed before.
        """
        self._screen = screen
        self._link = link
        self._look = look
        self._have_engine = have_engine

    def send(self, command: commands.Command, done: str = "") -> None:
        """Send a command without waiting for its answer.

        Args:
            command: What to ask for.
            done: The sentence to show when the engine has accepted it; empty for none.
        """
        self._screen.run_worker(self._send(command, done), group="ask")

    async def _send(self, command: commands.Command, done: str) -> None:
        await self._have_engine()
        try:
            await self._link.ask(command)
        except TicketError as error:
            self._screen.notify(str(error), severity="error", timeout=10, markup=False)
        else:
            if done:
                self._screen.notify(done, markup=False)

    async def change_pace(self, factor: float) -> None:
        """Run faster or slower by a factor."""
        await self._have_engine()
        try:
            await self._link.change_pace(factor)
        except TicketError as error:
            self._screen.notify(str(error), severity="error", markup=False)

    async def note(self) -> None:
        """Ask for a remark, and write it into the journal."""
        text = await self._screen.app.push_screen_wait(ask.line("A remark for the journal", ""))
        if text:
            self.send(commands.Note(text=text), "The remark is in the journal.")

    def remark(self, text: str) -> None:
        """Write a remark into the journal; in a replay, whose journal nobody writes, into what is shown."""
        if self._link.condition is Condition.REPLAY:
            self._link.view.apply(events.Remarked(at=self._link.view.changed, text=text, author="tour"))
        else:
            self.send(commands.Note(text=text))

    def set_aside(self) -> None:
        """Set the branch aside, or take it up again."""
        branch = self._branch
        if branch is not None:
            aside = not self._look.view.branches[branch].aside
            done = f"Branch {branch} {'is set aside' if aside else 'goes on'}."
            self.send(commands.SetAside(branch=branch, aside=aside), done)

    def analyse(self, kind: PanelKind) -> None:
        """Have the engine compute what a panel shows, or else what the curvature panel shows."""
        if not self._can_ask():
            return
        wanted = wanted_analyses(self._look, kind)
        if not wanted:
            sentence = "There is nothing to analyse yet, or no other branch to compare with."
            self._screen.notify(sentence, severity="warning")
        for command in wanted:
            self.send(command, f"The {command.kind} of {command.branch} is being computed.")

    def cancel_analyses(self) -> None:
        """Cancel all analyses that wait or are under way."""
        for number in tuple(self._look.view.analysing):
            self.send(commands.CancelAnalysis(id=number), "The analysis was cancelled.")

    async def decide(self, dialog: str) -> None:
        """Show a dialog about the branch, and send the command that it returns.

        Args:
            dialog: Which one, by name: `pruner`, `branch` and so on.
        """
        branch = self._branch
        if branch is None:
            self._screen.notify("There is no branch yet.", severity="warning")
            return
        if await self._has_engine() and self._can_ask():
            made = dialog_called(dialog)(self._link, branch, self._look.selection.round)
            command = await self._screen.app.push_screen_wait(made)
            if command is not None:
                self.send(command, _DONE.get(type(command), DECIDED))

    async def _has_engine(self) -> bool:
        """Wait for an engine, beneath a screen that takes the keys typed meanwhile; False if a person gave up."""
        if self._link.condition in (Condition.ATTACHED, Condition.REPLAY):
            return True
        app, waiting = self._screen.app, Waiting(STARTING)
        await app.push_screen(waiting)
        await self._have_engine()
        if waiting not in app.screen_stack:
            return False
        waiting.dismiss()
        return True

    def show(self, what: str, progress: ProgressLines) -> None:
        """Show the engine's log, or in the lines of progress what it takes of the machine."""
        from widgets.terminal.dialogs.engine_log import EngineLog

        if what == "usage":
            progress.measure(self._link.path)
        else:
            self._screen.app.push_screen(EngineLog(self._link.path))

    async def export(self) -> None:
        """Write a file."""
        from widgets.terminal.dialogs.export import ExportDialog

        branch = self._branch
        if branch is not None:
            dialog = ExportDialog(self._link, branch, self._look.selection.round)
            told = await self._screen.app.push_screen_wait(dialog)
            if told:
                self._screen.notify(told, markup=False, timeout=10)

    @property
    def _branch(self) -> str | None:
        return self._look.selection.branch_in(self._look.view)

    def _can_ask(self) -> bool:
        """Whether there is an engine to ask, or one that can be started; says so if not."""
        can_ask = self._link.condition in (Condition.ATTACHED, Condition.RESTING, Condition.CONNECTING)
        if not can_ask:
            self._screen.notify(NOT_ATTACHED, severity="warning")
        return can_ask
