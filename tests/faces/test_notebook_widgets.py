"""The notebook's widgets on a live session, whose engine runs in a thread of this process."""

import asyncio
import shutil
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import ipywidgets
import pytest

import ticket_explorer as tx
from sessions.messages import commands
from sessions.serving.client import Client
from tests.siege.disk import Disk
from ticket_explorer.errors import TicketError
from widgets.notebook import CHARTS, Chart
from widgets.notebook.controls import Controls
from widgets.notebook.decisions import Decisions
from widgets.notebook.explorer import FIRST, Explorer
from widgets.plots.figures import Selection
from widgets.shared.session_link import Condition

SMALL = {
    "pruning.rounds": 2,
    "trainer.generations": 5,
    "trainer.population": 8,
    "task.batch": 64,
    "network.hidden": [8],
}

Story = Callable[[tx.LiveSession], Awaitable[None]]


@pytest.fixture(scope="module")
def live(home, tiny, tmp_path_factory):
    """Tells a story of a live session; what it leaves is the next one's to begin with."""
    path = tmp_path_factory.mktemp("live") / "tiny.session"
    shutil.copytree(tiny.path, path)

    def tell(story: Story, session: Callable[[], tx.LiveSession] | None = None) -> None:
        async def told() -> None:
            found = tx.LiveSession.open(path, inline=True) if session is None else session()
            try:
                await found.ready_async()
                await story(found)
            finally:
                await found.stop_async()
                await found.close_async()

        asyncio.run(told())

    return tell


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.005)


def test_every_chart_shows_a_finished_session_and_keeps_a_picture(live):
    async def story(session: tx.LiveSession) -> None:
        charts = [Chart(session, kind) for kind in CHARTS]
        for chart in charts:
            chart.visible = True
        await until(lambda: not next(c for c in charts if c.kind == "mask").figure.is_empty)
        await until(lambda: all(c.snapshot_now()["head"]["title"] == c.figure.title for c in charts))
        for chart in charts:
            bundle = chart.kept.bundle()
            assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] != chart.model_id
            assert bundle["image/svg+xml"].startswith("<svg")
            assert chart.figure.title in bundle["text/plain"]

    live(story)


def test_a_task_without_a_policy_says_so(live):
    async def story(session: tx.LiveSession) -> None:
        chart = tx.widgets.Policy(session)
        assert "Asking the engine" in chart.figure.note
        chart.visible = True
        await until(lambda: "this one classifies images" in chart.figure.note)
        chart.close()

    live(story)


@pytest.mark.slow
def test_a_policy_moves_while_it_is_seen(live, home, tmp_path):
    small = {"task.episodes": 1, "task.test_episodes": 1, "network.hidden": [4], "trainer.population": 8}

    async def story(session: tx.LiveSession) -> None:
        chart = tx.widgets.Policy(session)
        chart.visible = True
        await session.step_async(1)
        await until(lambda: "Step 1 of" in chart.figure.note)
        await until(lambda: "Step 5 of" in chart.figure.note)
        assert chart.figure.title.startswith("Policy · snr, round 0, generation")
        assert not chart.figure.is_empty
        chart.close()

    path = tmp_path / "pole.session"
    live(story, lambda: tx.LiveSession.create("cartpole", small, path=path, inline=True))


def test_a_chart_that_nobody_sees_is_sent_nothing(live):
    async def story(session: tx.LiveSession) -> None:
        seen, unseen = tx.widgets.Fitness(session), tx.widgets.Fitness(session)
        seen.visible = True
        session.selection = Selection("magnitude")
        await until(lambda: seen.patch["sequence"] > 0)
        assert unseen.patch["sequence"] == 0
        session.selection = Selection()

    live(story)


def test_a_browser_that_missed_something_is_sent_everything(live):
    async def story(session: tx.LiveSession) -> None:
        chart = tx.widgets.TicketCurve(session)
        chart.asked += 1
        assert chart.patch["base"] is None
        assert {"0.x", "0.y"} <= set(chart.patch["columns"])

    live(story)


