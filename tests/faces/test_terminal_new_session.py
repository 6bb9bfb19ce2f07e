"""Planning a session: presets, a form with errors beside its fields, and what it will cost."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static

from sessions.specs.spec import parse_spec
from ticket_explorer import presets
from ticket_explorer.pruners import PRUNERS
from ticket_explorer.trainers import TRAINERS
from widgets.decisions.session_draft import Draft
from widgets.shared.wording import about
from widgets.terminal.app import TicketExplorer
from widgets.terminal.dialogs.fields import Choice
from widgets.terminal.screens.new_session import NewSession
from widgets.terminal.screens.new_session_form import Form
from widgets.terminal.screens.new_session_list import PresetList
from widgets.terminal.screens.new_session_presets import story
from widgets.terminal.screens.new_session_row import FormRow

Script = Callable[[Pilot[None], NewSession], Awaitable[None]]


@pytest.fixture
def started(monkeypatch):
    """What was handed to `start_session`."""
    given: list[tuple[object, str, bool]] = []
    monkeypatch.setattr(TicketExplorer, "start_session", lambda _, spec, name, run: given.append((spec, name, run)))
    return given


def play(script: Script, size: tuple[int, int] = (120, 36)) -> None:
    """Open the screen and let a script act on it."""

    async def act() -> None:
        app = TicketExplorer()
        async with app.run_test(size=size) as pilot:
            screen = NewSession()
            await app.push_screen(screen)
            await pilot.pause()
            while not screen.query_one(Form).is_filled:
                await pilot.pause(0.02)
            await app.workers.wait_for_complete()
            await script(pilot, screen)

    asyncio.run(act())


def row(screen: NewSession, place: str) -> FormRow:
    return next(row for row in screen.query(FormRow) if row.field.place == place)


def cost(screen: NewSession) -> str:
    return str(screen.query_one("#cost", Static).content)


async def type_into(pilot: Pilot[None], screen: NewSession, place: str, text: str) -> None:
    control = row(screen, place).control
    assert isinstance(control, Input)
    control.focus()
    control.clear()
    await pilot.press(*("space" if sign == " " else sign for sign in text))
    await pilot.pause()


async def turn(pilot: Pilot[None], screen: NewSession, place: str, wanted: str) -> None:
    for _ in range(20):
        control = row(screen, place).control
        assert isinstance(control, Choice)
        if control.value == wanted:
            return
        control.focus()
        await pilot.press("right")
        await pilot.pause()
    raise AssertionError(f"{place} can't be turned to {wanted}")


@pytest.mark.parametrize(("key", "run"), [("ctrl+s", True), ("ctrl+o", False)])
def test_a_preset_starts_as_it_is(started, key, run):
    async def script(pilot, screen):
        await pilot.press(key)

    play(script)
    ((table, name, ran),) = started
    assert (name, ran) == ("fashion", run)
    assert parse_spec(table) == parse_spec(presets.load("fashion"))


@pytest.mark.slow
def test_what_is_typed_and_chosen_is_started(started):
    async def script(pilot, screen):
        await pilot.press("enter")
        await type_into(pilot, screen, "$.pruning.ratio", "0.3")
        await type_into(pilot, screen, "$.network.hidden", "64, 16")
        await type_into(pilot, screen, "$.network.kernel_scale", "2, 1.5, 6")
        await type_into(pilot, screen, "$.branch[1].name", "moved")
        await turn(pilot, screen, "$.branch[1].pruner.name", "random")
        await turn(pilot, screen, "$.branch[1].rewind.name", "early")
        await type_into(pilot, screen, "$.branch[1].rewind.generation", "7")
        await turn(pilot, screen, "$.trainer.strategy", "pgpe")
        await turn(pilot, screen, "$.trainer.optimizer.name", "adam")
        await type_into(pilot, screen, "$.trainer.optimizer.learning_rate", "0.02")
        assert "✗" not in cost(screen), cost(screen)
        await pilot.press("ctrl+s")

    play(script)
    plan = parse_spec(started[0][0]).branches[1].plan
    assert (plan.pruning.ratio, plan.network.hidden, plan.network.kernel_scale) == (0.3, (64, 16), (2.0, 1.5, 6.0))
    assert (type(plan.pruner).__name__, plan.rewind.generation) == ("Random", 7)
    assert (plan.trainer.strategy, plan.trainer.optimizer.learning_rate) == ("pgpe", 0.02)
    assert parse_spec(started[0][0]).branches[1].name == "moved"


@pytest.mark.parametrize(
    ("place", "text", "expected"),
    [
        ("$.pruning.ratio", "1.5", "a number between 0 and 1, exclusive"),
        ("$.pruning.rounds", "60", "fewer rounds"),
        ("$.trainer.population", "many", "a whole number"),
        ("$.network.hidden", "32, 0", "a whole number"),
        ("$.network.kernel_scale", "1, 2, 3", "one number, or a list of 2"),
        ("$.task.pool", "3", "a divisor"),
        ("$.branch[0].name", "../up", "letters"),
        ("$.branch[1].name", "snr", "a name that no other branch has"),
        ("$.trainer.parameters", "nothing = 1", "lr_std_init"),
    ],
)
def test_what_can_t_be_is_known_by_its_field(place, text, expected):
    draft = Draft("fashion")
    fields = {field.place: field for section in draft.sections() for field in section.fields}
    draft.enter(fields[place], text)
    ((blamed, said),) = draft.problems().items()
    assert expected in said
    about_it = [field.place for field in fields.values() if field.is_about(blamed)]
    assert about_it == [place]


def test_errors_are_said_beside_their_fields_and_nothing_starts(started):
    async def script(pilot, screen):
        await type_into(pilot, screen, "$.pruning.ratio", "2")
        await type_into(pilot, screen, "$.trainer.population", "6x")
        wrong = {row.field.place: row for row in screen.query(FormRow) if row.error}
        assert wrong.keys() == {"$.pruning.ratio", "$.trainer.population"}
        note = wrong["$.pruning.ratio"].query_one(".note", Static)
        assert "2, expected a number between 0 and 1, exclusive" in str(note.content)
        assert note.has_class("error")
        assert "2 values can't be used" in cost(screen)
        await pilot.press("ctrl+s")
        assert screen.query_one(Form).focused_row in wrong.values()
        await type_into(pilot, screen, "$.pruning.ratio", "0.2")
        await type_into(pilot, screen, "$.trainer.population", "6")
        assert not [row for row in screen.query(FormRow) if row.error]
        assert not note.has_class("error")

    play(script)
    assert started == []


def test_the_estimate_follows():
    async def script(pilot, screen):
        assert "6,634 parameters, 6,592 prunable, 148 left" in cost(screen)
        before = cost(screen)
        await type_into(pilot, screen, "$.network.hidden", "64")
        assert "13,258 parameters" in cost(screen)
        await type_into(pilot, screen, "$.trainer.generations", "2000")
        assert "104,000 generations" in cost(screen)
        assert about(None) not in cost(screen)
        assert cost(screen) != before

    play(script)


def test_a_gpu_is_told_with_what_is_free_of_it(monkeypatch):
    words = "NVIDIA H200, 100.0 of 150.8 GB free, 2 processes on it"
    monkeypatch.setattr("widgets.terminal.screens.new_session.gpu_words", lambda: words)

    async def script(pilot: Pilot[None], screen: NewSession) -> None:
        assert cost(screen).splitlines()[-1] == words

    play(script)


def test_branches_come_and_go(started):
    async def script(pilot, screen):
        screen.query_one("#add").press()
        await pilot.pause()
        await pilot.app.workers.wait_for_complete()
        assert screen.query_one(Form).focused_row is row(screen, "$.branch[3].name")
        next(button for button in screen.query(".remove") if button.display).press()
        await pilot.pause()
        await pilot.press("ctrl+s")

    play(script)
    assert [branch.name for branch in parse_spec(started[0][0]).branches] == ["magnitude", "random", "movement"]


@pytest.mark.slow
def test_presets_say_what_they_are_and_whether_their_data_are_there(started):
    async def script(pilot, screen):
        options = screen.query_one(OptionList)
        said = str(options.get_option("mnist-pgpe").prompt)
        assert "MNIST: tickets of PGPE" in said
        assert "mnist-pgpe" in said
        assert "pgpe, 3 branches" in said
        assert "no data" in said
        assert "no data" not in str(options.get_option("fashion").prompt)
        options.highlighted = options.get_option_index("mnist-pgpe")
        await pilot.press("enter")
        await pilot.app.workers.wait_for_complete()
        assert row(screen, "$.trainer.optimizer.learning_rate_decay").control.value == "0.999"
        told = str(screen.query_one("#story", Static).content)
        assert "Lottery Tickets in Evolutionary Optimization" in told
        assert "ticket-explorer data prepare mnist" in told
        await pilot.press("ctrl+s")

    play(script)
    assert started == []


def test_words_narrow_the_list_and_escape_widens_it():
    async def script(pilot, screen):
        listed = screen.query_one(PresetList)
        everything = [option.id for option in listed.options]
        await pilot.press("slash", *"ppo", "space", *"ant")
        assert [option.id for option in listed.options if option.id] == ["ant-es-to-ppo", "ant-ppo"]
        assert listed.highlighted_option.id == "ant-es-to-ppo"
        await pilot.press("x")
        assert [str(option.prompt) for option in listed.options] == ["No preset matches all of these words."]
        await pilot.press("backspace", "enter", "down")
        assert (screen.focused, listed.highlighted_option.id) == (listed, "ant-ppo")
        await pilot.press("escape")
        assert [option.id for option in listed.options] == everything
        assert listed.highlighted_option.id == "ant-ppo"
        await pilot.press("escape")
        assert pilot.app.screen is not screen

    play(script)


@pytest.mark.slow
def test_every_preset_keeps_its_own_changes():
    async def script(pilot, screen):
        options = screen.query_one(OptionList)
        await type_into(pilot, screen, "$.pruning.ratio", "0.4")
        for name, ratio in (("kmnist-des", "0.2"), ("fashion", "0.4")):
            options.focus()
            options.highlighted = options.get_option_index(name)
            await pilot.press("enter")
            await pilot.app.workers.wait_for_complete()
            assert row(screen, "$.pruning.ratio").control.value == ratio

    play(script)


@pytest.mark.slow
def test_escape_leads_from_the_form_to_the_presets_and_home():
    async def script(pilot, screen):
        await pilot.press("enter")
        await pilot.app.workers.wait_for_complete()
        assert screen.query_one(Form).focused_row is row(screen, "$.title")
        await pilot.press("escape")
        assert screen.focused is screen.query_one(OptionList)
        await pilot.press("escape")
        assert pilot.app.screen is not screen

    play(script)


@pytest.mark.parametrize("size", [(80, 24), *(pytest.param(s, marks=pytest.mark.slow) for s in ((120, 36), (200, 60)))])
def test_a_focused_field_can_be_seen_with_its_error(size):
    async def script(pilot, screen):
        await pilot.press("enter")
        await pilot.app.workers.wait_for_complete()
        await type_into(pilot, screen, "$.pruning.ratio", "7")
        shown = row(screen, "$.pruning.ratio").query_one(".note")
        await pilot.pause()
        assert screen.query_one(Form).region.contains_region(shown.region)
        assert shown.region.width >= 24
        assert screen.query_one(OptionList).display is (size[0] >= 110)

    play(script, size)


@pytest.mark.parametrize("name", presets.names())
def test_every_preset_has_a_form_without_errors(name):
    draft = Draft(name)
    assert draft.problems() == {}
    assert parse_spec(draft.table) == parse_spec(presets.load(name))
    assert story(name)
    for section in draft.sections():
        assert all(field.explanation for field in section.fields), [
            f.place for f in section.fields if not f.explanation
        ]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(42, "about 42 s"), (200, "about 3 min"), (9000, "about 2 h"), (864_000, "about 10 days"), (1e8, "about 3 years")],
)
def test_estimated_times(seconds, words):
    assert about(seconds) == words


@pytest.mark.parametrize("name", [name for name, settings in TRAINERS.items() if not settings.acts])
def test_every_trainer_has_a_form_that_can_start(name):
    draft = Draft("fashion")
    trainer = next(f for section in draft.sections() for f in section.fields if f.path == ("trainer", "name"))
    draft.enter(trainer, name)
    assert {field.path[1] for field in draft.sections()[3].fields if field.path[0] == "trainer"} > {"generations"}
    assert draft.problems() == {}
    spec = parse_spec(draft.table)
    assert type(spec.branches[0].plan.trainer) is TRAINERS[name]
    assert name == "evolution" or {branch.plan.pruner for branch in spec.branches}.isdisjoint({PRUNERS["snr"]()})
