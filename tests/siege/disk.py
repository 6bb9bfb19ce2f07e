"""Between the store and the disk: every file operation below a place is written down, and fails when it is told to.

What was written down can be done again, operation by operation, somewhere else: those are the states that a killed
process leaves. `Platter` says what a power failure leaves.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

WRITING = os.O_WRONLY | os.O_RDWR


@dataclass(frozen=True)
class Operation:
    """One file operation; paths are relative to the place."""

    kind: str
    """`open`, `write`, `truncate`, `close`, `sync`, `sync-directory`, `replace`, `unlink`, `mkdir`, or `mark`."""
    path: str = ""
    other: str = ""
    """The new name."""
    file: int = 0
    """Which opening of a file."""
    data: bytes = b""
    size: int = 0


class Disk:
    """Watches the operations below a place, while it is `watched`.

    Args:
        place: Where sessions lie.
    """

    def __init__(self, place: Path) -> None:
        self.place = place
        self.log: list[Operation] = []
        self.room: int | None = None
        """Bytes that can still be written; None is enough."""
        self.full_at: int | None = None
        """The number of a write, counted from 1, from which on nothing can be written; None is never."""
        self.writes = 0
        self._open: dict[int, int] = {}
        self._directories: dict[int, str] = {}
        self._opened = 0
        self._system: dict[str, Any] = {}

    def mark(self, what: str) -> None:
        """Write down that something has happened elsewhere."""
        self.log.append(Operation("mark", what))

    @contextmanager
    def watched(self) -> Iterator["Disk"]:
        """Stand between everybody and the disk."""
        ours = {
            "open": self._opening,
            "write": self._write,
            "ftruncate": self._ftruncate,
            "fsync": self._fsync,
            "close": self._close,
            "replace": self._replace,
            "rename": self._rename,
            "unlink": self._unlink,
            "mkdir": self._mkdir,
        }
        self._system = {name: getattr(os, name) for name in ours}
        with pytest.MonkeyPatch.context() as patch:
            for name, function in ours.items():
                patch.setattr(os, name, function)
            yield self

    def _within(self, path: Any) -> str | None:
        """The relative path, if it is one of ours; lock and address, which end with their process, are not."""
        try:
            place = Path(os.path.abspath(os.fsdecode(path)))
        except TypeError:
            return None
        if not place.is_relative_to(self.place) or place.name == "lock" or "address.msgpack" in place.name:
            return None
        return str(place.relative_to(self.place))

    def _opening(self, path: Any, flags: int, *rest: Any, **more: Any) -> int:
        descriptor: int = self._system["open"](path, flags, *rest, **more)
        within = self._within(path)
        if within is not None and flags & WRITING:
            self._opened += 1
            self._open[descriptor] = self._opened
            self.log.append(Operation("open", within, file=self._opened, size=flags))
        elif within is not None and os.path.isdir(path):
            self._directories[descriptor] = within
        return descriptor

    def _write(self, descriptor: int, data: Any) -> int:
        file = self._open.get(descriptor)
        if file is None:
            return int(self._system["write"](descriptor, data))
        self.writes += 1
        size = len(data)
        if self.full_at is not None and self.writes >= self.full_at:
            size = size // 2 if self.writes == self.full_at else 0
        if self.room is not None:
            size = min(size, self.room)
            self.room -= size
        if size:
            self._system["write"](descriptor, bytes(data[:size]))
            self.log.append(Operation("write", file=file, data=bytes(data[:size])))
        if size < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return size

    def _ftruncate(self, descriptor: int, size: int) -> None:
        self._system["ftruncate"](descriptor, size)
        if descriptor in self._open:
            self.log.append(Operation("truncate", file=self._open[descriptor], size=size))

    def _fsync(self, descriptor: int) -> None:
        if descriptor in self._open:
            self.log.append(Operation("sync", file=self._open[descriptor]))
        elif descriptor in self._directories:
            self.log.append(Operation("sync-directory", self._directories[descriptor]))
        else:
            self._system["fsync"](descriptor)

    def _close(self, descriptor: int) -> None:
        self._directories.pop(descriptor, None)
        file = self._open.pop(descriptor, None)
        if file is not None:
            self.log.append(Operation("close", file=file))
        self._system["close"](descriptor)

    def _moved(self, name: str, old: Any, new: Any, **more: Any) -> None:
        self._system[name](old, new, **more)
        one, other = self._within(old), self._within(new)
        if one is not None and other is not None:
            self.log.append(Operation("replace", one, other))

    def _replace(self, old: Any, new: Any, **more: Any) -> None:
        self._moved("replace", old, new, **more)

    def _rename(self, old: Any, new: Any, **more: Any) -> None:
        self._moved("rename", old, new, **more)

    def _unlink(self, path: Any, **more: Any) -> None:
        self._system["unlink"](path, **more)
        if not more and (within := self._within(path)) is not None:
            self.log.append(Operation("unlink", within))

    def _mkdir(self, path: Any, *rest: Any, **more: Any) -> None:
        self._system["mkdir"](path, *rest, **more)
        if (within := self._within(path)) is not None:
            self.log.append(Operation("mkdir", within))


class Again:
    """Does operations again, below another place."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self._open: dict[int, int] = {}

    def do(self, operation: Operation) -> None:
        """One more."""
        path = self.place / operation.path
        match operation.kind:
            case "open":
                self._open[operation.file] = os.open(path, operation.size, 0o600)
            case "write":
                descriptor = self._open[operation.file]
                os.lseek(descriptor, 0, os.SEEK_END)
                os.write(descriptor, operation.data)
            case "truncate":
                os.ftruncate(self._open[operation.file], operation.size)
            case "close":
                os.close(self._open.pop(operation.file))
            case "replace":
                os.replace(path, self.place / operation.other)
            case "unlink":
                os.unlink(path)
            case "mkdir":
                os.mkdir(path)

    def undo_write(self, operation: Operation, share: float) -> None:
        """Take back a share of a write that was done."""
        descriptor = self._open[operation.file]
        os.ftruncate(descriptor, os.fstat(descriptor).st_size - int(len(operation.data) * share))

    def close(self) -> None:
        while self._open:
            os.close(self._open.popitem()[1])


