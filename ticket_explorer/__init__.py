"""The front door: the public names of all three packages, handed on at first use.

Importing it imports no JAX; what needs it does when it is asked for. `import ticket_explorer as tx`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sessions.serving.ask import analyse, decompose, transfer
    from sessions.session.session import Session
    from sessions.specs.spec import Spec, parse_spec
    from ticket_explorer.errors import TicketError
    from ticket_explorer.presets import load as load_preset
    from ticket_explorer.presets import names as preset_names
    from widgets import notebook as widgets
    from widgets.notebook import LiveSession, explore

_HOMES = {
    "LiveSession": "widgets.notebook:LiveSession",
    "Session": "sessions.session.session:Session",
    "Spec": "sessions.specs.spec:Spec",
    "TicketError": "ticket_explorer.errors:TicketError",
    "analyse": "sessions.serving.ask:analyse",
    "decompose": "sessions.serving.ask:decompose",
    "explore": "widgets.notebook:explore",
    "load_preset": "ticket_explorer.presets:load",
    "parse_spec": "sessions.specs.spec:parse_spec",
    "preset_names": "ticket_explorer.presets:names",
    "transfer": "sessions.serving.ask:transfer",
    "widgets": "widgets.notebook",
}

__all__ = [
    "LiveSession",
    "Session",
    "Spec",
    "TicketError",
    "analyse",
    "decompose",
    "explore",
    "load_preset",
    "parse_spec",
    "preset_names",
    "transfer",
    "widgets",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    place, _, attribute = _HOMES[name].partition(":")
    try:
        module = import_module(place)
    except ModuleNotFoundError as error:
        raise _what_installs(name, error) from None
    value = globals()[name] = getattr(module, attribute) if attribute else module
    return value


def _what_installs(name: str, error: ModuleNotFoundError) -> Exception:
    """The sentence for widgets without what they need; the error itself otherwise."""
    if error.name not in ("ipywidgets", "anywidget", "traitlets"):
        return error
    from ticket_explorer.errors import TicketError

    return TicketError(f"tx.{name} needs {error.name}; install it with: pip install 'ticket-explorer[notebook]'")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
