"""An engine computes the same whatever the shell says, and a session in another's process changes nothing there."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jax
import pytest

from sessions.plans import memory
from sessions.serving import launch as launching
from sessions.serving.launch import NewSession, launch
from sessions.specs.spec import parse_spec, spec_table
from ticket_explorer import own_process
from ticket_explorer.errors import InvalidValue, TicketError
from ticket_explorer.trainers.strategies import STRATEGIES

pytestmark = pytest.mark.thorough

HOSTILE = {
    "JAX_ENABLE_X64": "1",
    "JAX_NUMPY_DTYPE_PROMOTION": "strict",
    "JAX_NUMPY_RANK_PROMOTION": "raise",
    "JAX_DEBUG_NANS": "1",
    "JAX_DEBUG_INFS": "1",
    "JAX_DISABLE_JIT": "1",
    "JAX_TRANSFER_GUARD": "disallow",
    "LC_ALL": "C",
    "PYTHONIOENCODING": "ascii",
}


@pytest.mark.parametrize("surroundings", [HOSTILE])
def test_an_engine_sets_its_own_jax(lab: Any, whole: Path, surroundings: dict[str, str]) -> None:
    with lab.create():
        pass
    command = [sys.executable, "-m", "sessions.serving.server", str(lab.path()), "--run", "--linger", "0"]
    done = subprocess.run(command, env={**os.environ, **surroundings}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"listening {lab.path()}\n"
    lab.assert_same(whole, lab.path(), rounds=3)


@pytest.mark.parametrize(
    ("name", "value"), [(name, not value) for name, value in own_process.SETTINGS.items() if isinstance(value, bool)]
)
def test_in_another_s_process_a_session_refuses_and_changes_nothing(lab: Any, name: str, value: bool) -> None:
    jax.config.update(name, value)
    try:
        with pytest.raises(TicketError, match=rf"JAX is set to {name} = {value} in this process; .*tx\.LiveSession"):
            lab.create()
        assert getattr(jax.config, name) == value
    finally:
        jax.config.update(name, not value)
    assert not lab.path().exists()


def test_a_session_changes_no_setting_of_jax(lab: Any) -> None:
    before = dict(jax.config.values)
    with lab.create(pruning={"ratio": 0.3, "rounds": 2}) as session:
        session.step(70)
    assert dict(jax.config.values) == before


def test_no_device_no_session_and_the_reason_reaches_the_face(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAX_PLATFORMS", "tpu")
    with pytest.raises(TicketError) as refused:
        asyncio.run(launch(lab.path(), new=NewSession(spec_table(lab.spec()))))
    assert "JAX has no device to compute on: " in str(refused.value)
    assert str(refused.value).endswith("JAX_PLATFORMS=tpu asks for it; unset that, or say `cpu`.")
    assert not lab.path().exists()


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("print('refused It is σ.')", "It is σ."),
        (
            "print('failed OSError: x'); import os; os._exit(1)",
            "can't start: OSError: x. Its output is in ",
        ),
        ("import os; os._exit(3)", "its process ended with code 3, without a message"),
        (
            "import os; os.kill(os.getpid(), 9)",
            "was ended by SIGKILL, as the system does when memory runs out",
        ),
        ("import os; os.close(0); os._exit(0)", "its process ended with code 0"),
    ],
)
def test_why_an_engine_cannot_start_is_a_sentence(
    lab: Any, monkeypatch: pytest.MonkeyPatch, code: str, says: str
) -> None:
    monkeypatch.setattr(launching, "python", lambda *_: [sys.executable, "-X", "utf8", "-c", code])
    with pytest.raises(TicketError) as refused:
        asyncio.run(launch(lab.path(), new=NewSession({"title": "x" * 1_000_000})))
    assert says in str(refused.value)


LARGE = {"network": {"name": "mlp", "hidden": [450]}, "trainer": {"strategy": "cma_es"}}


@pytest.fixture
def little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "memory_limit", lambda: 32_000_000_000)


@pytest.mark.usefixtures("little_memory")
def test_what_memory_cannot_hold_is_refused_on_every_way_in(lab: Any) -> None:
    said = r"\$\.trainer: cma_es over 93,\d{3} weights, expected what fits into memory: this needs at least 52 GB, "
    said += r"and the machine has 32 GB\."
    with pytest.raises(InvalidValue, match=said):
        lab.create(**LARGE)
    assert not lab.path().exists()
    with lab.create(network=LARGE["network"], trainer={"generations": 1}) as session:
        session.run_round()
        before = session.journal_end
        ways = (
            lambda: session.switch_trainer("snr", {"strategy": "cma_es"}),
            lambda: session.branch("snr", 0, overrides={"trainer": {"strategy": "cma_es"}}),
            lambda: session.transfer("snr", [0], {"trainer": {"strategy": "cma_es"}}),
        )
        for way in ways:
            with pytest.raises(TicketError, match="cma_es over"):
                way()
        assert session.journal_end == before


@pytest.mark.usefixtures("little_memory")
def test_what_the_form_plans_is_refused_as_the_engine_would(lab: Any) -> None:
    from sessions.plans.cost import estimate_session

    with pytest.raises(TicketError, match="cma_es over"):
        estimate_session(lab.spec(**LARGE))


def test_no_shipped_preset_is_refused_by_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check is a lower bound: 16 GB hold what a person's own machine has run."""
    from sessions.plans.memory import check_memory

    monkeypatch.setattr(memory, "memory_limit", lambda: 16_000_000_000)
    for strategy in STRATEGIES:
        table = {"trainer": {"name": "evolution", "strategy": strategy, "population": 256}}
        check_memory(parse_spec(table).branches[0].plan, 4_000, replicates=10)
