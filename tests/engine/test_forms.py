"""How populations are computed is journalled before it takes effect, and what a session goes on with."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import pytest
from msgspec import structs

import sessions.session.session
from sessions.engine.round_runner import Chunk, RoundRunner
from sessions.messages import events
from sessions.plans.problems import Problems
from sessions.views.reading import read_view
from ticket_explorer.backend import device_kind
from ticket_explorer.errors import TicketError
from ticket_explorer.networks import form_table
from ticket_explorer.networks.form_table import Measured, Timed
from ticket_explorer.networks.forms import Form, Work

pytestmark = pytest.mark.thorough

USUAL = Form(kind="grouped", group=16, sparse=True)
OTHER = Form(kind="shared", group=4)
WORK = Work(
    network="mlp bias=True hidden=(8,) activation=relu", inputs=(14, 14, 1), outputs=10, individuals=8, examples=64
)
AT = 20
"""The generation at which memory ends."""


@pytest.fixture(autouse=True)
def _own_problems(monkeypatch: pytest.MonkeyPatch) -> None:
    """A form that one test takes is not another's."""
    monkeypatch.setattr(sessions.session.session, "Problems", Problems)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without anything measured."""
    monkeypatch.setenv("TICKET_EXPLORER_HOME", str(tmp_path))
    return tmp_path


def measured(form: Form, work: Work = WORK, device: str | None = None) -> Measured:
    timed = [Timed(form=form, milliseconds=1.0), Timed(form=USUAL, milliseconds=2.0)]
    return Measured(device=device or device_kind(), jax=jax.__version__, on="2026-11-27", work=work, timed=timed)


def chosen(path: Path) -> list[tuple[int, int, Form]]:
    told = (event for event in read_view(path).history if isinstance(event, events.FormChosen))
    return [(event.round, event.generation, event.form) for event in told]


def out_of_memory(*arguments: Any) -> Any:
    raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 2.00GiB.")


@pytest.fixture(params=["asked for", "computed"])
def memory_ends(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[[Form], bool]], None]:
    """Has memory end from a generation on in some forms: when a chunk is asked for, or when its numbers are read."""

    def ends(in_form: Callable[[Form], bool]) -> None:
        dispatch, values = RoundRunner.dispatch, Chunk.values

        def dispatched(self: RoundRunner, count: int) -> Chunk:
            too_large = self.shape.form is not None and in_form(self.shape.form)
            if self.dispatched < AT:
                return dispatch(self, min(count, AT - self.dispatched))
            if too_large and request.param == "asked for" and count > 0:
                return out_of_memory()
            chunk = dispatch(self, count)
            object.__setattr__(chunk, "too_large", too_large and count > 0)
            return chunk

        monkeypatch.setattr(RoundRunner, "dispatch", dispatched)
        monkeypatch.setattr(
            Chunk, "values", lambda self: out_of_memory() if getattr(self, "too_large", False) else values(self)
        )

    return ends


def test_each_round_says_its_form_before_its_first_generation(lab: Any) -> None:
    path = lab.finished()
    assert chosen(path) == [(number, 0, USUAL) for number in range(3)]
    told = [event for event in read_view(path).history if isinstance(event, events.FormChosen | events.Generations)]
    for event in told:
        if isinstance(event, events.Generations) and event.first == 0:
            assert isinstance(told[told.index(event) - 1], events.FormChosen)


def test_the_fastest_form_that_was_measured_is_used_and_equal_runs_are_equal(lab: Any, place: Path) -> None:
    form_table.keep([measured(OTHER)])
    one, other = lab.finished("one"), lab.finished("other")
    assert chosen(one) == [(number, 0, OTHER) for number in range(3)]
    lab.assert_same(one, other, rounds=3)


def test_a_session_goes_on_in_its_form_whatever_is_measured_meanwhile(lab: Any, place: Path) -> None:
    whole = lab.finished("whole", pruning={"ratio": 0.3, "rounds": 1})
    session = lab.create("cut", pruning={"ratio": 0.3, "rounds": 1})
    session.step(AT)
    lab.kill(session)
    form_table.keep([measured(OTHER)])
    lab.assert_same(whole, lab.go_on(session.path), rounds=1)
    assert chosen(session.path) == [(0, 0, USUAL)]


def test_the_nearest_work_of_the_same_network_on_the_same_device_speaks_for_others(place: Path) -> None:
    def near(**changes: Any) -> Form | None:
        return form_table.chosen("A100", structs.replace(WORK, **changes))

    form_table.keep([measured(OTHER, device="A100"), measured(USUAL, structs.replace(WORK, examples=512), "A100")])
    assert near() == OTHER
    assert near(examples=100) == OTHER
    assert near(examples=300, replicates=2) == USUAL
    assert near(examples=64 * 1000) is None
    assert near(precision="bfloat16") is None
    assert near(network="cnn") is None
    assert form_table.chosen("H200", WORK) is None


def test_measuring_again_takes_the_place_of_what_was_measured(place: Path) -> None:
    form_table.keep([measured(OTHER, device="A100")])
    form_table.keep([measured(USUAL, device="A100")])
    assert form_table.chosen("A100", WORK) == USUAL
    assert len([one for one in form_table.table() if one.device == "A100" and one.work == WORK]) == 1


def test_a_table_that_can_not_be_read_is_said(lab: Any, place: Path) -> None:
    (place / "forms.json").write_text("{", encoding="utf-8")
    session = lab.create()
    with session, pytest.raises(TicketError, match=r"forms\.json can't be read .*; remove it, and measure again"):
        session.step(1)


def test_a_form_of_a_later_version_is_not_taken(lab: Any, place: Path) -> None:
    form_table.keep([measured(Form(kind="marvellous", group=2))])
    with lab.create() as session:
        session.step(1)
    assert chosen(session.path) == [(0, 0, USUAL)]


def test_a_smaller_form_takes_over_where_memory_ends(lab: Any, memory_ends: Any) -> None:
    memory_ends(lambda form: form.group > 4)
    path = lab.finished(pruning={"ratio": 0.3, "rounds": 2})
    smaller = [structs.replace(USUAL, group=group) for group in (8, 4)]
    assert chosen(path) == [(0, 0, USUAL), *((0, AT, form) for form in smaller), (1, 0, smaller[-1])]
    (branch,) = read_view(path).branches.values()
    assert [branch.rounds[number].done for number in (0, 1)] == [60, 60]
    assert [event.why for event in branch.rounds[0].forms] == ["", *["the device's memory ran out"] * 2]
    lab.assert_whole(path)


def test_a_killed_session_changes_its_form_at_the_same_generation(lab: Any, memory_ends: Any) -> None:
    memory_ends(lambda form: form.group > 8)
    session = lab.create(pruning={"ratio": 0.3, "rounds": 1})
    for generations in (AT - 5, 4, 3):
        session.step(generations)
        copy = lab.path(f"killed-{session.view.generations_done}")
        shutil.copytree(session.path, copy)
    session.run()
    session.close()
    for copy in lab.place.glob("killed-*"):
        lab.assert_same(session.path, lab.go_on(copy), rounds=1)
        assert chosen(copy) == chosen(session.path)


def test_early_weights_are_computed_again_in_the_forms_they_had(lab: Any, memory_ends: Any) -> None:
    memory_ends(lambda form: form.group > 8)
    early, two = {"name": "early", "generation": AT + 5}, {"ratio": 0.3, "rounds": 2}
    kept = lab.finished("kept", rewind=early, pruning=two)
    with lab.create("later", pruning=two) as session:
        session.run()
        name = session.branch("snr", 0, overrides={"rewind": early})
        session.run()
    one, other = lab.outcome(kept)["snr:1"], lab.outcome(session.path)[f"{name}:1"]
    assert one["mean"] == other["mean"]
    assert [form for *_, form in chosen(session.path)][1:] == [structs.replace(USUAL, group=8)] * 3


def test_where_nothing_smaller_is_left_a_sentence_says_what_would_fit(lab: Any, memory_ends: Any) -> None:
    memory_ends(lambda form: True)
    session = lab.create()
    with session, pytest.raises(TicketError, match=r"too small for one individual .*Choose a smaller batch"):
        session.run()
    assert read_view(session.path).branches["snr"].rounds[0].done == AT
    lab.assert_whole(session.path)


def test_other_errors_of_the_device_are_not_mistaken_for_a_lack_of_memory(lab: Any, monkeypatch: Any) -> None:
    def broken(self: RoundRunner, count: int) -> Chunk:
        raise jax.errors.JaxRuntimeError("INTERNAL: the device is gone")

    monkeypatch.setattr(RoundRunner, "dispatch", broken)
    session = lab.create()
    with session, pytest.raises(jax.errors.JaxRuntimeError, match="the device is gone"):
        session.step(1)
    assert [form for _, _, form in chosen(session.path)] == [USUAL]
