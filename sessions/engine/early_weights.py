"""Early weights: the search mean a few generations into a branch's first round, to which a plan may rewind."""

from sessions.engine.noise import Noise
from sessions.engine.round_runner import RoundRunner, RoundShape
from sessions.messages import events
from sessions.plans.problems import plan_of, start_of
from sessions.specs.spec import Plan
from sessions.tickets.tickets import Lineage
from sessions.views.session_view import SessionView
from sessions.views.turns import Turn
from ticket_explorer.errors import TicketError


def early_generations(view: SessionView) -> tuple[int, ...]:
    """The generations whose weights any branch's plan needs, in order."""
    wanted = {plan_of(branch.plan).rewind.early_generation for branch in view.branches.values()}
    wanted |= {lent_generation(branch.borrowed) for branch in view.branches.values() if branch.borrowed is not None}
    return tuple(sorted(generation for generation in wanted if generation is not None))


def lent_generation(borrowed: events.Borrowed) -> int | None:
    """The generation whose weights borrowed tickets start from; None where they start from others."""
    start = start_of(borrowed)
    return None if start is None else start.early_generation


def provide_early(turn: Turn, plan: Plan, lineage: Lineage) -> None:
    """Compute a line's early weights again if they were not kept while its first round ran.

    Raises:
        TicketError: if the first round ended before the generation that is wanted.
    """
    bench, view = lineage.bench, lineage.bench.view
    branch, generation = turn.branch, plan.rewind.early_generation if turn.round > 0 else None
    borrowed = view.branches[turn.branch].borrowed
    if borrowed is not None and view.branches[turn.branch].borrows(turn.round) is not None:
        branch, generation = borrowed.branch, lent_generation(borrowed)
    if generation is None or lineage.early(branch, generation) is not None:
        return
    first = view.branches[lineage.owner(branch, 0)].rounds[0]
    if generation > first.generations:
        raise TicketError(
            f"The ticket needs the weights of generation {generation}, but round 0 of branch {first.branch!r} "
            f"has {first.generations}; choose a generation up to that."
        )
    old = plan_of(first.plan)
    made = lineage.ticket(first.branch, 0, old)
    form = first.form_at(0) or bench.problems.former_form(old)
    shape = RoundShape.of(old, bench.problems, made.kept, bench.replicates, form)
    runner = RoundRunner(shape, bench.compiler, Noise.of(old, bench.seed), 0)
    runner.start(made.ticket)
    tuned = [change for change in first.tuned if change.generation < generation]
    changes = {change.generation for change in tuned}
    changes |= {change.generation for change in first.forms if change.generation < generation}
    for stop in (*sorted(changes), generation):
        while runner.dispatched < stop:
            chunk = runner.dispatch(stop - runner.dispatched)
        runner.reform(first.form_at(stop) or runner.shape.form)
        while tuned and stop == tuned[0].generation:
            runner.tune(tuned.pop(0).changes)
    lineage.keep_early(first.branch, generation, runner.weights(chunk))
