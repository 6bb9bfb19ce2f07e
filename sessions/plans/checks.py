"""What a plan must satisfy beyond its types, and small facts that a session records."""

import os
import platform
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from sessions.plans.filter_sizes import check_kernels
from sessions.plans.memory import check_memory
from sessions.plans.problems import Problems
from sessions.specs.own_code import codes_of
from sessions.specs.spec import Plan, check_ratios, table_of
from sessions.views.branch_view import RoundView
from ticket_explorer import masks
from ticket_explorer.densities import Density, Scope, finer, parts, scope_of
from ticket_explorer.errors import InvalidValue, TicketError
from ticket_explorer.layout import Layout
from ticket_explorer.own_code import helpers_of
from ticket_explorer.problems import CurvedProblem, DifferentiableProblem
from ticket_explorer.registry import name_of
from ticket_explorer.trainers import TRAINERS
from ticket_explorer.transfers import mismatches

_PACKAGES = ("ticket-explorer", "jax", "jaxlib", "flax", "evosax", "optax", "numpy")
_ENVIRONMENTS = ("gymnax", "brax", "gymnasium", "box2d", "envpool", "playground", "mujoco")
"""Those of these that are installed."""


def check_plan(
    plan: Plan, problems: Problems, density: Density = 1.0, round_: int = 0, first_generations: int | None = None
) -> None:
    """Refuse a plan that could not run to its end; loads its problem.

    Args:
        plan: To be checked.
        problems: Of the session.
        density: The density of the round that the plan continues.
        round_: The number of that round.
        first_generations: How many generations the line's round 0 has; None if the plan itself trains it.

    Raises:
        TicketError: if the data are missing, pruning would leave no weight, or memory can't hold the search.
    """
    layout = problems.of(plan).layout
    _check_loss(plan, problems)
    try_out(plan, problems)
    check_ratios(plan, layout.leaves)
    prunable = masks.kept_prunable(layout, density, plan.scope(layout.leaves))
    searched = layout.size - layout.prunable_size + prunable if plan.trainer.narrows else layout.size
    check_memory(plan, searched, problems.replicates)
    last = plan.density_after(max(plan.pruning.rounds - 1 - round_, 0), layout.leaves, density)
    if masks.kept_prunable(layout, last, plan.scope(layout.leaves)) < 1:
        raise InvalidValue(
            "$.pruning",
            f"{plan.pruning.words} over {plan.pruning.rounds} rounds",
            f"at least one of the {layout.prunable_size} prunable weights to be left in the last round; "
            "prune less in each round, or use fewer rounds",
        )
    _check_layers(plan, layout, last)
    early = plan.rewind.early_generation
    most = plan.trainer.generations if first_generations is None else first_generations
    if early is not None and early > most:
        raise InvalidValue("$.rewind.generation", early, f"at most {most}, the generations of round 0")


def try_out(plan: Plan, problems: Problems) -> None:
    """Trace the code of one's own that a plan has.

    Raises:
        TicketError: with its line, if it fails.
    """
    problem = problems.of(plan)
    plan.trainer.try_out(problem)
    plan.pruner.try_out(problem, plan.trainer.has_sigma)
    plan.rewind.try_out(problem, plan.trainer.has_sigma)


def _check_layers(plan: Plan, layout: Layout, last: Density) -> None:
    """Refuse to prune a layer away, if the scope determines in advance how many weights each layer keeps."""
    scope = plan.scope(layout.leaves)
    if scope == "global":
        return
    for part, count in zip(parts(scope, layout.leaves), masks.counts(layout, last, scope), strict=True):
        if count < 1:
            names, size = ", ".join(leaf.name for leaf in part), sum(leaf.size for leaf in part)
            raise InvalidValue(
                "$.pruning",
                f"{plan.pruning.words} over {plan.pruning.rounds} rounds",
                f"at least one of the {size} weights of {names} to be left in the last round, since nothing passes "
                'through an empty layer; prune less in each round, use fewer rounds, or set scope = "global"',
            )


def _check_loss(plan: Plan, problems: Problems) -> None:
    problem = problems.of(plan)
    if isinstance(problem, DifferentiableProblem):
        depends_on_batch = isinstance(problem, CurvedProblem) and problem.depends_on_batch
        if depends_on_batch and (plan.analysis.hessian or plan.analysis.hessian_every):
            field = "hessian" if plan.analysis.hessian else "hessian_every"
            expected = f"none: the loss of {name_of(plan.network)} depends on the batch, and has no Hessian of its own"
            raise InvalidValue(f"$.analysis.{field}", getattr(plan.analysis, field), expected)
        if plan.pruner.needs_curvature and depends_on_batch:
            given = f"{name_of(plan.pruner)}, which needs the loss of each example by itself"
            expected = f"another pruner, or a network without batch normalisation in place of {name_of(plan.network)}"
            raise InvalidValue("$.pruner.name", given, expected)
        return
    task = name_of(plan.task)
    if plan.trainer.needs_loss:
        others = ", ".join(name for name, known in TRAINERS.items() if not known.needs_loss)
        given = f"{name_of(plan.trainer)}, which follows the gradient of a loss that {task} does not have"
        raise InvalidValue("$.trainer.name", given, f"one of {others}, or a task of images")
    if plan.pruner.needs_loss:
        given = f"{name_of(plan.pruner)}, which follows the gradient of a loss that {task} does not have"
        raise InvalidValue("$.pruner.name", given, "another pruner, or a task of images")


