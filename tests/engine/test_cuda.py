"""Every preset's programs are lowered for CUDA, without a GPU: no callback to the host, no float64, and no more work.

`golden_cuda.json` has the operations and bytes of each by XLA's cost analysis; a loop's body counts once. Where more
is meant to be done, run all of these tests with TICKET_EXPLORER_REGOLD=1 and `-m "slow or not slow"`, one process.
"""

import json
import os
import re
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sessions.engine.choosing_result import prefetch_choice
from sessions.engine.compile_ahead import prefetch_score
from sessions.engine.round_runner import RoundShape, prefetch_round, problem_state_shape, result_shape, ticket_shape
from sessions.plans.problems import Problems
from sessions.specs.spec import Plan, parse_spec
from sessions.tickets.prune_and_rewind import PruneAndRewind
from ticket_explorer import presets
from ticket_explorer.analysis import landscape, products
from ticket_explorer.backend import assumed
from ticket_explorer.keys import arithmetic
from ticket_explorer.problems import CurvedProblem, MeasurableProblem
from ticket_explorer.tasks import datasets
from ticket_explorer.tasks.catalogue import DATA_SETS
from ticket_explorer.tasks.control.settings import ControlSettings
from ticket_explorer.tasks.labelled import LabelledImages, Splits

pytestmark = pytest.mark.thorough

KEPT = Path(__file__).parent / "golden_cuda.json"
TOLERANCE = 0.02
"""Of operations and bytes: what a rewrite of no consequence may change."""
QUICK = {"fashion", "mnist-snes", "gd-lenet"}
"""Tried by default: the others take most of an hour together."""
REPLICATES, EXAMPLES = 2, 20
Programs = dict[str, Callable[[], tuple[Any, ...]]]


class Recorder:
    """Keeps what would be compiled."""

    def __init__(self) -> None:
        self.calls: Programs = {}

    def prefetch(self, key: Any, call: Callable[[], tuple[Any, ...]]) -> None:
        self.calls[str(key[0])] = call


@pytest.fixture(autouse=True)
def _pictures_of_every_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """No data set is prepared: a program depends on shapes alone."""

    def read(name: str, report: Any = None) -> Splits:
        data = DATA_SETS[name]
        images = np.zeros((EXAMPLES, *data.image_shape), np.uint8)
        split = LabelledImages(images, np.zeros(EXAMPLES, np.uint8))
        return Splits(split, split)

    monkeypatch.setattr(datasets, "read", read)