def test_selected_points_are_named_and_lit_up_in_the_mask(live):
    async def story(session: tx.LiveSession) -> None:
        scatter, mask = tx.widgets.SnrMagnitude(session, branch="snr"), tx.widgets.Mask(session, branch="snr")
        await until(lambda: not mask.figure.is_empty)
        points = [mark for mark in scatter.figure.marks if getattr(mark, "entries", None) is not None]
        entry = int(points[-1].entries[0])
        scatter.selected = [entry]
        await until(lambda: mask.selected == [entry])
        row, column = divmod(entry - 8, 8)  # eight biases come first
        assert scatter.picked == f"1 weight: dense_0/kernel [{row}, {column}]"
        lit = next(mark for mark in mask.figure.marks if mark.name == "selected")
        assert (lit.y[0], lit.x[0]) == (row // 14 + 0.5, row % 14 + 0.5)
        session.pick([])

    live(story)


def test_a_session_is_run_paused_and_branched_from_a_notebook(home, live, tmp_path):
    async def story(session: tx.LiveSession) -> None:
        controls, chart = Controls(session), tx.widgets.Fitness(session)
        chart.visible = True
        dense = await session.run_round_async()
        assert (dense.round, session.view.state) == (0, "paused")
        await until(lambda: "paused" in controls.children[0].value)
        await session.step_async(2)
        assert session.view.running.done == 2
        await until(lambda: chart.patch.get("columns", {}).get("0.y", [0, 0])[1] == 2)
        assert await session.branch_async("snr", 0, overrides={"pruner": "random"}) == "snr-2"
        await session.run_async()
        assert session.view.state == "finished"
        assert await session.run_round_async() is None
        frame = session.to_frame()
        ticket = session.ticket("snr", 0)
        assert ticket.mask[ticket.problem.layout.prunable].all()
        assert set(frame["branch"]) == {"snr", "magnitude", "random", "snr-2"}
        assert len(session.to_frame("generations")) == session.view.generations_done

    live(story, lambda: tx.LiveSession.create("fashion", SMALL, tmp_path / "new.session", inline=True))


def own(tmp_path) -> Callable[[], tx.LiveSession]:
    return lambda: tx.LiveSession.create("fashion", SMALL, tmp_path / "own.session", inline=True)


@pytest.mark.parametrize("verb", ["run_async", "run_round_async", "step_async"])
def test_trouble_with_the_store_is_raised_and_said(live, tmp_path, verb):
    async def story(session: tx.LiveSession) -> None:
        controls, chart = Controls(session), tx.widgets.Fitness(session)
        with Disk(tmp_path).watched() as disk:
            disk.room = 0
            with pytest.raises(TicketError, match="full"):
                await getattr(session, verb)()
            await until(lambda: "full" in controls.children[4].value and "full" in chart.trouble)
        assert session.view.state == "paused"
        await session.run_round_async()
        await until(lambda: controls.children[4].value == chart.trouble == "")

    live(story, own(tmp_path))


def test_trouble_that_is_told_before_the_reply_stays_said(live, tmp_path, monkeypatch):
    async def story(session: tx.LiveSession) -> None:
        controls, link = Controls(session), session.attachment.link
        ask = link.ask

        async def ask_and_hear_late(command: commands.Command) -> dict[str, Any]:
            reply = await ask(command)
            await until(lambda: session.attachment.trouble != "")
            return reply

        monkeypatch.setattr(link, "ask", ask_and_hear_late)
        with Disk(tmp_path).watched() as disk:
            disk.room = 0
            with pytest.raises(TicketError, match="full"):
                await session.run_async()
        await until(lambda: "full" in controls.children[4].value)
        monkeypatch.setattr(link, "ask", ask)

    live(story, own(tmp_path))


def test_a_directory_that_is_gone_is_said(live, tmp_path):
    async def story(session: tx.LiveSession) -> None:
        shutil.rmtree(session.path)
        with pytest.raises(TicketError, match=r"own\.session"):
            await session.run_async()

    live(story, own(tmp_path))


def test_who_waits_hears_that_somebody_else_stopped_the_engine(live, tmp_path):
    async def story(session: tx.LiveSession) -> None:
        running = asyncio.ensure_future(session.run_async())
        await until(lambda: session.view.state == "running")
        async with Client(session.path, "terminal") as other:
            await other.ask(commands.Stop())
        with pytest.raises(TicketError, match="terminal stopped the engine before this was done"):
            await running

    live(story, own(tmp_path))


def test_what_cannot_be_done_is_shown_in_the_widgets(live):
    async def story(session: tx.LiveSession) -> None:
        chart, controls = tx.widgets.Fitness(session), Controls(session)
        chart.attachment.spawn(chart.attachment.ask(commands.Branch(parent="snr", round=99)))
        await until(lambda: "no finished round 99" in chart.trouble)
        await until(lambda: "no finished round 99" in controls.children[4].value)
        await session.note_async("fine")
        assert chart.trouble == ""

    live(story)


def fails(*args: Any, **kwargs: Any) -> Any:
    raise RuntimeError("boom")


async def fails_later(*args: Any) -> Any:
    fails()


MISHAPS: dict[str, Callable[[tx.LiveSession, pytest.MonkeyPatch], Any]] = {
    "drawn": lambda session, patch: patch.setattr(Chart, "redraw", fails) or session.attachment.renew(),
    "told": lambda session, patch: patch.setattr(Chart, "touch", fails),
    "asked": lambda session, patch: session.attachment.spawn(fails_later()),
    "clicked": lambda session, patch: session.attachment.heeding(fails)(),
    "selected": lambda session, patch: (
        patch.setattr(session.attachment, "pick", fails) or setattr(Chart(session, "snr_magnitude"), "selected", [1])
    ),
    "typed": lambda session, patch: (
        patch.setattr("widgets.notebook.forms.branch.objection", fails)
        or setattr(Decisions(session)._forms["Branch"]._ratio._rows["ratio"].line, "value", "0.3")
    ),
}


@pytest.mark.parametrize("mishap", MISHAPS.values(), ids=MISHAPS)
def test_an_unexpected_error_is_a_sentence_and_the_rest_goes_on(live, mishap, monkeypatch, caplog):
    async def story(session: tx.LiveSession) -> None:
        controls, chart = Controls(session), Chart(session, "fitness")
        chart.visible = True
        with monkeypatch.context() as patch:
            mishap(session, patch)
            if not session.attachment.trouble:  # it comes with the next event
                await session.note_async("meanwhile")
            await until(lambda: "RuntimeError: boom" in session.attachment.trouble)
            assert "the kernel's log" in session.attachment.trouble
            assert "Traceback" in caplog.text
        await session.note_async("afterwards")
        await until(lambda: "boom" not in controls.children[4].value)
        assert session.view.remarks[-1].text == "afterwards"

    live(story)


def test_an_engine_that_can_not_start_is_said_in_the_widgets(home, tmp_path):
    async def story() -> None:
        bad = {"task.name": "mnist", "network.hidden": [8]}
        session = tx.LiveSession.create("fashion", bad, tmp_path / "bad.session", inline=True)
        chart = tx.widgets.Fitness(session)
        with pytest.raises(TicketError, match="mnist"):
            await session.ready_async()
        assert "mnist" in chart.trouble
        assert session.attachment.link.condition is Condition.GONE
        assert "did not start" in chart.figure.note
        await session.close_async()

    asyncio.run(story())


def test_a_figure_for_a_paper_is_shown_and_saved(live, tmp_path):
    async def story(session: tx.LiveSession) -> None:
        figure = session.figure("ticket_curve")
        assert figure._repr_png_().startswith(b"\x89PNG")
        figure.save(tmp_path / "curve.pdf")
        assert (tmp_path / "curve.pdf").read_bytes().startswith(b"%PDF")
        with pytest.raises(TicketError, match=r"\.pdf"):
            figure.save(tmp_path / "curve.doc")
        with pytest.raises(TicketError, match="ticket_curve"):
            session.figure("ticket")

    live(story)


def test_blocking_is_refused_with_what_to_write(live):
    async def story(session: tx.LiveSession) -> None:
        with pytest.raises(TicketError, match=r"await session\.run_round_async"):
            session.run_round()
        with pytest.raises(AttributeError, match="nonsense"):
            _ = session.nonsense
        with pytest.raises(TicketError, match="generations: 0"):
            await session.step_async(0)

    live(story)


def in_a_loop(work: Callable[[], Any]) -> Any:
    async def run() -> Any:
        return work()

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("work", "sentence"),
    [
        (lambda: tx.LiveSession.open("no-such-session"), "no-such-session"),
        (lambda: tx.LiveSession.create("fashio"), "did you mean fashion"),
        (lambda: tx.LiveSession.create("fashion", {"pruning.ratio": 7}), "pruning.ratio"),
        (lambda: tx.LiveSession.create("fashion", {"pruning.nonsense": 7}), "nonsense"),
        (lambda: tx.widgets.Fitness("fashion-1"), "tx.LiveSession.open"),
        (lambda: tx.widgets.Board(), "a chart"),
        (lambda: tx.explore("no-such-session"), "no-such-session"),
    ],
)
def test_bad_input_is_a_sentence(home, work, sentence):
    with pytest.raises(TicketError, match=sentence):
        in_a_loop(work)


