"""The front door: the public names of all three packages, handed on at first use.

Importing it imports no JAX; what needs it does when it is asked for. `import ticket_explorer as tx`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sessions.session import Session
    from sessions.spec import Spec, parse_spec
    from ticket_explorer.errors import TicketError
    from ticket_explorer.presets import load as load_preset
    from ticket_explorer.presets import names as preset_names

_HOMES = {
    "Session": "sessions.session:Session",
    "Spec": "sessions.spec:Spec",
    "TicketError": "ticket_explorer.errors:TicketError",
    "load_preset": "ticket_explorer.presets:load",
    "parse_spec": "sessions.spec:parse_spec",
    "preset_names": "ticket_explorer.presets:names",
}

__all__ = ["Session", "Spec", "TicketError", "load_preset", "parse_spec", "preset_names"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, attribute = _HOMES[name].partition(":")
    value = globals()[name] = getattr(import_module(module), attribute)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
