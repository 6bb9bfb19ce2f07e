"""A stepped, journalled, checkpointed session with live frames against a bare scan of the same step."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import jax

from benchmarks.figures import Figure, speed_ratio
from sessions.session import Session
from sessions.spec import parse_spec
from ticket_explorer import presets
from ticket_explorer.keys import Purpose, generation_key, random_bits, replicate_keys
from ticket_explorer.problems import bind
from ticket_explorer.registry import implementation_of

SEGMENT = 400
REPEATS = 12


def measure() -> list[Figure]:
    table = presets.load("fashion") | {"branch": [{"name": "snr"}]}
    table["trainer"] = table["trainer"] | {"generations": SEGMENT * (REPEATS + 2)}
    spec = parse_spec(table)
    with TemporaryDirectory() as place, Session.create(spec, Path(place) / "speed.session") as session:
        session.subscribe(lambda event, journalled: None, live_frames=True)
        ratio = speed_ratio(lambda: run(session), bare(spec), REPEATS)
    return [Figure("session against a bare lax.scan of the same step, speed", ratio, 0.97, at_least=True)]


def run(session: Session) -> None:
    done = 0
    while done < SEGMENT:
        done += session.pulse(SEGMENT - done)
    session.settle()


def bare(spec: object) -> Callable[[], object]:
    plan = spec.branches[0].plan  # type: ignore[attr-defined]
    problem = bind(plan.task, plan.network)
    trainer = implementation_of(plan.trainer)(plan.trainer, problem.layout.size)
    with random_bits():
        keys = replicate_keys(0, 1, Purpose.TRAIN, 0)
        theta = jax.vmap(problem.initialise)(replicate_keys(0, 1, Purpose.INITIALISE, 0))
        mask = jax.numpy.ones(theta.shape, bool)
        state = jax.jit(jax.vmap(trainer.init, (0, 0, 0, None)))(keys, theta, mask, problem)

        @jax.jit
        def scan(problem, state, keys):
            def body(state, generation):
                now = jax.vmap(generation_key, (0, None))(keys, generation)
                return jax.vmap(trainer.step, (0, 0, None))(now, state, problem)

            return jax.lax.scan(body, state, jax.numpy.arange(SEGMENT))

        compiled = scan.lower(problem, state, keys).compile()
    return lambda: jax.block_until_ready(compiled(problem, state, keys))
