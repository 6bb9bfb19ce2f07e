"""Deciding: another pruner, another strategy, another branch, back to an earlier round, a remark.

Each form acts on the branch that is looked at; what can't be done is said in a sentence.
"""

from collections.abc import Callable
from typing import Any

import ipywidgets
import msgspec

from sessions import commands
from ticket_explorer.analysis import ANALYSES
from ticket_explorer.errors import TicketError
from ticket_explorer.pruners import PRUNERS
from ticket_explorer.registry import summary_of
from ticket_explorer.rewinds import REWINDS
from ticket_explorer.tasks import TASKS
from ticket_explorer.trainers.strategies import STRATEGIES
from widgets.notebook.attachment import Attachment
from widgets.notebook.chart import attached
from widgets.notebook.live_session import LiveSession
from widgets.notebook.watching import Watch, button, markup
from widgets.words import share

STAY = "as it is"
"""The choice that changes nothing."""


class Decisions(ipywidgets.Tab):
    """Forms for what a person may decide about the branch that is looked at."""

    def __init__(self, session: LiveSession) -> None:
        self._attachment = attached(session)
        forms = {
            "Pruner": _PrunerForm(self._attachment),
            "Strategy": _StrategyForm(self._attachment),
            "Branch": _BranchForm(self._attachment),
            "Transfer": _TransferForm(self._attachment),
            "Analyse": _AnalysisForm(self._attachment),
            "Undo": _UndoForm(self._attachment),
            "Remark": _RemarkForm(self._attachment),
        }
        super().__init__([form.box for form in forms.values()], titles=list(forms))
        self._watch = Watch(self._attachment, lambda: None, is_live=False)


class _Form:
    """Some fields, a button, and a line that says what came of it."""

    def __init__(self, attachment: Attachment, intro: str, fields: list[Any], label: str, done: str) -> None:
        self.attachment, self._done = attachment, done
        self._said = ipywidgets.HTML()
        accept = button(label, intro, self._accept, style="primary")
        row = ipywidgets.HBox([*fields, accept], layout=ipywidgets.Layout(flex_flow="row wrap", align_items="flex-end"))
        self.box = ipywidgets.VBox([ipywidgets.HTML(markup(intro)), row, self._said])
        self.command: Callable[[str], commands.Command] = lambda branch: commands.Note(text="")

    @property
    def branch(self) -> str:
        """The branch that is looked at."""
        look = self.attachment.look
        branch = look.selection.branch_in(look.view)
        if branch is None:
            raise TicketError("There is no branch yet; wait until the engine has started.")
        return branch

    def say(self, sentence: str, is_trouble: bool = False) -> None:
        """Write below the fields."""
        self._said.value = f'<div role="status">{markup(sentence, "te-alert" if is_trouble else "te-done")}</div>'

    def _accept(self) -> None:
        self.attachment.spawn(self._carry_out())

    async def _carry_out(self) -> None:
        try:
            branch = self.branch
            result = await self.attachment.ask(self.command(branch))
        except TicketError as error:
            self.say(str(error), is_trouble=True)
        else:
            added = ", ".join(result.get("branches", ()))
            self.say(self._done.format(branch=branch, new=result.get("branch", ""), all=added))


class _PrunerForm(_Form):
    def __init__(self, attachment: Attachment) -> None:
        self._pruner = _choice("pruner", [STAY, *PRUNERS])
        self._rewind = _choice("rewind", [STAY, *REWINDS])
        look = button("compare", "What would each pruner remove now?", self._compare)
        intro = "Prune the branch by another criterion, or restart its weights otherwise, from its next pruning on."
        super().__init__(
            attachment,
            intro,
            [self._pruner, self._rewind, look],
            "Switch",
            "Branch {branch} follows from its next pruning on.",
        )
        self.command = self._command
        self._pruner.observe(lambda _: self._explain(), "value")

    def _command(self, branch: str) -> commands.Command:
        pruner, rewind = (_given(field) for field in (self._pruner, self._rewind))
        if pruner is None and rewind is None:
            raise TicketError("Nothing would change; choose another pruner or another rewind.")
        return commands.SwitchPruner(branch=branch, pruner=pruner, rewind=rewind)

    def _explain(self) -> None:
        if self._pruner.value != STAY:
            self.say(summary_of(PRUNERS[str(self._pruner.value)]))

    def _compare(self) -> None:
        self.attachment.spawn(self._preview())

    async def _preview(self) -> None:
        try:
            branch = self.branch
            told = await self.attachment.ask(commands.PreviewPruning(branch=branch))
        except TicketError as error:
            self.say(str(error), is_trouble=True)
            return
        preview = msgspec.convert(told, commands.Preview)
        now = str(self.attachment.view.branches[branch].plan["pruner"]["name"])
        self.say(_overlaps(preview, now))


