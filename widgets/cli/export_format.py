"""What can be exported, and in which format: as the file's ending or --format says it, which must agree."""

from enum import StrEnum
from pathlib import Path

from ticket_explorer.errors import InvalidValue


class Kind(StrEnum):
    """What can be exported."""

    metrics = "metrics"
    analysis = "analysis"
    ticket = "ticket"
    rollout = "rollout"
    figure = "figure"
    report = "report"
    replay = "replay"
    summary = "summary"


DIRECTORY = "tensorboard"
"""The format that is a directory, and so no ending."""
GROWING = (DIRECTORY, "csv")
"""Formats that can follow a session."""
FORMATS = {
    Kind.metrics: ("csv", "parquet", "json", DIRECTORY),
    Kind.analysis: ("csv", "parquet", "json"),
    Kind.ticket: ("safetensors", "msgpack", "npz", "flax", "torch"),
    Kind.rollout: ("gif", "html"),
    Kind.figure: ("png", "svg", "pdf"),
    Kind.report: ("html",),
    Kind.replay: ("html",),
    Kind.summary: ("json", "msgpack"),
}
"""What each can be written in."""
_ENDING_OF = {"flax": "msgpack", "torch": "safetensors"}
"""Of formats that are called otherwise."""
_ENDINGS = {name for names in FORMATS.values() for name in names if name != DIRECTORY} - {*_ENDING_OF}


def format_of(kind: Kind, out: Path, told: str | None, follow: bool) -> str:
    """The format of an export.

    Args:
        kind: What is exported.
        out: Where to.
        told: What --format says; None: the ending decides.
        follow: Whether it is to grow with the session.

    Raises:
        InvalidValue: if there is no such format, it contradicts the ending, or can't grow.
    """
    ending = out.suffix.removeprefix(".")
    if told is None:
        if ending not in FORMATS[kind] or ending in _ENDING_OF:
            raise InvalidValue("--out", out, _endings(kind))
        found = ending
    elif told not in FORMATS[kind]:
        raise InvalidValue("--format", told, f"{' or '.join(FORMATS[kind])} for {kind}")
    elif ending in _ENDINGS and ending != (wanted := _ENDING_OF.get(told, told)):
        instead = "the name of a directory" if told == DIRECTORY else f"a name that ends in .{wanted}"
        raise InvalidValue("--format", told, f"{ending}, as the name of {out} ends, or another --out: {instead}")
    else:
        found = told
    if follow and kind is not Kind.metrics:
        raise InvalidValue("--follow", kind, "metrics: nothing else is written while a session runs")
    if follow and found not in GROWING:
        raise InvalidValue("--follow", found, f"{' or '.join(GROWING)}: a file of {found} is written once, as a whole")
    return found


def _endings(kind: Kind) -> str:
    endings = " or ".join(f".{name}" for name in FORMATS[kind] if name in _ENDINGS)
    directory = f", or a directory with --format {DIRECTORY}" if DIRECTORY in FORMATS[kind] else ""
    return f"a file name that ends in {endings} for {kind}{directory}"
