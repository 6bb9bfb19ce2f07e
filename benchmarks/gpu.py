"""All figures of a GPU in one table: `uv run python -m benchmarks gpu`, about ten minutes.

Each part has a share of the time, and says so if its time runs out; `TICKET_EXPLORER_GPU_MINUTES` sets the whole.
Without a GPU nothing is measured, unless `TICKET_EXPLORER_GPU_ON_CPU` is set, which tries all parts at a small size.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import jax
import jax.numpy as jnp
import msgspec
import numpy as np
from jax import Array

from benchmarks.figures import Figure, seconds
from benchmarks.peers import evojax_generation, evosax_generation
from benchmarks.sparse_generation import generations, paper
from sessions.engine.memory import largest
from sessions.engine.round_runner import RoundShape
from sessions.plans.problems import Problems
from sessions.specs.spec import Plan, parse_spec
from sessions.tickets.compiler import Compiler
from sessions.views.reading import read_view
from ticket_explorer import presets
from ticket_explorer.backend import device_kind
from ticket_explorer.keys import arithmetic
from ticket_explorer.networks.form_table import Measured
from ticket_explorer.networks.forms import Form
from ticket_explorer.networks.measuring import Trial
from ticket_explorer.problems import bind

ON_CPU = "TICKET_EXPLORER_GPU_ON_CPU" in os.environ
MINUTES = float(os.environ.get("TICKET_EXPLORER_GPU_MINUTES", "10"))
POPULATION, BATCH = (8, 64) if ON_CPU else (128, 1024)
"""As in the paper."""
PAPER = 20 * 4000
EIGHT = 8_000_000_000
"""Bytes of a small GPU."""
PRECISIONS = ("float32", "tf32", "bfloat16")
REPLICATES = 2 if ON_CPU else 5
Row = tuple[str, str]


def measure() -> list[Figure]:
    if jax.default_backend() == "cpu" and not ON_CPU:
        print("gpu: there is no GPU here, so nothing is measured")
        return []
    print(f"gpu: {device_kind()}, jax {jax.__version__}", flush=True)
    began = time.monotonic()
    forms: list[Measured] = []
    figures: list[Figure] = []
    parts: list[tuple[float, Callable[[float], Iterator[Row]]]] = [
        (0.05, _rates),
        (0.25, lambda within: _candidates(within, forms)),
        (0.2, lambda within: _presets(within, forms, figures)),
        (0.1, _peers),
        (0.05, _ranks),
        (0.1, _session),
        (0.1, _fits),
        (0.15, _control),
    ]
    for share, part in parts:
        left = MINUTES * 60 - (time.monotonic() - began)
        if left < 10:
            print("gpu: the time is up; the rest is not measured", flush=True)
            break
        for name, value in part(min(left, share * MINUTES * 60)):
            print(f"gpu: {name:<72} {value}", flush=True)
    peak = (jax.devices()[0].memory_stats() or {}).get("peak_bytes_in_use")
    print(f"gpu: memory at the peak: {peak / 1e9:.2f} GB" if peak else "gpu: memory at the peak: not reported here")
    if place := os.environ.get("TICKET_EXPLORER_GPU_FORMS"):
        Path(place).write_bytes(msgspec.json.format(msgspec.json.encode(forms), indent=1))
    return figures


def _paper(precision: str = "float32") -> Plan:
    return paper(POPULATION, BATCH, precision=precision)


def _rates(within: float) -> Iterator[Row]:
    side = 512 if ON_CPU else 8192
    matrix = jax.random.normal(jax.random.key(0), (side, side))
    for name, precision, kind in (
        ("float32", "highest", jnp.float32),
        ("tf32", "tensorfloat32", jnp.float32),
        ("bfloat16", "default", jnp.bfloat16),
    ):
        with jax.default_matmul_precision(precision):
            product = jax.jit(lambda a: a @ a).lower(matrix.astype(kind)).compile()
        given = matrix.astype(kind)
        taken = _median(partial(_ready, product, given))
        yield f"matrix product of {side}³, {name}", f"{2 * side**3 / taken / 1e12:.1f} TFLOP/s"


def _candidates(within: float, forms: list[Measured]) -> Iterator[Row]:
    """Every form of the vision presets' networks, at the presets' sizes."""
    began = time.monotonic()
    works = [(_paper(precision), 1) for precision in PRECISIONS] + [(_paper(), REPLICATES)]
    fashion = parse_spec(presets.load("fashion")).branches[0].plan
    works += [(fashion, 1), (fashion, REPLICATES), (_lenet(), 1)]
    for plan, replicates in works:
        left = within - (time.monotonic() - began)
        if left < 5:
            yield "candidates", "not all measured: the time is up"
            return
        individuals = plan.trainer.individuals
        assert individuals is not None
        trial = Trial.of(bind(plan.task, plan.network), individuals, replicates)
        assert trial is not None
        end = time.monotonic() + left / 2
        forms.append(trial.told(trial.timed(form) for form in _tried(trial, forms) if time.monotonic() < end))
        work = forms[-1].work
        for one in forms[-1].timed:
            value = "did not fit" if one.milliseconds is None else f"{one.milliseconds:.3f} ms"
            yield f"{work.network}, {work.precision}, R={replicates}: {one.form.words}", value


def _tried(trial: Trial, forms: list[Measured]) -> list[Form]:
    """All forms; for several replicates only the three that are fastest for one, apart and together."""
    alone = msgspec.structs.replace(trial.work, replicates=1)
    known = next((one for one in forms if one.work == alone), None)
    if trial.work.replicates == 1 or known is None:
        return trial.forms
    best = [one.form for one in known.timed[:3]]
    return [*best, *(msgspec.structs.replace(form, together=True) for form in best)]


def _lenet() -> Plan:
    table = presets.load("fashion") | {"network": {"name": "lenet_300_100"}}
    table["trainer"] = {**table["trainer"], "population": POPULATION}
    return parse_spec(table).branches[0].plan


def _presets(within: float, forms: list[Measured], figures: list[Figure]) -> Iterator[Row]:
    """Whole generations in the fastest form, for one replicate and for five."""
    began, count = time.monotonic(), 2 if ON_CPU else 20
    alone: dict[str, float] = {}
    fashion = parse_spec(presets.load("fashion")).branches[0].plan
    works: list[tuple[str, Plan, int]] = [("paper's CNN, float32", _paper(), 1)]
    works += [("fashion", fashion, 1), ("paper's CNN, float32", _paper(), REPLICATES), ("fashion", fashion, REPLICATES)]
    works += [(f"paper's CNN, {precision}", _paper(precision), 1) for precision in PRECISIONS[1:]]
    for name, plan, replicates in works:
        if time.monotonic() - began > within:
            yield "presets", "not all measured: the time is up"
            return
        run = generations(plan, 1.0, replicates, count, _form(plan, replicates, forms))
        run()
        each = min(seconds(run) for _ in range(3)) / count
        told_ = f"{1 / each:.1f} generations/s"
        if replicates == 1:
            alone[name] = each
            told_ += f", 20 × 4000 in {PAPER * each / 60:.1f} min" if "paper" in name else ""
        else:
            figures.append(Figure(f"{name}: {replicates} replicates against one, time", each / alone[name], 3, False))
        yield f"{name}, {replicates} replicate{'s' * (replicates > 1)}", told_
    first = "20 × 4000 generations of the paper's CNN, projected"
    known = {precision: alone[name] for precision in PRECISIONS if (name := f"paper's CNN, {precision}") in alone}
    figures.extend(Figure(f"{first}, {name}", PAPER * each / 60, 10, False, "min") for name, each in known.items())


def _fits(within: float) -> Iterator[Row]:
    """Memory of dense generations with five replicates, for some vision presets, in the largest form that fits 8 GB."""
    began = time.monotonic()
    for name in ("fashion", "mnist-snes", "gd-lenet", "gd-conv-6", "gd-resnet-18"):
        if time.monotonic() - began > within:
            yield "memory", "not all measured: the time is up"
            return
        table = presets.load(name)
        if "fashion" not in name:
            table = table | {"task": {"name": "fashion", "pool": 1, "batch": table["task"].get("batch", 1024)}}
        plan = parse_spec(table).branches[0].plan
        problems = Problems()
        problems.replicates = 5
        shape = RoundShape.of(plan, problems, problems.of(plan).layout.prunable_size, 5)
        shape, needed = largest(shape, EIGHT, Compiler())
        form = "" if shape.form is None else f", {shape.form.words}"
        yield f"{name}, 5 replicates: memory", f"{needed / 1e9:.2f} GB{form}"


def _form(plan: Plan, replicates: int, forms: list[Measured]) -> Form | None:
    """The fastest form measured for a plan; None if none was measured."""
    individuals, problem = plan.trainer.individuals, bind(plan.task, plan.network)
    assert individuals is not None
    work = problem.work(individuals, replicates)  # type: ignore[attr-defined]
    return next((one.fastest for one in forms if one.work == work), None)


def _peers(within: float) -> Iterator[Row]:
    count = 2 if ON_CPU else 10
    for name, make in (("evosax 0.3, SNES, vmap", evosax_generation), ("EvoJAX, PGPE", evojax_generation)):
        work = make(POPULATION, BATCH, count)
        if work is None:
            yield f"{name}, the same network and sizes", "not installed: pip install evojax"
            continue
        work()
        taken = min(seconds(work) for _ in range(2)) / count
        yield f"{name}, the same network and sizes", f"{1 / taken:.1f} generations/s"


def _ranks(within: float) -> Iterator[Row]:
    """How a precision changes the ranks of a population's fitness; a strategy sees only ranks."""
    from scipy.stats import spearmanr

    fitness: dict[str, np.ndarray] = {}
    for precision in PRECISIONS:
        plan = _paper(precision)
        problem = bind(plan.task, plan.network)
        with arithmetic():
            centre = problem.initialise(jax.random.key(0))
            noise = jax.random.normal(jax.random.key(1), (POPULATION, centre.size))
            population = centre + 0.025 * noise  # σ₀ of the paper's SNES
            evaluate = jax.jit(lambda key, population, problem=problem: problem.fitness(key, population, ())[0])
            fitness[precision] = np.asarray(evaluate(jax.random.key(2), population))
    exact = fitness["float32"]
    for precision in PRECISIONS[1:]:
        ranks = spearmanr(exact, fitness[precision]).statistic
        error = np.abs(fitness[precision] - exact).max() / exact.std()
        yield (
            f"ranks of {POPULATION} individuals, {precision} against float32",
            (f"Spearman {ranks:.5f}, largest error {error:.1e} of the population's deviation"),
        )


