"""The engine: takes the next round up, advances it chunk by chunk, and finishes it.

It makes no decision that is a person's: branches, plans and early ends come from the session, whose view
says what there is to do.
"""

import time
from collections.abc import Mapping
from contextlib import AbstractContextManager

import numpy as np

from sessions.analyses.inputs import RoundState, Subjects, trained_now
from sessions.analyses.queue import Analyst
from sessions.engine.automatic import at_end, is_done, live
from sessions.engine.breakpoints import Stops
from sessions.engine.choosing_result import chosen
from sessions.engine.compile_ahead import begin_turn, prefetch
from sessions.engine.compiling import teller
from sessions.engine.divergence import Divergence
from sessions.engine.early_weights import early_generations, provide_early
from sessions.engine.examples import examples, pruned_mask
from sessions.engine.looking import looked_at
from sessions.engine.memory import fitting
from sessions.engine.noise import Noise
from sessions.engine.rollouts import episode, rollout
from sessions.engine.round_beginning import collapsed, form_chosen, pruned, started
from sessions.engine.round_runner import Chunk, RoundShape
from sessions.engine.round_summary import Arrays, check_masks, finite, summarise, survivors
from sessions.engine.running_round import Assignment, Marks, RunningRound
from sessions.engine.scoring import Scorer
from sessions.engine.stuck import others_go_on, whole_or_forgotten
from sessions.engine.way_samples import WaySamples
from sessions.messages import events
from sessions.messages.commands import Episode, ExamplesSeen, Preview
from sessions.messages.watchers import Watchers
from sessions.plans.problems import Problems, plan_of
from sessions.specs.spec import Plan
from sessions.store import SessionDirectory
from sessions.tickets.compiler import Compiler, GivenUp
from sessions.tickets.pruning_preview import preview
from sessions.tickets.tickets import Lineage, Pruning
from sessions.tickets.workbench import Workbench
from sessions.views.branch_view import RoundView
from sessions.views.densities import found_densities_of
from sessions.views.diverged import check_replicate, left_out
from sessions.views.session_view import SessionView
from sessions.views.turns import next_turn, planned
from ticket_explorer.analysis.settings import AnalysisSettings
from ticket_explorer.errors import TicketError, unforeseen
from ticket_explorer.keys import Purpose
from ticket_explorer.problems import RemarkingProblem
from ticket_explorer.pruners.settings import PrunerSettings
from ticket_explorer.tasks.control.rollout import WatchableProblem

CHUNK = 1 << 30
"""A budget so large that it never limits a chunk."""