def programs(plan: Plan) -> Iterator[tuple[str, Callable[[], tuple[Any, ...]]]]:
    """What a round of a plan is computed by: its start, generations, score, pruning, choice, landscape and Hessian."""
    problems, recorder = Problems(), Recorder()
    problems.replicates = REPLICATES
    problem = problems.of(plan)
    shape = RoundShape.of(plan, problems, problem.layout.prunable_size // 2, REPLICATES)
    prefetch_round(shape, recorder)  # type: ignore[arg-type]
    prefetch_choice(shape, recorder)  # type: ignore[arg-type]
    prefetch_score(shape, recorder)  # type: ignore[arg-type]
    pruning = PruneAndRewind(plan, shape.problem_key, problem, recorder)  # type: ignore[arg-type]
    pruning.prefetch(result_shape(shape), ticket_shape(shape))
    yield from recorder.calls.items()
    size, theta = problem.layout.size, jax.ShapeDtypeStruct((problem.layout.size,), jnp.float32)
    if isinstance(problem, MeasurableProblem):
        states = jax.tree.map(
            lambda one: jax.ShapeDtypeStruct((8, *one.shape[1:]), one.dtype), problem_state_shape(shape)
        )
        basis = jax.ShapeDtypeStruct((8, size), jnp.float32)
        points, blocks = landscape.blocks_of(np.zeros((1, 8), np.float32))
        function = partial(landscape.evaluated, examples=None)
        yield "landscape", lambda: (function, problem, jax.random.key(0), basis, points, blocks, states)
    if isinstance(problem, CurvedProblem) and not problem.depends_on_batch:
        mask = jax.ShapeDtypeStruct((size,), jnp.bool_)
        vectors = jax.ShapeDtypeStruct((products.AT_ONCE, size), jnp.float32)
        product = partial(products.products, split="test", examples=None)
        yield "hessian", lambda: (product, problem, theta, mask, vectors, np.int32(1))


def traced(call: Callable[[], tuple[Any, ...]]) -> jax.stages.Traced:
    function, *arguments = call()
    return jax.jit(function).trace(*arguments)


def calls_the_host(program: jax.stages.Traced) -> bool:
    return "callback" in str(program.jaxpr)


def lowered(program: jax.stages.Traced) -> jax.stages.Lowered:
    return program.lower(lowering_platforms=("cuda",))


def has_float64(program: jax.stages.Lowered) -> bool:
    return re.search(r"\bf64\b|xf64>", program.as_text()) is not None


def distinct(preset: str) -> Iterator[tuple[str, Plan]]:
    """The plans of a preset whose programs differ."""
    seen: set[Any] = set()
    for branch in parse_spec(presets.load(preset)).branches:
        key = repr((branch.plan.task, branch.plan.network, branch.plan.trainer, branch.plan.pruner, branch.plan.rewind))
        if key not in seen:
            seen.add(key)
            yield branch.name, branch.plan


every_preset = pytest.mark.parametrize(
    "preset", [pytest.param(name, marks=[pytest.mark.slow] * (name not in QUICK)) for name in presets.names()]
)


@every_preset
def test_programs_stay_on_the_gpu_in_float32(preset: str) -> None:
    found: dict[str, list[float]] = {}
    for branch, plan in distinct(preset):
        if isinstance(plan.task, ControlSettings) and not find_spec("brax"):
            pytest.skip("needs the extra `control`")
        has_a_host = "box2d" in type(plan.task).implementation
        with assumed("gpu"), arithmetic():
            for what, call in programs(plan):
                trace = traced(call)
                if calls_the_host(trace):
                    assert has_a_host, f"{what} of {branch} calls the host"
                    continue  # what does can't be lowered without a GPU
                program = lowered(trace)
                assert not has_float64(program), f"{what} of {branch} computes in float64"
                cost: Any = program.cost_analysis()
                found[f"{branch} {what}"] = [cost.get("flops", 0.0), cost.get("bytes accessed", 0.0)]
    compared(preset, found)


def compared(preset: str, found: dict[str, list[float]]) -> None:
    """Hold what was counted to what was kept by the same version of JAX."""
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    if os.environ.get("TICKET_EXPLORER_REGOLD"):
        if kept["jax"] != jax.__version__:
            kept = {"jax": jax.__version__, "presets": {}}
        kept["presets"][preset] = found
        KEPT.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        return
    if kept["jax"] != jax.__version__:
        return  # another version counts otherwise
    expected = kept["presets"][preset]
    assert found.keys() == expected.keys()
    for what, counted in found.items():
        for name, now, before in zip(("operations", "bytes"), counted, expected[what], strict=True):
            assert now == pytest.approx(before, rel=TOLERANCE), f"{name} of {what}: {now:.4g}, were {before:.4g}"


def test_what_calls_the_host_or_computes_in_float64_would_be_found() -> None:
    def to_the_host(x: Any) -> Any:
        return jax.pure_callback(lambda x: x, jax.ShapeDtypeStruct((), jnp.float32), x)

    assert calls_the_host(traced(lambda: (to_the_host, jnp.float32(1))))
    assert not calls_the_host(traced(lambda: (jnp.sin, jnp.float32(1))))
    with jax.enable_x64(True):
        assert has_float64(lowered(traced(lambda: (lambda x: x * 2.0, np.ones(3)))))
    assert not has_float64(lowered(traced(lambda: (lambda x: x * 2.0, jnp.ones(3)))))
