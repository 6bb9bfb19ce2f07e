"""Which packages are installed, of those that Ticket Explorer and its extras ask for in their metadata."""

import re
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, metadata, version

from sessions.serving.finding import Finding, fine, remark, trouble

OURS = "ticket-explorer"
"""The distribution's name."""
_REQUIREMENT = re.compile(r"([\w.-]+)(?:\[([\w, -]+)\])?")
_EXTRA = re.compile(r"""extra\s*==\s*["']([\w-]+)["']""")
_FRONT_ENDS = ("jupyterlab", "notebook", "marimo", "voila")


def packages() -> Iterator[Finding]:
    """What the package asks for, and what its extras ask for, as the installed metadata say."""
    try:
        ours = metadata(OURS)
    except PackageNotFoundError:
        yield remark("packages", f"{OURS} is not installed, only on the path.", "Install it, to know what is missing.")
        return
    needed, extras = _required(ours.get_all("Requires-Dist") or [])
    known = {name: _version(name) for name in needed}
    missing = [name for name, found in known.items() if found is None]
    if missing:
        remedy = f"pip install {' '.join(missing)}"
        yield trouble("packages", f"missing: {', '.join(missing)}", remedy)
    else:
        listed = ", ".join(f"{name} {found}" for name, found in known.items())
        yield fine("packages", f"{OURS} {ours['Version']}; {listed}")
    lacking = sorted(extra for extra, names in extras.items() if any(_version(name) is None for name in names))
    there = sorted(set(extras) - set(lacking))
    said = f"installed: {', '.join(there) or 'none'}; not installed: {', '.join(lacking) or 'none'}"
    remedy = f"For one that you need: pip install '{OURS}[NAME]'"
    yield remark("extras", said, remedy) if lacking else fine("extras", said)


def _required(lines: list[str]) -> tuple[list[str], dict[str, list[str]]]:
    """The names of required packages, and those of each extra."""
    needed, extras = list[str](), dict[str, list[str]]()
    for line in lines:
        requirement, _, marker = line.partition(";")
        found = _REQUIREMENT.match(requirement.strip())
        if found is None or " and " in marker or "platform" in marker:
            continue
        extra = _EXTRA.search(marker)
        names = [found[1], *_of_extras(found[1], found[2] or "")]
        (needed if extra is None else extras.setdefault(extra[1], [])).extend(names)
    return needed, extras


def _of_extras(name: str, wanted: str) -> list[str]:
    """What some extras of an installed package need: those of `jax[cuda12]`."""
    if not wanted or _version(name) is None:
        return []
    _, extras = _required(metadata(name).get_all("Requires-Dist") or [])
    return [needed for extra in wanted.split(",") for needed in extras.get(extra.strip(), [])]


def _version(name: str) -> str | None:
    with suppress(PackageNotFoundError):
        return version(name)
    return None


def widgets() -> Finding:
    """Whether notebooks can show widgets: a remark if not, since the app needs none."""
    missing = [name for name in ("ipywidgets", "anywidget") if _version(name) is None]
    if missing:
        said = f"missing for widgets: {', '.join(missing)}"
        return remark("notebook", said, f"pip install '{OURS}[notebook]'")
    there = [f"{name} {found}" for name in _FRONT_ENDS if (found := _version(name)) is not None]
    said = f"ipywidgets {version('ipywidgets')}, anywidget {version('anywidget')}"
    if there:
        return fine("notebook", f"{said}, {', '.join(there)}")
    remedy = "pip install jupyterlab, or open notebooks in an editor that shows widgets."
    return remark("notebook", f"{said}, but no JupyterLab in this environment", remedy)
