"""Who does the work: a crew is sent questions and jobs, and gives answers as they come."""

from typing import Protocol

from sessions.studies.work import Answer, Job, Question


def kind_of(device: str, threads: int) -> str:
    """What workers are called whose bits are alike: `cpu-1`, `gpu-1`."""
    return f"{device}-{threads}"


class Crew(Protocol):
    """Some workers."""

    workers: int

    def send(self, task: Question | Job, priority: int) -> None:
        """Have a worker answer a question or do a job, the highest priority first."""

    def answer(self, timeout: float) -> Answer | None:
        """The next answer; None if none came in `timeout` seconds."""

    def stop(self) -> None:
        """Have all workers rest; those at work checkpoint and answer, others answer at once."""
