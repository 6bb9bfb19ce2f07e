"""Sessions that are kept half-way through a round, and what the code that made them came to in the end.

`python -m tests.engine.golden_rounds DIRECTORY NAME ...` makes some of them, or all, with the code as
it is, for `golden/`. What was kept once is never made anew: a changed rule gets a set of its own beside it.
"""

import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import chdir, suppress
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import jax
import msgspec
import numpy as np

from sessions.engine.round_runner import RoundRunner
from sessions.messages import commands
from sessions.plans.checks import versions
from sessions.reports.json_report import report
from sessions.serving.driver import Driver
from sessions.session.session import Session
from sessions.specs.spec import parse_spec
from sessions.store import SessionDirectory
from sessions.store.round_file import decode_round
from sessions.views.reading import read_header, read_view
from sessions.views.turns import Turn, next_turn
from ticket_explorer.errors import TicketError
from ticket_explorer.own_trust import trust

FASHION = {
    "task": {"name": "fashion", "batch": 32, "pool": 4},
    "network": {"name": "mlp", "hidden": [4]},
    "pruning": {"ratio": 0.3, "rounds": 2},
    "replicates": 2,
}
EVOLUTION = {"name": "evolution", "population": 8, "generations": 6}
DESCENT = {"name": "gradient_descent", "generations": 6, "optimizer": {"name": "adam", "learning_rate": 0.01}}
SPARSIFICATION = {
    "generations": 6,
    "optimizer": {"name": "adam", "learning_rate": 0.01},
    "score_optimizer": {"name": "adam", "learning_rate": 0.1},
    "penalty": 1e-4,
}


def _learned(trainer: dict[str, Any], *more: dict[str, Any], **over: Any) -> dict[str, Any]:
    """A branch that learns masks, one that keeps its weights, and transfers of both: tickets, random, permuted."""
    learning = {"trainer": trainer, "pruner": "learned", "rewind": "initial", "pruning": {"rounds": 3}}
    descent = {"trainer": DESCENT, "pruner": "magnitude"}
    branches = [
        {"name": "learned", **learning},
        {"name": "tickets", "transfer": {"branch": "learned", "rounds": [0, 1]}, **descent},
        {"name": "random", "transfer": {"branch": "learned", "rounds": [1], "control": True}, **descent},
        {"name": "kept", **learning, "rewind": "trained", "pruning": {"rounds": 2}},
        {"name": "kept-tickets", "transfer": {"branch": "kept", "rounds": [1]}, **descent},
        {
            "name": "permuted",
            "transfer": {"branch": "learned", "rounds": [1], "rewind": "permuted_weights"},
            **learning,
        },
    ]
    return {**FASHION, **over, "branch": [*branches, *more]}


PLANS: dict[str, tuple[dict[str, Any], str, int]] = {
    "evolution": (
        {
            **FASHION,
            "trainer": {**EVOLUTION, "strategy": "snes"},
            "branch": [
                {"name": "snr"},
                {"name": "random", "pruner": "random", "rewind": "fresh"},
                *(
                    {"name": name, "trainer": {"strategy": name}, "pruning": {"rounds": 1}}
                    for name in ("pgpe", "des", "open_es", "ars")
                ),
            ],
        },
        "snr",
        1,
    ),
    "evolution-scored": (
        {**FASHION, "trainer": {**EVOLUTION, "strategy": "snes"}, "analysis": {"score_every": 2}},
        "snr",
        1,
    ),
    "evolution-sep-cma-es": ({**FASHION, "trainer": {**EVOLUTION, "strategy": "sep_cma_es"}}, "snr", 1),
    "evolution-control": (
        {
            "task": {"name": "breakout", "episodes": 1, "test_episodes": 2, "steps": 10, "normalise": True},
            "network": {"name": "minatar_cnn", "filters": 2, "hidden": 4, "last_kernel_init": "zeros"},
            "trainer": {**EVOLUTION, "strategy": "pgpe"},
            "pruning": {"ratio": 0.3, "rounds": 2},
            "replicates": 2,
        },
        "snr",
        1,
    ),
    "gradient_descent": (
        {
            **FASHION,
            "network": {"name": "mlp", "hidden": [4], "last_kernel_init": "zeros", "bias_init": "uniform"},
            "trainer": DESCENT,
            "branch": [
                {"name": "magnitude"},
                {"name": "early", "rewind": {"name": "early", "generation": 2}},
                {"name": "conv", "network": {"name": "cnn", "filters": [1, 2]}, "pruning": {"rounds": 1}},
            ],
        },
        "magnitude",
        1,
    ),
    "continuous_sparsification": (
        _learned({"name": "continuous_sparsification", **SPARSIFICATION}),
        "learned",
        2,
    ),
    "continuous_sparsification-transferred": (
        _learned({"name": "continuous_sparsification", **SPARSIFICATION, "freeze_weights": True, "score_init": 0.05}),
        "tickets",
        1,
    ),
    "stochastic_sparsification": (
        _learned({"name": "stochastic_sparsification", **SPARSIFICATION, "score_init": 1.0}),
        "learned",
        2,
    ),
    "stochastic_sparsification-transferred": (
        _learned({"name": "stochastic_sparsification", **SPARSIFICATION, "freeze_weights": True}),
        "tickets",
        1,
    ),
    "mask_evolution": (
        _learned({"name": "mask_evolution", "population": 8, "elites": 2, "generations": 6}),
        "learned",
        2,
    ),
    "mask_evolution-transferred": (
        _learned(
            {
                "name": "mask_evolution",
                "population": 8,
                "elites": 2,
                "generations": 6,
                "cloning": False,
                "sparsity": 0.3,
                "episodes": 2,
            },
            {"name": "evolved", "transfer": {"branch": "learned", "rounds": [1]}, "trainer": EVOLUTION},
        ),
        "tickets",
        1,
    ),
    "ppo": (
        {
            "task": {"name": "pendulum", "test_episodes": 2, "steps": 12, "normalise": True},
            "network": {"name": "mlp", "hidden": [4], "activation": "tanh"},
            "trainer": {
                "name": "ppo",
                "generations": 6,
                "environments": 4,
                "steps": 8,
                "epochs": 2,
                "minibatches": 2,
                "value_hidden": [4],
                "reward_scale": 10.0,
            },
            "pruning": {"ratio": 0.3, "rounds": 2},
            "replicates": 2,
        },
        "magnitude",
        1,
    ),
}
"""By name: the spec, and the branch and the round that is left half-way."""