class _StrategyForm(_Form):
    def __init__(self, attachment: Attachment) -> None:
        self._strategy = _choice("strategy", list(STRATEGIES))
        intro = "Train the branch by another strategy from its next round on."
        super().__init__(
            attachment, intro, [self._strategy], "Switch", "Branch {branch} follows from its next round on."
        )
        self.command = lambda branch: commands.SwitchTrainer(
            branch=branch, trainer={"name": "evolution", "strategy": self._strategy.value}
        )


class _BranchForm(_Form):
    def __init__(self, attachment: Attachment) -> None:
        self._round = ipywidgets.BoundedIntText(0, min=0, max=999, description="after round")
        self._name = ipywidgets.Text(description="name", placeholder="by itself")
        self._pruner = _choice("pruner", [STAY, *PRUNERS])
        self._rewind = _choice("rewind", [STAY, *REWINDS])
        intro = "Begin another future after a finished round of the branch; the two then take turns."
        fields = [self._round, self._pruner, self._rewind, self._name]
        super().__init__(attachment, intro, fields, "Branch", "Branch {new} begins.")
        self.command = self._command

    def _command(self, branch: str) -> commands.Command:
        given = {"pruner": _given(self._pruner), "rewind": _given(self._rewind)}
        overrides = {key: value for key, value in given.items() if value is not None}
        return commands.Branch(
            parent=branch, round=self._round.value, name=self._name.value.strip() or None, overrides=overrides
        )


class _TransferForm(_Form):
    def __init__(self, attachment: Attachment) -> None:
        tasks = [STAY, *TASKS]
        self._task = _choice("task", tasks)
        self._strategy = _choice("strategy", [STAY, *STRATEGIES])
        intro = "Train the branch's tickets on another task or by another strategy, beside random masks as sparse."
        super().__init__(attachment, intro, [self._task, self._strategy], "Transfer", "{all} begin.")
        self.command = self._command

    def _command(self, branch: str) -> commands.Command:
        task, strategy = _given(self._task), _given(self._strategy)
        if task is None and strategy is None:
            raise TicketError("Nothing would change; choose another task or another strategy.")
        overrides: dict[str, Any] = {} if task is None else {"task": task}
        if strategy is not None:
            overrides["trainer"] = {"name": "evolution", "strategy": strategy}
        return commands.Transfer(branch=branch, overrides=overrides)


class _AnalysisForm(_Form):
    def __init__(self, attachment: Attachment) -> None:
        self._kind = _choice("analysis", list(ANALYSES))
        intro = "Look at the branch's weights; the curvature chart shows landscapes as soon as they are there."
        super().__init__(attachment, intro, [self._kind], "Analyse", "It is worked on between generations.")
        self.command = lambda branch: commands.Analyse(kind=str(self._kind.value), branch=branch)


class _UndoForm(_Form):
    def __init__(self, attachment: Attachment) -> None:
        self._round = ipywidgets.BoundedIntText(0, min=0, max=999, description="to round")
        intro = "Set the branch aside, and go on from one of its earlier rounds as another. Nothing is lost."
        super().__init__(attachment, intro, [self._round], "Go back", "Branch {branch} is set aside; {new} goes on.")
        self.command = lambda branch: commands.RewindTo(branch=branch, round=self._round.value)


class _RemarkForm(_Form):
    def __init__(self, attachment: Attachment) -> None:
        self._text = ipywidgets.Text(
            placeholder="what you see, what you think", layout=ipywidgets.Layout(width="400px")
        )
        super().__init__(attachment, "Write into the journal.", [self._text], "Write", "Written into the journal.")
        self.command = self._command

    def _command(self, branch: str) -> commands.Command:
        if not self._text.value.strip():
            raise TicketError("A remark needs some words.")
        return commands.Note(text=self._text.value)


def _choice(label: str, options: list[str]) -> ipywidgets.Dropdown:
    return ipywidgets.Dropdown(options=options, description=label, layout=ipywidgets.Layout(width="230px"))


def _given(choice: ipywidgets.Dropdown) -> str | None:
    return None if choice.value == STAY else str(choice.value)


def _overlaps(preview: commands.Preview, now: str) -> str:
    """How much of what the present pruner removes the others would remove too."""
    if now not in preview.pruners:
        return f"{preview.removed:,} of {preview.kept:,} kept weights go next; {now} can't be compared."
    row = preview.overlap[preview.pruners.index(now)]
    others = [f"{name} {share(value)}" for name, value in zip(preview.pruners, row, strict=True) if name != now]
    return f"{preview.removed:,} of {preview.kept:,} kept weights go next. Overlap with {now}: {', '.join(others)}."
