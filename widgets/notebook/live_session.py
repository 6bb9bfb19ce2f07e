"""A session in a notebook: its engine runs in a process of its own, so the kernel stays free.

Calls that compute are awaited. The same verb without `_async` would block the kernel and all its widgets; it is refused
with a sentence that says what to write.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar

from sessions.messages import commands, events
from sessions.messages.commands import Deed
from sessions.plans.problems import learning_from
from sessions.reports.data_frame import RowKind, frame_of
from sessions.saved.session import SavedSession
from sessions.serving.launch import NewSession, launch
from sessions.serving.reaching import NotRunning
from sessions.session.verbs import Verb
from sessions.specs.sources import named_table, put
from sessions.specs.spec import Spec, parse_spec, spec_table
from sessions.specs.validation import checked
from sessions.views.reading import place_of_new, session_path
from sessions.views.session_view import SessionView
from ticket_explorer.errors import InvalidValue, TicketError
from widgets.notebook.attachment import CLIENT, Attachment, running_loop
from widgets.plots.figures import Selection
from widgets.shared.session_link import EngineLink, Launch

if TYPE_CHECKING:
    from pandas import DataFrame

    from sessions.tickets.found_ticket import FoundTicket
    from ticket_explorer.tasks.own_data.given import Arrays
    from widgets.plots.paper_figure import PaperFigure

R = TypeVar("R")


async def _answered(session: "LiveSession", deed: Deed[R]) -> R:
    return deed.heard(await session.attachment.ask(deed))


async def _found(session: "LiveSession", deed: Deed[int]) -> events.Analysed:
    """Wait for an analysis, and return its result; charts show it as soon as it is ready."""
    return await session.attachment.analysed(await _answered(session, deed))


class LiveSession:
    """A session that an engine runs, watched and steered from a notebook."""

    def __init__(self, attachment: Attachment) -> None:
        """Use `create` or `open`."""
        self.attachment = attachment
        self.path = attachment.link.path

    @classmethod
    def create(
        cls,
        source: str | Path | Mapping[str, Any] | Spec = "fashion",
        settings: Mapping[str, Any] | None = None,
        path: str | Path | None = None,
        run: bool = False,
        inline: bool = False,
        data: "Arrays | None" = None,
        shared: bool = False,
        device: str | None = None,
    ) -> Self:
        """Create a session, and start its engine.

        Args:
            source: A preset's name, a TOML file, a table, or a spec.
            settings: Single values by path, `{"pruning.rounds": 4}`; in a spec, where each branch has a whole plan,
                `{"branch.0.pruning.rounds": 4}`.
            path: Its directory; by default one in the user's sessions, named after the source.
            run: Whether to run to the end at once, or to wait paused.
            inline: Whether to run the engine in a thread of this kernel. It always does if no process can be
                started.
            data: Arrays that all branches learn from, in place of the source's task.
            shared: Whether the group of the session's directory may continue it too; takes a path.
            device: What the engine computes on: `cpu`, `gpu`, or `gpu:1` for one of several; None has JAX choose.

        Raises:
            TicketError: if there is no such source, a value can't work, or the arrays can't be learned from.
        """
        running_loop()
        table, name = named_table(source)
        put(table, settings or {})
        parsed = parse_spec(table)
        spec = spec_table(parsed if data is None else learning_from(parsed, data))
        directory = place_of_new(name, path, shared)
        if directory.exists():
            raise TicketError(f"{directory} already exists; give another path, or open it: tx.LiveSession.open(...).")
        new = NewSession(spec, shared)
        return cls(Attachment(EngineLink(directory, run, new, client=CLIENT, launch=_launcher(inline, device))))

    @classmethod
    def open(cls, session: str | Path, inline: bool = False, device: str | None = None) -> Self:
        """Open a session on disk: join the engine that runs it. If none runs, one is started when something needs it.

        Args:
            session: Its path, or its name.
            inline: Whether an engine that has to be started runs in a thread of this kernel.
            device: What such an engine computes on, as for `create`.

        Raises:
            TicketError: if there is no such session.
        """
        running_loop()
        link = EngineLink(session_path(session), client=CLIENT, launch=_launcher(inline, device), rests=True)
        return cls(Attachment(link))

    @property
    def view(self) -> SessionView:
        """The session as its events tell it."""
        return self.attachment.view

    @property
    def selection(self) -> Selection:
        """The selection that its widgets show; set it to change them all."""
        return self.attachment.look.selection

    @selection.setter
    def selection(self, selection: Selection) -> None:
        self.attachment.select(selection)

    def __repr__(self) -> str:
        return f"<LiveSession {self.path.stem}: {self.view.state}, {self.attachment.link.condition.value}>"

    if not TYPE_CHECKING:  # type checkers report what is not there; this says what to write instead

        def __getattr__(self, name: str) -> NoReturn:
            if hasattr(type(self), f"{name}_async"):
                raise TicketError(
                    f"session.{name}() would block the kernel, and no chart would move meanwhile; "
                    f"write: await session.{name}_async(...)"
                )
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def pick(self, entries: Iterable[int]) -> None:
        """Select weights by their entries of θ: they are lit up in scatters and masks, and named."""
        self.attachment.pick(tuple(int(entry) for entry in entries))

    def to_frame(self, rows: RowKind = "rounds") -> "DataFrame":
        """A pandas table of the finished rounds, or of all generations; see `sessions.reports.data_frame`.

        Raises:
            TicketError: if pandas is not installed, or there are no such rows.
        """
        header = self.attachment.link.header
        return frame_of(self.view, rows, self.path.name.removesuffix(".session"), header.spec.get("seed"))

    def ticket(self, branch: str, round: int, replicate: int = 0) -> "FoundTicket":
        """A finished round's ticket and the result of its training, read from disk; loads JAX and the data.

        Raises:
            TicketError: if there is no such branch, finished round or replicate.
        """
        return SavedSession.read(self.path).ticket(branch, round, replicate)

    def figure(self, kind: str, size: tuple[float, float] = (4.5, 3.0)) -> "PaperFigure":
        """A figure for a paper, of the session's selection; needs matplotlib (extra `figures`).

        Args:
            kind: The kind, as for charts: `ticket_curve`, `correlation` …
            size: Width and height in inches.

        Raises:
            TicketError: if there is no such kind.
        """
        from widgets.plots.paper_figure import panel_figure

        return panel_figure(kind, self.attachment.look, size)

    def report(self, path: str | Path) -> None:
        """Write the session as far as it has come as one HTML page: rounds, figures, history, how to reproduce it.

        Args:
            path: The file to write; it ends in .html.

        Raises:
            TicketError: if it can't be written.
        """
        from widgets.plots.html_report import report

        report(self.path, path)

    async def ready_async(self) -> None:
        """Wait until the engine listens, which takes seconds if it has to be started."""
        await self.attachment.ready()

    async def run_async(self) -> None:
        """Run until all branches are complete, or somebody pauses.

        Raises:
            TicketError: if an error brings the session to rest, or somebody stops the engine.
        """
        await self.attachment.ask_and_rest(commands.Resume())

    async def run_round_async(self) -> events.RoundFinished | None:
        """Run to the end of the running round, or of the next one; None if the session is finished.

        Raises:
            TicketError: if somebody paused before the round ended.
        """
        return _last_round(await self.attachment.ask_and_rest(commands.RunRounds(rounds=1)))

    async def run_rounds_async(self, rounds: int) -> events.RoundFinished | None:
        """Run to the end of some rounds, the running one included; returns the last one."""
        return _last_round(await self.attachment.ask_and_rest(checked(commands.RunRounds(rounds))))

    async def step_async(self, generations: int = 1) -> None:
        """Run some generations."""
        await self.attachment.ask_and_rest(checked(commands.Step(generations)))

    async def resume_async(self) -> None:
        """Let the engine run to the end, and don't wait for it."""
        await self.attachment.ask(commands.Resume())

    async def pause_async(self) -> None:
        """Stop after the chunk in flight, with a checkpoint."""
        await self.attachment.settled()
        if self.attachment.is_attached:
            await self.attachment.ask(commands.Pause())

    end_round_async = Verb(commands.EndRound, _answered)
    tune_async = Verb(commands.Tune, _answered)
    switch_pruner_async = Verb(commands.SwitchPruner, _answered)
    try_out_async = Verb(commands.TryOut, _answered)
    switch_code_async = Verb(commands.SwitchCode, _answered)
    switch_trainer_async = Verb(commands.SwitchTrainer, _answered)
    set_pruning_async = Verb(commands.SetPruning, _answered)
    branch_async = Verb(commands.Branch, _answered)
    transfer_async = Verb(commands.Transfer, _answered)
    decompose_async = Verb(commands.Decompose, _answered)
    adopt_async = Verb(commands.Adopt, _answered)
    go_back_async = Verb(commands.GoBack, _answered)
    set_aside_async = Verb(commands.SetAside, _answered)
    remove_branch_async = Verb(commands.RemoveBranch, _answered)
    rename_branch_async = Verb(commands.RenameBranch, _answered)
    set_pace_async = Verb(commands.Pace, _answered)
    pause_at_async = Verb(commands.PauseAt, _answered)
    remove_breakpoint_async = Verb(commands.RemoveBreakpoint, _answered)
    preview_pruning_async = Verb(commands.PreviewPruning, _answered)
    rollout_async = Verb(commands.Rollout, _answered)
    examples_async = Verb(commands.Examples, _answered)
    cancel_analysis_async = Verb(commands.CancelAnalysis, _answered)
    note_async = Verb(commands.Note, _answered)
    analyse_async = Verb(commands.Analyse, _found)

    async def stop_async(self) -> None:
        """Write a checkpoint, end the engine, and wait until it has ended."""
        await self.attachment.settled()
        if self.attachment.is_attached:
            with suppress(NotRunning):  # somebody else has stopped it already
                await self.attachment.ask(commands.Stop())
            await self.attachment.parted()

    async def close_async(self) -> None:
        """Detach from the session; its engine goes on, and its widgets keep what they show."""
        await self.attachment.close()


def _last_round(told: list[events.Event]) -> events.RoundFinished | None:
    finished = [event for event in told if isinstance(event, events.RoundFinished)]
    if told and not finished:
        raise TicketError("The session was paused before the round ended; run it again to continue.")
    return finished[-1] if finished else None


def _launcher(inline: bool, device: str | None) -> Launch:
    if inline and device is not None:
        raise InvalidValue("device", device, "none with inline=True: such an engine computes where the kernel does")

    async def launched(path: Path, run: bool = False, new: NewSession | None = None) -> None:
        if not inline:
            try:
                return await launch(path, run, new, device)
            except (OSError, NotImplementedError):
                pass  # no process may be started here
        from sessions.serving.inline import launch_inline

        return await launch_inline(path, run, new)

    return launched
