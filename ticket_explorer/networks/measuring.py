"""How long each form of a work takes on this device: what `ticket-explorer tune` measures, and a run never does."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from statistics import median

import jax
from jaxtyping import Array, Float
from msgspec import structs

from ticket_explorer.backend import device_kind
from ticket_explorer.keys import arithmetic
from ticket_explorer.networks.form_table import Measured, Timed
from ticket_explorer.networks.forms import Form
from ticket_explorer.problems import FormedProblem

CALLS, SECONDS = 9, 1.0
"""A form is called so often, or for so long if that is less; three times at least."""
MEMORY = "RESOURCE_EXHAUSTED"
"""What JAX's errors say where memory ran out."""


def candidates(problem: FormedProblem, individuals: int, examples: int, replicates: int) -> list[Form]:
    """The forms worth measuring; several replicates are tried together too."""
    network = problem.formed_network
    assert network is not None
    forms = list(dict.fromkeys((network.usual_form, *network.forms(individuals, examples))))
    if replicates == 1:
        return forms
    return [*forms, *(structs.replace(form, together=True) for form in forms if not form.together)]


def measured(
    problem: FormedProblem, individuals: int, replicates: int, forms: Sequence[Form], within: float = float("inf")
) -> Iterator[Timed]:
    """How long the outputs of a generation take in each of some forms, as they come in.

    Args:
        problem: Whose network and batches are taken.
        individuals: Of each replicate.
        replicates: As many.
        forms: To be tried.
        within: Seconds after which no other form is begun.
    """
    began = time.monotonic()
    with arithmetic():
        keys = jax.random.split(jax.random.key(0), (replicates, individuals))
        population = jax.jit(jax.vmap(jax.vmap(problem.initialise)))(keys)
        inputs = jax.jit(jax.vmap(problem.drawn_inputs))(jax.random.split(jax.random.key(1), replicates))
        for form in forms:
            if time.monotonic() - began > within:
                return
            yield Timed(form=form, milliseconds=_milliseconds(problem, form, population, inputs))


def told(problem: FormedProblem, individuals: int, replicates: int, timed: Sequence[Timed]) -> Measured:
    """What was measured, the fastest form first; those that did not fit come last."""
    order = sorted(timed, key=lambda one: (one.milliseconds is None, one.milliseconds))
    return Measured(
        device=device_kind(),
        jax=jax.__version__,
        on=date.today().isoformat(),
        work=problem.work(individuals, replicates),
        timed=order,
    )


def _milliseconds(
    problem: FormedProblem, form: Form, population: Float[Array, "R N D"], inputs: Float[Array, "R B ..."]
) -> float | None:
    network = problem.formed_network
    assert network is not None
    try:
        call = jax.jit(jax.vmap(network.in_form(form).population_apply)).lower(population, inputs).compile()
        return _median(lambda: jax.block_until_ready(call(population, inputs)))
    except jax.errors.JaxRuntimeError as error:
        if MEMORY in str(error):
            return None
        raise


def _median(call: Callable[[], object]) -> float:
    call()
    taken: list[float] = []
    while len(taken) < CALLS and (len(taken) < 3 or sum(taken) < SECONDS):
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    return 1000 * median(taken)
