"""From nothing to the first generation of a brax task, against brax's own compiled loop, each in a fresh process.

brax's loop returns its last states with all their observations: XLA removes what is not used, and policies use the
observations.
"""

import os
import subprocess
import sys
import tempfile
from functools import partial

from benchmarks.figures import Figure, speed_ratio

REPEATS = 5
OURS = """
import os, sys
import ticket_explorer as tx
from sessions.messages.events import Generations

def shown(event, journalled):
    if isinstance(event, Generations):
        os._exit(0)  # don't wait for what is compiled ahead of its use

table = tx.load_preset("ant")
table["replicates"], table["trainer"]["population"], table["task"]["steps"] = 1, 8, 20
with tx.Session.create(tx.parse_spec(table), sys.argv[1] + "/ant.session") as session:
    session.subscribe(shown)
    session.step(1)
"""
THEIRS = """
import jax, jax.numpy as jnp
from ticket_explorer.tasks import TASKS
from ticket_explorer.tasks.control.brax.environment import load
environment = load(TASKS["ant"]()).play.environment.made()
action = jnp.zeros((64, environment.action_size))

def loop(keys):
    start = jax.vmap(environment.reset)(keys)
    start = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.asarray(leaf).dtype), start)

    def advance(state, _):
        after = jax.vmap(environment.step)(jax.tree.map(lambda leaf: leaf, state), action)
        return jax.tree.map(lambda new, old: jnp.asarray(new, old.dtype), after, state), after.reward

    end, rewards = jax.lax.scan(advance, start, None, length=20)
    return end, rewards.sum()

jax.block_until_ready(jax.jit(loop)(jax.random.key_data(jax.random.split(jax.random.key(0), 64))))
"""


def measure() -> list[Figure]:
    ratio = 1 / speed_ratio(partial(_fresh, OURS), partial(_fresh, THEIRS), REPEATS)
    return [Figure("first generation of ant from nothing, against brax's own loop", ratio, 1.3, at_least=False)]


def _fresh(code: str) -> None:
    """Run code in a new process with an empty compilation cache."""
    with tempfile.TemporaryDirectory() as place:
        empty = {"TICKET_EXPLORER_HOME": place, "JAX_COMPILATION_CACHE_DIR": f"{place}/compiled"}
        subprocess.run([sys.executable, "-c", code, place], env={**os.environ, **empty}, check=True)
