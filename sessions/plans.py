"""What a plan must satisfy beyond its types, and small facts that a session records."""

import os
import platform
from collections.abc import Container
from importlib.metadata import version

from sessions.lineage import Problems
from sessions.spec import Plan
from ticket_explorer import masks
from ticket_explorer.errors import InvalidValue

_PACKAGES = ("ticket-explorer", "jax", "jaxlib", "flax", "evosax", "optax", "numpy")


def check_plan(plan: Plan, problems: Problems, density: float = 1.0, round_: int = 0) -> None:
    """Refuse a plan that could not run to its end; loads its problem.

    Args:
        plan: To be checked.
        problems: Of the session.
        density: That of the round the plan goes on from.
        round_: The number of that round.

    Raises:
        TicketError: if the data are missing, or pruning would leave no weight.
    """
    layout = problems.of(plan).layout
    left = max(plan.pruning.rounds - 1 - round_, 0)
    last = density * (1 - plan.pruning.ratio) ** left
    if masks.kept_prunable(layout, last, plan.pruning.scope) < 1:
        raise InvalidValue(
            "$.pruning",
            f"ratio {plan.pruning.ratio} over {plan.pruning.rounds} rounds",
            f"at least one of the {layout.prunable_size} prunable weights to be left in the last round; "
            "prune less a round, or in fewer rounds",
        )


def free_name(parent: str, taken: Container[str]) -> str:
    """A name for a branch of `parent`: `snr-2`."""
    stem, _, number = parent.rpartition("-")
    stem = stem if stem and number.isdigit() else parent
    return next(name for n in range(2, 1_000_000) if (name := f"{stem}-{n}") not in taken)


def span(numbers: list[int]) -> str:
    """Consecutive numbers in words: `0 to 7`, or `none`."""
    if not numbers:
        return "none"
    return str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"


def versions() -> dict[str, str]:
    """What computes: packages, Python and processor. Bits may differ where these differ."""
    found = {package: version(package) for package in _PACKAGES}
    return found | {"python": platform.python_version(), "machine": platform.machine(), "cores": str(os.cpu_count())}
