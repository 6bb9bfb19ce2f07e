"""Settings of trainers of one's own; no JAX is imported here, and no code is run."""

from importlib import import_module
from typing import Any, ClassVar

import msgspec

from ticket_explorer.own_code import NAME
from ticket_explorer.trainers.settings import TrainerSettings


class OwnTrainer(TrainerSettings, frozen=True, kw_only=True, tag=NAME):
    """A trainer of one's own, `./my_trainer.py:MyTrainer`."""

    implementation: ClassVar[str] = "ticket_explorer.trainers.own:OwnTrainer"
    narrows: ClassVar[bool] = False
    filled_in: ClassVar[tuple[str, ...]] = ("source", "file")
    place: str
    """File and object, `my_trainer.py:MyTrainer`."""
    source: str
    """The file's text, which the session goes on with."""
    file: str = ""
    """Where that file was, to tell when it has changed."""
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)
    """The class's keyword arguments."""

    @property
    def algorithm(self) -> str:
        """The class's name."""
        return self.place.rpartition(":")[2]

    def try_out(self, problem: Any) -> None:
        """Trace a round of it; runs its code, if it is trusted."""
        import_module("ticket_explorer.trainers.own").try_out(self, problem)


class OwnSearch(OwnTrainer, frozen=True, kw_only=True, tag="own_search"):
    """A trainer of one's own that finds a σ of each weight: its class says `has_sigma = True`."""

    has_sigma: ClassVar[bool] = True
    default_pruner: ClassVar[str] = "snr"

    def check_sigma(self, sigma: Any, mask: Any) -> None:
        """Refuse a σ of a kept weight that is not above 0."""
        import_module("ticket_explorer.trainers.own").check_sigma(self, sigma, mask)