class Engine:
    """Computes what a session's view says is next."""

    def __init__(
        self,
        directory: SessionDirectory,
        view: SessionView,
        problems: Problems,
        seed: int,
        replicates: int,
        watchers: Watchers,
    ) -> None:
        self._divergence = Divergence(view, replicates, watchers.journal)
        watchers = self._divergence.blanking(watchers)
        self.compiler = Compiler(teller(view, watchers.live))
        self._bench = Workbench(directory, view, problems, self.compiler, seed, replicates)
        self.lineage = Lineage(self._bench, watchers.journal)
        self.problems = problems
        self.analyst = Analyst(Subjects(self.lineage), watchers)
        self.breakpoints = Stops(view, watchers)
        self._scorer = Scorer(self.compiler, seed, watchers.journal)
        self.running: RunningRound | None = None
        self._way: WaySamples | None = None
        self._directory, self._view, self._watchers = directory, view, watchers
        self._seed, self._replicates = seed, replicates
        self._began = 0.0
        self._looked_ahead: object = None

    def pulse(self, budget: int) -> int:
        """Compute one chunk of at most `budget` new generations, starting and finishing rounds as needed.

        Returns:
            The new generations that came in; those that a killed process had journalled don't count again.
        """
        self.breakpoints.met, done = "", 0
        with self._others_go_on(), whole_or_forgotten(self.forget):
            running = self.running or self._start()
            if running is not None:
                budget = self.breakpoints.room(running.view, budget)
                done = 0 if running.is_complete else running.advance(budget)
                self._look_ahead(running.shape)
                self._conclude(running)
            self.breakpoints.look()
        self.work_on_analyses()
        return done

    def work_on_analyses(self) -> bool:
        """Work on analyses for one slice; returns whether anything was done. A remark reports one that fails."""
        try:
            return self.analyst.work()
        except GivenUp:
            raise
        except Exception as error:
            why = error if isinstance(error, TicketError) else unforeseen(error, "It stopped")
            self._watchers.journal(events.Remarked(at=time.time(), text=f"An analysis could not be done: {why}"))
            return True

    def settle(self) -> int:
        """Wait for the chunk in flight; returns the new generations."""
        if self.running is None:
            return 0
        before, round_ = self.running.view.done, self.running.view
        with self._others_go_on(), whole_or_forgotten(self.forget):
            running = self.running
            running.drain()
            self._conclude(running)
        return round_.done - before

    def end_round(self) -> None:
        """End the running round at its last generation, and finish it.

        Raises:
            TicketError: if no round is running, or it has no generation yet.
        """
        running = self._caught_up("ended early")
        if running.collected == 0:
            raise TicketError("The running round has no generations yet; step at least once, then prune.")
        view = running.view
        self._watchers.journal(
            events.RoundEnded(at=time.time(), branch=view.branch, round=view.number, generations=running.collected)
        )
        self._conclude(running)

    def tune(self, changes: Mapping[str, float]) -> None:
        """Change hyper-parameters of the running round from its next generation on.

        Raises:
            TicketError: if no round is running, or a name or value is not possible.
        """
        self._caught_up("tuned").tune({name: float(value) for name, value in changes.items()})

    def analyse(self, settings: AnalysisSettings, branch: str, number: int | None) -> int:
        """Put an analysis in the queue; returns its id.

        Args:
            settings: Which analysis, and its parameters.
            branch: The branch whose weights it looks at.
            number: A finished round; None is what the running round has found so far, or else the last finished one.

        Raises:
            TicketError: if it can't be done.
        """
        self.settle()
        subjects, running = self.analyst.subjects, self.running
        settings = subjects.completed(settings, branch)
        subjects.check(settings, branch, number)
        if settings.looks_at in ("line", "lines"):
            return self.analyst.ask(settings, branch, subjects.last(branch))
        if number is None and running is not None and running.view.branch == branch and running.collected > 0:
            return self.analyst.ask(settings, branch, running.view.number, self._state_of(running, running.latest()))
        return self.analyst.ask(settings, branch, subjects.last(branch) if number is None else number)

    def take_up_analyses(self) -> None:
        """Queue again the analyses of finished rounds that an earlier process left undone."""
        for branch in self._view.branches.values():
            for round_ in branch.rounds.values():
                if round_.finished is not None:
                    for settings in at_end(plan_of(round_.plan).analysis):
                        self._analyse_automatically(settings, round_, round_.finished.generations, None)

    def preview(self, branch: str, plan: Plan, asked: PrunerSettings | None = None) -> Preview:
        """What each pruner would remove from a branch's latest weights if it were pruned now.

        Raises:
            TicketError: if nothing is trained yet, or the pruner that is asked about can't be used.
        """
        self.settle()
        running = self.running
        if running is not None and running.collected > 0 and running.view.branch == branch:
            number, ticket, result = running.view.number, running.ticket, running.latest().result
        else:
            number = self._view.branches[branch].next_round - 1
            if number < 0:
                raise TicketError(f"Branch {branch!r} has no weights to prune yet; run or step first.")
            ticket, result = self.lineage.trained(branch, number), self.lineage.result(branch, number)
        check_replicate(self._view, branch, number)
        keys = self._bench.keys(Purpose.PRUNE, number + 1)
        problem = self.problems.of(plan)
        density = plan.density_after(1, problem.layout.leaves, found_densities_of(self._view, branch, number))
        return preview(plan, asked, keys, result, ticket, problem, density)

    def rollout(self, branch: str, number: int | None) -> Episode:
        """One episode of a branch's policy: of round `number`, or as it is now.

        Raises:
            TicketError: if nothing is trained yet, or the task has no policy.
        """
        self.settle()
        looked = looked_at(self.lineage, self._view, self.running, branch, number, "policy")
        played = rollout(self._bench, looked.plan, looked.number, looked.result.mean, looked.states)
        problem = self.problems.of(looked.plan)
        assert isinstance(problem, WatchableProblem)
        return episode(problem, played, branch, looked.number, looked.generation)

    def examples(self, branch: str, number: int | None, plan: Plan, which: tuple[int, int]) -> ExamplesSeen:
        """What a branch's weights make of test images (the first's place, and how many), and after its plan's pruning.

        Raises:
            TicketError: if nothing is trained yet, or there are no images of classes.
        """
        self.settle()
        looked = looked_at(self.lineage, self._view, self.running, branch, number, "weights")
        leaves = self.problems.of(plan).layout.leaves
        density = plan.density_after(1, leaves, found_densities_of(self._view, branch, looked.number))
        return examples(self._bench, looked, pruned_mask(self._bench, looked, plan, density), *which)

    def save(self, durable: bool) -> None:
        """Write a checkpoint of the running round, if there is one."""
        if self.running is not None:
            self.running.save(durable)

    def abandon(self, branch: str) -> None:
        """Drop the running round if it is this branch's; if taken up again, it starts from its beginning."""
        if self.running is not None and self.running.view.branch == branch:
            with whole_or_forgotten(self.forget):
                self.running.drain()
            self.running = None
            self._directory.remove_checkpoint()

    def _others_go_on(self) -> AbstractContextManager[None]:
        return others_go_on(self._view, self._watchers.journal, self._drop)

    def _drop(self, round_: RoundView) -> None:
        """Leave nothing of a running round that code of one's own has failed in."""
        self.forget()
        self.analyst.forget(round_.branch, round_.number)
        self._directory.remove_checkpoint()

    def forget(self) -> None:
        """Drop the running round from memory; it resumes from disk."""
        self.running = None

    def close(self) -> None:
        """Cancel analyses, stop compiling ahead, and release the data."""
        self.analyst.close()
        self.compiler.close()
        self.forget()
        self.problems.close()

    def _start(self) -> RunningRound | None:
        """Take up the next round; None if a breakpoint is met before it begins."""
        turn = next_turn(self._view)
        if turn is None:
            raise TicketError("Every branch has finished all its rounds; add a branch, or add rounds to one.")
        self._began = time.monotonic()
        known = self._view.branches[turn.branch].rounds.get(turn.round)
        plan = plan_of(planned(self._view, turn))
        is_slow = isinstance(self.problems.of(plan), WatchableProblem)
        if is_slow:
            begin_turn(turn, self._bench)
        provide_early(turn, plan, self.lineage)
        made = self.lineage.ticket(turn.branch, turn.round, plan)
        form = None if known is None or known.done == 0 else known.form_at(0) or self.problems.former_form(plan)
        shape = RoundShape.of(plan, self.problems, made.kept, self._replicates, form)
        out, layout = left_out(self._view, turn.branch, turn.round), self.problems.of(plan).layout
        remark = collapsed(turn, made, layout, out)
        if known is None and self.breakpoints.at_begin(turn, made, layout, remark):
            return None
        if known is None and turn.round > 0 and self._view.branches[turn.branch].borrows(turn.round) is None:
            self._watchers.journal(pruned(turn, plan, made))
        if self._view.running is None:
            self._watchers.journal(started(turn, plan, made, self.problems, self._view))
        if remark is not None and not self._view.says(remark):
            self._watchers.journal(events.Remarked(at=time.time(), text=remark))
        view = self._view.branches[turn.branch].rounds[turn.round]
        if not view.forms and view.done == 0:
            shape = fitting(shape, self.compiler)
            if shape.form is not None:
                self.problems.take_form(plan, shape.form)
                self._watchers.journal(form_chosen(view, shape.form))
        if not is_slow:
            self._look_ahead(shape)
        self.running = self._take_up(view, shape, made)
        self.running.make_up()
        if self.running.recovered:
            self._watchers.journal(events.Remarked(at=time.time(), text=self.running.recovered))
        return self.running

    def _look_ahead(self, shape: RoundShape) -> None:
        """Compile what comes next in the background, unless that was done for a round of this size and these plans.

        If a simulation must be compiled, this begins after the round's first generation: until then a person waits.
        """
        known = (shape.key, [(branch.plan, branch.aside) for branch in self._view.branches.values()])
        if known != self._looked_ahead:
            self._looked_ahead = known
            prefetch(self._bench, shape)

    def _take_up(self, view: RoundView, shape: RoundShape, made: Pruning) -> RunningRound:
        plan = plan_of(view.plan)
        looks, score_every = live(plan.analysis), plan.analysis.score_every
        marks = early_generations(self._view) if view.number == 0 else ()
        self._way = way = WaySamples(self._directory, view, plan, self._replicates * shape.problem.layout.size)

        def at_mark(generation: int, chunk: Chunk) -> None:
            assert self.running is not None
            way.keep(generation, chunk.result.mean)
            if generation in marks:
                self.lineage.keep_early(view.branch, generation, self.running.weights(chunk))
            if score_every is not None and generation % score_every == 0:
                self._scorer.amid(self.running, generation, chunk)
            for every, settings in looks:
                if generation % every == 0 and generation < view.generations:
                    self._analyse_automatically(settings, view, generation, self._state_of(self.running, chunk))

        again = (*(every for every, _ in looks), *filter(None, (score_every,)))
        assignment = Assignment(view, shape, made.ticket, Noise.of(plan, self._seed))
        return RunningRound(self._bench, assignment, self._watchers, Marks(at_mark, (*marks, *way.marks), again))

    def _caught_up(self, what: str) -> RunningRound:
        """The running round with nothing in flight, at least as far as the journal knows it."""
        if self.running is None and self._view.running is not None:
            self._start()
        self.settle()
        while self.running is not None and self.running.collected < self.running.view.done:
            self.pulse(0)
        if self.running is None:
            raise TicketError(f"No round is running, so nothing can be {what}; run or step first.")
        return self.running

    def _conclude(self, running: RunningRound) -> None:
        """Finish a round whose last generation is done, or end it if all its replicates have diverged."""
        self._divergence.look(running, running.newest)
        if running.is_complete and not self._is_given_up(running):
            self._finish(running)

    def _is_given_up(self, running: RunningRound) -> bool:
        if self._view.branches[running.view.branch].failed is None:
            return False
        self._directory.remove_checkpoint()
        self.running = None
        return True

    def _finish(self, running: RunningRound) -> None:
        view = running.view
        chunk, choice = chosen(running.shape, self.compiler, self._seed, view.number, running.latest())
        plan = plan_of(view.plan)
        problem_state, beside = running.problem_state(chunk), running.beside(chunk)
        if chunk.result.std is not None:
            plan.trainer.check_sigma(np.asarray(chunk.result.std), np.asarray(chunk.result.mask))
        tested = self._scorer.now(running, chunk)
        self._divergence.look_at_result(running, chunk.result, np.asarray(tested.score))
        if self._is_given_up(running):
            return
        result = self._divergence.blanked_result(view.branch, view.number, chunk.result)
        layout, arrays = running.shape.problem.layout, Arrays.of(result)
        borrowed = self._view.branches[view.branch].borrowed
        older = borrowed is not None and borrowed.takes == "trained"
        check_masks(arrays.mask, np.asarray(running.ticket.mask), view, plan, layout, older)
        assert self._way is not None
        way = self._way.finish(running.ticket.start, result, running.collected)
        sealed = self.lineage.keep_result(view.branch, view.number, result, problem_state, beside, way)
        finished = events.RoundFinished(
            at=time.time(),
            branch=view.branch,
            round=view.number,
            generations=running.collected,
            score=finite(np.asarray(tested.score)),
            fitness=finite(view.metrics()[-1, :, 0]),
            seconds=time.monotonic() - self._began,
            survivors=survivors(beside, running.ticket, layout),
        )
        next_density = plan.density_after(1, layout.leaves, view.densities or view.trained_density)
        self._watchers.journal(summarise(finished, arrays, layout, plan, next_density), sealed)
        for settings in at_end(plan.analysis):
            self._analyse_automatically(settings, view, running.collected, self._state_of(running, chunk))
        problem, left_out = running.shape.problem, np.asarray(tested.left_out)
        physics = problem.remark(problem_state, left_out) if isinstance(problem, RemarkingProblem) else None
        for remark in filter(None, (choice, physics)):
            self._watchers.journal(events.Remarked(at=time.time(), text=f"{view.branch}:{view.number}: {remark}"))
        self._directory.remove_checkpoint()
        self.running = None

    def _state_of(self, running: RunningRound, chunk: Chunk) -> RoundState:
        view = running.view
        trained = trained_now(view.branch, view.number, chunk.result, running.problem_state(chunk))
        return RoundState(plan_of(view.plan), trained, chunk.first + chunk.count)

    def _analyse_automatically(
        self, settings: AnalysisSettings, round_: RoundView, generation: int, state: RoundState | None
    ) -> None:
        """Queue the analyses that the spec asks for, unless an earlier process has done them."""
        if not is_done(settings, round_, generation, self._view):
            self.analyst.ask(settings, round_.branch, round_.number, state, automatic=True)