GENERATION, JOURNALLED = 3, 5
"""Of the round that is left half-way: its checkpoint, and how far its journal goes."""


def outcome(path: Path) -> dict[str, Any]:
    """What a session came to, by branch and round."""
    view = read_view(path)
    directory = SessionDirectory(path, view.ledger)
    reported = {branch["name"]: branch for branch in report(path, read_header(directory), view)["branches"]}
    return {
        f"{branch.name}:{number}": _round(directory, branch.name, round_, reported[branch.name])
        for branch in view.branches.values()
        for number, round_ in branch.rounds.items()
        if round_.finished is not None and number >= branch.adopted
    }


def machine() -> dict[str, str]:
    """What bits depend on: versions, and what XLA makes of the processor."""
    found = versions()
    known = {name: found[name] for name in ("jax", "jaxlib", "numpy", "machine", "cores")}
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    flags = next((line.partition(":")[2].split() for line in lines if line.startswith("flags")), [])
    vectors = [flag for flag in flags if flag.startswith(("avx", "fma", "amx", "sse4"))]
    return {**known, "features": " ".join(sorted(vectors)), "xla_flags": os.environ.get("XLA_FLAGS", "")}


def _round(directory: SessionDirectory, branch: str, round_: Any, reported: dict[str, Any]) -> dict[str, Any]:
    arrays = decode_round(directory.read_round(branch, round_.number), directory.round_path(branch, round_.number))
    finished = round_.finished
    row = next(row for row in reported["rounds"] if row["round"] == round_.number)
    return {
        "mask": _digest(arrays.mask),
        "mean": _digest(arrays.mean),
        "std": None if arrays.std is None else _digest(arrays.std),
        "problem_state": [_digest(array) for array in arrays.problem_state],
        "norm": [float(norm) for norm in np.linalg.norm(arrays.mean, axis=1)],
        "found": arrays.mask.sum(1).tolist(),
        "metrics": round_.metrics().tobytes(),
        "score": finished.score,
        "fitness": finished.fitness,
        "generations": finished.generations,
        "pruned": sorted([pruned.branch, pruned.kept] for pruned in round_.pruned),
        "kept": round_.kept,
        "reported": {"density": row["density"], "kept": row["kept"]},
    }


def _digest(array: np.ndarray) -> str:
    return hashlib.sha256(repr((array.shape, array.dtype.str)).encode() + array.tobytes()).hexdigest()


def _half_way(path: Path, plan: tuple[dict[str, Any], str, int]) -> Session:
    """A session whose round was left with a checkpoint, and some generations after it in the journal."""
    spec, branch, number = plan
    session = Session.create(parse_spec(spec), path)
    while next_turn(session.view) != Turn(branch, number):
        session.run_round()
    return _on_half_way(session)


