"""Compiles what will be needed soon while the current round runs."""

from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import Any

import jax
import jax.numpy as jnp

from sessions.engine.choosing_result import prefetch_choice
from sessions.engine.round_runner import (
    RoundShape,
    begin_round,
    prefetch_round,
    problem_state_shape,
    result_shape,
    ticket_shape,
)
from sessions.plans.problems import plan_of
from sessions.specs.spec import Plan
from sessions.tickets.compiler import Compiler, Key
from sessions.tickets.prune_and_rewind import PruneAndRewind
from sessions.tickets.workbench import Workbench
from sessions.views.densities import densities_of
from sessions.views.turns import Turn, planned, upcoming
from ticket_explorer import masks
from ticket_explorer.keys import Purpose, replicate_keys
from ticket_explorer.problems import Tested, tested

TURNS = 8
"""How many coming turns are looked at; branches with equal sizes share their executables."""
AHEAD = 2
"""How many other sizes are compiled before their turn: what isn't used soon would only take memory."""


def begin_turn(turn: Turn, bench: Workbench) -> None:
    """Compile what a turn needs while its ticket is made."""
    begin_round(_shape(turn, bench), bench.compiler)


def prefetch(bench: Workbench, running: RoundShape) -> None:
    """Compile in the background what comes after the running round, in the order in which it is needed."""
    coming, compiler = _coming(bench, running), bench.compiler
    for shape in coming[:1]:
        prefetch_round(shape, compiler)
    prefetch_choice(running, compiler)
    prefetch_score(running, compiler)
    for branch in bench.view.branches.values():
        _prefetch_pruning(plan_of(branch.plan), bench, running)
    for shape in coming[1:]:
        prefetch_round(shape, compiler)
        prefetch_score(shape, compiler)


def prefetch_score(shape: RoundShape, compiler: Compiler) -> None:
    """Compile in the background what tests a round's result."""
    compiler.prefetch(_score_key(shape), partial(_score_call, shape))


def _coming(bench: Workbench, running: RoundShape) -> list[RoundShape]:
    """The next sizes after the running one, each once."""
    coming = {running.key: running}
    for turn in islice(upcoming(bench.view), TURNS):
        shape = _shape(turn, bench)
        coming.setdefault(shape.key, shape)
    return list(coming.values())[1 : AHEAD + 1]


def _shape(turn: Turn, bench: Workbench) -> RoundShape:
    """The size of a turn's round, as far as it is known before its ticket is."""
    plan = plan_of(planned(bench.view, turn))
    layout, density = bench.problem(plan).layout, densities_of(bench.view, turn.branch, turn.round)
    kept = masks.kept_prunable(layout, density, plan.scope(layout.leaves))
    return RoundShape.of(plan, bench.problems, kept, bench.replicates)


def _prefetch_pruning(plan: Plan, bench: Workbench, running: RoundShape) -> None:
    """Compile what would prune and rewind the running round's result under a plan."""
    if bench.problems.key(plan) == running.problem_key:
        pruning = PruneAndRewind(plan, running.problem_key, running.problem, bench.compiler)
        pruning.prefetch(result_shape(running), ticket_shape(running))


def score(shape: RoundShape, compiler: Compiler, seed: int, number: int) -> Callable[[Any, Any], Tested]:
    """The function from means [R, D] and problem states to what their tests came to, [R]."""
    keys = replicate_keys(seed, shape.replicates, Purpose.SCORE, number)
    executable = compiler.get(_score_key(shape), lambda: _score_call(shape))

    def scores(means: jax.Array, states: Any) -> Tested:
        result: Tested = executable(shape.problem, keys, means, states)
        return result

    return scores


def _score_key(shape: RoundShape) -> Key:
    return ("score", shape.problem_key, shape.replicates)


def _score_call(shape: RoundShape) -> tuple[Any, ...]:
    def scores(problem: Any, keys: jax.Array, means: jax.Array, states: Any) -> Tested:
        return jax.vmap(lambda *given: tested(problem, *given))(keys, means, states)

    keys = jax.eval_shape(lambda: replicate_keys(0, shape.replicates, Purpose.SCORE, 0))
    means = jax.ShapeDtypeStruct((shape.replicates, shape.problem.layout.size), jnp.float32)
    return scores, shape.problem, keys, means, problem_state_shape(shape)
