"""Makes tickets from the initial weights of a line, by pruning and rewinding.

Only results and initial weights are stored: a ticket follows from the result before it, by pure functions of keys, and
is computed again when it is needed.
"""

import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from sessions.messages import events
from sessions.messages.emit import Emit
from sessions.plans.problems import plan_of, start_of
from sessions.specs.spec import Plan
from sessions.store import FileName, SessionDirectory
from sessions.store.arrays import decode_arrays, encode_arrays
from sessions.store.errors import Damaged, Unrecorded
from sessions.store.round_file import RoundArrays, decode_round, encode_round
from sessions.store.session_dir import round_name
from sessions.tickets.given_ticket import GivenArrays
from sessions.tickets.prune_and_rewind import Keys, PruneAndRewind
from sessions.tickets.workbench import Workbench
from sessions.views.densities import densities_of
from sessions.views.diverged import left_out
from ticket_explorer import masks
from ticket_explorer.analysis.way import Way
from ticket_explorer.errors import TicketError
from ticket_explorer.keys import Purpose, arithmetic
from ticket_explorer.problems import Problem
from ticket_explorer.registry import name_of
from ticket_explorer.rewinds import REWINDS
from ticket_explorer.rewinds.rewind import Origin
from ticket_explorer.rewinds.settings import Fresh
from ticket_explorer.tickets import Ticket
from ticket_explorer.trainers.trainer import LearnedScores, TrainingResult
from ticket_explorer.transfers import fitted, rewound, sparsity_matched


@dataclass(frozen=True)
class Pruning:
    """A ticket, and how it was pruned out of the round before it."""

    ticket: Ticket
    kept: int
    """Prunable weights kept; the mean over replicates, rounded, where masks were learned."""
    threshold: list[list[float | None]]
    """The threshold per replicate; one value, or one per prunable leaf. Empty for a dense ticket."""