@dataclass
class Node:
    """A file or a directory as it is, and as it is on the platter."""

    data: bytes | None = None
    """None for a directory."""
    children: dict[str, "Node"] = field(default_factory=dict)
    synced: bytes = b""
    synced_children: dict[str, "Node"] = field(default_factory=dict)


class Platter:
    """What would survive a power failure: what was waited for, and of the rest what chance leaves."""

    def __init__(self) -> None:
        self.root = Node()
        self._open: dict[int, Node] = {}

    def do(self, operation: Operation) -> None:
        """One more operation."""
        match operation.kind:
            case "open":
                parent, name = self._parent(operation.path)
                self._open[operation.file] = parent.children.setdefault(name, Node(b""))
            case "write":
                node = self._open[operation.file]
                node.data = (node.data or b"") + operation.data
            case "truncate":
                node = self._open[operation.file]
                node.data = (node.data or b"")[: operation.size]
            case "sync":
                node = self._open[operation.file]
                node.synced = node.data or b""
            case "sync-directory":
                node = self._node(operation.path)
                node.synced_children = dict(node.children)
            case "replace":
                (old, name), (new, other) = self._parent(operation.path), self._parent(operation.other)
                new.children[other] = old.children.pop(name)
            case "unlink":
                parent, name = self._parent(operation.path)
                del parent.children[name]
            case "mkdir":
                parent, name = self._parent(operation.path)
                parent.children[name] = Node()

    def left(self, place: Path, chance: np.random.Generator, unsynced: float) -> None:
        """Write down below a place what is left.

        Args:
            place: An empty directory.
            chance: Says what of the rest survives.
            unsynced: How likely each name, and each part of a file, survives that nobody waited for.
        """

        def survives() -> bool:
            return bool(chance.random() < unsynced)

        def write(node: Node, path: Path) -> None:
            if node.data is None:
                path.mkdir(exist_ok=True)
                names = {name: child for name, child in node.children.items() if survives()}
                kept = {name: child for name, child in node.synced_children.items() if name not in names}
                for name, child in (names | kept).items():
                    write(child, path / name)
            else:
                extra = node.data[len(node.synced) :] if node.data.startswith(node.synced) else b""
                size = len(extra) if survives() else int(len(extra) * chance.random() * unsynced)
                path.write_bytes(node.synced + extra[:size])

        write(self.root, place)

    def _node(self, path: str) -> Node:
        node = self.root
        for part in Path(path).parts:
            node = node.children[part]
        return node

    def _parent(self, path: str) -> tuple[Node, str]:
        return self._node(str(Path(path).parent)), Path(path).name
