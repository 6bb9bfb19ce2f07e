"""Nothing that a session holds reaches a terminal raw: names and titles may be anybody's.

Control characters move cursors, retitle windows and clear screens; bidirectional overrides show one name as
another. Every exit passes through here: the command line's output, and each line that the app draws.
"""

from unicodedata import category

MARK = "\N{REPLACEMENT CHARACTER}"
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's control and format characters, lone surrogates, line and paragraph separators."""


def printable(text: str, mark: str = MARK, keep: str = "") -> str:
    """A text whose control characters are replaced.

    Args:
        text: From anywhere.
        mark: What takes their place.
        keep: Control characters that stay: `\\n` where the text has lines of its own.
    """
    if text.isprintable():
        return text
    return "".join(mark if category(sign) in _UNSAFE and sign not in keep else sign for sign in text)