def _control(within: float) -> Iterator[Row]:
    count = 2 if ON_CPU else 10
    names = ["pendulum"] if find_spec("gymnax") else []
    names += ["ant"] if find_spec("brax") and not ON_CPU else []
    for name in names:
        plan, generations_ = parse_spec(presets.load(name)).branches[0].plan, count if name == "pendulum" else 1
        began = time.monotonic()
        run = generations(plan, 1.0, 1, generations_)
        run()
        compiled = time.monotonic() - began
        taken = seconds(run) / generations_
        yield f"{name}, its preset", f"{1 / taken:.2f} generations/s (first after {compiled:.1f} s)"


def _session(within: float) -> Iterator[Row]:
    """A session from its command to its end: the time to its first round, and its speed afterwards."""
    rounds, count = (2, 20) if ON_CPU else (3, 400)
    with TemporaryDirectory() as place:
        path = Path(place) / "gpu.session"
        command = [sys.executable, "-m", "ticket_explorer", "run", "fashion", "--session", str(path)]
        options = ["--rounds", str(rounds), "--generations", str(count), "--set", "analysis.curvature=true"]
        began = time.time()
        done = subprocess.run(
            [*command, *options], capture_output=True, text=True, timeout=max(within, 60), check=False
        )
        if done.returncode:
            yield "a session of three branches", f"FAILED: {done.stderr.strip().splitlines()[-1:]}"
            return
        view = read_view(path)
        first = view.branches["snr"].rounds[0]
        yield "preset fashion, from the command to its first round", f"{first.started - began:.1f} s"
        last = view.branches["snr"].rounds[rounds - 1]
        assert last.finished is not None
        yield "preset fashion, a later round of its session", f"{count / last.finished.seconds:.0f} generations/s"


def _ready(function: Callable[[Array], Array], given: Array) -> Array:
    return jax.block_until_ready(function(given))


def _median(call: Callable[[], object], repeats: int = 5) -> float:
    call()
    return median(seconds(call) for _ in range(repeats))
