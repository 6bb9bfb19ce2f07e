"""A reader needs no lock: while a writer appends, or dies, it sees whole records in order."""

import struct
import subprocess
import sys
from pathlib import Path

from sessions.store import JournalFile, read_records

WRITER = """
import struct, sys
from pathlib import Path
from sessions.store import JournalFile
with JournalFile.open(Path(sys.argv[1])) as journal:
    for number in range(int(sys.argv[2])):
        journal.append(struct.pack("<I", number) * (1 + number * 7919 % 3000))
"""


def numbers_in(payloads: list[bytes], first: int) -> int:
    """How many numbers follow, after every record was checked from its first byte to its last."""
    for number, payload in enumerate(payloads, first):
        assert payload == struct.pack("<I", number) * (1 + number * 7919 % 3000)
    return first + len(payloads)


def writer(path: Path, count: int) -> "subprocess.Popen[bytes]":
    JournalFile.create(path).close()
    return subprocess.Popen([sys.executable, "-c", WRITER, str(path), str(count)])


def test_a_reader_sees_only_whole_records_while_a_writer_appends(tmp_path: Path) -> None:
    path, count = tmp_path / "journal.msgpack", 3000
    with writer(path, count) as process:
        seen, end = 0, 0
        while process.poll() is None:
            records = read_records(path, end)
            seen, end = numbers_in(records.payloads, seen), records.end
    records = read_records(path, end)
    assert numbers_in(records.payloads, seen) == count
    assert records.torn == 0


def test_a_writer_killed_at_any_moment_leaves_whole_records(tmp_path: Path) -> None:
    for attempt in range(4):
        path = tmp_path / f"{attempt}.msgpack"
        with writer(path, 10**9) as process:
            while read_records(path).end < 50_000 * (attempt + 1):
                pass
            process.kill()
        seen = numbers_in(read_records(path).payloads, 0)
        with JournalFile.open(path) as journal:
            assert journal.kept_aside is None
            journal.append(b"after")
        assert read_records(path).payloads[seen:] == [b"after"]


def test_reading_imports_neither_jax_nor_numpy() -> None:
    check = "import sys, sessions.store; sys.exit(bool({'jax', 'numpy', 'jaxtyping'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
    check = "import sys, sessions.store.verify; sys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
