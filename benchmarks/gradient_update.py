"""Gradient descent: a masked update against a plain optax loop, five replicates against one, a session of 12 rounds."""

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jax
import jax.numpy as jnp
import optax

from benchmarks.figures import Figure, speed_ratio
from benchmarks.sparse_generation import generations
from sessions.session.session import Session
from sessions.specs.spec import parse_plan, parse_spec
from ticket_explorer.keys import Purpose, arithmetic, generation_key, replicate_keys
from ticket_explorer.problems import bind

UPDATES = 200
REPEATS = 12
TABLE: dict[str, Any] = {
    "task": {"name": "fashion", "batch": 128},
    "network": "lenet_300_100",
    "trainer": {"name": "gradient_descent", "optimizer": {"name": "adam", "learning_rate": 1.2e-3}},
}


def measure() -> list[Figure]:
    plan = parse_plan(TABLE)
    large = parse_plan(TABLE, {"task": {"pool": 1}})
    speeds = {name: speed_ratio(masked(p), plain(p), REPEATS) for name, p in (("28×28", large), ("14×14", plan))}
    together = 1 / speed_ratio(masked(plan, 5), masked(plan), REPEATS)
    return [
        *(
            Figure(
                f"an update of LeNet-300-100 on {name}, batch 128, against a plain optax loop, speed", speed, 0.9, True
            )
            for name, speed in speeds.items()
        ),
        Figure("five replicates of that update on 14×14 together against one, time", together, 3.0, at_least=False),
        Figure("12 rounds of 94 updates of LeNet-300-100, a session", session_seconds(), 60.0, False, "s"),
    ]


def masked(plan: Any, replicates: int = 1) -> Callable[[], object]:
    """`UPDATES` updates by the trainer, at density 0.5."""
    return generations(plan, 0.5, replicates, UPDATES)


def plain(plan: Any) -> Callable[[], object]:
    """The same updates written plainly: flax parameters, optax, no mask."""
    problem: Any = bind(plan.task, plan.network)
    optimizer = optax.adam(1.2e-3)
    with arithmetic():
        key = replicate_keys(0, 1, Purpose.TRAIN, 0)[0]
        parameters = problem.layout.unflatten(problem.initialise(key))

        def loss(parameters: Any, problem: Any, key: jax.Array) -> jax.Array:
            inputs, labels = problem.draw(key)
            logits = problem.network.module.apply({"params": parameters}, inputs)
            return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

        @jax.jit
        def scan(problem: Any, parameters: Any) -> Any:
            def body(carry: Any, update: jax.Array) -> Any:
                parameters, moments = carry
                value, gradient = jax.value_and_grad(loss)(parameters, problem, generation_key(key, update))
                change, moments = optimizer.update(gradient, moments)
                return (optax.apply_updates(parameters, change), moments), value

            return jax.lax.scan(body, (parameters, optimizer.init(parameters)), jnp.arange(UPDATES))

        compiled = scan.lower(problem, parameters).compile()
    return lambda: jax.block_until_ready(compiled(problem, parameters))


def session_seconds() -> float:
    """A session of iterative magnitude pruning on the embedded images, from its creation to its end."""
    spec = parse_spec({**TABLE, "trainer": {**TABLE["trainer"], "generations": 94}, "pruning": {"rounds": 12}})
    with TemporaryDirectory() as place:
        began = time.perf_counter()
        with Session.create(spec, Path(place) / "imp.session") as session:
            session.run()
        return time.perf_counter() - began
