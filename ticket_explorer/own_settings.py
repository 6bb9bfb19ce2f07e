"""Which settings code of one's own has, in the families that take it; no JAX is imported here, and no code is run."""

from collections.abc import Mapping

from ticket_explorer.analysis.own_settings import OwnAnalysis
from ticket_explorer.networks.own_settings import OwnNetwork
from ticket_explorer.own_code import Outline
from ticket_explorer.pruners.own_settings import OwnPruner
from ticket_explorer.registry import Settings, name_of
from ticket_explorer.rewinds.own_settings import OwnRewind
from ticket_explorer.tasks.control.box2d.own_settings import OwnGymnasium
from ticket_explorer.tasks.control.own.settings import OwnEnvironment
from ticket_explorer.tasks.own_data.own_settings import OwnData
from ticket_explorer.trainers.own_settings import OwnSearch, OwnTrainer

OWN: Mapping[str, tuple[type[Settings], ...]] = {
    "task": (OwnEnvironment, OwnGymnasium, OwnData),
    "network": (OwnNetwork,),
    "trainer": (OwnTrainer, OwnSearch),
    "pruner": (OwnPruner,),
    "rewind": (OwnRewind,),
    "analysis": (OwnAnalysis,),
}
"""By the key of a plan, or by family."""


def own_settings(key: str, name: object) -> type[Settings] | None:
    """The settings of code of one's own that a name stands for, `own`; None if it names something else."""
    return next((settings for settings in OWN.get(key, ()) if name_of(settings) == name), None)


def settings_for(key: str, outline: Outline | None) -> type[Settings]:
    """Which settings an object has.

    Args:
        key: A key of `OWN`.
        outline: Of its class; None if it is a function.
    """
    if key == "task" and outline is None:
        return OwnData
    if key == "task" and outline is not None and any(base.rpartition(".")[2] == "Env" for base in outline.bases):
        return OwnGymnasium
    if key == "trainer" and outline is not None and outline.constants.get("has_sigma") is True:
        return OwnSearch
    return OWN[key][0]
