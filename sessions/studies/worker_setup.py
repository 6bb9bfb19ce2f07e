"""What a worker process does before its first piece, a replaced one too. Only where Dask is there, this is imported."""

import logging
import os
import signal
import threading

from distributed import Worker, WorkerPlugin

from sessions.studies.work import stop
from ticket_explorer import own_process
from ticket_explorer.errors import LOG


class WorkerSetup(WorkerPlugin):
    """Sets a worker process up.

    Args:
        log: The file for tracebacks of unexpected errors.
    """

    name = "ticket-explorer"

    def __init__(self, log: str) -> None:
        self.log = log

    def setup(self, worker: Worker) -> None:
        """As Dask asks: in the worker, before any task."""
        own_process.settle()
        handler = logging.FileHandler(self.log, delay=True, encoding="utf-8")
        handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(message)s"))
        LOG.addHandler(handler)
        LOG.propagate = False
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal; the run decides
            signal.signal(signal.SIGTERM, lambda *_: _leave(worker))


def _leave(worker: Worker) -> None:
    """End this process: at once if it rests, otherwise once the running chunk and a checkpoint are written."""
    stop()
    if worker.state.executing_count == 0:
        os._exit(0)
    worker.loop.add_callback(worker.close_gracefully)
