"""`sessions` and `widgets` are loaded from next to this package, whatever the working directory contains.

Their names are common ones: another `widgets.py` may come first on `sys.path`. So every entry point claims them
first, and then imports as usual: what lies inside a package is found through the package.
"""

import sys
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import module_from_spec
from pathlib import Path
from threading import RLock
from types import ModuleType

from ticket_explorer.errors import TicketError

HOME = Path(__file__).resolve().parents[1]
"""The directory that contains all three packages."""
_CLAIMING = RLock()


def claim(*names: str) -> None:
    """Load packages from next to this one, unless they are loaded already.

    Args:
        names: The packages to load: `sessions`, `widgets`.

    Raises:
        TicketError: if another module of that name is already imported, or ours is missing.
    """
    with _CLAIMING:
        for name in names:
            if name not in sys.modules:
                _load(name)
            elif (place := _place(sys.modules[name])) != HOME / name:
                raise TicketError(
                    f"The module {name!r} that is already imported is at {place}, and Ticket Explorer has a package "
                    "of that name; rename that file, and start Python again."
                )


def hidden_by_working_directory() -> TicketError | None:
    """What to say if a file of the working directory was imported where a package or module of its name was meant."""
    here = Path.cwd()
    elsewhere = [entry for entry in sys.path if Path(entry).resolve() != here]
    for name, module in tuple(sys.modules.items()):
        place = None if "." in name else _place(module)
        if place is not None and place.parent == here and _has_code(PathFinder.find_spec(name, elsewhere)):
            return TicketError(f"{place} hides another module {name!r}; rename that file, and start Python again.")
    return None


def _has_code(spec: ModuleSpec | None) -> bool:
    """Whether there is a module or a package, not only a directory of that name."""
    return spec is not None and spec.origin is not None


def _load(name: str) -> None:
    spec = PathFinder.find_spec(name, [str(HOME)])
    if spec is None or spec.loader is None:
        raise TicketError(
            f"{HOME} has no package {name!r}, expected next to ticket_explorer; install ticket-explorer again."
        )
    module = sys.modules[name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise


def _place(module: ModuleType) -> Path | None:
    """The directory of a package, or the file of a module; None for what has neither."""
    places = [*getattr(module, "__path__", ()), getattr(module, "__file__", None)]
    return next((Path(place).resolve() for place in places if place), None)
