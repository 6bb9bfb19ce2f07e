"""Settings of rewinds of one's own; no JAX is imported here, and no code is run."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, ClassVar

import msgspec

from ticket_explorer.own_code import NAME
from ticket_explorer.registry import Former
from ticket_explorer.rewinds.settings import RewindSettings


class OwnRewind(RewindSettings, frozen=True, kw_only=True, tag=NAME):
    """A function of one's own that says where kept weights restart, `./rules.py:my_start`."""

    formerly: ClassVar[Mapping[str, Former]] = {"file": Former("")}
    filled_in: ClassVar[tuple[str, ...]] = ("source", "file")
    place: str
    """File and object, `rules.py:my_start`."""
    source: str
    """The file's text, which the session goes on with."""
    file: str = ""
    """Where that file was, to tell when it has changed."""
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)
    """The function's keyword arguments."""

    def implemented(self) -> Any:
        """The function; loads JAX and runs the code, if it is trusted."""
        from ticket_explorer.rewinds.own import OwnRestart

        return OwnRestart(self.place, self.source, self.parameters)

    def try_out(self, problem: Any, has_sigma: bool) -> None:
        """Trace it; runs its code, if it is trusted."""
        import_module("ticket_explorer.rewinds.own").try_out(self.implemented(), problem, has_sigma)

    def check_start(self, start: Any, mask: Any) -> None:
        """Refuse NaN and infinite weights."""
        import_module("ticket_explorer.rewinds.own").check_start(self.place, start, mask)
