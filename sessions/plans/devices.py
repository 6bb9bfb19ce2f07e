"""The GPUs of this machine, how much of their memory is free, and who else uses them. No JAX is imported.

`nvidia-smi` tells; without it, no GPU is known.
"""

import csv
import io
import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache

from ticket_explorer.errors import InvalidValue
from ticket_explorer.machine_memory import memory_limit

_TIMEOUT = 10.0
"""Seconds that the driver may take to answer."""
_MEBIBYTE = 2**20


@dataclass(frozen=True)
class Gpu:
    """One GPU."""

    index: int
    name: str
    total: int
    """Bytes of its memory."""
    free: int
    """Bytes that are free now."""
    uuid: str

    @property
    def words(self) -> str:
        """The GPU as text, `NVIDIA H200, 139.8 of 140.4 GB free, no other process on it`, as it is now."""
        users = [process for uuid, process in _asked("compute-apps", "gpu_uuid,pid") if uuid == self.uuid]
        others = [process for process in users if process.isdecimal() and int(process) != os.getpid()]
        who = f"{len(others)} process{'' if len(others) == 1 else 'es'} on it" if others else "no other process on it"
        return f"{self.name}, {self.free / 1e9:.1f} of {self.total / 1e9:.1f} GB free, {who}"


def gpus() -> list[Gpu]:
    """The NVIDIA GPUs of this machine, in the driver's order; none if `nvidia-smi` is missing or doesn't answer."""
    return [
        Gpu(int(index), name, int(total) * _MEBIBYTE, int(free) * _MEBIBYTE, uuid)
        for index, name, total, free, uuid in _asked("gpu", "index,name,memory.total,memory.free,uuid")
        if index.isdecimal() and total.isdecimal() and free.isdecimal()
    ]


def visible(known: list[Gpu]) -> list[Gpu]:
    """The GPUs that `CUDA_VISIBLE_DEVICES` lets this process see, in that order; all of them if it is not set."""
    wanted = os.environ.get("CUDA_VISIBLE_DEVICES")
    if wanted is None:
        return known
    by_index = {str(gpu.index): gpu for gpu in known}
    return [by_index[name.strip()] for name in wanted.split(",") if name.strip() in by_index]


def computing_gpu() -> Gpu | None:
    """The GPU that this process would compute on, with its current state; None if it would use the CPU."""
    known = [] if os.environ.get("JAX_PLATFORMS") == "cpu" else visible(gpus())
    return known[0] if known else None


def gpu_name() -> str | None:
    """The name of that GPU, asked once for each setting of the environment."""
    return _gpu_name(os.environ.get("CUDA_VISIBLE_DEVICES"), os.environ.get("JAX_PLATFORMS"))


@cache
def _gpu_name(*environment: str | None) -> str | None:
    gpu = computing_gpu()
    return None if gpu is None else gpu.name


def take(given: str) -> None:
    """Choose the device for this process and those that it starts; call it before JAX is imported.

    Args:
        given: `cpu`, `gpu`, or `gpu:1` for one of several.

    Raises:
        InvalidValue: if this machine has no such device.
    """
    if given == "cpu":
        os.environ["JAX_PLATFORMS"] = "cpu"
        return
    known = gpus()
    numbers = {f"gpu:{gpu.index}": str(gpu.index) for gpu in known}
    if given not in numbers and not (given == "gpu" and known):
        listed = "; ".join(f"gpu:{gpu.index} ({gpu.words})" for gpu in known)
        raise InvalidValue("--device", given, f"cpu{', ' + listed if listed else ': no GPU is known here'}")
    os.environ["JAX_PLATFORMS"] = "cuda"
    if given in numbers:
        os.environ["CUDA_VISIBLE_DEVICES"] = numbers[given]


def gpu_words() -> str | None:
    """The GPU that this process would compute on, as text; None if it would use the CPU."""
    gpu = computing_gpu()
    return None if gpu is None else gpu.words


def device_words() -> str:
    """The device that this process would compute on, as text."""
    return gpu_words() or f"CPU, {os.cpu_count()} cores, {memory_limit() / 1e9:.0f} GB of memory"


def _asked(what: str, fields: str) -> list[list[str]]:
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return []
    command = [tool, f"--query-{what}={fields}", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    return [row for row in csv.reader(io.StringIO(answer), skipinitialspace=True) if len(row) == fields.count(",") + 1]
