"""What is written instead of a sign that an output can't hold: one sign of ASCII for each, so that columns stay.

Tables, charts and the app are drawn with lines, blocks and braille. Where the locale, or `PYTHONIOENCODING`, allows
ASCII only, they are drawn with the available characters, and nothing ends in an error.
"""

import codecs
import sys
import unicodedata
from io import TextIOWrapper

NAME = "ticket_explorer.plain_ascii"

_SIGNS = {
    **dict.fromkeys("─━═╌┄╴╶╸╺", "-"),
    **dict.fromkeys("│┃║▏▎▍▌▐▕", "|"),
    **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯╔╗╚╝╠╣╦╩╬┏┓┗┛┣┫┳┻╋", "+"),
    **dict.fromkeys("▁▂", "_"),
    **dict.fromkeys("▃▄", "-"),
    **dict.fromkeys("▅▆", "="),
    **dict.fromkeys("▇█▀▓■◼", "#"),
    **dict.fromkeys("░▒", ":"),
    **dict.fromkeys("●○◉•", "o"),
    **dict.fromkeys("▲△↑⇧", "^"),
    **dict.fromkeys("▼▽↓⇩", "v"),
    **dict.fromkeys("→▶▸›»", ">"),
    **dict.fromkeys("←◀◂‹«", "<"),
    **dict.fromkeys("–—−‑", "-"),
    **dict.fromkeys("‘’", "'"),
    **dict.fromkeys("“”", '"'),
    **dict(zip("×±·…≤≥≈σθαλ◆◇✓✔✗√∞₀\u00a0", "x~..<>~stal++vvxv80 ", strict=True)),
}
_BRAILLE, _DOTS = range(0x2800, 0x2900), " ..:::***"


def allow() -> None:
    """Have this process's outputs write what they can of every text."""
    codecs.register_error(NAME, _instead)
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        if isinstance(stream, TextIOWrapper) and not is_utf8(stream.encoding):
            stream.reconfigure(errors=NAME)


def is_utf8(encoding: str | None) -> bool:
    """Whether an output of this encoding holds every sign."""
    return (encoding or "").lower().replace("-", "").replace("_", "") in ("utf8", "utf16", "utf32")


def sign(character: str) -> str:
    """The sign of ASCII for a character: `?` where there is none like it."""
    if ord(character) in _BRAILLE:
        return _DOTS[(ord(character) - _BRAILLE.start).bit_count()]
    if character in _SIGNS:
        return _SIGNS[character]
    bare = unicodedata.normalize("NFKD", character)[0]
    if bare.isascii():
        return bare
    return "??" if unicodedata.east_asian_width(character) in "WF" else "" if unicodedata.combining(character) else "?"


def _instead(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(sign, error.object[error.start : error.end])), error.end
