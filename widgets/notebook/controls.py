"""Controls: run, pause, step, slower, faster, and looking back."""

from dataclasses import replace
from html import escape

import ipywidgets

from sessions.messages import commands
from sessions.views.session_view import SessionView
from widgets.notebook.chart import attached
from widgets.notebook.live_session import LiveSession
from widgets.notebook.style import STYLE
from widgets.notebook.watching import Watch, button, markup
from widgets.plots.figures import Selection
from widgets.shared.session_link import Condition, Link
from widgets.shared.wording import left, share, speed

_STATES = {"running": "● running", "paused": "❚❚ paused", "finished": "✓ finished", "failed": "✗ failed"}


class Controls(ipywidgets.VBox):
    """Runs and pauses a session, shows its progress, and moves through its rounds and generations."""

    def __init__(self, session: LiveSession) -> None:
        self._attachment = attached(session)
        self._name = session.path.stem
        self._line = ipywidgets.HTML()
        self._bars = ipywidgets.HTML()
        self._trouble = ipywidgets.HTML()
        self._run = button("Run", "Run, or pause", self._toggle, "play", "primary")
        self._run.layout.width = "90px"
        self._round = ipywidgets.IntSlider(description="round", min=0, max=0, continuous_update=True)
        self._generation = ipywidgets.IntSlider(description="generation", min=0, max=0, continuous_update=True)
        self._live = ipywidgets.ToggleButton(
            True, description="live", tooltip="Follow what is computed now; off: look back at any round and generation"
        )
        self._live.layout.width = "auto"
        self._back = _row(self._round, self._generation)
        self._back.layout.display = "none"
        self._is_showing, self._place = False, Selection()
        rows = [self._line, self._bars, self._buttons(), self._back, self._trouble]
        super().__init__([*rows, ipywidgets.HTML(STYLE)])
        self.add_class("te-controls")
        for slider in (self._round, self._generation):
            slider.layout.flex, slider.layout.min_width = "1 1 220px", "200px"
        heeding = self._attachment.heeding
        self._round.observe(heeding(lambda _: self._scrub(None)), "value")
        self._generation.observe(heeding(lambda _: self._scrub(self._generation.value)), "value")
        self._live.observe(heeding(lambda _: self._return_to_now()), "value")
        self._watch = Watch(self._attachment, self._show)

    def close(self) -> None:
        """Stop updating."""
        self._attachment.leave(self._watch)
        super().close()

    def _buttons(self) -> ipywidgets.HBox:
        ask = self._ask
        return _row(
            self._run,
            button("1", "Run one generation", lambda: ask(commands.Step(generations=1)), "step-forward"),
            button("10", "Run ten generations", lambda: ask(commands.Step(generations=10)), "step-forward"),
            button("round", "Run to the end of the round", lambda: ask(commands.RunRounds(rounds=1)), "fast-forward"),
            button("end round", "End the round now, and prune", lambda: ask(commands.EndRound()), "scissors"),
            button("slower", "Half the pace", lambda: self._change_pace(0.5), "minus"),
            button("faster", "Twice the pace", lambda: self._change_pace(2.0), "plus"),
            self._live,
        )

    def _ask(self, command: commands.Command) -> None:
        self._attachment.spawn(self._attachment.ask(command))

    def _toggle(self) -> None:
        self._ask(commands.Pause() if self._attachment.link.is_running else commands.Resume())

    def _change_pace(self, factor: float) -> None:
        self._attachment.spawn(self._attachment.link.change_pace(factor))

    def _scrub(self, generation: int | None) -> None:
        """Show the round and generation at the sliders."""
        if self._is_showing or self._live.value:
            return
        look = self._attachment.look
        branch = look.selection.branch_in(look.view)
        wanted = replace(look.selection, branch=branch, round=self._round.value, generation=generation)
        self._attachment.select(wanted)

    def _return_to_now(self) -> None:
        """Follow what is computed, or stay where it is now."""
        if self._is_showing:
            return
        look = self._attachment.look
        live = Selection(branches=look.selection.branches)
        branch, round_ = look.selection.branch_in(look.view), look.selection.round_in(look.view)
        if not self._live.value and round_ is not None:
            live = replace(live, branch=branch, round=round_.number, generation=round_.done)
        self._attachment.select(live)

    def _show(self) -> None:
        self._is_showing = True
        try:
            link = self._attachment.link
            self._line.value = self._headline()
            self._bars.value = _progress(self._attachment.view, link.is_running)
            trouble = self._attachment.trouble
            self._trouble.value = f'<div role="alert">{markup(trouble, "te-alert")}</div>' if trouble else ""
            running = link.is_running
            self._run.description, self._run.icon = ("Pause", "pause") if running else ("Run", "play")
            self._show_time()
        finally:
            self._is_showing = False

    def _headline(self) -> str:
        link, look = self._attachment.link, self._attachment.look
        said = [markup(self._name, "te-name"), _state(self._attachment.link)]
        if look.view.branches:
            said.append(markup(look.selection.place_in(look.view)))
        if link.is_running:
            said.append(markup(_speed(look.view)))
        return " &nbsp;·&nbsp; ".join(said)

    def _show_time(self) -> None:
        """Show the sliders while a person looks back; set them only once, because front ends send changes back."""
        look = self._attachment.look
        selection, round_ = look.selection, look.selection.round_in(look.view)
        is_live = selection.round is None and selection.generation is None
        self._live.value = is_live
        self._back.layout.display = "none" if is_live or round_ is None else ""
        if is_live or round_ is None:
            return
        branch = selection.branch_in(look.view)
        assert branch is not None
        self._round.max = max(known.number for known in look.view.lineage(branch))
        self._generation.max = round_.done
        if selection != self._place:
            self._place, self._round.value = selection, round_.number
            self._generation.value = round_.done if selection.generation is None else selection.generation