def to_the_end(session: Session) -> None:
    """Run it until every branch has all its rounds, or has failed."""
    with suppress(TicketError):  # of a branch that has failed
        session.run()
    assert session.is_finished


def _on_half_way(session: Session) -> Session:
    session.step(GENERATION)
    session.pause("Kept as a golden session.")
    while session.view.running.done < JOURNALLED:
        session.pulse(JOURNALLED - session.view.running.done)
    return session


def _kill(session: Session) -> None:
    """End as a killed process does: nothing is settled, saved or said."""
    session._journal.close()
    session._lock.release()
    (session.path / "lock").unlink(missing_ok=True)


def _ask(session: Session, *asked: commands.Command) -> list[dict[str, Any]]:
    """Have a driver take commands until it rests; returns the answers."""
    driver, answers = Driver(session), []

    def reply(answer: dict[str, Any] | None, error: str | None) -> None:
        if error is not None:
            raise RuntimeError(error)
        answers.append(answer or {})

    for command in asked:
        driver.ask(command, "golden", reply)
    driver.run(stay=False)
    return answers


def everything(path: Path) -> Session:
    """A session that holds every command and every kind of event that a journal can have."""
    spec = {**FASHION, "trainer": {**EVOLUTION, "strategy": "snes"}, "branch": [{"name": "snr"}, {"name": "other"}]}
    donor = Session.create(parse_spec({**spec, "seed": 1, "branch": [{"name": "theirs"}]}), Path("donor.session"))
    with donor:
        donor.run()
    session = Session.create(parse_spec({**spec, "analysis": {"curvature": False}}), path)
    _ask(session, commands.Note(text="A note"), commands.Step(generations=2))
    _ask(session, commands.Tune(changes={"std": 0.04}), commands.Step(generations=2))
    _ask(session, commands.EndRound(), commands.Pause())
    _ask(session, commands.RunRounds(rounds=1))
    _ask(session, commands.SwitchPruner(branch="snr", pruner="magnitude", rewind="trained"))
    _ask(session, commands.SwitchTrainer(branch="other", trainer={"generations": 5}))
    _ask(session, commands.SetPruning(branch="snr", pruning={"rounds": 3, "ratio": 0.4}))
    _ask(session, commands.Branch(parent="snr", round=0, name="forked", overrides={"pruner": "random"}))
    _ask(session, commands.Adopt(session="donor.session", branch="theirs", name="adopted"))
    _ask(session, commands.Pace(generations_per_second=1000.0), commands.Resume(), commands.Step(generations=3))
    _ask(session, commands.Pace())
    _ask(session, commands.RunRounds(rounds=2), commands.PreviewPruning(branch="snr"))
    _ask(session, commands.Transfer(branch="adopted", rounds=[1], name="carried", native=True))
    _ask(session, commands.Decompose(branch="snr", rounds=[1]))
    _ask(session, commands.GoBack(branch="other", round=0), commands.SetAside(branch="forked"))
    _ask(session, commands.SetAside(branch="forked", aside=False))
    _ask(session, commands.Analyse(kind="snr", branch="snr", round=0))
    parameters = {"directions": 1, "points": 51, "examples": 1000}
    ask = commands.Analyse(kind="curvature", branch="snr", parameters=parameters)
    number = _ask_and_cancel(session, ask)
    assert number not in {known.id for known in session.view.analyses}
    _ask(session, commands.Stop())
    session.fail("This is no failure: a golden session holds every event.")
    _kill(session)
    with (path / "journal.msgpack").open("ab") as journal:
        journal.write(b"\x40\x00\x00")  # a writer that was killed in the middle of a record
    with Session.open(path) as session:
        session.run()
    assert session.view.state == "finished"
    session = Session.open(path)
    session.set_pruning("snr", {"rounds": 4})
    session.step(GENERATION)
    session.pause("Kept as a golden session.")
    return session


def refused(path: Path) -> Session:
    """A session whose journal also holds commands that were refused, and is left half-way as others are."""
    session = _half_way(path, PLANS["evolution-sep-cma-es"])
    driver = Driver(session)
    for command in (
        commands.SwitchPruner("nosuch", "magnitude"),
        commands.Branch("snr", 7),
        commands.Tune({"std": float("nan")}),
        {"type": "Levitate", "height": 3},
        {"type": "Step", "generations": 0},
    ):
        driver.ask(command, "golden")
    driver.run(stay=False)
    return session


