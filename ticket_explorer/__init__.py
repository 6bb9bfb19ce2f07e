"""The front door: the public names of all three packages, loaded at first use.

Importing it imports no JAX; what needs it does when it is asked for. `import ticket_explorer as tx`.

`sessions` and `widgets` are loaded from next to it. `python -m ticket_explorer` runs this file while the working
directory stands first on the path: nothing may be imported here that Python has not imported by then.
"""

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sessions.reports.session_list import sessions
    from sessions.saved.many import frame_of_all as to_frame
    from sessions.saved.many import read_all
    from sessions.saved.session import SavedSession
    from sessions.serving.ask import analyse, decompose, transfer
    from sessions.session.run import run
    from sessions.session.session import Session
    from sessions.specs.sources import spec_from as spec
    from sessions.specs.spec import Spec, parse_spec
    from sessions.studies.study import Study
    from ticket_explorer.errors import TicketError
    from ticket_explorer.own_code import code_of
    from ticket_explorer.presets import load as load_preset
    from ticket_explorer.presets import names as preset_names
    from ticket_explorer.tasks.own_data.given import Arrays
    from widgets import notebook as widgets
    from widgets.notebook import LiveSession, explore
    from widgets.plots.html_report import report
    from widgets.plots.paper_figure import figure
    from widgets.replay_page.page import replay
    from widgets.shared.gallery import gallery

    open = Session.open
    read = SavedSession.read

_HOMES = {
    "Arrays": "ticket_explorer.tasks.own_data.given:Arrays",
    "LiveSession": "widgets.notebook:LiveSession",
    "SavedSession": "sessions.saved.session:SavedSession",
    "Session": "sessions.session.session:Session",
    "Spec": "sessions.specs.spec:Spec",
    "Study": "sessions.studies.study:Study",
    "TicketError": "ticket_explorer.errors:TicketError",
    "analyse": "sessions.serving.ask:analyse",
    "code_of": "ticket_explorer.own_code:code_of",
    "decompose": "sessions.serving.ask:decompose",
    "explore": "widgets.notebook:explore",
    "figure": "widgets.plots.paper_figure:figure",
    "gallery": "widgets.shared.gallery:gallery",
    "load_preset": "ticket_explorer.presets:load",
    "open": "sessions.session.session:Session.open",
    "parse_spec": "sessions.specs.spec:parse_spec",
    "preset_names": "ticket_explorer.presets:names",
    "read": "sessions.saved.session:SavedSession.read",
    "read_all": "sessions.saved.many:read_all",
    "replay": "widgets.replay_page.page:replay",
    "report": "widgets.plots.html_report:report",
    "run": "sessions.session.run:run",
    "sessions": "sessions.reports.session_list:sessions",
    "spec": "sessions.specs.sources:spec_from",
    "to_frame": "sessions.saved.many:frame_of_all",
    "transfer": "sessions.serving.ask:transfer",
    "widgets": "widgets.notebook",
}
_CLAIMED = {"sessions": ("sessions",), "widgets": ("sessions", "widgets")}
"""What must be ours before a module of a package is imported."""

__all__ = [  # without `open`: `from ticket_explorer import *` leaves Python's own
    "Arrays",
    "LiveSession",
    "SavedSession",
    "Session",
    "Spec",
    "Study",
    "TicketError",
    "analyse",
    "code_of",
    "decompose",
    "explore",
    "figure",
    "gallery",
    "load_preset",
    "parse_spec",
    "preset_names",
    "read",
    "read_all",
    "replay",
    "report",
    "run",
    "sessions",
    "spec",
    "to_frame",
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
            value: object = import_module(place)
        except Exception as error:
            raise _explained(name, error) from None
        for part in filter(None, attribute.split(".")):
            value = getattr(value, part)
        globals()[name] = value
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
