"""Sessions with something wrong in them, half of them with every checksum right.

`python -m tests.siege.mutations COUNT SEED` breaks kept sessions so many times, has every reader look at each, and
prints what was no sentence: a traceback, or a wait.
"""

import math
import shutil
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from sessions.store import FileName, SessionDirectory, read_records
from sessions.store.file_table import TABLE, files_in
from sessions.store.journal_records import MAGIC, frame
from sessions.store.ledger import digest
from sessions.store.seals import Seal, seal, unseal
from tests.siege.readers import READERS, complaint, opened

Chance = np.random.Generator

GOLDEN = Path(__file__).parents[1] / "engine" / "golden"

STRANGE: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2, 255, 10_001, 2**31, 2**63 - 1, -(2**63), 2**64 - 1,
    0.0, -0.0, 1.0, 1e-320, 1e308, math.inf, -math.inf, math.nan, -0.5, 253402300800.0,
    "", "x", "..", "../up", "a" * 5000, "\x1b[2J", "\x1b]0;title\x07", "\u202e", "name", "é",
    b"", b"\0", b"\0" * 7, b"\xff" * 64, [], {}, [None], {"name": "x"}, {"x": {}}, [[]],
    msgspec.Raw(b"\xa2\xff\xfe"),
    msgspec.Raw(b"\x91" * 40 + b"\xc0"), msgspec.Raw(b"\x91" * 900 + b"\xc0"), msgspec.Raw(b"\x91" * 9000 + b"\xc0"),
    msgspec.Raw(b"\x81\xa1x" * 40 + b"\xc0"), msgspec.Raw(b"\x81\xa1x" * 700 + b"\xc0"),
)  # fmt: skip
"""What takes a value's place: other types, ends of ranges, bad UTF-8, nesting."""


@dataclass(frozen=True)
class Kept:
    """A session that is broken again and again; never itself, but copies of its files."""

    place: Path
    files: dict[FileName, bytes]
    records: list[Any]
    """What the journal's records hold, as plain values."""

    @classmethod
    def of(cls, place: Path) -> "Kept":
        there = {name: path.read_bytes() for path, name in files_in(place) if name is not None and path.is_file()}
        payloads = read_records(SessionDirectory(place).journal).payloads
        return cls(place, there, [msgspec.msgpack.decode(payload) for payload in payloads])

    def copied(self, place: Path) -> Path:
        """A copy of it, as it is."""
        shutil.rmtree(place, ignore_errors=True)
        for name, data in self.files.items():
            path = place / name.place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        (place / "rounds").mkdir(exist_ok=True)
        return place


def mutated(kept: Kept, other: Kept, chance: Chance) -> dict[FileName, bytes]:
    """The files of a session that are other than they were.

    Args:
        kept: The session.
        other: Another one, for records and files that belong elsewhere.
        chance: Says what happens.
    """
    draw = chance.random()
    if draw < 0.5:
        return {FileName("journal"): _journal(kept, other, chance)}
    name = list(kept.files)[int(chance.integers(len(kept.files)))]
    if draw < 0.75 or TABLE[name.kind].form != "sealed":
        return {name: _raw(kept.files[name], chance)}
    return _resealed(kept, name, chance)


def _journal(kept: Kept, other: Kept, chance: Chance) -> bytes:
    """A journal whose checksums are right."""
    records = list(kept.records)
    for _ in range(1 + int(chance.integers(3)) * int(chance.random() < 0.3)):
        at = int(chance.integers(len(records)))
        match int(chance.integers(10)):
            case 0:
                del records[at]
            case 1:
                records.insert(int(chance.integers(len(records))), records[at])
            case 2:
                records[at : at + 2] = records[at : at + 2][::-1]
            case 3:
                records.insert(at, other.records[int(chance.integers(len(other.records)))])
            case 4:
                records[at] = [records[at], *records[at : at + 2]]
            case _:
                records[at] = _value(records[at], chance, _strings(kept))
        if not records:
            break
    return MAGIC + b"".join(frame(_encoded(record)) for record in records)


def _strings(kept: Kept) -> list[str]:
    return [record["branch"] for record in kept.records if isinstance(record, dict) and "branch" in record]


def _encoded(value: Any) -> bytes:
    return msgspec.msgpack.encode(value) or b"\xc0"


def _resealed(kept: Kept, name: FileName, chance: Chance) -> dict[FileName, bytes]:
    """A file whose seal is right, and the journal that knows it."""
    opened = unseal(kept.files[name], "")
    try:
        payload = _encoded(_value(msgspec.msgpack.decode(opened.payload), chance, _strings(kept)))
    except msgspec.MsgspecError:
        payload = _raw(opened.payload, chance)
    if opened.seal is None:
        body = len(payload).to_bytes(8, "little") + payload
        return {name: b"TXSEALS\x01" + zlib.crc32(body).to_bytes(4, "little") + body}
    who = opened.seal
    if chance.random() < 0.2:
        who = Seal(*(who.session[::-1], who.kind, who.branch, who.number)) if chance.random() < 0.5 else Seal("", "x")
    sealed = seal(payload, who)
    return {name: sealed, FileName("journal"): _told(kept, name, digest(sealed))}


