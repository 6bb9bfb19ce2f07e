"""The one line that an engine's process prints: that it listens, or why it can't start."""

LISTENING = "listening"
REFUSED = "refused"
"""The request can't be carried out; the rest of the line is the sentence."""
FAILED = "failed"
"""An unexpected error; the log says more."""


def first_line(word: str, rest: str) -> bytes:
    """The line, whatever `rest` holds and whatever the locale is."""
    return f"{word} {' '.join(rest.split())}\n".encode(errors="backslashreplace")
