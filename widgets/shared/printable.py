"""Keeps texts of a session from reaching a terminal raw: anybody may have written its names and titles.

Control characters move cursors, retitle windows and clear screens; bidirectional overrides show one name as
another. All output passes through here: that of the command line, and each line that the app draws.
"""

from unicodedata import category

MARK = "\N{REPLACEMENT CHARACTER}"
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's control and format characters, lone surrogates, line and paragraph separators."""


def printable(text: str, mark: str = MARK, keep: str = "") -> str:
    """A text with its control characters replaced.

    Args:
        text: Any text.
        mark: The character that replaces each.
        keep: Control characters that stay: `\\n` where the text has lines of its own.
    """
    if text.isprintable():
        return text
    return "".join(mark if category(sign) in _UNSAFE and sign not in keep else sign for sign in text)
