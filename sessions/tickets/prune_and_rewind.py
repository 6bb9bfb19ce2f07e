"""Pruning and rewinding as one executable: from a finished round to where the next one starts.

It depends on the criteria and on the problem, not on the density, so it is compiled once, while the first round still
runs.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

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
    """The result of pruning and rewinding a round, per replicate."""

    mask: Bool[Array, "R D"]
    theta0: Float[Array, "R D"]
    threshold: Float[Array, "R ..."]


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Keys:
    """Random keys, one for each replicate."""

    prune: Array
    rewind: Array


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class _End:
    """Everything in a round that decides where the next one starts, per replicate."""

    keys: Keys
    result: TrainingResult
    before: Ticket
    origin: Origin
    counts: Array


@dataclass(frozen=True)
class PruneAndRewind:
    """Prunes and rewinds as a plan says."""

    plan: Plan
    problem_key: bytes
    problem: Problem
    compiler: Compiler

    def next_start(
        self, keys: Keys, result: TrainingResult, before: Ticket, origin: Origin, density: Density
    ) -> NextStart:
        """Prune a round's result to a density, and say where the next round starts.

        Args:
            keys: Random keys.
            result: What the round found, arrays [R, D].
            before: The ticket that it trained.
            origin: The weights that the line began with.
            density: The density of the next round.
        """
        end = _End(keys, result, replace(before, scores=None), origin, self._counts(density))
        executable = self.compiler.get(self._key(end), lambda: (self._function(), end, self.problem))
        made: NextStart = executable(end, self.problem)
        return made

    def prefetch(self, result: TrainingResult, ticket: Ticket) -> None:
        """Compile in the background for a result and a ticket of these shapes."""
        keys = jax.eval_shape(lambda: replicate_keys(0, ticket.mask.shape[0], Purpose.PRUNE, 0))
        needs_early = self.plan.rewind.early_generation is not None
        origin = Origin(ticket.initial, ticket.initial if needs_early else None)
        end = _End(Keys(keys, keys), result, ticket, origin, self._counts(1.0))
        self.compiler.prefetch(self._key(end), lambda: (self._function(), end, self.problem))

    @property
    def _scope(self) -> Scope:
        return self.plan.scope(self.problem.layout.leaves)

    def _counts(self, density: Density) -> Array:
        """How many weights to keep; all of the learned mask's, if that is taken as it is."""
        wanted = 1.0 if self.plan.pruner.takes_learned else density
        return jnp.asarray(masks.counts(self.problem.layout, wanted, self._scope))

    def _key(self, end: _End) -> Key:
        criteria = msgspec.msgpack.encode((self.plan.pruner, self.plan.rewind, self._scope))
        shapes = end.before.mask.shape, end.result.std is None, end.origin.early is None
        return ("prune", criteria, self.problem_key, *shapes)

    def _function(self) -> Callable[[_End, Problem], NextStart]:
        score = jax.vmap(implementation_of(self.plan.pruner), (0, 0, 0, None))
        restart = jax.vmap(implementation_of(self.plan.rewind), (0, 0, 0, 0, None))
        scope = self._scope

        def next_start(end: _End, problem: Problem) -> NextStart:
            prune = partial(masks.prune, layout=problem.layout, kept=end.counts, scope=scope)
            pruned = jax.vmap(prune)(end.result.mask, score(end.keys.prune, end.result, end.before, problem))
            start = restart(end.keys.rewind, end.origin, end.result, pruned.mask, problem)
            return NextStart(start.mask, start.theta0, pruned.threshold)

        return next_start
