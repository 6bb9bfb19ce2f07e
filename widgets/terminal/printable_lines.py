"""The app's only way to the terminal: lines without control characters, whatever a session's names hold."""

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from widgets.shared.printable import printable


class PrintableLines(LineFilter):
    """Leaves control characters out; they have no width, so that lines keep theirs."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """A line's segments, each without control characters."""
        if all(segment.text.isprintable() for segment in segments):
            return segments
        return [Segment(printable(text, mark=""), style, control) for text, style, control in segments]


PRINTABLE = PrintableLines()
