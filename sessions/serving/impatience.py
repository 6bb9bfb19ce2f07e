"""Signals that come while the main thread waits for compiled code: Python would answer them only after it.

The first one stops the engine in order, as ever. The second ends the processes that step environments, which may hang
in one of them; the third ends this process. Whatever was journalled stays.
"""

import os
import signal
import socket
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from ticket_explorer.tasks.control.box2d.worker_pool import close_pools

INTERRUPTED = 130


@contextmanager
def heard_at_once(signals: Collection[int]) -> Iterator[None]:
    """While an engine runs in the main thread: count signals in a thread of its own.

    Args:
        signals: Those that count; each is in bytes that the C level writes.
    """
    to, end = socket.socketpair()
    to.setblocking(False)
    before = signal.set_wakeup_fd(to.fileno(), warn_on_full_buffer=False)
    threading.Thread(target=_count, args=(end, set(signals)), daemon=True).start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        to.close()


def _count(end: socket.socket, signals: Collection[int]) -> None:
    """Answer each signal after the first, until the other side is closed."""
    came = 0
    with end:
        while told := end.recv(1):
            came += told[0] in signals
            if told[0] in signals and came == 2:
                close_pools()
            elif told[0] in signals and came > 2:
                os._exit(INTERRUPTED)
