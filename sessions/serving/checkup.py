"""Does this machine work? What a session needs to run and to be seen, checked piece by piece, each with a remedy.

Trouble is what keeps a session from running or from being seen; anything else that a person may miss is a remark.
"""

import os
import platform
import shutil
import socket
import sys
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from sessions.plans.devices import gpus
from sessions.serving.endpoint import LOOPBACK, private_directory
from sessions.serving.finding import Finding, fine, remark, trouble
from sessions.serving.installed import OURS, packages, widgets
from sessions.serving.trial import GENERATIONS, Trial, tried
from sessions.store import SessionLock
from sessions.store.errors import told
from sessions.store.files import write_atomic
from ticket_explorer.child_process import INTERPRETER
from ticket_explorer.errors import TicketError
from ticket_explorer.machine_memory import memory_limit
from ticket_explorer.own_process import cache_trouble
from ticket_explorer.places import VARIABLE, make_private, sessions_dir

PATIENCE = 16.0
"""Seconds that a short round may take."""
SESSION_BYTES = 7_000_000
"""What the default session takes on disk."""
SLOW = 10.0
"""Seconds from which a short round is worth a remark."""
UNTRIED = {"win32": "Windows", "darwin": "macOS"}
"""Systems that follow their documentation in `sessions.store.system`, and on which nothing was run."""


def checkup(trial: Callable[[float], Trial] = tried) -> Iterator[Finding]:
    """All findings, each as soon as it is known.

    Args:
        trial: Trains a short round, or gives it up after so many seconds.
    """
    yield _python()
    yield from packages()
    yield _data_directory()
    yield _room()
    yield _compiled()
    yield _sockets()
    yield widgets()
    yield _browser()
    found = trial(PATIENCE)
    yield _device(found)
    yield _round(found)


def _python() -> Finding:
    said = f"{platform.python_version()} on {platform.system()} {platform.machine()}, {INTERPRETER}"
    if sys.platform in UNTRIED:
        return remark("Python", said, f"Ticket Explorer was never tried on {UNTRIED[sys.platform]}; see what follows.")
    return fine("Python", said)


def _data_directory() -> Finding:
    """Whether a file can be written, and a lock taken, where sessions are."""
    remedy = f"Free some space, or set {VARIABLE} to a directory where you may write."
    try:
        place = sessions_dir()
        with told(place):
            make_private(place)
        with told(place), TemporaryDirectory(dir=place, prefix=".checkup-") as inside:
            write_atomic(Path(inside) / "file", b"x" * 4096)
            SessionLock(Path(inside) / "lock").release()
    except TicketError as error:
        return trouble("data directory", str(error), remedy)
    return fine("data directory", f"{place} takes files and locks")


def _room() -> Finding:
    try:
        place = next(place for place in (sessions_dir(), *sessions_dir().absolute().parents) if place.is_dir())
        free = shutil.disk_usage(place).free
    except (TicketError, OSError, StopIteration):
        return remark("disk", "not known", "See the data directory.")
    said = f"{free / 1e9:.1f} GB free; the default session takes {SESSION_BYTES / 1e6:.0f} MB"
    if free < SESSION_BYTES:
        return trouble("disk", said, f"Free some space, or set {VARIABLE} to a directory of another disk.")
    if free < 100 * SESSION_BYTES:
        return remark("disk", said, "Free some space for larger sessions.")
    return fine("disk", said)


def _compiled() -> Finding:
    why_not = cache_trouble()
    if why_not is None:
        return fine("compiled code", "is kept for the next start")
    return remark("compiled code", why_not, "Sessions run, and start more slowly.")


def _sockets() -> Finding:
    """Whether engines can be reached: by a socket that is a file, or else over the loopback interface."""
    directory = private_directory() if hasattr(socket, "AF_UNIX") else None
    if directory is not None:
        with suppress(OSError), TemporaryDirectory(dir=directory, prefix="t") as place:
            _connect(socket.AF_UNIX, str(Path(place) / "s"))
            return fine("sockets", f"Unix sockets in {directory}")
    try:
        _connect(socket.AF_INET, (LOOPBACK, 0))
    except OSError as error:
        said = f"Neither Unix sockets nor {LOOPBACK} can be used ({error}): the app can't reach an engine."
        remedy = "Check the firewall, and whether this container allows sockets; `ticket-explorer run` needs none."
        return trouble("sockets", said, remedy)
    said = f"{LOOPBACK} with a token, since no private directory for Unix sockets was found"
    remedy = "Nothing needs doing; with XDG_RUNTIME_DIR set to a private directory, Unix sockets are used."
    return remark("sockets", said, remedy)


def _connect(family: int, address: str | tuple[str, int]) -> None:
    with socket.socket(family) as server, socket.socket(family) as client:
        server.bind(address)
        server.listen(1)
        client.settimeout(2.0)
        client.connect(server.getsockname())


def _browser() -> Finding:
    try:
        found = webbrowser.get().__class__.__name__
    except webbrowser.Error:
        said = "none is known here; the app in a terminal needs none"
        return remark("browser", said, "Open notebooks and pages from another machine.")
    return fine("browser", f"pages can be opened ({found})")


def _device(found: Trial) -> Finding:
    if not found.device:
        said = found.refusal or f"JAX named no device within {PATIENCE:.0f} seconds"
        remedy = f"pip install --upgrade '{OURS}', or set JAX_PLATFORMS=cpu if a GPU's driver hangs."
        return trouble("JAX", said, remedy)
    machine = f"{os.cpu_count()} cores, {memory_limit() / 1e9:.0f} GB of memory"
    said = f"{found.device}, found in {found.starting or 0.0:.1f} s; {machine}"
    if found.device.startswith("cpu") and gpus():
        remedy = f"pip install '{OURS}[cuda13]', if this GPU is to be used."
        return remark("JAX", said, remedy)
    if memory_limit() < 1e9:
        return remark("JAX", said, "Close other programs: a session takes about 0.7 GB.")
    return fine("JAX", said)


def _round(found: Trial) -> Finding:
    if found.seconds is not None:
        said = f"{GENERATIONS} generations of the default in {found.seconds:.1f} s, compiling included"
        if found.seconds < SLOW:
            return fine("short round", said)
        remedy = "Close other programs, or choose smaller settings: --generations 50."
        return remark("short round", said, remedy)
    if found.device and not found.refusal:
        said = f"not finished within {PATIENCE:.0f} s: this machine is slow or busy"
        remedy = "Close other programs and try again; `ticket-explorer run --rounds 1 --generations 20` takes its time."
        return remark("short round", said, remedy)
    if not found.device:
        return trouble("short round", "not tried: JAX doesn't work", "See what is said of JAX.")
    remedy = "See the error: ticket-explorer run --rounds 1 --generations 20 --traceback"
    return trouble("short round", found.refusal, remedy)
