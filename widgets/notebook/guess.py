"""A question of a lesson: a guess first, which the journal keeps, and then the answer beside it."""

import math
from collections.abc import Sequence
from html import escape

import ipywidgets

from sessions.messages import commands
from sessions.reports.statistics import mean
from ticket_explorer.errors import InvalidValue
from widgets.notebook.chart import attached
from widgets.notebook.live_session import LiveSession
from widgets.notebook.style import STYLE
from widgets.notebook.watching import Watch, button, markup
from widgets.shared import guesses

_WIDE = ipywidgets.Layout(width="auto", max_width="60em")


class Guess(ipywidgets.VBox):
    """Asks a question with several answers; the guess is a remark in the session's journal, and may be changed.

    Whoever opens the session again, or a recording of it, finds the guess there.
    """

    def __init__(self, session: LiveSession, question: str, choices: Sequence[str]) -> None:
        """Ask, with an answer to choose.

        Args:
            session: The session that the question is about.
            question: One or two sentences.
            choices: The answers to choose from, at least two.

        Raises:
            InvalidValue: if there are fewer than two choices, or two are the same.
        """
        if len(set(choices)) != len(choices) or len(choices) < 2:
            raise InvalidValue("choices", repr(list(choices)), "at least two, all different")
        self._attachment, self._question = attached(session), question
        self._choice = ipywidgets.RadioButtons(options=list(choices), value=None, layout=_WIDE)
        self._said = ipywidgets.HTML()
        self._answers: list[Answer] = []
        asked = ipywidgets.HTML(f"{STYLE}{markup(question, 'te-name')}")
        super().__init__([asked, self._choice, button("This is my guess", "Keep it", self._keep, "check"), self._said])
        self._watch = Watch(self._attachment, self._show, is_live=False)

    @property
    def given(self) -> str | None:
        """The latest guess; None before there is one."""
        before = f"{self._question} "
        told = (remark.text for remark in reversed(self._attachment.view.remarks))
        guesses = (text.removeprefix(before) for text in told if text.startswith(before))
        return next((guess for guess in guesses if guess in self._choice.options), None)

    def answer(self, text: str, right: str | None = None) -> "Answer":
        """The answer, folded until a guess was made.

        Args:
            text: What came out, in a sentence.
            right: The choice that came true; None if none is right or wrong.

        Raises:
            InvalidValue: if `right` is none of the choices.
        """
        if right is not None and right not in self._choice.options:
            raise InvalidValue("right", repr(right), f"one of {', '.join(self._choice.options)}")
        self._answers.append(Answer(text, right))
        self._show()
        return self._answers[-1]

    def close(self) -> None:
        """Stop updating."""
        if hasattr(self, "_watch"):  # not in one that could not be made
            self._attachment.leave(self._watch)
        super().close()

    def _keep(self) -> None:
        if self._choice.value is None:
            self._said.value = markup("Choose an answer first.", "te-wrong")
            return
        self._attachment.spawn(self._attachment.ask(commands.Note(text=f"{self._question} {self._choice.value}")))

    def _show(self) -> None:
        given = self.given
        if given is not None:
            self._said.value = markup(f"Your guess: {given}", "te-done")
            if self._choice.value is None:
                self._choice.value = given
        for answer in self._answers:
            answer.compare(given)


class Answer(ipywidgets.HTML):
    """What came out, beside the guess; before there is one it is folded."""

    def __init__(self, text: str, right: str | None) -> None:
        super().__init__(layout=_WIDE)
        self._text, self._right = text, right
        self.compare(None)

    def compare(self, given: str | None) -> None:
        """Show it beside a guess; None: there is none yet."""
        if given is None:
            summary = "Guess first, or unfold the answer"
            self.value = f"<details><summary>{summary}</summary>{escape(self._text)}</details>"
            return
        came = "" if self._right is None else ", as it came out" if given == self._right else f"; it is: {self._right}"
        self.value = (
            f'{STYLE}<div role="status">{markup(f"You guessed: {given}{came}.", "te-done")}</div>{escape(self._text)}'
        )


class ScoreGuess(ipywidgets.VBox):
    """Asks for the score of a round; the guess is a remark in the journal, and the ticket curve marks it."""

    def __init__(self, session: LiveSession, question: str, branch: str, round: int) -> None:
        """Ask, with a field for a number.

        Args:
            session: The session that the question is about.
            question: One or two sentences.
            branch: The branch whose score is guessed.
            round: The round, from 0, the dense one.

        Raises:
            InvalidValue: if the round is below 0.
        """
        if round < 0:
            raise InvalidValue("round", round, "a whole number from 0, the dense round")
        self._attachment, self._branch, self._round = attached(session), branch, round
        self._number = ipywidgets.Text(placeholder="such as 0.7", layout=ipywidgets.Layout(width="10em"))
        self._said = ipywidgets.HTML()
        asked = ipywidgets.HTML(f"{STYLE}{markup(question, 'te-name')}")
        super().__init__([asked, self._number, button("This is my guess", "Keep it", self._keep, "check"), self._said])
        self._watch = Watch(self._attachment, self._show, is_live=False)

    @property
    def given(self) -> float | None:
        """The latest guess; None before there is one."""
        known = guesses.score_guesses(self._attachment.view)
        return next((one.score for one in known if (one.branch, one.round) == (self._branch, self._round)), None)

    def close(self) -> None:
        """Stop updating."""
        if hasattr(self, "_watch"):  # not in one that could not be made
            self._attachment.leave(self._watch)
        super().close()

    def _keep(self) -> None:
        try:
            score = float(self._number.value.replace(",", "."))
        except ValueError:
            score = math.nan
        if not math.isfinite(score):
            self._said.value = markup("A guess is a number, such as 0.7.", "te-wrong")
            return
        remark = guesses.ScoreGuess(self._branch, self._round, score).remark
        self._attachment.spawn(self._attachment.ask(commands.Note(text=remark)))

    def _show(self) -> None:
        given, view = self.given, self._attachment.view
        if given is None:
            return
        round_ = view.round(self._branch, self._round) if self._branch in view.branches else None
        came = mean(round_.finished.score) if round_ is not None and round_.finished is not None else None
        beside = "" if came is None else f"; it came out as {came:.3f}"
        self._said.value = markup(f"Your guess: {given:g}{beside}", "te-done")
