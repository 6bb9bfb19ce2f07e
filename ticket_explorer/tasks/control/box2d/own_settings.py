"""Settings of environments of one's own, of Gymnasium's kind; no JAX is imported here, and no code is run."""

from typing import ClassVar

import msgspec

from ticket_explorer.tasks.control.box2d.registered import Registered


class OwnGymnasium(Registered, frozen=True, kw_only=True, tag="own_gymnasium"):
    """An environment of one's own of Gymnasium's kind, `./my_env.py:MyEnv`, stepped by worker processes."""

    filled_in: ClassVar[tuple[str, ...]] = ("measured", "source", "file")
    id: str = ""
    """File and class, `my_env.py:MyEnv`."""
    source: str
    """The file's text, which the session goes on with."""
    file: str = ""
    """Where that file was, to tell when it has changed."""
    parameters: dict[str, bool | int | float | str] = msgspec.field(default_factory=dict)
    """The class's keyword arguments."""

    @property
    def imports(self) -> str:
        """None: its text is what is trusted."""
        return ""

    @property
    def maker(self) -> tuple[str, dict[str, bool | int | float | str]]:
        """What makes it in a worker process, and its arguments."""
        return "ticket_explorer.tasks.control.box2d.flat:own", {"place": self.id, "source": self.source}
