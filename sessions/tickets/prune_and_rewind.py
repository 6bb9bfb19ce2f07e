"""Pruning and rewinding as one executable: from a finished round to where the next one starts.

It depends on the criteria and on the problem, not on the density, so that it is compiled once and
while the first round still runs.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import msgspec
from jaxtyping import Array, Bool, Float

from sessions.specs.spec import Plan
from sessions.tickets.compiler import Compiler, Key
from ticket_explorer import masks
from ticket_explorer.densities import Density, Scope
from ticket_explorer.keys import Purpose, replicate_keys
from ticket_explorer.problems import Problem
from ticket_explorer.registry import implementation_of
from ticket_explorer.rewinds.rewind import Origin
from ticket_explorer.tickets import Ticket
from ticket_explorer.trainers.trainer import TrainingResult


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class NextStart:
    """What pruning and rewinding made of a round, per replicate."""

    mask: Bool[Array, "R D"]
    theta0: Float[Array, "R D"]
    threshold: Float[Array, "R ..."]


@dataclass(frozen=True)
class PruneAndRewind:
    """Prunes and rewinds as a plan says."""

    plan: Plan
    problem_key: bytes
    problem: Problem
    compiler: Compiler

    def next_start(
        self,
        prune_keys: Array,
        rewind_keys: Array,
        result: TrainingResult,
        before: Ticket,
        origin: Origin,
        density: Density,
    ) -> NextStart:
        """Prune a round's result to a density, and say where the next round starts.

        Args:
            prune_keys: One a replicate.
            rewind_keys: One a replicate.
            result: What the round found, arrays [R, D].
            before: The ticket it trained.
            origin: What the line began with.
            density: Of the next round.
        """
        counts = self._counts(density)
        arguments = (prune_keys, rewind_keys, result, replace(before, scores=None), origin, counts, self.problem)
        executable = self.compiler.get(self._key(arguments), lambda: (self._function(), *arguments))
        made: NextStart = executable(*arguments)
        return made

    def prefetch(self, result: TrainingResult, ticket: Ticket) -> None:
        """Compile in the background for a result and a ticket of these shapes."""
        keys = jax.eval_shape(lambda: replicate_keys(0, ticket.mask.shape[0], Purpose.PRUNE, 0))
        needs_early = self.plan.rewind.early_generation is not None
        origin = Origin(ticket.initial, ticket.initial if needs_early else None)
        counts = self._counts(1.0)
        arguments = (keys, keys, result, ticket, origin, counts, self.problem)
        self.compiler.prefetch(self._key(arguments), lambda: (self._function(), *arguments))

    @property
    def _scope(self) -> Scope:
        return self.plan.scope(self.problem.layout.leaves)

    def _counts(self, density: Density) -> Array:
        """How many weights to keep; no fewer than there are, where the learned mask is taken as it is."""
        wanted = 1.0 if self.plan.pruner.takes_learned else density
        return jnp.asarray(masks.counts(self.problem.layout, wanted, self._scope))

    def _key(self, arguments: tuple[Any, ...]) -> Key:
        criteria = msgspec.msgpack.encode((self.plan.pruner, self.plan.rewind, self._scope))
        _, _, result, before, origin, *_ = arguments
        return (
            "prune",
            criteria,
            self.problem_key,
            before.mask.shape,
            result.std is None,
            origin.early is None,
        )

    def _function(self) -> Callable[..., NextStart]:
        score = jax.vmap(implementation_of(self.plan.pruner), (0, 0, 0, None))
        restart = jax.vmap(implementation_of(self.plan.rewind), (0, 0, 0, 0, None))
        scope = self._scope

        def next_start(
            prune_keys: Array,
            rewind_keys: Array,
            result: TrainingResult,
            before: Ticket,
            origin: Origin,
            counts: Array,
            problem: Problem,
        ) -> NextStart:
            prune = partial(masks.prune_to, layout=problem.layout, kept=counts, scope=scope)
            pruned = jax.vmap(prune)(result.mask, score(prune_keys, result, before, problem))
            start = restart(rewind_keys, origin, result, pruned.mask, problem)
            return NextStart(start.mask, start.theta0, pruned.threshold)

        return next_start
