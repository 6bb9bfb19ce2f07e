"""Worker processes that step environments: a bounded number of them, replaced when they die, gone with the engine.

What a play was told (its seeds and actions) is kept until it ends. Episodes depend on nothing else, so that a new
worker takes a dead one's episodes up again from their start and gets to exactly where they were.
"""

import atexit
import os
import select
import subprocess
import threading
import time
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache

import msgspec
import numpy as np

from ticket_explorer.child_process import python
from ticket_explorer.cores import cores
from ticket_explorer.errors import TicketError
from ticket_explorer.own_running import OwnCodeError
from ticket_explorer.tasks.control.stepping import OPEN_PLAYS, Stand, World, known
from ticket_explorer.tasks.control.worlds import LENGTH_BYTES, Act, Begin, End, Failed, Message, Seen, send

ANSWER_SECONDS = 120.0
"""A worker that says nothing for so long is taken for dead."""
REPLACEMENTS = 3
"""How often in a row a worker is replaced before the engine gives up."""


class Dead(Exception):
    """A worker does not answer any more."""


@dataclass(frozen=True)
class _Play:
    number: int
    world: World
    seeds: np.ndarray
    actions: list[np.ndarray] = field(default_factory=list)

    def messages(self, share: slice) -> list[Message]:
        """The messages for one worker's share; empty if it has none."""
        if not len(self.seeds[share]):
            return []
        return [self.begin(share), *(self.act(actions, share) for actions in self.actions)]

    def begin(self, share: slice) -> Begin:
        return Begin(self.number, self.world.maker, dict(self.world.parameters), self.seeds[share].tobytes())

    def act(self, actions: np.ndarray, share: slice) -> Act:
        return Act(self.number, actions[share].tobytes(), self.world.size)


