"""The front door: the public names of all three packages, loaded at first use.

Importing it imports no JAX; what needs it does when it is asked for. `import ticket_explorer as tx`.

`sessions` and `widgets` are loaded from next to it. `python -m ticket_explorer` runs this file while the working
directory stands first on the path: nothing may be imported here that Python has not imported by then.
"""

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sessions.serving.ask import analyse, decompose, transfer
    from sessions.session.session import Session
    from sessions.specs.spec import Spec, parse_spec
    from ticket_explorer.errors import TicketError
    from ticket_explorer.presets import load as load_preset
    from ticket_explorer.presets import names as preset_names
    from ticket_explorer.tasks.own_data.given import Arrays
    from widgets import notebook as widgets
    from widgets.notebook import LiveSession, explore

_HOMES = {
    "Arrays": "ticket_explorer.tasks.own_data.given:Arrays",
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
_CLAIMED = {"sessions": ("sessions",), "widgets": ("sessions", "widgets")}
"""What must be ours before a module of a package is imported."""

__all__ = [
    "Arrays",
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


if not TYPE_CHECKING:  # a type checker knows the names above, and reports others

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        place, _, attribute = _HOMES[name].partition(":")
        from ticket_explorer.siblings import claim

        claim(*_CLAIMED.get(place.partition(".")[0], ()))
        try:
            module = import_module(place)
        except Exception as error:
            raise _explained(name, error) from None
        value = globals()[name] = getattr(module, attribute) if attribute else module
        return value


def _explained(name: str, error: Exception) -> Exception:
    """The sentence for widgets without what they need, or a file that hides a module; otherwise the error itself."""
    from ticket_explorer.errors import TicketError
    from ticket_explorer.siblings import hidden_by_working_directory

    if isinstance(error, ModuleNotFoundError) and error.name in ("ipywidgets", "anywidget", "traitlets"):
        return TicketError(f"tx.{name} needs {error.name}; install it with: pip install 'ticket-explorer[notebook]'")
    return hidden_by_working_directory() or error


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
