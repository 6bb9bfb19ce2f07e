"""A generation at density 0.02 against a dense one, for the preset `fashion` and for the paper's CNN.

What a CNN gains depends on where its kept weights are: a weight of a convolution is used at every pixel. `random` keeps
the same share of every layer, `magnitude` keeps the largest initial weights overall.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks.figures import Figure, speed_ratio
from benchmarks.peers import evosax_generation
from sessions.specs.spec import Plan, parse_spec
from ticket_explorer import masks, presets
from ticket_explorer.keys import Purpose, arithmetic, generation_key, replicate_keys
from ticket_explorer.networks.forms import Form
from ticket_explorer.problems import bind
from ticket_explorer.registry import implementation_of

DENSITY = 0.02
GENERATIONS, REPEATS = 100, 12
POPULATION, BATCH = 32, 256
"""For the CNN; the paper has 128 and 1,024."""
CNN_GENERATIONS, CNN_REPEATS = 3, 7


def measure() -> list[Figure]:
    plan = parse_spec(presets.load("fashion")).branches[0].plan
    dense, sparse = generations(plan, 1.0), generations(plan, DENSITY)
    share = 1 / speed_ratio(sparse, dense, REPEATS)
    cnn = paper(POPULATION, BATCH)
    whole = generations(cnn, 1.0, count=CNN_GENERATIONS)
    shares = {
        how: 1 / speed_ratio(generations(cnn, DENSITY, 1, CNN_GENERATIONS, how=how), whole, CNN_REPEATS)
        for how in ("random", "magnitude")
    }
    peer = speed_ratio(whole, evosax_generation(POPULATION, BATCH, CNN_GENERATIONS), CNN_REPEATS)
    kept = f"a generation of the CNN at density {DENSITY} against a dense one, time, kept by"
    return [
        Figure(f"a generation at density {DENSITY} against a dense one, time", share, 0.45, at_least=False),
        *(Figure(f"{kept} {how}", value, 0.4, at_least=False) for how, value in shares.items()),
        Figure("a generation of the CNN against evosax with a vmapped flax module, speed", peer, 8, at_least=True),
    ]


def paper(population: int, batch: int, **network: object) -> Plan:
    """The plan of the paper's CNN, on shipped images of full size, which cost as much as MNIST's."""
    table = presets.load("mnist-snes") | {"task": {"name": "fashion", "pool": 1, "batch": batch}}
    table["network"] = {**table["network"], **network}
    table["trainer"] = {**table["trainer"], "population": population}
    table.pop("branch")
    return parse_spec(table).branches[0].plan


def generations(
    plan: Plan,
    density: float,
    replicates: int = 1,
    count: int = GENERATIONS,
    form: Form | None = None,
    how: str = "magnitude",
) -> Callable[[], object]:
    """A compiled function that runs `count` generations of a plan at a density, in the given form or the usual one."""
    problem: Any = bind(plan.task, plan.network)
    problem = problem if form is None else problem.in_form(form)
    kept = masks.dimension(problem.layout, masks.kept_prunable(problem.layout, density))
    trainer = implementation_of(plan.trainer)(plan.trainer, kept)
    with arithmetic():
        keys = replicate_keys(0, replicates, Purpose.TRAIN, 0)
        theta = jax.vmap(problem.initialise)(replicate_keys(0, replicates, Purpose.INITIALISE, 0))
        whole = jnp.ones(theta.shape, bool)
        scores = jnp.abs(theta) if how == "magnitude" else jax.random.uniform(jax.random.key(0), theta.shape)
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
