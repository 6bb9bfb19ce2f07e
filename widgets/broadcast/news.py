"""What browsers are told: all that a page holds, or what has changed of it. `docs/files.md` describes the form."""

import gzip
import hashlib
import itertools
from collections.abc import Iterable

import msgspec
import numpy as np

from widgets.canvas.columns import encoded
from widgets.plots.figure import Figure
from widgets.replay_page.recording import Branch, Chart, Panel, Told

SCHEMA = 1
_LENGTH = 4
"""Bytes in which the length of the words is told."""


class News(msgspec.Struct, frozen=True, kw_only=True):
    """The words of one message; numbers follow them."""

    schema: int = SCHEMA
    is_whole: bool
    """Whether it is all that there is; otherwise it adds to what came before."""
    title: str
    facts: str
    """One line on what the session is."""
    standing: str
    """One line on how it stands: running, finished, damaged."""
    palette: dict[str, list[str]]
    branches: list[Branch]
    panels: list[Panel]
    charts: dict[int, Chart]
    """New charts by their numbers."""
    columns: dict[int, tuple[int, int]]
    """Of new columns, by their numbers: where each begins in the message's numbers, and how many values it has."""
    gone: tuple[list[int], list[int]]
    """The numbers of charts, and of columns, that nothing shows any more."""
    journal: list[Told]
    """New lines."""


class LiveCharts:
    """Figures by number while some come and others go; each figure and each column is held once."""

    def __init__(self) -> None:
        self.charts: dict[int, Chart] = {}
        self.columns: dict[int, bytes] = {}
        self._known: dict[bytes, int] = {}
        self._names: dict[tuple[bool, int], bytes] = {}
        """What each chart (true) and each column is known by."""
        self._next = itertools.count()

    def number(self, figure: Figure) -> int:
        """The number of a figure, which is added if there is none like it."""
        now = encoded(figure)
        columns = {name: self._column(column.tobytes()) for name, column in now.columns.items()}
        chart = Chart(head=now.head, columns=columns)
        number, is_new = self._number(True, msgspec.json.encode(chart))
        if is_new:
            self.charts[number] = chart
        return number

    def keep(self, wanted: Iterable[int]) -> None:
        """Forget all charts but these, and columns that are in none of them."""
        charts = set(wanted)
        columns = {column for number in charts for column in self.charts[number].columns.values()}
        for number in self.charts.keys() - charts:
            del self.charts[number], self._known[self._names.pop((True, number))]
        for number in self.columns.keys() - columns:
            del self.columns[number], self._known[self._names.pop((False, number))]

    def _column(self, data: bytes) -> int:
        number, is_new = self._number(False, data)
        if is_new:
            self.columns[number] = data
        return number

    def _number(self, is_chart: bool, data: bytes) -> tuple[int, bool]:
        name = hashlib.sha256(b"chart" * is_chart + data).digest()
        if name in self._known:
            return self._known[name], False
        number = self._known[name] = next(self._next)
        self._names[is_chart, number] = name
        return number, True


def charts_of(panels: Iterable[Panel]) -> set[int]:
    """The numbers of all charts that some panels show."""
    return {
        number
        for panel in panels
        for turn in panel.turns
        for rounds in turn.charts
        for stops in rounds
        for number in stops
    }


def packed_news(news: News, columns: Iterable[bytes]) -> bytes:
    """A message: gzip of the length of its words, the words, and its numbers, all first bytes before all second ones.

    Args:
        news: What has changed, without its numbers.
        columns: The numbers, in the order in which `news.columns` says that they begin.
    """
    words = msgspec.json.encode(news)
    planes = np.frombuffer(b"".join(columns), np.uint8).reshape(-1, 4).T.tobytes()
    return gzip.compress(len(words).to_bytes(_LENGTH, "little") + words + planes, 6, mtime=0)


def unpacked_news(message: bytes) -> tuple[News, bytes]:
    """The words and the numbers of a message.

    Raises:
        msgspec.ValidationError: if it is none.
    """
    data = gzip.decompress(message)
    end = _LENGTH + int.from_bytes(data[:_LENGTH], "little")
    planes = np.frombuffer(data[end:], np.uint8).reshape(4, -1)
    return msgspec.json.decode(data[_LENGTH:end], type=News), planes.T.tobytes()
