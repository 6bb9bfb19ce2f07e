"""The command line where the shell is not as one would wish: no UTF-8, long paths, an app that only speaks ASCII."""

import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len

from ticket_explorer import plain_ascii
from widgets.cli import output

COMMAND = str(Path(sys.executable).with_name("ticket-explorer"))
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}


def test_a_run_ends_well_in_ascii_and_below_long_paths(environment, tmp_path, tiny):
    """It listens, and draws its chart and table; of a finished session nothing is computed."""
    deep = tmp_path / ("x" * 60) / ("y" * 60)
    deep.mkdir(parents=True)
    session = shutil.copytree(tiny.path, tmp_path / "s.session")
    surroundings = {**environment, **ASCII, "TMPDIR": str(deep), "XDG_RUNTIME_DIR": str(deep)}
    done = subprocess.run([COMMAND, "resume", str(session)], env=surroundings, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert (done.stdout + done.stderr).isascii()
    assert b"+----" in done.stdout
    assert b"weights kept" in done.stdout
    assert b"Traceback" not in done.stderr


def test_every_sign_that_is_drawn_has_one_of_ascii_as_wide(root):
    drawn = {sign for path in (root / "widgets").rglob("*.py") for sign in path.read_text(encoding="utf-8")}
    drawn |= {chr(code) for code in range(0x2800, 0x2900)} | {chr(code) for code in range(0x2500, 0x25A0)}
    for sign in drawn:
        if not sign.isascii() and cell_len(sign) > 0:
            instead = plain_ascii.sign(sign)
            assert instead.isascii()
            assert len(instead) == cell_len(sign), f"{sign!r} becomes {instead!r}"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_no_output_ends_in_an_error(monkeypatch, encoding):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    plain_ascii.allow()
    text = "│⣿ ± σ 😀 é " + chr(0xD800) * (encoding != "utf-8")
    sys.stdout.write(text)
    output.print_json({"name": "é│😀"})
    sys.stdout.flush()
    written = raw.getvalue().decode(encoding)
    assert written.startswith({"utf-8": "│⣿ ±", "ascii": "|* ~ s ?? e ?"}.get(encoding, "|* ± s ?? é ?"))
    assert ("é│😀" in written) == (encoding == "utf-8")
    assert ("\\u2502" in written) == (encoding != "utf-8")


def test_the_app_is_drawn_in_ascii(environment, tmp_path):
    """What it writes goes to stderr, whatever the locale says of it."""
    import pty

    ours, theirs = pty.openpty()
    plain = {key: value for key, value in environment.items() if key not in ("CI", "TEXTUAL_DRIVER")}
    surroundings = {**plain, **ASCII, "TERM": "xterm-256color", "TICKET_EXPLORER_HOME": str(tmp_path)}
    with subprocess.Popen([COMMAND], stdin=theirs, stdout=theirs, stderr=theirs, env=surroundings) as process:
        os.close(theirs)
        seen = b""
        while b"No sessions yet" not in seen:
            seen += os.read(ours, 65536)
        process.terminate()
    os.close(ours)
    assert seen.isascii()
    assert b"\\u" not in seen
