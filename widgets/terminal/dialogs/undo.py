"""Going back: the finished round that a new branch goes on from."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from sessions.messages import commands
from sessions.reports.statistics import mean
from sessions.views.branch_view import RoundView
from sessions.views.session_view import SessionView
from widgets.decisions.branches import finished_rounds, round_to_go_back_to
from widgets.shared.session_link import Link
from widgets.shared.wording import score, share
from widgets.terminal.dialogs.dialog import Dialog
from widgets.terminal.dialogs.fields import KEYS, Closing

ROUNDS_HEAD = "round    kept                           score"
"""The heading of a list of rounds."""
_BAR = 24


class RoundList(OptionList):
    """The finished rounds of a branch, inherited ones included, with one highlighted."""

    def __init__(self, view: SessionView, branch: str, preferred: int | None) -> None:
        """List the rounds, and highlight one.

        Args:
            view: The session's view.
            branch: The branch whose rounds are listed.
            preferred: The round to begin with; the last one, if it is None or not finished.
        """
        rounds = finished_rounds(view, branch)
        super().__init__(*(Option(_line(round_, branch)) for round_ in rounds), compact=True, markup=False)
        self._numbers = [round_.number for round_ in rounds]
        if rounds:
            self.highlighted = self._numbers.index(preferred) if preferred in self._numbers else len(rounds) - 1

    @property
    def number(self) -> int | None:
        """The highlighted round's number; None if no round is finished."""
        return None if self.highlighted is None else self._numbers[self.highlighted]


class UndoDialog(Dialog[commands.GoBack | None]):
    """Asks which round to go back to."""

    BINDINGS = KEYS

    def __init__(self, link: Link, branch: str, round: int | None = None) -> None:
        super().__init__(classes="dialog")
        self._view, self._branch = link.view, branch
        self._round = round_to_go_back_to(link.view, branch) if round is None else round

    def compose(self) -> ComposeResult:
        """The rounds, and what choosing one does."""
        with Vertical(classes="box form") as box:
            box.border_title = "Go back to a round"
            yield Static(Text(ROUNDS_HEAD, "dim"))
            yield RoundList(self._view, self._branch, self._round)
            yield Static(id="told")
            yield Closing("Go back")

    def on_mount(self) -> None:
        """Begin with the list."""
        self.query_one(RoundList).focus()
        self._tell()

    def on_option_list_option_highlighted(self) -> None:
        """Say what going back to the highlighted round does."""
        self._tell()

    def action_accept(self) -> None:
        """Return the command."""
        number = self.query_one(RoundList).number
        if number is not None:
            self.dismiss(commands.GoBack(branch=self._branch, round=number))

    def _tell(self) -> None:
        number = self.query_one(RoundList).number
        text = f"Branch {self._branch} has no finished round yet."
        if number is not None:
            text = (
                f"Branch {self._branch} is set aside, nothing is deleted, "
                f"and a new branch continues from its round {number}."
            )
        self.query_one("#told", Static).update(Text(text))


def _line(round_: RoundView, branch: str) -> Text:
    assert round_.finished is not None
    filled = max(round(_BAR * round_.density), 1)
    line = Text.assemble((f"{round_.number:>5}  ", "bold"), f"{share(round_.density):>6} ", no_wrap=True)
    line.append("━" * filled, "green").append("━" * (_BAR - filled), "dim")
    line.append(f"  {score(mean(round_.finished.score))}", "bold")
    return line if round_.branch == branch else line.append(f"  trained by {round_.branch}", "dim")
