"""A round's result chosen from its trainer's candidates, which are tested again once the last generation is done.

Keys derive from the round alone, so a run that is killed meanwhile makes the same choice again.
"""

from dataclasses import replace
from typing import Any

import jax

from sessions.engine.round_runner import Chunk, RoundShape, keys_shape, state_shape
from sessions.tickets.compiler import Compiler, Key
from ticket_explorer.keys import Purpose, replicate_keys
from ticket_explorer.trainers.trainer import ChoosingTrainer


def chosen(shape: RoundShape, compiler: Compiler, seed: int, number: int, last: Chunk) -> tuple[Chunk, str | None]:
    """The last chunk with the chosen result in it, and how it was chosen; unchanged if the trainer has no choice."""
    if not shape.trainer.chooses:
        return last, None
    choose = compiler.get(_key(shape), lambda: _call(shape))
    keys = replicate_keys(seed, shape.replicates, Purpose.CHOOSE, number)
    state, result = choose(shape.formed, keys, shape.spread.together(last.state))
    return replace(last, state=state, result=result), _trainer(shape).choice(state)


def prefetch_choice(shape: RoundShape, compiler: Compiler) -> None:
    """Compile in the background the executable that chooses, if there is a choice."""
    if shape.trainer.chooses:
        compiler.prefetch(_key(shape), lambda: _call(shape))


def _trainer(shape: RoundShape) -> ChoosingTrainer:
    trainer = shape.build()
    assert isinstance(trainer, ChoosingTrainer), f"{type(trainer).__name__} can't choose, though its settings say so"
    return trainer


def _key(shape: RoundShape) -> Key:
    return ("choose", *shape.key)


def _call(shape: RoundShape) -> tuple[Any, ...]:
    trainer, choosing = shape.build(), _trainer(shape)

    def choose(problem: Any, keys: jax.Array, state: Any) -> Any:
        after = jax.vmap(choosing.chosen, (0, 0, None))(keys, state, problem)
        return after, jax.vmap(trainer.finish, (0, None))(after, problem)

    return choose, shape.formed, keys_shape(shape), state_shape(shape)