def test_an_unknown_chart_lists_the_known_ones(live):
    async def story(session: tx.LiveSession) -> None:
        with pytest.raises(TicketError, match="ticket_curve"):
            Chart(session, "ticket")

    live(story)


def test_settings_reach_every_branch_of_a_table(home, tmp_path):
    table = tx.load_preset("fashion") | {"branch": [{"name": "one"}, {"name": "two"}]}

    async def story() -> None:
        session = tx.LiveSession.create(table, SMALL, tmp_path / "table.session", inline=True)
        await session.ready_async()
        assert [branch.planned_rounds for branch in session.view.branches.values()] == [2, 2]
        assert "pruning" not in table or table["pruning"]["rounds"] != 2
        await session.stop_async()
        await session.close_async()

    asyncio.run(story())


def test_where_no_process_may_be_started_the_engine_runs_in_a_thread(home, tmp_path, monkeypatch):
    async def refused(*_: object) -> None:
        raise PermissionError("no processes here")

    async def story() -> None:
        session = tx.LiveSession.create("fashion", SMALL, tmp_path / "inside.session")
        await session.ready_async()
        assert session.view.state == "paused"
        assert any(thread.name == "engine" for thread in threading.enumerate())
        await session.stop_async()
        await session.close_async()

    monkeypatch.setattr("widgets.notebook.live_session.launch", refused)
    asyncio.run(story())


