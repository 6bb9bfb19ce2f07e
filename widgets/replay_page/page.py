"""`export SESSION replay`: a session as one HTML file that anyone can open, scrub through, and mail.

The file names no other host, and its policy lets it run one script and load nothing. Words of the session reach the
page as text only: escaped in its head, and as data that its script writes into text nodes.
"""

import base64
import hashlib
import time
from html import escape
from pathlib import Path
from string import Template

from sessions.saved.session import SavedSession
from sessions.store.files import write_atomic
from sessions.views.branch_view import BranchView
from sessions.views.reading import Header
from sessions.views.session_view import SessionView
from ticket_explorer.errors import InvalidValue, TicketError
from ticket_explorer.tables import algorithm_of
from widgets.canvas.browser_module import ESM, joined
from widgets.replay_page.gathering import gathered
from widgets.replay_page.recording import packed_numbers, packed_words
from widgets.shared.wording import counted

_HERE = Path(__file__).parent
_ENDING = ".html"


def replay(session: "SavedSession | str | Path", path: str | Path) -> None:
    """Write a session as one HTML page that replays it, in any browser and without a network.

    Args:
        session: A saved session, its path or its name.
        path: The file to write; it ends in .html.

    Raises:
        TicketError: if there is no such session, nothing is trained in it yet, or the file can't be written.
    """
    saved = session if isinstance(session, SavedSession) else SavedSession.read(session)
    if Path(path).suffix != _ENDING:
        raise InvalidValue("path", path, f"a file name that ends in {_ENDING}")
    write_atomic(Path(path), page(saved.path, saved.header, saved.view).encode())


def page(path: Path, header: Header, view: SessionView) -> str:
    """A session as an HTML page.

    Args:
        path: The session's directory, from which masks are read.
        header: The session's header.
        view: The session's view.

    Raises:
        TicketError: if nothing is trained in it yet.
    """
    if not any(round_.done for name in view.branches for round_ in view.lineage(name)):
        raise TicketError("Nothing is trained in this session yet, so there is nothing to replay; resume it first.")
    title = header.title or path.stem
    words, numbers = gathered(path, title, view)
    script = joined(ESM, "page")
    style = (ESM / "chart.css").read_text("utf-8") + (_HERE / "page.css").read_text("utf-8")
    return Template((_HERE / "page.html").read_text("utf-8")).substitute(
        title=escape(title),
        plans="".join(f"<li>{_plan(branch)}</li>" for branch in view.branches.values()),
        facts=escape(facts_of(header, view)),
        version=escape(_version(header, view)),
        style=style,
        style_hash=_hash(style),
        script=script,
        script_hash=_hash(script),
        words=packed_words(words),
        numbers=packed_numbers(numbers),
    )


def facts_of(header: Header, view: SessionView) -> str:
    """One line on what a session is, and how it stands."""
    plans = [branch.plan for branch in view.branches.values()]
    task, network, trainer = (
        ", ".join(dict.fromkeys(algorithm_of(plan[part]) for plan in plans)) for part in ("task", "network", "trainer")
    )
    branches = counted(len(view.branches), "branch", "branches")
    replicates = counted(header.spec.get("replicates", 1), "replicate", "replicates")
    return f"Task {task} · network {network} · trained by {trainer} · {branches} · {replicates} · {view.state}"


def _plan(branch: BranchView) -> str:
    """How a branch prunes and where it restarts, as HTML."""
    pruner, rewind = (algorithm_of(branch.plan[part]) for part in ("pruner", "rewind"))
    return f"<b>{escape(branch.name)}</b> prunes by {escape(pruner)}, rewinds to {escape(rewind)}"


def _version(header: Header, view: SessionView) -> str:
    version = view.versions.get("ticket-explorer") or header.versions.get("ticket-explorer", "")
    return f"Ticket Explorer {version}, {time.strftime('%Y-%m-%d', time.gmtime(header.created))}".replace(" ,", ",")


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