def _row(*widgets: ipywidgets.Widget) -> ipywidgets.HBox:
    return ipywidgets.HBox(widgets, layout=ipywidgets.Layout(flex_flow="row wrap", align_items="center"))


def _state(link: Link) -> str:
    """The engine's state, in its colour."""
    condition, view = link.condition, link.view
    words, colour = _STATES[view.state], view.state
    if link.silence:
        words, colour = f"✗ engine {link.silence}", "failed"
    elif link.is_pausing and view.state == "running":
        words, colour = "❚❚ pausing …", "paused"
    elif condition is Condition.CONNECTING:
        words, colour = "… starting", "paused"
    elif condition is Condition.RESTING and view.state == "running":
        words, colour = "✗ crashed: press Run to go on", "failed"
    elif condition is Condition.GONE and view.state == "finished":
        words += ", engine stopped"
    elif condition is Condition.GONE:
        words, colour = "✗ engine gone: press Run to start it again", "failed"
    return markup(words, f"te-{colour}")


def _speed(view: SessionView) -> str:
    pace = "" if view.pace is None else f" (at most {view.pace:.3g})"
    eta = view.eta_seconds
    return speed(view) + pace + ("" if eta is None else f", {left(eta)}")


def _progress(view: SessionView, is_running: bool) -> str:
    done, left = view.generations_done, view.generations_left
    if not view.branches:
        return ""
    bars = [_bar("whole session", done, done + left)]
    if view.running is not None:
        round_ = view.running
        place = f"{round_.branch} round {round_.number}, {share(round_.density)} kept"
        bars.insert(0, _bar(place, round_.done, round_.generations))
    return f'<div class="te-bars">{"".join(bars)}</div>'


def _bar(label: str, done: int, total: int) -> str:
    filled = 100 * done / total if total else 0
    track = (
        f'<div class="te-track" role="progressbar" aria-label="{escape(label)}" aria-valuemin="0" '
        f'aria-valuenow="{done}" aria-valuemax="{total}"><div style="width:{filled:.1f}%"></div></div>'
    )
    return f'<div class="te-bar">{markup(label)}{track}{markup(f"{done:,}/{total:,}")}</div>'
