"""A file of metrics, of analyses, of one ticket, of a figure, a report, or a replay; TensorBoard's event files.

The command line writes it in a process of its own: a ticket needs JAX, which this process does without.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static
from textual.worker import Worker

from sessions.views.session_view import SessionView
from ticket_explorer.child_process import python
from widgets.decisions.branches import finished_rounds, round_in_words
from widgets.plots import figures
from widgets.plots.figure import Figure
from widgets.shared.session_link import Link
from widgets.terminal.dialogs import ask
from widgets.terminal.dialogs.dialog import Dialog
from widgets.terminal.dialogs.fields import KEYS, Choice, Closing, Row

_SPEAKER = "ticket-explorer: "
"""The prefix of the command line's own sentences."""
_TABLES = (".csv", ".parquet", ".json")
_FIELDS = ("figure", "round", "replicate")


class _Export(NamedTuple):
    """One kind of export."""

    told: str
    endings: tuple[str, ...]
    """The endings that the file's name may have; the first is proposed. None: a directory is written."""
    asks: tuple[str, ...] = ()
    """The fields beside the file."""


_EXPORTS = {
    "metrics": _Export("of every generation, round and replicate of the session", _TABLES),
    "ticket": _Export(
        "mask, starting weights, trained weights and σ, leaf by leaf",
        (".safetensors", ".msgpack", ".npz"),
        ("round", "replicate"),
    ),
    "analysis": _Export("every number of every analysis of the session", _TABLES),
    "figure": _Export("for print, in the style of papers", (".pdf", ".svg", ".png"), ("figure", "round")),
    "report": _Export("rounds, figures, history and how to reproduce it, on one page", (".html",)),
    "replay": _Export("one page that scrubs through rounds and generations, to mail or publish", (".html",)),
    "tensorboard": _Export("metrics as event files, a run for each branch and replicate: tensorboard --logdir", ()),
}