def test_without_controls_nothing_on_it_asks_for_anything(live):
    def all_of(widget: ipywidgets.Widget) -> set[type]:
        return {type(widget)}.union(*map(all_of, getattr(widget, "children", ())))

    async def story(session: tx.LiveSession) -> None:
        whole, only_shown = Explorer(session), Explorer(session, controls=False)
        assert {Controls, Decisions} <= all_of(whole)
        assert not {Controls, Decisions, ipywidgets.Button} & all_of(only_shown)
        assert [chart.kind for chart in only_shown.charts] == list(FIRST)

    live(story)


def test_charts_are_shown_and_put_away_by_name(live):
    async def story(session: tx.LiveSession) -> None:
        explorer = tx.explore(session)
        assert [chart.kind for chart in explorer.charts] == list(FIRST)
        chips = {chip.description: chip for chip in explorer.children[1].children[1].children[0].children}
        chips["Mask"].value, chips["Curvature"].value = False, True
        kinds = [chart.kind for chart in explorer.charts]
        assert "mask" not in kinds
        assert kinds[-1] == "curvature"
        with pytest.raises(TicketError, match="ticket_curve"):
            Explorer(session, ("tickets",))

    live(story)


def test_without_a_loop_it_says_so(home):
    with pytest.raises(TicketError, match="event loop"):
        tx.LiveSession.create("fashion")


def test_a_notebook_shows_a_sentence_instead_of_a_traceback():
    assert TicketError("Do this instead.")._render_traceback_() == ["Do this instead."]


def test_the_browser_module_is_small_and_asks_nobody(root: Path):
    parts = Chart._esm if isinstance(Chart._esm, str) else str(Chart._esm)
    assert len(parts.encode()) <= 60_000
    assert not {"http://", "https://", "import(", "fetch("} & {
        word for word in ("http://", "https://", "import(", "fetch(") if word in parts
    }