def check_scope(plan: Plan, rounds: Sequence[RoundView], problems: Problems) -> None:
    """Refuse to rank separately what was ranked together: a leaf may have fewer weights left than it would keep.

    Args:
        plan: To be checked.
        rounds: The rounds that the plan continues.
        problems: Of the session.
    """
    leaves = problems.of(plan).layout.leaves
    scope = plan.scope(leaves)
    earlier: set[Scope] = {
        scope_of(p["scope"], p.get("ratios", {}), leaves) for p in map(_pruning, rounds) if p is not None
    }
    if not any(finer(scope, known, leaves) for known in earlier):
        return
    how = "globally" if "global" in earlier else "in groups of layers"
    instead = f"this branch was pruned {how} already; branch from its round 0 instead"
    if plan.pruning.scope == "layer":
        raise InvalidValue("$.pruning.scope", "layer", f"global: {instead}")
    given = ", ".join(plan.pruning.ratios)
    expected = "no finer groups than before"
    raise InvalidValue("$.pruning.ratios", given, f"{expected if 'global' not in earlier else 'none'}: {instead}")


def _pruning(round_: RoundView) -> dict[str, Any] | None:
    """How a round was pruned; None for a dense one."""
    pruning: dict[str, Any] = round_.plan["pruning"]
    return pruning if round_.number > 0 else None


def check_layout(plan: Plan, before: Plan, problems: Problems) -> None:
    """Refuse to go on with a network that has other weights than those found so far.

    Args:
        plan: To be checked.
        before: The plan that found the weights so far.
        problems: Of the session.
    """
    layout, known = problems.of(plan).layout, problems.of(before).layout
    if layout != known:
        raise InvalidValue(
            "$.network",
            f"another network, of {layout.size} weights",
            f"the one of {known.size} weights that the branch continues",
        )


def check_start(plan: Plan, problems: Problems, before: Plan | None = None) -> None:
    """Refuse filters that don't fit into images, and prunable weights that all start at zero.

    Of these, rewinding, fresh draws and permutations would change nothing.

    Args:
        plan: To be checked.
        problems: Of the session.
        before: The plan that is continued: a network that a session began with may stay.
    """
    network = plan.network
    if before is not None and before.network == network:
        return
    check_kernels(plan)
    sizes = {leaf.name: leaf.size for leaf in problems.of(plan).layout.prunable_leaves}
    for layer in network.layer_names:
        if network.kernel_init_of(layer) == "zeros" and (size := sizes.get(f"{layer}/kernel")):
            is_last = layer == network.layer_names[-1] and network.last_kernel_init is not None
            raise InvalidValue(
                f"$.network.{'last_kernel_init' if is_last else 'kernel_init'}",
                "zeros",
                f"a distribution that tells weights apart: the {size:,} prunable ones of {layer} would all start "
                "at 0, where rewinding, fresh draws and permutations change nothing",
            )


def check_transfer(plan: Plan, before: Plan, problems: Problems, overlap: bool) -> None:
    """Refuse to carry tickets over to layers of other shapes, unless their overlap is asked for.

    Args:
        plan: Of the branch that the tickets go to.
        before: What found the tickets.
        problems: Of the session.
        overlap: Whether the part that both networks have is enough.
    """
    source, target = problems.of(before).layout, problems.of(plan).layout
    different = mismatches(source, target)
    if different and not overlap:
        raise TicketError(
            f"The tickets do not fit: {'; '.join(different)}. Choose a task and a network of the same shapes, "
            "or ask for the overlap, which takes what both have of each layer."
        )
    both = {leaf.name for leaf in source.prunable_leaves} & {leaf.name for leaf in target.prunable_leaves}
    if not both:
        raise TicketError("The two networks have no layer in common, so nothing of the tickets can be transferred.")


def cautions(plan: Plan) -> list[str]:
    """What a person should know about a plan that works but may not mean what it seems to."""
    return [said for said in (_caution_of_sigma(plan), plan.task.caution(), *_cautions_of_code(plan)) if said]


def _cautions_of_code(plan: Plan) -> Iterator[str]:
    """That a session keeps the text of a file, and nothing that it imports from beside it."""
    for code in codes_of(table_of(plan)):
        if helpers := helpers_of(str(code["source"]), str(code.get("file", ""))):
            yield (
                f"{code['place']} imports {', '.join(helpers)} from beside it, which the session doesn't keep: it goes "
                "on only where they can be imported, and with what they say by then. Put them into the same file."
            )


def _caution_of_sigma(plan: Plan) -> str | None:
    if plan.pruner.needs_sigma and plan.trainer.has_sigma and not plan.trainer.has_sigma_of_each_weight:
        return (
            f"{plan.trainer.algorithm} has one σ for all weights, so SNR pruning is magnitude pruning here; "
            "choose snes, sep_cma_es, pgpe or des for a σ of each weight."
        )
    return None


def span(numbers: list[int]) -> str:
    """Consecutive numbers as text: `0 to 7`, or `none`."""
    if not numbers:
        return "none"
    return str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"


def versions() -> dict[str, str]:
    """The versions of packages, Python and the processor. Where they differ, bits may differ."""
    found = {package: version(package) for package in _PACKAGES}
    for package in _ENVIRONMENTS:
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return found | {"python": platform.python_version(), "machine": platform.machine(), "cores": str(os.cpu_count())}
