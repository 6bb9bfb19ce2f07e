"""Settings of analyses of one's own; no JAX is imported here, and no code is run."""

from typing import Any, ClassVar

import msgspec

from ticket_explorer.analysis.settings import AnalysisSettings, Subject
from ticket_explorer.own_code import NAME


class OwnAnalysis(AnalysisSettings, frozen=True, kw_only=True, tag=NAME):
    """A function of one's own of a round's weights, `./my_look.py:my_look`."""

    implementation: ClassVar[str] = "ticket_explorer.analysis.own:OwnLook"
    looks_at: ClassVar[Subject] = "state"
    place: str
    """File and function, `my_look.py:my_look`."""
    source: str
    """The file's text, which the session keeps with the result."""
    file: str = ""
    """Where that file was, to tell when it has changed."""
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)
    """The function's keyword arguments."""

    @property
    def called(self) -> str:
        """File and function: what journals and exports call it."""
        return self.place
