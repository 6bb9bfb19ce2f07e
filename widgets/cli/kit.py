"""`kit`: everything that a workshop without internet installs from, in one directory.

pip itself chooses and downloads: what it downloads for another platform it takes for this machine's conditions, so that
what only that platform needs is named here.
"""

import hashlib
import re
import shutil
import subprocess
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from sessions.store.errors import told as told_of
from sessions.store.files import write_atomic
from ticket_explorer.child_process import INTERPRETER
from ticket_explorer.errors import InvalidValue, TicketError
from widgets.cli.app import told
from widgets.cli.lessons import known_lessons
from widgets.cli.output import say, write
from widgets.shared.gallery import gallery
from widgets.shared.wording import in_bytes

PARTS = "notebook,serve"
"""Extras that lessons and broadcasts need."""
_ALSO = {"win": ("colorama", "tzdata", "pywin32>=300", "pywinpty>=2"), "macosx": ("appnope",)}
"""What packages in the kit ask for on a platform only, whose name begins like that."""
_PLACES = ("wheels", "lessons", "recordings")


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(kit)


@told
def kit(
    directory: Annotated[Path, typer.Argument(help="Where to make it; it must not be there, or be empty.")],
    platform: Annotated[
        list[str] | None,
        typer.Option(
            help="A wheel's platform: win_amd64, macosx_11_0_arm64; may be repeated. By default this machine's."
        ),
    ] = None,
    python: Annotated[
        list[str] | None, typer.Option(help="A version of Python, 3.12; may be repeated. By default this one's.")
    ] = None,
    wheel: Annotated[
        Path | None, typer.Option(help="Ticket Explorer's own wheel; without it, pip looks for this version.")
    ] = None,
) -> None:
    """Make a directory from which laptops install without internet.

    It has the wheels of everything that the lessons and the app need, the lessons, recorded sessions as pages, a README
    with the one line that installs, and checksums. This machine needs pip and internet; those it is for need Python.
    """
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise InvalidValue("DIRECTORY", directory, "a directory that is not there yet, or is empty")
    if wheel is not None and (wheel.suffix != ".whl" or not wheel.is_file()):
        raise InvalidValue("--wheel", wheel, "Ticket Explorer's wheel, a file that ends in .whl")
    if find_spec("pip") is None:
        raise TicketError("This Python has no pip, which downloads the wheels; install it: python -m ensurepip")
    with told_of(directory):
        for place in _PLACES:
            (directory / place).mkdir(parents=True, exist_ok=True)
    _download(directory / "wheels", platform or [], python or [], wheel)
    _fill(directory)
    files = sorted(file for file in directory.rglob("*") if file.is_file())
    lines = [f"{_digest(file)}  {file.relative_to(directory).as_posix()}" for file in files]
    write_atomic(directory / "SHA256SUMS", ("\n".join(lines) + "\n").encode())
    say(f"{len(files)} files, {in_bytes(sum(file.stat().st_size for file in files))}. Check: sha256sum -c SHA256SUMS")
    write(_line())


def _download(wheels: Path, platforms: list[str], pythons: list[str], own: Path | None) -> None:
    what = f"ticket-explorer[{PARTS}]"
    wanted = f"{what}=={version('ticket-explorer')}" if own is None else f"{what} @ {own.resolve().as_uri()}"
    for platform in platforms or [""]:
        for python in pythons or [""]:
            where = [f"--platform={one}" for one in _accepted(platform)]
            where += [f"--python-version={python}"] if python else []
            also = [one for start, names in _ALSO.items() if platform.startswith(start) for one in names]
            say(f"Downloading for {platform or 'this machine'}, Python {python or 'as here'} …")
            _pip(["download", "--only-binary=:all:", "--dest", str(wheels), *where, wanted, "jupyterlab", *also])


def _accepted(platform: str) -> list[str]:
    """What a platform can install: pip knows it of macOS, and of Linux only by the C library's older names."""
    found = re.fullmatch(r"manylinux_2_(\d+)_(\w+)", platform)
    if found is None:
        return [platform] if platform else []
    newer = [f"manylinux_2_{minor}_{found[2]}" for minor in range(int(found[1]), 4, -1)]
    return [*newer, f"manylinux2014_{found[2]}"]


def _pip(arguments: list[str]) -> None:
    quiet = ("--disable-pip-version-check", "--quiet")
    done = subprocess.run([INTERPRETER, "-P", "-m", "pip", *arguments, *quiet], capture_output=True, text=True)
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or done.stderr.splitlines()
        raise TicketError(f"pip could not download everything: {' '.join(errors)[-600:]}")


def _fill(directory: Path) -> None:
    """Add what is not installed: lessons, recordings as pages, instructions."""
    from widgets.replay_page.page import replay

    for lesson in known_lessons():
        shutil.copyfile(lesson, directory / "lessons" / lesson.name)
    for name, one in gallery().items():
        replay(one.path, directory / "recordings" / f"{name}.html")
    write_atomic(directory / "README.txt", _README.format(line=_line()).encode())


def _line() -> str:
    """What installs everything, typed inside the directory."""
    return f'python -m pip install --no-index --find-links wheels "ticket-explorer[{PARTS}]" jupyterlab'


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


_README = """Ticket Explorer, without internet

In this directory, in an environment of your own (python -m venv tickets, then activate it):

    {line}

Then:

    ticket-explorer doctor
    jupyter lab lessons

recordings/ holds pages that any browser opens, with nothing installed. SHA256SUMS has every file's checksum.
On Windows sessions run only within WSL: there, take the wheels of Linux.
"""
