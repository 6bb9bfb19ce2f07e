"""Settings of environments of one's own, in JAX; no JAX is imported here, and no code is run."""

from typing import Any, ClassVar

import msgspec

from ticket_explorer.own_code import NAME
from ticket_explorer.tasks.control.measured_settings import MeasuredSettings


class OwnEnvironment(MeasuredSettings, frozen=True, kw_only=True, tag=NAME):
    """An environment of one's own in JAX, `./my_env.py:MyEnv`."""

    implementation: ClassVar[str] = "ticket_explorer.tasks.control.own.environment:load"
    measuring: ClassVar[str] = "ticket_explorer.tasks.control.own.environment"
    filled_in: ClassVar[tuple[str, ...]] = ("measured", "source", "file")
    only_training: ClassVar[tuple[str, ...]] = ("episodes", "steps", "test_episodes", "normalise", "squash")
    place: str
    """File and object, `my_env.py:MyEnv`."""
    source: str
    """The file's text, which the session goes on with."""
    file: str = ""
    """Where that file was, to tell when it has changed."""
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)
    """The class's keyword arguments."""
