"""What will be needed soon, compiled while the current round runs."""

from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import Any

import jax
import jax.numpy as jnp

from sessions.compiler import Compiler, Key
from sessions.lineage import Problems, plan_of
from sessions.rounds import RoundShape, prefetch_round, problem_state_shape
from sessions.schedule import upcoming
from sessions.view import SessionView
from ticket_explorer import masks
from ticket_explorer.keys import Purpose, replicate_keys

AHEAD = 8
"""How many coming turns are looked at; branches with equal sizes share their executables."""


def prefetch(view: SessionView, problems: Problems, compiler: Compiler, replicates: int) -> None:
    """Compile the executables of the coming rounds in the background."""
    for turn in islice(upcoming(view), AHEAD):
        known = view.branches[turn.branch].rounds.get(turn.round)
        plan = plan_of(known.plan if known else view.branches[turn.branch].plan)
        problem = problems.of(plan)
        density = view.density_of(turn.branch, turn.round)
        kept = masks.dimension(problem.layout, density, plan.pruning.scope)
        shape = RoundShape(problems.key(plan), problem, plan.trainer, kept, replicates)
        prefetch_round(shape, compiler)
        compiler.prefetch(_score_key(shape), partial(_score_call, shape))


def score(shape: RoundShape, compiler: Compiler, seed: int, number: int) -> Callable[[Any, Any], jax.Array]:
    """The function from means [R, D] and problem states to scores [R]."""
    keys = replicate_keys(seed, shape.replicates, Purpose.SCORE, number)
    executable = compiler.get(_score_key(shape), lambda: _score_call(shape))

    def scores(means: jax.Array, states: Any) -> jax.Array:
        result: jax.Array = executable(shape.problem, keys, means, states)
        return result

    return scores


def _score_key(shape: RoundShape) -> Key:
    return ("score", shape.problem_key, shape.replicates)


def _score_call(shape: RoundShape) -> tuple[Any, ...]:
    def scores(problem: Any, keys: jax.Array, means: jax.Array, states: Any) -> jax.Array:
        found: jax.Array = jax.vmap(problem.score)(keys, means, states)
        return found

    keys = jax.eval_shape(lambda: replicate_keys(0, shape.replicates, Purpose.SCORE, 0))
    means = jax.ShapeDtypeStruct((shape.replicates, shape.problem.layout.size), jnp.float32)
    return scores, shape.problem, keys, means, problem_state_shape(shape)