def troubled(path: Path) -> Session:
    """A session of which one branch diverged, and the other went on in a smaller form where memory ended."""
    wild = {**DESCENT, "optimizer": {"name": "sgd", "learning_rate": 1e12}}
    branches = [{"name": "wild", "trainer": wild, "pruner": "magnitude"}, {"name": "tame", "trainer": EVOLUTION}]
    dispatch = RoundRunner.dispatch

    def dispatched(self: RoundRunner, count: int) -> Any:
        before = GENERATION - 1 - self.dispatched
        if before <= 0 and self.shape.form is not None and self.shape.form.group > 8:
            raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory.")
        return dispatch(self, min(count, before) if before > 0 else count)

    with mock.patch.object(RoundRunner, "dispatch", dispatched):
        with suppress(TicketError), Session.create(parse_spec({**FASHION, "branch": branches}), path) as session:
            session.run_round()
        return _on_half_way(Session.open(path))


def stopped(path: Path) -> Session:
    """A session with breakpoints that were set, met and removed, one branch of which was removed."""
    branches = [{"name": "snr"}, {"name": "random", "pruner": "random"}]
    session = Session.create(parse_spec({**FASHION, "branch": branches, "pause_at": [{"round": 1}]}), path)
    _ask(session, commands.PauseAt(branch="snr", round=0, generation=2), commands.PauseAt(collapse=True))
    _ask(session, commands.RemoveBreakpoint(3), commands.Resume())
    _ask(session, commands.Resume())
    assert session.view.message.startswith("Breakpoint 1, before round 1 of any branch")
    _ask(session, commands.RemoveBranch("random"))
    return _on_half_way(session)


def renamed(path: Path) -> Session:
    """A session of which a branch was called otherwise after its first round."""
    branches = [{"name": "snr"}, {"name": "random", "pruner": "random"}]
    session = Session.create(parse_spec({**FASHION, "branch": branches}), path)
    session.run_round()
    _ask(session, commands.RenameBranch("snr", "signal"))
    return _on_half_way(session)


BREAKS = """
import jax
import numpy as np
from flax import linen as nn

class Breaks(nn.Module):
    outputs: int

    @nn.compact
    def __call__(self, x):
        x = nn.Dense(4)(x.reshape(x.shape[0], -1))
        x = jax.pure_callback(self.host, jax.ShapeDtypeStruct(x.shape, x.dtype), x, vmap_method="expand_dims")
        return nn.Dense(self.outputs)(x)

    def host(self, x):
        return np.asarray(x) / missing
"""


def dropped(path: Path) -> Session:
    """A session in which a network of one's own failed within a round, which was dropped, and was then repaired."""
    lines = [line for line in BREAKS.splitlines() if "pure_callback" not in line]
    code = [{"name": "own", "place": "breaks.py:Breaks", "source": text} for text in (BREAKS, "\n".join(lines))]
    for table in code:
        trust(table["place"], table["source"], {})
    branches = [{"name": "mine", "network": code[0]}, {"name": "other", "pruning": {"rounds": 1}}]
    session = Session.create(parse_spec({**FASHION, "trainer": EVOLUTION, "branch": branches}), path)
    _ask(session, commands.Resume())
    assert session.view.branches["mine"].stuck
    _ask(session, commands.SwitchCode("mine", network=code[1]))
    return _on_half_way(session)


def _ask_and_cancel(session: Session, ask: commands.Analyse) -> int:
    driver = Driver(session)
    answers: list[Any] = []
    driver.ask(ask, "golden", lambda answer, error: answers.append(answer))
    driver._take_commands(wait=False)
    number = int(answers[0]["id"])
    driver.ask(commands.CancelAnalysis(id=number), "golden")
    driver.run(stay=False)
    return number


def _keep(place: Path, name: str, make: Callable[[Path], Session]) -> None:
    """Make a session, keep it as it lies, run a copy of it to its end, and keep what that came to."""
    kept = place / name
    session = make(kept)
    _kill(session)
    end = Path("end.session")
    shutil.copytree(kept, end)
    with Session.open(end) as session:
        to_the_end(session)
    expected = {"machine": machine(), "versions": versions(), "rounds": outcome(end)}
    (place / f"{name}.msgpack").write_bytes(msgspec.msgpack.encode(expected))
    shutil.rmtree(end)


def main(place: Path, names: list[str]) -> None:
    """Make the named ones, or all."""
    makers: dict[str, Callable[[Path], Session]] = {name: partial(_half_way, plan=plan) for name, plan in PLANS.items()}
    makers |= {one.__name__: one for one in (everything, refused, troubled, stopped, renamed, dropped)}
    for name in names or makers:
        with tempfile.TemporaryDirectory() as elsewhere, chdir(elsewhere):  # paths in journals are relative
            _keep(place, name, makers[name])


if __name__ == "__main__":
    target = Path(sys.argv[1]).resolve()
    target.mkdir(parents=True, exist_ok=True)
    main(target, sys.argv[2:])
