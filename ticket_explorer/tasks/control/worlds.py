"""A process that steps Gymnasium environments for an engine: `python -m ticket_explorer.tasks.control.worlds PID`.

It reads messages on its input and answers each on its output, and ends when its input does: an engine that is
killed leaves no process behind. Every episode gets a new world of its own, so its outcome depends
on its seed and its actions alone. Neither JAX nor anything that draws is imported here.
"""

import os
import signal
import sys
import warnings
from collections.abc import Callable
from importlib import import_module
from threading import Thread
from time import sleep
from typing import IO, Any

import msgspec
import numpy as np

from ticket_explorer.errors import TicketError, shortened

ORPHAN_SECONDS = 0.5
"""Seconds between two looks at whether the process that started this one is still there."""
LENGTH_BYTES = 4
"""Of the number before each message: its length, little-endian."""


class Begin(msgspec.Struct, frozen=True, tag=True):
    """Start episodes; answered by `Seen`."""

    play: int
    """What these episodes are called from now on."""
    maker: str
    """The environment's class, as `module:class`."""
    parameters: dict[str, bool | int | float | str]
    seeds: bytes
    """uint32 [n], of each episode."""


class Act(msgspec.Struct, frozen=True, tag=True):
    """Take a step in each episode that is not over; answered by `Seen`."""

    play: int
    actions: bytes
    """int32 [n], or float32 [n, size]."""
    size: int | None
    """Of a continuous action; None: actions are discrete."""


class End(msgspec.Struct, frozen=True, tag=True):
    """Forget episodes; not answered."""

    play: int


class Seen(msgspec.Struct, frozen=True, tag=True):
    """Where the episodes are now."""

    observations: bytes
    """float32 [n, ...]; of an episode that is over its last."""
    rewards: bytes
    """float32 [n]; 0 where no step was taken."""
    over: bytes
    """bool [n]."""


class Failed(msgspec.Struct, frozen=True, tag=True):
    """The environment raised an error."""

    reason: str


Message = Begin | Act | End
Answer = Seen | Failed


class Worlds:
    """The episodes of one play, each in an environment of its own."""

    def __init__(self, begin: Begin) -> None:
        make = maker(begin.maker)
        seeds = np.frombuffer(begin.seeds, "<u4")
        self._environments = [make(**begin.parameters) for _ in seeds]
        starts = zip(self._environments, seeds, strict=True)
        self._observations = np.stack([environment.reset(seed=int(seed))[0] for environment, seed in starts])
        self._over = np.zeros(len(seeds), bool)

    def act(self, act: Act) -> Seen:
        """Take a step in each episode that is not over."""
        rewards = np.zeros(len(self._over), "<f4")
        actions = _actions(act)
        for i in np.flatnonzero(~self._over):
            observation, reward, terminated, truncated, _ = self._environments[i].step(actions[i])
            self._observations[i], rewards[i], self._over[i] = observation, reward, terminated or truncated
        return self.seen(rewards)

    def seen(self, rewards: np.ndarray | None = None) -> Seen:
        """Where the episodes are; at the start, without rewards."""
        gained = np.zeros(len(self._over), "<f4") if rewards is None else rewards
        return Seen(self._observations.astype("<f4").tobytes(), gained.tobytes(), self._over.tobytes())


def maker(name: str) -> Callable[..., Any]:
    """The class that `module:class` names."""
    module, _, attribute = name.partition(":")
    made: Callable[..., Any] = getattr(import_module(module), attribute)
    return made


def send(message: Message | Answer, to: IO[bytes]) -> None:
    """Write a message with its length before it."""
    body = msgspec.msgpack.encode(message)
    to.write(len(body).to_bytes(LENGTH_BYTES, "little") + body)
    to.flush()


def serve(source: IO[bytes], sink: IO[bytes]) -> None:
    """Answer messages until there are no more."""
    decoder = msgspec.msgpack.Decoder(Message)
    plays: dict[int, Worlds] = {}
    while len(head := source.read(LENGTH_BYTES)) == LENGTH_BYTES:
        message = decoder.decode(source.read(int.from_bytes(head, "little")))
        if isinstance(message, End):
            plays.pop(message.play, None)
            continue
        try:
            answer: Answer = _answer(message, plays)
        except TicketError as error:
            answer = Failed(str(error))
        except (Exception, SystemExit) as error:
            answer = Failed(shortened(f"{type(error).__name__}: {error}".splitlines()[0]))
        send(answer, sink)


def _answer(message: Begin | Act, plays: dict[int, Worlds]) -> Seen:
    if isinstance(message, Act):
        return plays[message.play].act(message)
    plays[message.play] = Worlds(message)
    return plays[message.play].seen()


def _actions(act: Act) -> np.ndarray:
    if act.size is None:
        return np.frombuffer(act.actions, "<i4")
    return np.frombuffer(act.actions, "<f4").reshape(-1, act.size)


def _end_with(parent: int) -> None:
    """End this process when the one that started it has ended, even if an environment never returns from a step."""
    while os.getppid() == parent:
        sleep(ORPHAN_SECONDS)
    os._exit(0)


def main() -> None:
    """Serve the process that has started this one, whose id is the argument: it may have ended by now."""
    Thread(target=_end_with, args=(int(sys.argv[1]),), daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all: the engine says when to end
    warnings.simplefilter("ignore")
    sink = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    serve(sys.stdin.buffer, sink)


if __name__ == "__main__":
    main()
