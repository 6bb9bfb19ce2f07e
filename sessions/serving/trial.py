"""A round of the embedded default in a process of its own: `python -m sessions.serving.trial DIRECTORY`.

It prints what it has reached, a line of JSON each time, so that whoever waits for it knows how far it got. A driver
that hangs or crashes takes only this process with it.
"""

import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from ticket_explorer import own_process
from ticket_explorer.child_process import python
from ticket_explorer.errors import TicketError

GENERATIONS = 20


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """How far a trial got."""

    device: str = ""
    """What JAX computes on, in its own words; empty if it never said."""
    starting: float | None = None
    """Seconds until it said so."""
    seconds: float | None = None
    """Seconds that the round took, compiling included; None if it was not finished."""
    refusal: str = ""
    """Why it could not go on, in a sentence or in the process's last line."""


def tried(patience: float) -> Trial:
    """Train a short round elsewhere.

    Args:
        patience: Seconds after which it is given up.
    """
    with TemporaryDirectory(prefix="ticket-explorer-trial-", ignore_cleanup_errors=True) as place:
        command = python("sessions.serving.trial", place)
        try:
            done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=patience)
        except subprocess.TimeoutExpired as expired:
            told = expired.stdout or b""  # bytes, whatever `text` says
            return _last(told.decode(errors="replace") if isinstance(told, bytes) else told)
    found = _last(done.stdout)
    if done.returncode == 0 or found.refusal:
        return found
    said = done.stderr.strip().splitlines()[-1:] or [f"its process ended with exit code {done.returncode}"]
    return msgspec.structs.replace(found, refusal=said[0])


def _last(told: str) -> Trial:
    lines = [line for line in told.splitlines() if line.startswith("{") and line.endswith("}")]
    return msgspec.json.decode(lines[-1], type=Trial) if lines else Trial()


def main(place: Path) -> int:
    """Train the round; returns the exit code."""
    began = time.perf_counter()
    own_process.settle()
    try:
        import jax

        device = jax.devices()[0]
        reached = Trial(device=f"{device.platform} ({device.device_kind})", starting=time.perf_counter() - began)
        _say(reached)
        from sessions.session.run import run

        began = time.perf_counter()
        only = {"branch": [{"name": "snr", "pruner": "snr", "rewind": "initial"}]}
        run("fashion", place / "trial.session", rounds=1, generations=GENERATIONS, settings=only, quiet=True)
        _say(msgspec.structs.replace(reached, seconds=time.perf_counter() - began))
    except (TicketError, ImportError, RuntimeError, OSError) as error:
        _say(Trial(refusal=str(error)))
        return 1
    return 0


def _say(trial: Trial) -> None:
    print(msgspec.json.encode(trial).decode(), flush=True)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
