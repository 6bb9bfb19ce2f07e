"""What a page holds: the words and numbers of every figure that a person can come to. `docs/files.md` describes it.

Words are JSON. Numbers are columns of four bytes each in one block; equal figures and equal columns are held once.
"""

import base64
import gzip
import hashlib
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from widgets.canvas.columns import Column, encoded
from widgets.plots.figure import Figure

SCHEMA = 1


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """One round of a branch, trained by itself or by an ancestor."""

    number: int
    density: float
    kept: int
    done: int
    """Generations that were trained."""
    score: float | None
    error: float | None
    """The standard error over replicates; null for one replicate."""
    stops: list[int]
    """The generations, ascending, at which figures of weights may change."""


class Leaf(msgspec.Struct, frozen=True, kw_only=True):
    """One leaf of θ."""

    name: str
    shape: list[int]


class Branch(msgspec.Struct, frozen=True, kw_only=True):
    """One branch."""

    name: str
    colour: int
    """Palette index."""
    rounds: list[Round]
    leaves: list[Leaf]
    """In the order they have in θ."""
    input_shape: list[int]
    """The shape of one example."""


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One of the things that a panel shows in turn."""

    cursor: str | None
    """What its x axis is: `generation`, `round`, `density`, or something else."""
    charts: list[list[list[int]]]
    """Numbers of charts by branch, round and stop; a list of one holds for all rounds, or for all stops."""


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of panel."""

    name: str
    title: str
    help: str
    shown: bool
    """Whether it is there when the page opens."""
    lights_up: bool
    """Whether weights that a person selects are lit up in it."""
    picks: bool
    """Whether they are named below it."""
    turns: list[Turn]


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """One figure."""

    head: dict[str, Any]
    """Words, axes and marks, as notebooks get them."""
    columns: dict[str, int]
    """The number of each mark's columns: `0.x`."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the journal."""

    at: str
    text: str


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """Everything in a page but the numbers."""

    schema: int = SCHEMA
    title: str
    palette: dict[str, list[str]]
    branches: list[Branch]
    panels: list[Panel]
    charts: list[Chart]
    columns: list[tuple[int, int]]
    """Where each column begins in the block, and how many values it has."""
    journal: list[Told]


class Charts:
    """Figures as they are gathered; each is held once."""

    def __init__(self) -> None:
        self.charts: list[Chart] = []
        self.columns: list[tuple[int, int]] = []
        self._numbers: dict[bytes, int] = {}
        self._blocks: list[bytes] = []
        self._end = 0

    def number(self, figure: Figure) -> int:
        """The number of a figure, which is added if there is none like it."""
        now = encoded(figure)
        columns = {name: self._column(column) for name, column in now.columns.items()}
        chart = Chart(head=now.head, columns=columns)
        key = hashlib.sha256(b"chart" + msgspec.json.encode(chart)).digest()
        if key not in self._numbers:
            self._numbers[key] = len(self.charts)
            self.charts.append(chart)
        return self._numbers[key]

    @property
    def block(self) -> bytes:
        """All columns, one after the other."""
        return b"".join(self._blocks)

    def _column(self, column: Column) -> int:
        data = column.tobytes()
        key = hashlib.sha256(data).digest()
        if key not in self._numbers:
            self._numbers[key] = len(self.columns)
            self.columns.append((self._end, column.size))
            self._blocks.append(data)
            self._end += column.size
        return self._numbers[key]


def packed_words(words: Words) -> str:
    """The words as base64 of gzipped JSON: no sign in it means anything to HTML."""
    return _packed(msgspec.json.encode(words))


def packed_numbers(block: bytes) -> str:
    """The block as base64 of gzip, in which all first bytes stand before all second ones: so it gets smaller."""
    return _packed(np.frombuffer(block, np.uint8).reshape(-1, 4).T.tobytes())


def unpacked_words(packed: str) -> Words:
    """The words again.

    Raises:
        msgspec.ValidationError: if they are not what a page holds.
    """
    return msgspec.json.decode(gzip.decompress(base64.b64decode(packed)), type=Words)


def unpacked_numbers(packed: str) -> npt.NDArray[np.float32]:
    """The numbers again, all as float32."""
    planes = np.frombuffer(gzip.decompress(base64.b64decode(packed)), np.uint8).reshape(4, -1)
    return np.frombuffer(planes.T.tobytes(), "<f4")


def _packed(data: bytes) -> str:
    return base64.b64encode(gzip.compress(data, 9, mtime=0)).decode()
