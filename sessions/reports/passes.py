"""What a round costs, with any trainer: environment steps in control tasks, otherwise forward passes.

Trainers are compared at equal cost. A backward pass counts as two forward passes. No JAX is imported here.
"""

from sessions.specs.journalled import trainer_of
from sessions.views.branch_view import RoundView
from ticket_explorer.tasks import TASKS


def forward_passes(round_: RoundView) -> int | None:
    """Forward passes of one batch in all generations of a finished round, for each replicate.

    None for control tasks, which pass no batch through a network, or if the trainer is unknown.
    """
    return None if round_.finished is None else passes_by(round_, round_.finished.generations)


def passes_by(round_: RoundView, generations: int) -> int | None:
    """The same for some number of generations of any round."""
    trainer = trainer_of(round_.plan)
    task = TASKS.get(round_.plan.get("task", {}).get("name", ""))
    if trainer is None or trainer.passes is None or task is None or not task.has_examples:
        return None
    return round(trainer.passes * generations)


def environment_steps(round_: RoundView) -> list[int] | None:
    """Environment steps of a finished round, per replicate: actions of episodes that had not ended.

    Only those of training, not of scores. None if no policy acts, or an early version did not count them.
    """
    return None if round_.finished is None else round_.steps_by(round_.finished.generations)
