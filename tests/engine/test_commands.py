"""A command is one thing: its fields are the parameters of every verb, and it says by itself what it does."""

import inspect
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import numpy as np
import pytest

from sessions.messages import commands
from sessions.messages.answers import Preview
from sessions.serving import ask
from sessions.session.performer import Performer
from sessions.session.session import Session
from sessions.session.verbs import Verb
from ticket_explorer.errors import InvalidValue
from widgets.cli.options import explanations
from widgets.notebook.live_session import LiveSession

DEEDS = commands.Deed.__subclasses__()
DIRECTIVES = commands.Directive.__subclasses__()
CALLED = {"Pace": "set_pace", "Analyse": "ask_analysis"}
"""Verbs that are not called as their command; `analyse` waits for what is found."""


def verb_of(kind: type[commands.Command]) -> str:
    return CALLED.get(kind.__name__) or "".join(f"_{c.lower()}" if c.isupper() else c for c in kind.__name__)[1:]


def kinds_in(owner: type) -> dict[str, Any]:
    return {name: verb.kind for name, verb in vars(owner).items() if isinstance(verb, Verb)}


def test_every_command_is_in_the_union() -> None:
    known = {kind for kind in vars(commands).values() if inspect.isclass(kind) and issubclass(kind, commands.Command)}
    assert set(get_args(commands.AnyCommand)) == known - {commands.Command, commands.Deed, commands.Directive}
    assert set(commands.COMMANDS.values()) == {*DEEDS, *DIRECTIVES}


def test_every_deed_is_a_verb_of_both_sessions() -> None:
    verbs = {verb_of(kind): kind for kind in DEEDS}
    assert kinds_in(Session) == {**verbs, "analyse": commands.Analyse}
    asynchronous = {f"{name}_async": kind for name, kind in verbs.items() if kind is not commands.Analyse}
    assert kinds_in(LiveSession) == {**asynchronous, "analyse_async": commands.Analyse}


@pytest.mark.parametrize("kind", DEEDS, ids=lambda kind: kind.__name__)
def test_a_verb_takes_the_fields_of_its_command(kind: Any) -> None:
    for function in (getattr(Session, verb_of(kind)), getattr(LiveSession, f"{verb_of(kind)}_async", None)):
        if function is not None:
            assert list(inspect.signature(function).parameters)[1:] == list(kind.__struct_fields__)
            assert function.__doc__ == inspect.getdoc(kind)
    assert explanations(kind).keys() == set(kind.__struct_fields__), "its docstring explains every field"


@pytest.mark.parametrize("kind", [*DEEDS, *DIRECTIVES], ids=lambda kind: kind.__name__)
def test_a_command_says_what_it_does(kind: Any) -> None:
    own = "perform" if issubclass(kind, commands.Deed) else "goal"
    assert own in vars(kind)


def test_a_session_has_all_that_deeds_are_made_of() -> None:
    wanted = {name for name in dir(commands.Performer) if not name.startswith("_")}
    assert {name for name, it in vars(Performer).items() if inspect.isfunction(it) and name[0] != "_"} == wanted
    for name in wanted:
        told, done = (getattr(it, name) for it in (commands.Performer, Performer))
        assert inspect.signature(told).parameters.keys() == inspect.signature(done).parameters.keys()


@pytest.mark.parametrize("kind", DEEDS, ids=lambda kind: kind.__name__)
def test_an_answer_arrives_as_it_was_given(kind: Any) -> None:
    preview = Preview(kept=3, removed=1, pruners=["a"], overlap=[[1.0]], layers={"a": {"b": 1}})
    answers = {str: "x", list[str]: ["x", "y"], int: 3, Preview: preview, type(None): None}
    given = answers.get(get_type_hints(kind.perform)["return"])
    fields = dict.fromkeys(kind.__struct_fields__, "x")
    deed = kind(**fields)
    if kind not in (commands.Rollout, commands.Examples):
        assert deed.heard(msgspec.msgpack.decode(msgspec.msgpack.encode(deed.told(given)))) == given


def test_a_verb_takes_what_people_have_and_refuses_the_rest(lab: Any) -> None:
    with lab.create() as session:
        session.run_round()
        assert session.branch("snr", np.int64(0), overrides={"pruning": {"ratio": np.float32(0.5)}}) == "snr-2"
        assert session.transfer("snr", (0,), {"trainer": {"std_init": 0.1}}, control=False) == ["snr-with-std-init-0.1"]
        assert ask.transfer(session, "snr", 0, {"trainer": {"std_init": 0.1}}, name="mine") == ["mine", "mine-random"]
        for call, path in {
            (lambda: session.branch("snr", -1)): "$.round",
            (lambda: session.branch("snr", 0, 7)): "$.name",  # type: ignore[arg-type]
            (lambda: session.tune({"std": float("nan")})): "$.changes.std",
            (lambda: session.tune({"std": "wide"})): "$.changes.std",  # type: ignore[dict-item]
            (lambda: session.set_pace(0.0)): "$.generations_per_second",
            (lambda: session.set_pruning("snr", {"ratio": object()})): "$",
        }.items():
            with pytest.raises(InvalidValue) as raised:
                call()
            assert raised.value.path == path
        with pytest.raises(TypeError, match="branch"):
            session.transfer()  # type: ignore[call-arg]


def test_a_path_is_taken_as_one(lab: Any) -> None:
    other = lab.finished("other", pruning={"ratio": 0.3, "rounds": 1})
    with lab.create() as session:
        assert session.adopt(Path(other), "snr") == "snr-of-other"