class Lineage:
    """The tickets and results of a session's branches. All arrays lead with the replicate axis."""

    def __init__(self, bench: Workbench, emit: Emit | None = None) -> None:
        """Follow a session.

        Args:
            bench: What the session works with; files are checked against the ledger of its view.
            emit: Called when a file is on disk; None for readers, which write nothing.
        """
        self.bench = bench
        self._directory = bench.directory.trusting(bench.view.ledger)
        self._view, self._problems = bench.view, bench.problems
        self._emit = emit
        self._latest: dict[str, tuple[int, Plan, Pruning]] = {}

    def owner(self, branch: str, number: int) -> str:
        """The branch that trained, or will train, round `number` of `branch`."""
        return self._view.owner(branch, number)

    def result(self, branch: str, number: int) -> TrainingResult:
        """The result of a finished round.

        Raises:
            TicketError: if the round is not finished or its file is missing or damaged.
        """
        arrays = self.arrays(branch, number)
        std = None if arrays.std is None else jnp.asarray(arrays.std)
        return TrainingResult(jnp.asarray(arrays.mean), std, jnp.asarray(arrays.mask))

    def arrays(self, branch: str, number: int) -> RoundArrays:
        """The content of a finished round's file."""
        owner = self.owner(branch, number)
        round_ = self._view.branches[owner].rounds.get(number)
        if round_ is None or round_.finished is None:
            raise TicketError(f"Round {number} of branch {branch!r} is not finished; finish it first.")
        path, layout = self._directory.round_path(owner, number), self._problems.of(plan_of(round_.plan)).layout
        arrays = decode_round(self._directory.read_round(owner, number), path)
        self._check_shape(arrays.mask, layout.size, path)
        return arrays

    def _check_shape(self, array: npt.NDArray[Any], size: int, path: Path) -> None:
        """Refuse weights or a mask that are not [R, D]; files of early versions have no seal.

        Raises:
            Damaged: if they are not.
        """
        if array.shape != (self.bench.replicates, size):
            raise Damaged(path, f"it holds {array.shape} entries, where {(self.bench.replicates, size)} were expected")

    def keep_result(
        self,
        branch: str,
        number: int,
        result: TrainingResult,
        problem_state: Any,
        beside: Any = (),
        way: Way | None = None,
    ) -> events.Sealed:
        """Write a finished round's file; arrays that the trainer keeps `beside` the weights follow the problem's state.

        Returns:
            The event to journal with the round's end.
        """
        state = tuple(np.asarray(leaf) for leaf in jax.tree.leaves((problem_state, beside)))
        std = None if result.std is None else np.asarray(result.std)
        sampled = () if way is None else (way.generations, way.components, way.coordinates, way.explained)
        arrays = RoundArrays(np.asarray(result.mask), np.asarray(result.mean), std, state, sampled)
        return kept(self._directory, round_name(branch, number), encode_round(arrays))

    def ticket(self, branch: str, number: int, plan: Plan) -> Pruning:
        """The ticket that round `number` of `branch` trains if `plan` prunes and rewinds.

        Args:
            branch: The branch that the round belongs to.
            number: The round; the one before it must be finished.
            plan: The plan that the branch had when the round began.
        """
        known = self._latest.get(branch)
        if known is None or known[:2] != (number, plan):
            with arithmetic():
                made = self._made(branch, number, plan)
            self._latest[branch] = (number, plan, made)
        return self._latest[branch][2]

    def initial(self, branch: str, plan: Plan) -> jax.Array:
        """θ at the beginning of a branch's line, [R, D]; drawn once, then kept on disk."""
        known = self._kept(FileName("initial", self.owner(branch, 0)))
        if known is not None:
            return known
        drawn = self._drawn(Purpose.INITIALISE, plan)
        self._keep(FileName("initial", self.owner(branch, 0)), drawn)
        return drawn

    def keep_given(self, branch: str, plan: Plan, given: GivenArrays) -> events.Sealed:
        """Write the ticket that a branch's round 0 trains; returns what is to be journalled of it."""
        ticket = given.ticket(np.asarray(self._drawn(Purpose.INITIALISE, plan)))
        arrays = [np.asarray(array) for array in (ticket.mask, ticket.start, ticket.initial)]
        return kept(self._directory, FileName("ticket", branch, 0), encode_arrays(arrays))

    def _drawn(self, purpose: Purpose, plan: Plan) -> jax.Array:
        """Initial weights of a plan's network, [R, D]."""
        problem, keys = self._problems.of(plan), self.bench.keys(purpose, 0)
        key = ("initialise", self._problems.key(plan), len(keys))
        drawn: jax.Array = self.bench.compiler.get(key, lambda: (jax.vmap(problem.initialise), keys))(keys)
        return drawn

    def early(self, branch: str, generation: int) -> jax.Array | None:
        """The search mean of the line's first round after `generation` generations, [R, D], if it was kept.

        Raises:
            TicketError: if it was not, and another session trained the round.
        """
        first = self.owner(branch, 0)
        known = self._kept(FileName("early", first, generation))
        if known is None and self._view.branches[first].adopted:
            raise TicketError(
                f"Branch {first!r} comes from another session, which did not keep its weights of generation "
                f"{generation}; rewind to its initial weights."
            )
        return known

    def keep_early(self, branch: str, generation: int, mean: Any) -> None:
        """Keep the search mean of a line's first round for later rewinding, unless that was done."""
        name = FileName("early", self.owner(branch, 0), generation)
        if self._kept(name) is None:
            self._keep(name, mean)

    def _kept(self, name: FileName) -> jax.Array | None:
        """Weights that were kept; None if they were not, or if a process was killed before it journalled that."""
        if not os.path.lexists(self._directory.path_of(name)):
            return None
        try:
            return jnp.asarray(self._arrays_of(name, 1)[0])
        except Unrecorded:
            return None

    def _arrays_of(self, name: FileName, count: int) -> list[npt.NDArray[Any]]:
        """The arrays [R, D] in a branch's file, which must be so many.

        Raises:
            Damaged: if it doesn't hold them.
        """
        path, plan = self._directory.path_of(name), plan_of(self._view.branches[name.branch].plan)
        arrays = decode_arrays(self._directory.read(name), path)
        if len(arrays) != count:
            raise Damaged(path, f"it holds {len(arrays)} arrays, where {count} were expected")
        for array in arrays:
            self._check_shape(array, self._problems.of(plan).layout.size, path)
        return arrays

    def _keep(self, name: FileName, array: Any) -> None:
        if self._emit is not None:
            self._emit(kept(self._directory, name, encode_arrays([np.asarray(array)])))

    def _made(self, branch: str, number: int, plan: Plan) -> Pruning:
        itself = self._view.branches[branch]
        if number < itself.adopted or (number == 0 and itself.given is not None):
            return self._brought_along(branch, number, plan)
        if self._view.branches[branch].borrows(number) is not None:
            return self._carried_over(branch, number, plan)
        return self._dense(branch, plan) if number == 0 else self._pruned(branch, number, plan)

    def _carried_over(self, branch: str, number: int, plan: Plan) -> Pruning:
        borrowed = self._view.branches[branch].borrowed
        assert borrowed is not None
        known = self._view.round(borrowed.branch, borrowed.rounds[number])
        assert known is not None
        source, target = self._problems.of(plan_of(known.plan)).layout, self._problems.of(plan)
        fresh = self._drawn(Purpose.TRANSFER, plan)
        ticket = fitted(self._lent(borrowed, borrowed.rounds[number]), source, target.layout, fresh)
        if isinstance(start_of(borrowed), Fresh):
            ticket = replace(ticket, start=fresh, initial=fresh)
        kept = _kept(ticket, target)
        if borrowed.control:
            matched = kept if borrowed.takes == "found" else np.full_like(kept, kept[0])
            ticket = sparsity_matched(self.bench.keys(Purpose.TRANSFER, 1), ticket, target.layout, fresh, matched)
            kept = matched
        if borrowed.rewind is not None:
            ticket = rewound(self.bench.keys(Purpose.REWIND, number), ticket, REWINDS[borrowed.rewind](), target)
        _check_kept(kept, plan, f"round {borrowed.rounds[number]} of branch {borrowed.branch!r}")
        return Pruning(ticket, round(float(kept.mean())), [])

    def _lent(self, borrowed: events.Borrowed, number: int) -> Ticket:
        """The mask and the weights that a round lends to another branch."""
        ticket = replace(self.trained(borrowed.branch, number), scores=None)
        if borrowed.takes == "found":
            ticket = replace(ticket, mask=self._usable(borrowed.branch, number).mask)
        start = start_of(borrowed)
        if start is None:
            return ticket
        if start.keeps_trained:
            return replace(ticket, start=self._usable(borrowed.branch, number).mean)
        if start.early_generation is None:
            return replace(ticket, start=ticket.initial)
        early = self.early(borrowed.branch, start.early_generation)
        assert early is not None, "early weights are provided before a ticket is made"
        return replace(ticket, start=early)

    def _brought_along(self, branch: str, number: int, plan: Plan) -> Pruning:
        """The ticket of a round that another session trained, or that a file gave."""
        name = FileName("ticket", branch, number)
        ticket = Ticket(*map(jnp.asarray, self._arrays_of(name, 3)))
        return Pruning(ticket, round(float(_kept(ticket, self._problems.of(plan)).mean())), [])

    def _dense(self, branch: str, plan: Plan) -> Pruning:
        initial = self.initial(branch, plan)
        layout = self._problems.of(plan).layout
        mask = jnp.broadcast_to(jnp.asarray(masks.dense(layout)), initial.shape)
        return Pruning(Ticket(mask, initial, initial), layout.prunable_size, [])

    def _pruned(self, branch: str, number: int, plan: Plan) -> Pruning:
        problem = self._problems.of(plan)
        before = self.trained(branch, number - 1)
        density = densities_of(self._view, branch, number)
        result, scores = self._left(branch, number - 1, plan, before)
        start = PruneAndRewind(plan, self._problems.key(plan), problem, self.bench.compiler).next_start(
            Keys(self.bench.keys(Purpose.PRUNE, number), self.bench.keys(Purpose.REWIND, number)),
            result,
            before,
            Origin(before.initial, self._early_for(branch, plan)),
            density,
        )
        plan.pruner.check_scores(np.asarray(start.threshold))
        plan.rewind.check_start(np.asarray(start.theta0), np.asarray(start.mask))
        if scores is not None and not bool((start.mask == result.mask).all()):
            scores = None  # the mask was permuted
        ticket = Ticket(start.mask, start.theta0, before.initial, scores)
        layout, kept = problem.layout, _kept(ticket, problem)
        wanted = masks.kept_prunable(layout, density, plan.scope(layout.leaves))
        _check_kept(kept, plan, f"round {number - 1}")
        assert plan.pruner.takes_learned or (kept <= wanted).all(), "a mask keeps more than was wanted"
        return Pruning(ticket, round(float(kept.mean())), _thresholds(np.asarray(start.threshold)))

    def _left(self, branch: str, number: int, plan: Plan, before: Ticket) -> tuple[TrainingResult, jax.Array | None]:
        """What a round passes on to the next one: a result to prune, and the scores that its trainer continues from."""
        round_ = self._view.round(branch, number)
        assert round_ is not None
        old = plan_of(round_.plan)
        if not (plan.pruner.takes_learned and old.trainer.carries_scores):
            return self._usable(branch, number), None
        problem = self._problems.of(old)
        left = LearnedScores(*map(jnp.asarray, _beside(self.arrays(branch, number), problem)))
        survivors = left.survivors(before.mask, jnp.asarray(problem.layout.prunable))
        goes_on = plan.trainer.carries_scores and type(plan.trainer) is type(old.trainer)
        scores = jnp.where(survivors, left.scores, 0.0) if goes_on else None
        rows = self._stand_ins(branch, number)
        result = TrainingResult(jnp.where(survivors, left.weights, 0.0)[rows], None, survivors[rows])
        return result, None if scores is None else scores[rows]

    def _usable(self, branch: str, number: int) -> TrainingResult:
        """A finished round's result, with another replicate's in place of those that diverged."""
        rows = self._stand_ins(branch, number)
        found: TrainingResult = jax.tree.map(lambda array: array[rows], self.result(branch, number))
        return found

    def _stand_ins(self, branch: str, number: int) -> np.ndarray:
        """The replicate whose result each replicate continues from, int [R]: its own, unless that has diverged.

        Replicates share executables, so all keep running; nothing is reported about those that are left out.
        """
        rows, diverged = np.arange(self.bench.replicates), left_out(self._view, branch, number)
        rows[list(diverged)] = next(row for row in rows if row not in diverged)
        return rows

    def trained(self, branch: str, number: int) -> Ticket:
        """The ticket that round `number` of a branch trained."""
        owner = self.owner(branch, number)
        return self.ticket(owner, number, plan_of(self._view.branches[owner].rounds[number].plan)).ticket

    def _early_for(self, branch: str, plan: Plan) -> jax.Array | None:
        generation = plan.rewind.early_generation
        return None if generation is None else self.early(branch, generation)


