"""A file of metrics, or one ticket.

The command line writes it in a process of its own: a ticket needs JAX, which this process does without.
"""

import asyncio
import sys
from pathlib import Path

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static
from textual.worker import Worker

from sessions.report import mean
from widgets.link import Link
from widgets.terminal.dialogs import ask
from widgets.terminal.dialogs.fields import KEYS, Choice, Closing, Row
from widgets.terminal.dialogs.undo import finished_rounds
from widgets.words import score, share

_COMMAND = "from widgets.cli import main; main()"
_SPEAKER = "ticket-explorer: "
"""What the command line's own sentences begin with."""
_ENDINGS = {"metrics": (".csv", ".parquet", ".json"), "ticket": (".safetensors", ".msgpack")}
_WHAT = {
    "metrics": "of every generation, round and replicate of the session",
    "ticket": "mask, starting weights, trained weights and σ, leaf by leaf",
}


class ExportDialog(ModalScreen[str | None]):
    """Asks what goes where, writes it, and returns a sentence that says so."""

    BINDINGS = KEYS

    def __init__(self, link: Link, branch: str, round: int | None = None) -> None:
        super().__init__(classes="dialog")
        self._path, self._branch = link.path.absolute(), branch
        rounds = finished_rounds(link.view, branch)
        self._rounds = {
            str(r.number): f"{r.number}: {share(r.density)} kept, score {score(mean(r.finished.score))}"
            for r in rounds
            if r.finished is not None
        }
        last = rounds[-1].number if rounds else 0
        self._round = str(last if round is None or str(round) not in self._rounds else round)
        self._replicates = {str(n): str(n) for n in range(link.header.spec.get("replicates", 1))}
        self._proposed = ""
        self._writing: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        """What, of which round, and where to."""
        kinds = {kind: kind for kind in _ENDINGS if kind == "metrics" or self._rounds}
        with Vertical(classes="box form") as box:
            box.border_title = "Export"
            yield Row("what", Choice(kinds, "metrics", id="kind"))
            if self._rounds:
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
        """Another export has another file."""
        self._show()

    def on_input_changed(self) -> None:
        """Check as one types."""
        self._check()

    def action_accept(self) -> None:
        """Write the file."""
        if self._check() and (self._writing is None or self._writing.is_finished):
            self._writing = self._write()

    @property
    def _kind(self) -> str:
        return self.query_one("#kind", Choice).value

    @property
    def _file(self) -> Path:
        return Path(self.query_one("#file", Input).value.strip()).expanduser()

    @work
    async def _write(self) -> None:
        file, closing = self._file, self.query_one(Closing)
        if file.exists():
            choices = {"keep": "Keep it", "overwrite": "Overwrite it"}
            if await self.app.push_screen_wait(ask.choice(f"There is a file {file} already.", choices)) != "overwrite":
                return
        closing.say("writing; loading the science takes some seconds" if self._kind == "ticket" else "writing…", False)
        refused = await _told_by_command_line(*self._arguments)
        if refused is None:
            self.dismiss(f"Wrote {file.absolute()}.")
        else:
            closing.say(refused)

    @property
    def _arguments(self) -> list[str]:
        arguments = ["export", str(self._path), self._kind, f"--out={self._file.absolute()}"]
        if self._kind == "ticket":
            number, replicate = (self.query_one(f"#{name}", Choice).value for name in ("round", "replicate"))
            arguments += [f"--from={self._branch}:{number}", f"--replicate={replicate}"]
        return arguments

    def _check(self) -> bool:
        file, wrong = self._file, ""
        if file.suffix not in _ENDINGS[self._kind]:
            wrong = f"The file's name must end in {' or '.join(_ENDINGS[self._kind])}."
        elif not file.parent.is_dir():
            wrong = f"There is no directory {file.parent}."
        elif file.is_dir():
            wrong = f"{file} is a directory."
        self.query_one(Closing).say(wrong)
        return not wrong

    def _show(self) -> None:
        is_ticket, field = self._kind == "ticket", self.query_one("#file", Input)
        for name in ("round", "replicate") if self._rounds else ():
            choice = self.query_one(f"#{name}", Choice)
            assert choice.parent is not None
            choice.parent.display = is_ticket and (name == "round" or len(self._replicates) > 1)
        if field.value == self._proposed:
            field.value = self._proposed = self._proposal()
        endings = ", ".join(_ENDINGS[self._kind])
        self.query_one("#told", Static).update(Text(f"{_WHAT[self._kind]}\nThe ending decides: {endings}", "dim"))
        self._check()

    def _proposal(self) -> str:
        if self._kind == "metrics":
            return f"{self._path.stem}-metrics.csv"
        place = "-".join(self.query_one(f"#{name}", Choice).value for name in ("round", "replicate")[: self._depth])
        return f"{self._path.stem}-{self._branch}-{place}.safetensors"

    @property
    def _depth(self) -> int:
        """How many numbers tell a ticket of the branch from the others."""
        return 1 if len(self._replicates) == 1 else 2


async def _told_by_command_line(*arguments: str) -> str | None:
    """Run the command line; why it refused, or None if it did what was asked."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _COMMAND, *arguments),
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
    lines = narration.decode(errors="replace").strip().splitlines() or ["The command line ended without a word."]
    said = [line.removeprefix(_SPEAKER) for line in lines if line.startswith(_SPEAKER)]
    return said[-1] if said else lines[-1]