class Worker:
    """A process that steps environments, and the pipes to it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            python("ticket_explorer.tasks.control.worlds", str(os.getpid())),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to, self._from = self._process.stdin, self._process.stdout.fileno()
        self._decoder = msgspec.msgpack.Decoder(Seen | Failed)

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def tell(self, message: Message) -> None:
        """Send a message; that nobody hears it shows when the answer is awaited."""
        with suppress(OSError, ValueError):
            send(message, self._to)

    def hear(self) -> Seen:
        """The next answer.

        Raises:
            Dead: if there will be none.
            TicketError: if the environment failed.
        """
        answer: Seen | Failed = self._decoder.decode(self._read(int.from_bytes(self._read(LENGTH_BYTES), "little")))
        if isinstance(answer, Failed):
            reason = answer.reason.rstrip(".")
            raise OwnCodeError(f"The environment failed: {reason}.", remedy="Check it, and the task's parameters.")
        return answer

    def end(self) -> None:
        """Kill the process and wait for it."""
        self._process.kill()
        self._process.wait()
        with suppress(OSError):
            self._to.close()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _read(self, count: int) -> bytes:
        found, until = bytearray(), time.monotonic() + ANSWER_SECONDS
        while len(found) < count:
            try:
                ready, _, _ = select.select([self._from], [], [], max(until - time.monotonic(), 0))
                part = os.read(self._from, count - len(found)) if ready else b""
            except (OSError, ValueError) as error:
                raise Dead from error
            if not part:
                raise Dead
            found += part
        return bytes(found)


class WorkerPool:
    """Workers that share the episodes of each play between them; one request at a time."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.replaced = 0
        """Workers that have died and were replaced."""
        self._workers: list[Worker] = []
        self._plays: OrderedDict[int, _Play] = OrderedDict()
        self._begun = 0
        self._lock = threading.Lock()
        self._closed = False

    @property
    def pids(self) -> list[int]:
        """Of the processes that run now."""
        return [worker.pid for worker in self._workers]

    def begin(self, world: World, seeds: np.ndarray) -> tuple[int, Stand]:
        """Start episodes, uint32 [n]; returns what they are called, and where they are."""
        with self._lock:
            while len(self._plays) >= OPEN_PLAYS:
                self._end(next(iter(self._plays)))
            self._begun += 1
            play = self._plays[self._begun] = _Play(self._begun, world, seeds)
            return play.number, self._ask(play)

    def act(self, number: int, actions: np.ndarray, steps: int) -> Stand:
        """Take a step in each episode that is not over: int32 [n] or float32 [n, size].

        The play ends, and is forgotten, when all its episodes are over or have taken `steps`.
        """
        with self._lock:
            play = known(self._plays, number)
            play.actions.append(actions)
            stand = self._ask(play)
            if stand.over.all() or len(play.actions) >= steps:
                self._end(number)
            return stand

    def close(self) -> None:
        """End all processes, even during a request, which then fails."""
        self._closed = True
        for worker in self._workers:
            worker.end()

    def _ask(self, play: _Play) -> Stand:
        """A play's state after its last message; if a worker can't say, all workers start again."""
        try:
            return self._asked(play)
        except BaseException:
            self._forget()
            raise

    def _asked(self, play: _Play) -> Stand:
        """Send the last message of a play to all workers, and put their answers together."""
        busy = range(min(self.size, len(play.seeds)))
        while len(self._workers) < len(busy) and not self._closed:
            self._workers.append(Worker())
        for index in busy:
            share = self._share(index)
            self._workers[index].tell(play.act(play.actions[-1], share) if play.actions else play.begin(share))
        return self._together(play, [self._answer(index, play) for index in busy])

    def _answer(self, index: int, play: _Play) -> Seen:
        for _ in range(REPLACEMENTS):
            try:
                return self._workers[index].hear()
            except Dead:
                self._replace(index, play)
        try:
            return self._workers[index].hear()
        except Dead:
            raise TicketError(
                f"A process that steps the environments died {REPLACEMENTS + 1} times in a row; is there enough memory?"
            ) from None

    def _replace(self, index: int, asked: _Play) -> None:
        """Put a new worker in a dead one's place; all but the answer to the last question is heard."""
        self._workers[index].end()
        if self._closed:
            raise TicketError("The engine is ending, and so are the processes that step the environments.")
        self.replaced += 1
        self._workers[index] = Worker()
        others = [play for play in self._plays.values() if play is not asked]
        messages = [message for play in [*others, asked] for message in play.messages(self._share(index))]
        with suppress(Dead):
            for message in messages[:-1]:
                self._workers[index].tell(message)
                self._workers[index].hear()
        self._workers[index].tell(messages[-1])

    def _forget(self) -> None:
        """End all plays and processes: what they still say would answer older questions."""
        self._plays.clear()
        for worker in self._workers:
            worker.end()
        self._workers.clear()

    def _end(self, number: int) -> None:
        del self._plays[number]
        for worker in self._workers:
            worker.tell(End(number))

    def _share(self, index: int) -> slice:
        """A worker's episodes: strided, since neighbouring ones end at similar times."""
        return slice(index, None, self.size)

    def _together(self, play: _Play, answers: list[Seen]) -> Stand:
        count = len(play.seeds)
        values = sum(len(answer.observations) for answer in answers) // (4 * count)
        stand = Stand(np.zeros((count, values), "<f4"), np.zeros(count, "<f4"), np.zeros(count, bool))
        for index, answer in enumerate(answers):
            share = self._share(index)
            stand.observations[share] = np.frombuffer(answer.observations, "<f4").reshape(-1, values)
            stand.rewards[share] = np.frombuffer(answer.rewards, "<f4")
            stand.over[share] = np.frombuffer(answer.over, bool)
        return stand


@cache
def pool(workers: int | None) -> WorkerPool:
    """The process's pool of so many workers; None: one for each core that may be used."""
    made = WorkerPool(workers or cores())
    atexit.register(made.close)
    _MADE.append(made)
    return made


_MADE: list[WorkerPool] = []


def close_pools() -> None:
    """End the processes of all pools, even during a request, which then fails: this process is about to end."""
    for made in _MADE:
        made.close()
