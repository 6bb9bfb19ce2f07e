"""Another strategy or trainer means the same to the command line, the terminal, a notebook, Python and a spec."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.widgets import OptionList

from sessions.messages import commands
from sessions.session.session import Session
from sessions.specs.spec import parse_plan, parse_spec, table_of
from sessions.views.reading import read_view
from tests.faces import form_stage as stage
from tests.faces.dialog_stage import NOTHING, FakeLink, fill, keys, returned, says, then
from ticket_explorer.errors import TicketError
from widgets.decisions.session_draft import Draft
from widgets.decisions.trainer_fields import kinds_for, named
from widgets.terminal.dialogs.fields import Choice
from widgets.terminal.dialogs.strategy import StrategyDialog
from widgets.terminal.dialogs.transfer import TransferDialog

TUNED = {"std_init": 0.2, "mean_decay": 0.1, "weight_decay": 0.3}
SNES = {"name": "evolution", "strategy": "snes", "generations": 3, "population": 8}
DESCENT = {
    "name": "gradient_descent",
    "generations": 3,
    "optimizer": {"name": "sgd", "learning_rate": 0.5},
    "warmup": 2,
}
TRAINERS = {
    "tuned": {**SNES, **TUNED, "temperature": 5.0, "parameters": {"lr_std_init": 0.2}},
    "odd": {**SNES, "population": 33},
    "descent": DESCENT,
    "played": {**SNES, **TUNED},
}
"""How each branch is trained before."""
PLAYED = {"task": {"name": "pendulum", "steps": 5}}

WISHES = [
    ("tuned", "sep_cma_es", {**TUNED, "population": 8, "generations": 3, "temperature": None, "parameters": {}}, "snr",
     ["With sep_cma_es in place of snes, temperature = 5.0 and lr_std_init = 0.2 are dropped."]),
    ("tuned", "des", {**TUNED, "temperature": 5.0, "parameters": {}}, "snr",
     ["With des in place of snes, lr_std_init = 0.2 is dropped."]),
    ("odd", "pgpe", {"population": 34, "generations": 3}, "snr",
     ["The population rises from 33 to 34: pgpe draws mirrored pairs."]),
    ("odd", "gradient_descent", {"generations": 3, "weight_decay": 0.0}, "magnitude",
     ["With gradient_descent in place of snes, population = 33 is dropped.",
      "The pruner is magnitude in place of snr: gradient_descent finds no σ."]),
    ("odd", "continuous_sparsification", {"generations": 3}, "learned",
     ["With continuous_sparsification in place of snes, population = 33 is dropped.",
      "The pruner is learned in place of snr: continuous_sparsification learns a mask."]),
    ("odd", "mask_evolution", {"generations": 3, "population": 64}, "learned", None),
    ("descent", "continuous_sparsification", {key: DESCENT[key] for key in ("generations", "warmup")}, "learned",
     ["The pruner is learned in place of magnitude: continuous_sparsification learns a mask."]),
    ("descent", "snes", {"generations": 3, "population": 64}, "magnitude",
     ["With snes in place of gradient_descent, optimizer and warmup = 2 are dropped."]),
    ("played", "ppo", {"generations": 3, "std_init": 1.0}, "magnitude", None),
]  # fmt: skip


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """A session in which nothing is trained yet; the command line reaches it too."""
    path = tmp_path_factory.mktemp("rule") / "base.session"
    branches = [
        {"name": name, "trainer": table, **(PLAYED if name == "played" else {})} for name, table in TRAINERS.items()
    ]
    spec = {"network": {"name": "mlp", "hidden": [4]}, "pruning": {"rounds": 2}, "branch": branches}
    with Session.create(parse_spec(spec), path) as session, pytest.MonkeyPatch.context() as patch:

        def answer(_: Path, command: commands.Transfer, __: str) -> dict[str, Any]:
            return {"branches": session.transfer(**msgspec.structs.asdict(command))}

        patch.setattr("widgets.cli.transferring.answer", answer)
        yield session


def by_command_line(session: Session, branch: str, kind: str, name: str, tell: Any) -> None:
    told = tell("transfer", str(session.path), "--from", branch, "--trainer", kind, "--no-control", "--name", name)
    assert told.exit_code == 0, told.output


def by_dialog(session: Session, branch: str, kind: str, name: str, tell: Any) -> None:
    async def choose(dialog: ModalScreen[Any], pilot: Pilot[None]) -> None:
        dialog.query_one("#trainer", Choice).put(kind)
        dialog.query_one("#beside", Choice).put("none")

    dialog = TransferDialog(FakeLink(path=session.path), branch)  # type: ignore[arg-type]
    session.transfer(**msgspec.structs.asdict(returned(dialog, then(choose, fill(name=name)))))


def by_form(session: Session, branch: str, kind: str, name: str, tell: Any) -> None:
    notebook = stage.Stage(path=session.path)
    form = notebook.form("Transfer", branch)
    for label, value in (("trainer", kind), ("beside", "none"), ("name", name)):
        stage.field(form, label).value = value
    stage.button(form, "Transfer").click()
    session.transfer(**msgspec.structs.asdict(notebook.asked[0]))


def from_python(session: Session, branch: str, kind: str, name: str, tell: Any) -> None:
    session.transfer(branch, overrides={"trainer": named(kind)}, name=name, control=False)


FACES: list[Callable[..., None]] = [by_command_line, by_dialog, by_form, from_python]


@pytest.mark.parametrize(("branch", "kind", "fields", "pruner", "said"), WISHES)
def test_a_wish_is_one_plan_whoever_has_it(
    base: Session, tell: Any, branch: str, kind: str, fields: dict[str, Any], pruner: str, said: list[str] | None
) -> None:
    names = [f"{branch}-{kind}-{face.__name__}".replace("_", "-") for face in FACES]
    for face, name in zip(FACES, names, strict=True):
        face(base, branch, kind, name, tell)
    view = read_view(base.path)
    whole = {key: value for key, value in view.branches[branch].plan.items() if value is not None}
    spec = {**whole, "branch": [{"name": "b", "trainer": named(kind)}]}
    plans = [view.branches[name].plan for name in names] + [table_of(parse_spec(spec).branches[0].plan)]
    assert all(plan == plans[0] for plan in plans)
    trainer = plans[0]["trainer"]
    assert {field: trainer.get(field) for field in fields} == fields
    assert plans[0]["pruner"]["name"] == pruner
    remarks = [
        [r.text.removeprefix(f"Branch {n}: ") for r in view.remarks if r.text.startswith(f"Branch {n}: ")]
        for n in names
    ]
    assert all(one == remarks[0] for one in remarks)
    assert said is None or remarks[0] == said


def test_an_odd_population_that_is_asked_for_is_refused_alike(base: Session, tell: Any) -> None:
    sentence = "an even number: pgpe draws its individuals in mirrored pairs"
    given = ("--trainer", "pgpe", "--set", "trainer.population=9")
    told = tell("transfer", str(base.path), "--from", "odd", *given, COLUMNS="400")
    assert (told.exit_code, sentence in told.stderr) == (2, True)
    plan = read_view(base.path).branches["odd"].plan

    async def choose(dialog: ModalScreen[Any], pilot: Pilot[None]) -> None:
        dialog.query_one(OptionList).highlighted = list(kinds_for(plan)).index("pgpe")
        await pilot.pause()

    dialog = StrategyDialog(FakeLink(path=base.path), "odd")  # type: ignore[arg-type]
    assert returned(dialog, then(choose, fill(population="9"), says(sentence))) == NOTHING
    form = stage.Stage(path=base.path).form("Trainer", "odd")
    stage.field(form, "trainer").value = "pgpe"
    stage.field(form, "population").value = "9"
    assert sentence in stage.words(form)
    with pytest.raises(TicketError, match=sentence):
        parse_plan(plan, {"trainer": {**named("pgpe"), "population": 9}})
    with pytest.raises(TicketError, match=sentence):
        parse_spec(
            {"trainer": TRAINERS["odd"], "branch": [{"name": "a", "trainer": {"strategy": "pgpe", "population": 9}}]}
        )


def test_dialogs_and_forms_say_what_does_not_stay(base: Session) -> None:
    sentence = "With sep_cma_es in place of snes, temperature = 5.0 and lr_std_init = 0.2 are dropped."
    kinds = list(kinds_for(read_view(base.path).branches["tuned"].plan))

    async def choose(dialog: ModalScreen[Any], pilot: Pilot[None]) -> None:
        dialog.query_one(OptionList).highlighted = kinds.index("sep_cma_es")
        await pilot.pause()

    dialog = StrategyDialog(FakeLink(path=base.path), "tuned")  # type: ignore[arg-type]
    command = returned(dialog, then(choose, says(sentence), keys("enter")))
    assert command == commands.SwitchTrainer(branch="tuned", trainer=named("sep_cma_es"))
    form = stage.Stage(path=base.path).form("Trainer", "tuned")
    stage.field(form, "trainer").value = "sep_cma_es"
    assert sentence in stage.words(form)


def test_the_form_of_a_new_session_follows_the_rule() -> None:
    draft = Draft("mnist-snes")
    draft.table["trainer"] |= {**TUNED, "population": 7}
    fields = {field.path: field for section in draft.sections() for field in section.fields}
    draft.enter(fields["trainer", "strategy"], "pgpe")
    trainer = draft.table["trainer"]
    assert {key: trainer[key] for key in TUNED} == TUNED
    assert (trainer["strategy"], trainer["population"], "temperature" in trainer) == ("pgpe", 8, False)
    assert "temperature = 12.0 is dropped. The population rises from 7 to 8" in draft.remarks
