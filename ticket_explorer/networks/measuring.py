"""How long each form of a work takes on this device: what `ticket-explorer tune` measures, and a run never does."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from statistics import median

import jax
from jaxtyping import Array, Float
from msgspec import structs

from ticket_explorer.backend import OUT_OF_MEMORY, device_kind
from ticket_explorer.keys import arithmetic
from ticket_explorer.networks.form_table import Measured, Timed
from ticket_explorer.networks.forms import Form, Work
from ticket_explorer.networks.network import FormedNetwork
from ticket_explorer.problems import Problem, with_forms

CALLS, SECONDS = 9, 1.0
"""A form is called so often, or for so long if that is less; three times at least."""


@dataclass(frozen=True)
class Trial:
    """The populations and batches of one generation, which forms are tried on."""

    network: FormedNetwork
    work: Work
    population: Float[Array, "R N D"]
    inputs: Float[Array, "R B ..."]

    @classmethod
    def of(cls, problem: Problem, individuals: int, replicates: int) -> "Trial | None":
        """Initial weights and a training batch of each replicate; None if the network has no forms."""
        if (found := with_forms(problem)) is None:
            return None
        formed, network = found
        with arithmetic():
            keys = jax.random.split(jax.random.key(0), (replicates, individuals))
            population = jax.jit(jax.vmap(jax.vmap(problem.initialise)))(keys)
            inputs = jax.jit(jax.vmap(formed.drawn_inputs))(jax.random.split(jax.random.key(1), replicates))
        return cls(network, formed.work(individuals, replicates), population, inputs)

    @property
    def forms(self) -> list[Form]:
        """The forms worth measuring, the usual one first; several replicates are tried together too."""
        work = self.work
        forms = dict.fromkeys((self.network.usual_form, *self.network.forms(work.individuals, work.examples)))
        apart = [structs.replace(form, together=False) for form in forms]
        together = [structs.replace(form, together=True) for form in forms] if work.replicates > 1 else []
        return list(dict.fromkeys((*apart, *together)))

    def timed(self, form: Form) -> Timed:
        """How long all outputs of the generation take in a form."""
        try:
            with arithmetic():
                applied = jax.jit(jax.vmap(self.network.in_form(form).population_apply))
                call = applied.lower(self.population, self.inputs).compile()
            taken = _median(lambda: jax.block_until_ready(call(self.population, self.inputs)))
        except jax.errors.JaxRuntimeError as error:
            if OUT_OF_MEMORY not in str(error):
                raise
            return Timed(form=form, milliseconds=None)
        return Timed(form=form, milliseconds=1000 * taken)

    def told(self, timed: Iterable[Timed]) -> Measured:
        """What was measured, the fastest form first; those that did not fit come last."""
        order = sorted(timed, key=lambda one: (one.milliseconds is None, one.milliseconds))
        today = date.today().isoformat()
        return Measured(device=device_kind(), jax=jax.__version__, on=today, work=self.work, timed=order)


def _median(call: Callable[[], object]) -> float:
    call()
    taken: list[float] = []
    while len(taken) < CALLS and (len(taken) < 3 or sum(taken) < SECONDS):
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    return median(taken)
