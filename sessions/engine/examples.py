"""Test images as the search mean sees them now, and as it would after the next pruning: replicate 0, first images."""

from dataclasses import replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import msgspec
import numpy as np
from jaxtyping import Array, Bool, Float

from sessions.engine.looking import Looked
from sessions.messages.answers import ExamplesSeen
from sessions.specs.spec import Plan
from sessions.tickets.pruning_preview import mask_after
from sessions.tickets.workbench import Workbench
from ticket_explorer import masks
from ticket_explorer.densities import Density
from ticket_explorer.errors import TicketError
from ticket_explorer.keys import Purpose, arithmetic
from ticket_explorer.problems import PredictingProblem, ShownProblem

PATH = 48
"""How many weights of an image's path are named."""


def examples(bench: Workbench, looked: Looked, pruned: Array | None, first: int, count: int) -> ExamplesSeen:
    """What the search mean makes of some test images.

    Args:
        bench: What the session works with.
        looked: The weights that are asked.
        pruned: The mask after the next pruning, of replicate 0 [D]; None if nothing is pruned by a criterion.
        first: The first image's place in the test split.
        count: How many images.

    Raises:
        TicketError: if the task shows no images, or predicts no classes.
    """
    problem = bench.problem(looked.plan)
    if not isinstance(problem, ShownProblem) or not isinstance(problem, PredictingProblem):
        raise TicketError(
            "Only tasks that classify images have examples to show; the panel Policy shows others at work."
        )
    shown = problem.shown_examples(first, count)
    if shown is None:
        raise TicketError("This task's examples are no images of classes, so there is nothing to show.")
    theta, states = jax.tree.map(lambda leaf: jnp.asarray(leaf)[0], (looked.result.mean, looked.states))
    mask = jnp.asarray(looked.result.mask)[0]
    after = mask if pruned is None else pruned
    with arithmetic():
        call = (partial(_seen, kept=PATH), problem, theta, mask, after, shown.inputs, states)
        key = ("examples", bench.problems.key(looked.plan), len(shown.labels))
        before, later, path = map(np.asarray, bench.compiler.get(key, lambda: call)(*call[1:]))
    return ExamplesSeen(
        branch=looked.branch,
        round=looked.number,
        generation=looked.generation,
        shape=list(shown.pixels.shape),
        pixels=np.ascontiguousarray(shown.pixels, "<f4").tobytes(),
        labels=[int(label) for label in shown.labels],
        classes=int(before.shape[1]),
        before=np.ascontiguousarray(before, "<f4").tobytes(),
        after=b"" if pruned is None else np.ascontiguousarray(later, "<f4").tobytes(),
        paths=np.ascontiguousarray(path, "<i4").tobytes(),
    )


def pruned_mask(bench: Workbench, looked: Looked, plan: Plan, density: Density) -> Array | None:
    """The mask of replicate 0 after the next pruning, bool [D], as that pruning itself would draw it.

    None if the pruner takes a learned mask, or this trainer has nothing for it to rank by.
    """
    if plan.pruner.takes_learned:
        return None
    problem = bench.problem(plan)
    scope = plan.scope(problem.layout.leaves)
    counts = jnp.asarray(masks.counts(problem.layout, density, scope))
    key = bench.keys(Purpose.PRUNE, looked.number + 1)[0]
    ticket = replace(looked.ticket, scores=None)
    result, ticket = jax.tree.map(lambda array: jnp.asarray(array)[0], (looked.result, ticket))
    call = (partial(mask_after, plan.pruner, scope), problem, key, result, ticket, counts)
    criteria = msgspec.msgpack.encode((plan.pruner, scope))
    name = ("examples", criteria, bench.problems.key(plan), result.std is None)
    try:
        with arithmetic():
            pruned: Array = bench.compiler.get(name, lambda: call)(*call[1:])
    except TicketError:
        return None
    return pruned


def _seen(
    problem: Any,
    theta: Float[Array, " D"],
    mask: Bool[Array, " D"],
    after: Bool[Array, " D"],
    inputs: Float[Array, "n ..."],
    states: Any,
    kept: int,
) -> tuple[Array, Array, Array]:
    """Probabilities before and after [n, classes], and the entries that weigh most in each prediction [n, kept].

    An entry's weight in a prediction is θ ∂output/∂θ: what the output would lose if it were pruned, to first order.
    """

    def output(weights: Array, one: Array, chosen: Array) -> Array:
        logit: Array = problem.outputs(weights, one[None], states)[0, chosen]
        return logit

    logits = problem.outputs(theta * mask, inputs, states)
    pruned = problem.outputs(theta * after, inputs, states)
    gradients = jax.vmap(jax.grad(output), (None, 0, 0))(theta * mask, inputs, logits.argmax(-1))
    weight = jnp.where(mask & jnp.asarray(problem.layout.prunable), jnp.abs(gradients * theta), -1.0)
    _, path = jax.lax.top_k(weight, min(kept, theta.size))
    return jax.nn.softmax(logits), jax.nn.softmax(pruned), path
