"""Going back to a finished round, setting the branch aside, removing it, or calling it otherwise."""

from sessions.messages import commands
from ticket_explorer.errors import TicketError
from widgets.decisions.branches import finished_rounds, round_in_words, round_to_go_back_to
from widgets.notebook.attachment import Attachment
from widgets.notebook.forms.branch_choice import BranchChoice
from widgets.notebook.forms.controls import choice, offer, text
from widgets.notebook.forms.form import Filled, Form
from widgets.notebook.watching import button

_INTRO = "Set the branch aside as it is, and go on from one of its finished rounds as another. Nothing is lost."


class UndoForm:
    """Asks which round to go back to."""

    def __init__(self, attachment: Attachment, subject: BranchChoice) -> None:
        self._attachment, self._subject = attachment, subject
        self._round, self._name = choice("to round", {}), text("new name")
        self._aside = button(
            "Set aside",
            "Stop running the branch, or take it up again",
            lambda: self.form.ask(self._setting_aside),
        )
        remove = button(
            "Remove branch",
            "Show and run the branch no more; its rounds stay on disk",
            lambda: self.form.ask(self._removal),
        )
        rename = button(
            "Rename branch",
            "Call the branch otherwise; its files keep the name that they have",
            lambda: self.form.ask(self._renaming),
        )
        rows, others = [self._round, self._name], (self._aside, rename, remove)
        self.form = Form(attachment, subject, _INTRO, rows, "Go back", self._request, *others)
        self._branch = ""
        self.renew()

    def renew(self) -> None:
        """Offer the finished rounds of the branch."""
        view = self._attachment.view
        if not self._subject.is_there:
            return
        branch = self._subject.branch
        rounds = {str(round_.number): round_in_words(round_) for round_ in finished_rounds(view, branch)}
        number = round_to_go_back_to(view, branch)
        preferred = str(number) if number is not None else next(reversed(rounds), None)
        offer(self._round, rounds, preferred if branch != self._branch else None)
        self._branch = branch if rounds else ""
        self._aside.description = "Take up again" if view.branches[branch].aside else "Set aside"

    def _setting_aside(self, branch: str) -> Filled:
        aside = not self._attachment.view.branches[branch].aside
        done = "runs no more rounds" if aside else "goes on"
        return Filled([commands.SetAside(branch=branch, aside=aside)], f"Branch {branch} {done}.")

    def _removal(self, branch: str) -> Filled:
        return Filled([commands.RemoveBranch(branch)], f"Branch {branch} is removed; its rounds stay on disk.")

    def _renaming(self, branch: str) -> Filled:
        name = self._name.value.strip()
        if not name:
            raise TicketError(f"Branch {branch} gets no name: the new name is empty. Type one first.")
        return Filled([commands.RenameBranch(branch, name)], f"Branch {branch} is called {name} now.")

    def _request(self, branch: str) -> Filled:
        if not self._round.value:
            raise TicketError(f"Branch {branch} has no finished round yet.")
        command = commands.GoBack(branch=branch, round=int(self._round.value))
        return Filled([command], f"Branch {branch} is set aside; {{new}} goes on.")
