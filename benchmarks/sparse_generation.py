"""One generation of the `fashion` preset at density 0.02 against a dense one."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks.figures import Figure, speed_ratio
from sessions.specs.spec import Plan, parse_spec
from ticket_explorer import masks, presets
from ticket_explorer.keys import Purpose, arithmetic, generation_key, replicate_keys
from ticket_explorer.networks.forms import Form
from ticket_explorer.problems import bind
from ticket_explorer.registry import implementation_of

DENSITY = 0.02
GENERATIONS = 100
REPEATS = 12


def measure() -> list[Figure]:
    plan = parse_spec(presets.load("fashion")).branches[0].plan
    dense, sparse = generations(plan, 1.0), generations(plan, DENSITY)
    share = 1 / speed_ratio(sparse, dense, REPEATS)
    return [Figure(f"a generation at density {DENSITY} against a dense one, time", share, 0.55, at_least=False)]


def generations(
    plan: Plan, density: float, replicates: int = 1, count: int = GENERATIONS, form: Form | None = None
) -> Callable[[], object]:
    """A function that runs `count` generations of a plan's trainer at a density, compiled, in a form or as usual."""
    problem: Any = bind(plan.task, plan.network)
    problem = problem if form is None else problem.in_form(form)
    kept = masks.dimension(problem.layout, masks.kept_prunable(problem.layout, density))
    trainer = implementation_of(plan.trainer)(plan.trainer, kept)
    with arithmetic():
        keys = replicate_keys(0, replicates, Purpose.TRAIN, 0)
        theta = jax.vmap(problem.initialise)(replicate_keys(0, replicates, Purpose.INITIALISE, 0))
        whole = jnp.ones(theta.shape, bool)
        scores = jnp.abs(theta)
        mask = jax.vmap(lambda m, s: masks.prune(m, s, problem.layout, masks.counts(problem.layout, density)).mask)(
            whole, scores
        )
        state = jax.jit(jax.vmap(trainer.init, (0, 0, 0, None)))(keys, theta, mask, problem)

        @jax.jit
        def scan(problem: Any, state: Any, keys: jax.Array) -> Any:
            def body(state: Any, generation: jax.Array) -> Any:
                now = jax.vmap(generation_key, (0, None))(keys, generation)
                return jax.vmap(trainer.step, (0, 0, None))(now, state, problem)

            return jax.lax.scan(body, state, jnp.arange(count))

        compiled = scan.lower(problem, state, keys).compile()
    return lambda: jax.block_until_ready(compiled(problem, state, keys))
