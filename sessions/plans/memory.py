"""Whether a plan fits into this machine's memory: the least that it needs against what the machine has."""

from sessions.specs.spec import Plan
from ticket_explorer.errors import InvalidValue
from ticket_explorer.machine_memory import memory_limit

LEAST = 4
"""A search needs at least this share of what its settings give as its peak."""
_NUMBER = 4
"""Bytes of one number."""


def check_memory(plan: Plan, dimension: int, replicates: int) -> None:
    """Refuse a plan that can't fit, before anything is created; one that passes may still turn out too large.

    Args:
        plan: To be checked.
        dimension: How many weights it searches.
        replicates: How many searches there are at once.

    Raises:
        TicketError: with what the plan holds at least, and what the machine has.
    """
    limit = memory_limit()
    needed = _NUMBER * replicates * plan.trainer.numbers_held(dimension) // LEAST
    if needed > limit:
        raise InvalidValue(
            "$.trainer",
            f"{plan.trainer.algorithm} over {dimension:,} weights",
            f"what fits into memory: this needs at least {_size(needed)}, and the machine has {_size(limit)}. "
            "Choose a smaller population or fewer replicates, or a strategy without a covariance of all weights, such "
            "as sep_cma_es.",
        )


def _size(count: int) -> str:
    return f"{count / 1e9:,.0f} GB"