def _told(kept: Kept, name: FileName, sha256: str) -> bytes:
    def told(value: Any) -> Any:
        if isinstance(value, list):
            return [told(one) for one in value]
        place = (value.get("kind"), value.get("branch", ""), value.get("number", 0)) if isinstance(value, dict) else ()
        return {**value, "sha256": sha256} if place == (name.kind, name.branch, name.number) else value

    return MAGIC + b"".join(frame(_encoded(told(record))) for record in kept.records)


def _raw(data: bytes, chance: Chance) -> bytes:
    """Bytes changed, cut, doubled or taken out, whatever they mean."""
    if not data:
        return bytes(chance.bytes(20))
    at, size = int(chance.integers(len(data))), 1 + int(chance.integers(64))
    match int(chance.integers(6)):
        case 0:
            return data[:at]
        case 1:
            return data[:at] + data[at + size :]
        case 2:
            return data[:at] + data[at : at + size] + data[at:]
        case 3:
            return data[:at] + bytes(size) + data[at + size :]
        case 4:
            return data[:at] + chance.bytes(size) + data[at + size :]
        case _:
            return data[:at] + bytes([data[at] ^ (1 << int(chance.integers(8)))]) + data[at + 1 :]


def _value(value: Any, chance: Chance, strings: list[str]) -> Any:
    """A value with something else somewhere within."""
    if isinstance(value, dict) and value and chance.random() < 0.9:
        keys = list(value)
        key = keys[int(chance.integers(len(keys)))]
        draw = chance.random()
        if draw < 0.08:
            return {other: held for other, held in value.items() if other != key}
        if draw < 0.14:
            return {**value, "new": STRANGE[int(chance.integers(len(STRANGE)))]}
        if draw < 0.2:
            return {**value, key: value[keys[int(chance.integers(len(keys)))]]}
        return {**value, key: _value(value[key], chance, strings)}
    if isinstance(value, list) and value and chance.random() < 0.8:
        at = int(chance.integers(len(value)))
        draw = chance.random()
        if draw < 0.15:
            return value[:at] + value[at + 1 :]
        if draw < 0.3:
            return value + value
        return [*value[:at], _value(value[at], chance, strings), *value[at + 1 :]]
    return _other(value, chance, strings)


def _other(value: Any, chance: Chance, strings: list[str]) -> Any:
    draw = chance.random()
    if draw < 0.5 and isinstance(value, bytes) and value:
        return _raw(value, chance)
    if draw < 0.4 and isinstance(value, str) and strings:
        return strings[int(chance.integers(len(strings)))]
    if draw < 0.4 and isinstance(value, int) and not isinstance(value, bool):
        return int(value + chance.choice([-1, 1, 2, 1000, -1000, 10**9]))
    if draw < 0.3 and isinstance(value, float):
        return value * float(chance.choice([-1.0, 2.0, 1e9, 1e300]))
    alike = [one for one in STRANGE if type(one) is type(value)]
    if draw < 0.85 and alike:
        return alike[int(chance.integers(len(alike)))]
    return STRANGE[int(chance.integers(len(STRANGE)))]


def tried(count: int, seed: int, place: Path, say: Callable[[str], None] = print) -> Counter[str]:
    """Break sessions, and have every reader look at each; returns the complaints, by the ends of their tracebacks.

    Args:
        count: How many times.
        seed: What chance begins from.
        place: A directory that is written in.
        say: Called with each complaint that is new.
    """
    places = [*GOLDEN.glob("rules_*/*/"), *GOLDEN.glob("schema_*"), *place.glob("*.session")]
    kept = [Kept.of(one) for one in sorted(places)]
    chance, seen = np.random.default_rng(seed), Counter[str]()
    for number in range(count):
        one, other = (kept[int(chance.integers(len(kept)))] for _ in range(2))
        session = one.copied(place / "broken")
        for name, data in mutated(one, other, chance).items():
            (session / name.place).write_bytes(data)
        readers = {**READERS, "open": opened} if number % 5 == 0 else READERS
        for reader, read in readers.items():
            said = complaint(read, session)
            if said is not None:
                where = "\n".join(said.splitlines()[-3:])
                if not seen[where]:
                    say(f"--- {number} of {one.place.name}, {reader}\n{said}")
                seen[where] += 1
    return seen


def main(count: int, seed: int) -> None:
    """Break sessions so many times; prints every new complaint, and figures at the end."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as place:
        seen = tried(count, seed, Path(place))
    took = time.monotonic() - began
    print(f"{count} mutations of seed {seed}: {seen.total()} complaints of {len(seen)} kinds, {took:.0f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