class ExportDialog(Dialog[str | None]):
    """Asks what to write and where, writes it, and returns a sentence about it."""

    BINDINGS = KEYS

    def __init__(self, link: Link, branch: str, round: int | None = None) -> None:
        super().__init__(classes="dialog")
        self._path, self._view, self._branch = link.path.absolute(), link.view, branch
        rounds = finished_rounds(link.view, branch)
        self._rounds = {str(round_.number): round_in_words(round_) for round_ in rounds}
        last = rounds[-1].number if rounds else 0
        self._round = str(last if round is None or str(round) not in self._rounds else round)
        self._replicates = {str(n): str(n) for n in range(link.header.spec.get("replicates", 1))}
        self._proposed = ""
        self._writing: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        """The kind, the round and the file."""
        drawn = {name: figures.FIGURES[name].title for name in figures.SHOWN}
        kinds = {kind: kind for kind, export in _EXPORTS.items() if self._rounds or not export.asks}
        with Vertical(classes="box form") as box:
            box.border_title = "Export"
            yield Row("what", Choice(kinds, "metrics", id="kind"))
            if self._rounds:
                yield Row("figure", Choice(drawn, "", id="figure"))
                yield Row("round", Choice(self._rounds, self._round, id="round"), f"of {self._branch}")
                yield Row("replicate", Choice(self._replicates, "0", id="replicate"), "counted from 0")
            yield Row("file", Input(compact=True, id="file"))
            yield Static(id="told")
            yield Closing("Write")

    def on_mount(self) -> None:
        """Begin with what is exported."""
        self.query_one("#kind").focus()
        self._show()

    def on_choice_changed(self) -> None:
        """Propose another file for another export."""
        self._show()

    def on_input_changed(self) -> None:
        """Check what a person types."""
        self._check()

    def action_accept(self) -> None:
        """Write the file."""
        if self._check() and (self._writing is None or self._writing.is_finished):
            self._writing = self._write()

    @property
    def _kind(self) -> str:
        return self._chosen("kind")

    @property
    def _export(self) -> _Export:
        return _EXPORTS[self._kind]

    def _chosen(self, field: str) -> str:
        return self.query_one(f"#{field}", Choice).value

    @property
    def _file(self) -> Path:
        return Path(self.query_one("#file", Input).value.strip()).expanduser()

    @work
    async def _write(self) -> None:
        file, closing = self._file, self.query_one(Closing)
        if file.exists() and self._export.endings:
            choices = {"keep": "Keep it", "overwrite": "Overwrite it"}
            if await self.app.push_screen_wait(ask.choice(f"{file} already exists.", choices)) != "overwrite":
                return
        closing.say("writing; loading JAX takes a few seconds" if self._kind == "ticket" else "writing…", False)
        refused = await _told_by_command_line(*self._arguments)
        if refused is None:
            self.dismiss(f"Wrote {file.absolute()}.")
        else:
            closing.say(refused)

    @property
    def _arguments(self) -> list[str]:
        what = [self._kind] if self._export.endings else ["metrics", f"--format={self._kind}"]
        arguments = ["export", str(self._path), *what, f"--out={self._file.absolute()}"]
        if "round" in self._export.asks:
            arguments.append(f"--from={self._branch}:{self._chosen('round')}")
        if "replicate" in self._export.asks:
            arguments.append(f"--replicate={self._chosen('replicate')}")
        if "figure" in self._export.asks:
            arguments.append(f"--show={self._chosen('figure')}")
        return arguments

    def _check(self) -> bool:
        wrong = self._nothing_to_write() or self._no_place()
        self.query_one(Closing).say(wrong)
        return not wrong

    def _no_place(self) -> str:
        """Why the file can't be written; empty if it can."""
        file, endings = self._file, self._export.endings
        if not endings:
            return self._no_directory()
        if file.suffix not in endings:
            return f"The file's name must end in {' or '.join(endings)}."
        if not file.parent.is_dir():
            return f"There is no directory {file.parent}."
        return f"{file} is a directory." if file.is_dir() else ""

    def _no_directory(self) -> str:
        """Why the directory can't be written; empty if it can. One that is there keeps the runs of other sessions."""
        if not self.query_one("#file", Input).value.strip():
            return "Name a directory."
        return f"{self._file} is not a directory." if self._file.exists() and not self._file.is_dir() else ""

    def _nothing_to_write(self) -> str:
        """Why there is nothing of this kind; empty if there is."""
        if self._kind == "analysis" and not self._view.analyses:
            return "This session has no analysis yet; leave this dialog and ask for one."
        if self._kind == "figure":
            draw: Callable[[SessionView, figures.Selection], Figure] = getattr(figures, self._chosen("figure"))
            figure = draw(self._view, figures.Selection(self._branch, int(self._chosen("round"))))
            return figure.note if figure.is_empty else ""
        return ""

    def _show(self) -> None:
        field = self.query_one("#file", Input)
        for name in _FIELDS if self._rounds else ():
            choice = self.query_one(f"#{name}", Choice)
            assert choice.parent is not None
            choice.parent.display = name in self._asked
        if field.value == self._proposed:
            field.value = self._proposed = self._proposal()
        endings = ", ".join(self._export.endings)
        where = f"The ending decides: {endings}" if endings else "A directory, which may hold other sessions too"
        self.query_one("#told", Static).update(Text(f"{self._export.told}\n{where}", "dim"))
        self._check()

    def _proposal(self) -> str:
        place = [self._chosen(name) for name in self._asked]
        if "round" in self._asked:
            place.insert(self._asked.index("round"), self._branch)
        return "-".join([self._path.stem, *(place or [self._kind])]) + "".join(self._export.endings[:1])

    @property
    def _asked(self) -> list[str]:
        """The fields that distinguish this export from others of its kind; a single replicate doesn't."""
        return [name for name in self._export.asks if name != "replicate" or len(self._replicates) > 1]


async def _told_by_command_line(*arguments: str) -> str | None:
    """Run the command line; returns why it refused, or None if it succeeded."""
    process = await asyncio.create_subprocess_exec(
        *python("ticket_explorer", *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, narration = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode == 0:
        return None
    lines = narration.decode(errors="replace").strip().splitlines() or ["The command ended without a message."]
    said = [line.removeprefix(_SPEAKER) for line in lines if line.startswith(_SPEAKER)]
    return said[-1] if said else lines[-1]
