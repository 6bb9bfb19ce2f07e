"""How much memory this machine has."""

import os
from contextlib import suppress
from pathlib import Path

_CGROUP = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def memory_limit() -> int:
    """Bytes of memory that a process may use here, by the limits of the machine and its container."""
    limits = [_machine()]
    for place in _CGROUP:
        with suppress(OSError, ValueError):
            limits.append(int(Path(place).read_text(encoding="ascii")))
    return min(limits)


def _machine() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 2**63  # not known here: nothing is refused