def kept(directory: SessionDirectory, name: FileName, payload: bytes) -> events.Sealed:
    """Write a file for good; returns the event to journal."""
    sha256 = directory.write(name, payload)
    return events.Sealed(at=time.time(), kind=name.kind, branch=name.branch, number=name.number, sha256=sha256)


def problem_state_of(arrays: RoundArrays, problem: Problem) -> Any:
    """The task's state at the end of a round, arrays [R, ...]."""
    if not arrays.problem_state:  # of most tasks: tracing takes longer than reading the round
        return problem.initial_state()
    leaves, structure = jax.tree.flatten(jax.eval_shape(problem.initial_state))
    return jax.tree.unflatten(structure, arrays.problem_state[: len(leaves)])


def _beside(arrays: RoundArrays, problem: Problem) -> tuple[np.ndarray, ...]:
    """The arrays that the trainer kept besides the weights, [R, ...]."""
    return arrays.problem_state[len(jax.tree.leaves(jax.eval_shape(problem.initial_state))) :]


def _kept(ticket: Ticket, problem: Problem) -> np.ndarray:
    """Prunable weights that each replicate keeps, int [R]."""
    return np.asarray(np.asarray(ticket.mask)[:, problem.layout.prunable].sum(-1))


def _check_kept(kept: np.ndarray, plan: Plan, source: str) -> None:
    """Refuse masks that can't be trained: an empty one, or several sizes if the trainer needs one size.

    Args:
        kept: Prunable weights that each replicate keeps.
        plan: The plan that trains them.
        source: The round that found the mask.
    """
    if not kept.all():
        raise TicketError(
            f"The mask that was learned in {source} keeps no weights; branch from an earlier round "
            "with a smaller penalty, a higher score_init, or a lower threshold."
        )
    if plan.trainer.narrows and (kept != kept[0]).any():
        raise TicketError(
            f"The masks learned in {source} keep {', '.join(map(str, kept))} weights in its replicates, and "
            f"{name_of(plan.trainer)} trains masks of one size together; train by gradient descent, or one replicate."
        )


def _thresholds(values: np.ndarray) -> list[list[float | None]]:
    rows = values.reshape(values.shape[0], -1)
    return [[float(value) if np.isfinite(value) else None for value in row] for row in rows]
