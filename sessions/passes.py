"""What a round of training costs whoever trains it: forward passes, a backward pass counting as two.

Searchers are compared at equal numbers of them. No JAX is imported here.
"""

import msgspec

from sessions.branch_view import RoundView
from ticket_explorer.tasks import TASKS
from ticket_explorer.tasks.settings import ImageSettings
from ticket_explorer.trainers import TRAINERS


def forward_passes(round_: RoundView) -> int | None:
    """Forward passes of one batch in all generations of a finished round, for each replicate.

    None where no batch is passed through a network (control tasks), or nothing is known of the trainer.
    """
    task, trainer = (dict(round_.plan.get(key, {})) for key in ("task", "trainer"))
    settings = TRAINERS.get(trainer.pop("name", ""))
    images = TASKS.get(task.get("name", ""))
    if settings is None or images is None or not issubclass(images, ImageSettings) or round_.finished is None:
        return None
    passes = msgspec.convert(trainer, settings).passes
    return None if passes is None else round(passes * round_.finished.generations)
