"""A guided tour beside the charts: text, a question, a thing to do that it notices, claims checked on the session."""

from dataclasses import dataclass
from math import isnan, nan

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from widgets.shared.guesses import ScoreGuess
from widgets.shared.session_link import Condition, Link
from widgets.terminal.dialogs import ask
from widgets.tours.measuring import measured, right_choice, told
from widgets.tours.noticing import is_done
from widgets.tours.places import Place, save
from widgets.tours.tour import Question, Step, Tour

LOOKS = 0.5
"""Seconds between two looks at whether the task is done."""
ALIKE = 40
"""Characters at the beginning by which a step is told from another."""
_STYLES = {"✓": "$text-success", "✗": "$text-error", "·": ""}


class TourPanel(Vertical):
    """One tour, at the step where a person is."""

    DEFAULT_CSS = """
    TourPanel {
        width: 44;
        border: round $primary;
        border-title-color: $primary;
        border-subtitle-color: $text-muted;
        padding: 0 1;
    }
    TourPanel VerticalScroll {
        scrollbar-size-vertical: 1;
    }
    """

    @dataclass
    class Guessed(Message):
        """A guess was made; its remark belongs into the journal."""

        text: str

    def __init__(self, name: str, tour: Tour, place: Place, link: Link) -> None:
        """Show a tour where a person left it.

        Args:
            name: The tour's number.
            tour: What it says.
            place: Where the person is; it is kept whenever it changes.
            link: The session that it is about.
        """
        super().__init__()
        self._number, self._tour, self.place, self._link = name, tour, place, link
        place.step = min(max(place.step, 0), len(tour.step) - 1)
        self._panel = ""
        self._shown: Content | None = None

    @property
    def step(self) -> Step:
        """The step that is shown."""
        return self._tour.step[self.place.step]

    def columns(self, width: int) -> int:
        """How many columns it takes in a terminal of a width."""
        return 44 if width >= 100 else 34

    def compose(self) -> ComposeResult:
        """Text that scrolls."""
        with VerticalScroll():
            yield Static()

    def on_mount(self) -> None:
        """Show the step, and look from time to time whether something was done."""
        self.styles.width = self.columns(self.app.size.width)
        self.set_interval(LOOKS, self.look)
        self.call_after_refresh(self._arrive)

    def on_resize(self) -> None:
        """Take as many columns as there are for it."""
        self.styles.width = self.columns(self.app.size.width)

    async def do(self, deed: str) -> None:
        """Do one of `next`, `back` and `guess`."""
        if deed == "guess":
            await self._guess()
        else:
            self.place.step += 1 if deed == "next" else -1
            self.place.step = min(max(self.place.step, 0), len(self._tour.step) - 1)
            save(self._number, self.place)
            await self._arrive()

    def look(self) -> None:
        """Notice what was done, and show it."""
        task, at = self.step.task, self.place.step
        focused = getattr(self.screen, "focused_panel", None)
        panel = focused.kind.name if focused is not None else ""
        selection = self.screen.look.selection  # type: ignore[attr-defined]
        is_scrubbed = selection.round is not None or selection.generation is not None
        if task is not None and at not in self.place.done and is_done(task, self._link.view, panel, is_scrubbed):
            self.place.done.append(at)
            save(self._number, self.place)
        self._show()

    async def _arrive(self) -> None:
        self._recall()
        # A task to go to a panel is the person's to do.
        if self.step.task is None or self.step.task.does != "panel":
            await self.screen.action_panel(self.step.panel)  # type: ignore[attr-defined]
        self.query_one(VerticalScroll).scroll_home(animate=False)
        self.look()

    # What it says

    def _show(self) -> None:
        count = len(self._tour.step)
        self.border_title = Content(f"{self._tour.title} · {self.place.step + 1} of {count}")
        self.border_subtitle = Content("< back   > next   G guess" if self.step.question else "< back   > next")
        said = Content("\n\n").join([Content.assemble(*part) for part in self._parts()])
        if said != self._shown:
            goes_on = self._shown is not None and said.plain.startswith(self._shown.plain[:ALIKE])
            self._shown = said
            self.query_one(Static).update(said)
            if goes_on:  # an answer has come, below
                self.call_after_refresh(self._show_the_end)

    def _parts(self) -> list[list[tuple[str, str] | str]]:
        step, is_over = self.step, self.step.task is None or self.place.step in self.place.done
        parts: list[list[tuple[str, str] | str]] = [[(step.title, "bold $primary")], [_flow(step.text)]]
        if step.question is not None:
            parts.append([("Question. ", "bold"), _flow(step.question.text)])
            guess = self.place.guesses.get(self.place.step)
            parts.append([(f"Your guess: {guess}" if guess else "Press G to guess.", "$accent")])
        if step.task is not None:
            mark, style = ("☑ ", "$text-success") if is_over else ("☐ ", "$text-warning")
            parts.append([(mark, style), ("Do: ", "bold"), _flow(step.task.text)])
        if is_over:
            parts += self._answers()
        return parts

    def _answers(self) -> list[list[tuple[str, str] | str]]:
        step, view = self.step, self._link.view
        if step.question is not None and self.place.step not in self.place.guesses:
            return [[("The answer comes once you have guessed.", "dim")]]
        parts: list[list[tuple[str, str] | str]] = []
        if step.question is not None and (came := self._came_out(step.question)):
            parts.append([(came, "bold")])
        if step.answer:
            parts.append([("Answer. ", "bold"), _flow(step.answer)])
        for claim in step.claims:
            found = told(view, claim)
            mark, text = ("…", "This session has no such number yet.") if found is None else found
            parts.append([(f"{mark} ", _STYLES.get(mark, "dim")), text])
        return parts

    def _came_out(self, question: Question) -> str:
        """What came out, to compare with the guess; empty if that isn't known yet."""
        if question.score is not None:
            found = measured(self._link.view, question.score)
            return "" if found is None else f"It came out as {found.value:.3f}."
        right = right_choice(self._link.view, question)
        return "" if right is None else f"It came out as: {right}."

    def _show_the_end(self) -> None:
        """Scroll to the end, and once more: a scrollbar that comes has the text wrap anew."""
        scroll = self.query_one(VerticalScroll)
        scroll.scroll_end(animate=False)
        self.call_after_refresh(scroll.scroll_end, animate=False)

    # Guessing

    async def _guess(self) -> None:
        question, at = self.step.question, self.place.step
        if question is None:
            self.notify("This step asks nothing.", timeout=3)
            return
        given = await (self._choose(question) if question.score is None else self._ask_score(question))
        if given is not None:
            self.place.guesses[at] = given
            save(self._number, self.place)
            self.post_message(self.Guessed(_remark_of(question, given)))
            self.look()

    async def _choose(self, question: Question) -> str | None:
        choices = {f"answer-{number}": choice.text for number, choice in enumerate(question.choices)}
        chosen = await self.app.push_screen_wait(ask.choice(_flow(question.text), choices))
        return choices.get(chosen or "")

    async def _ask_score(self, question: Question) -> str | None:
        given = await self.app.push_screen_wait(ask.line(_flow(question.text), "", _trouble_with))
        return None if given is None else f"{_accuracy(given):g}"

    def _recall(self) -> None:
        """In a replay, whose journal nobody writes, mark again what was guessed."""
        if self._link.condition is Condition.REPLAY:
            for number, given in self.place.guesses.items():
                question = self._tour.step[number].question if number < len(self._tour.step) else None
                if question is not None and not self._link.view.says(_remark_of(question, given)):
                    self.post_message(self.Guessed(_remark_of(question, given)))


def _remark_of(question: Question, given: str) -> str:
    if question.score is None:
        return f"{_flow(question.text)} {given}"
    return ScoreGuess(question.score.branch, question.score.round, float(given)).remark


def _flow(text: str) -> str:
    """Text without the line breaks of its file; paragraphs stay."""
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n")).strip()


def _accuracy(given: str) -> float:
    """An accuracy as typed, `0.7` or `70%`; NaN if it is none."""
    try:
        score = float(given.removesuffix("%")) / (100 if given.endswith("%") else 1)
    except ValueError:
        return nan
    return score if 0.0 <= score <= 1.0 else nan


def _trouble_with(given: str) -> str:
    return f"{given!r} is no accuracy; give a number from 0 to 1, such as 0.7." if isnan(_accuracy(given)) else ""
