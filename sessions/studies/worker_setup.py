"""What a worker process does before its first piece, a replaced one too. Only where Dask is there, this is imported."""

import logging
import os
import signal
import sys
import threading

from distributed import Worker, WorkerPlugin

from sessions.plans.devices import computing_gpu
from sessions.studies.crew import kind_of
from sessions.studies.dask_crew import CELL
from sessions.studies.threads import thread_settings
from sessions.studies.work import stop
from ticket_explorer import own_process
from ticket_explorer.errors import LOG


class WorkerSetup(WorkerPlugin):
    """Sets a worker process up.

    Args:
        log: The file for tracebacks of unexpected errors.
        threads: The cores that a cell computes on.
        gpus: The numbers of GPUs that workers share out among themselves, by their own numbers; empty: as it is.
        declares: Whether it says by itself what it is for, since nobody did when it was started.
    """

    name = "ticket-explorer"

    def __init__(self, log: str, threads: int, gpus: tuple[str, ...] = (), declares: bool = False) -> None:
        self.log, self.threads, self.gpus, self.declares = log, threads, gpus, declares

    async def setup(self, worker: Worker) -> None:
        """As Dask asks: in the worker, before any task."""
        if "jax" not in sys.modules:  # which reads its surroundings once
            os.environ.update(thread_settings(self.threads))
            if self.gpus and isinstance(worker.name, int):
                os.environ["CUDA_VISIBLE_DEVICES"] = self.gpus[worker.name % len(self.gpus)]
        own_process.settle()
        handler = logging.FileHandler(self.log, delay=True, encoding="utf-8")
        handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(message)s"))
        LOG.addHandler(handler)
        LOG.propagate = False
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal; the run decides
            signal.signal(signal.SIGTERM, lambda *_: _leave(worker))
        if self.declares:
            device = "cpu" if computing_gpu() is None else "gpu"
            await worker.set_resources(**{CELL: 1, kind_of(device, self.threads): 1})


def _leave(worker: Worker) -> None:
    """End this process: at once if it rests, otherwise once the running chunk and a checkpoint are written."""
    stop()
    if worker.state.executing_count == 0:
        os._exit(0)
    worker.loop.add_callback(worker.close_gracefully)
