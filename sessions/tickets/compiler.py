"""Compiles executables ahead of their use.

Round sizes are known before a round's mask is, so the executables of coming rounds are compiled in
the background while the current round runs. JAX's persistent cache, where it is set, makes the second run of a
preset start at once. Only the most recently used executables are kept in memory; all sessions of a process share them.
"""

import ctypes
import os
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import jax
import jax.numpy as jnp

from ticket_explorer.keys import arithmetic

Key = tuple[object, ...]
Executable = Callable[..., Any]
Call = Callable[[], tuple[Any, ...]]
"""Returns a pure function of arrays, and its arguments."""
Awaited = Callable[[Key | None], None]
"""Called with the key of an executable that is waited for, and with None once it is ready."""

_MOST = 64
"""The most executables that a process keeps, however many sessions it had."""
_NICENESS = 5
_HEARING = 0.1
"""Seconds between two looks of a thread that waits."""


class GivenUp(Exception):
    """The session is being closed: the executable is not needed any more."""


class Executables:
    """The most recently used executables, by their keys; their functions close over no session."""

    def __init__(self) -> None:
        self.room = 16
        """How many are kept: more than a round and those compiled ahead need, so that none is thrown away unused."""
        self._futures: OrderedDict[Key, Future[Executable]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key, begin: Callable[[], Future[Executable]]) -> "Future[Executable]":
        """The executable of a key; `begin` makes it if there is none, or if its compilation was cancelled."""
        with self._lock:
            if not self.knows(key):
                self._futures[key] = begin()
            self._futures.move_to_end(key)
            while len(self._futures) > self.room:
                self._futures.popitem(last=False)
            return self._futures[key]

    def put(self, key: Key, future: Future[Executable]) -> None:
        """Keep an executable in place of the one before."""
        with self._lock:
            self._futures[key] = future

    def knows(self, key: Key) -> bool:
        """Whether a key's executable is ready or being compiled."""
        known = self._futures.get(key)
        return known is not None and not known.cancelled()

    def next_session(self) -> None:
        """Make room for another session's executables, for scripts that run several in turn, and forget what failed."""
        with self._lock:
            self.room = max(self.room, min(self.room + 16, _MOST))
            for key, future in tuple(self._futures.items()):
                if future.done() and (future.cancelled() or future.exception() is not None):
                    del self._futures[key]


EXECUTABLES = Executables()
"""The executables of this process."""


class Compiler:
    """Compiles functions for given argument shapes, each once, now or in the background."""

    def __init__(self, awaited: Awaited = lambda key: None, executables: Executables | None = None) -> None:
        self._awaited, self._executables = awaited, executables or EXECUTABLES
        self._begun: set[Future[Executable]] = set()
        self._pool = ThreadPoolExecutor(1, "compile", initializer=_be_nice)
        self._urgent = ThreadPoolExecutor(1, "compile-now", initializer=_be_nice)
        """For executables that a person waits for; the threads of a pool start when they are needed."""
        self._is_given_up = False

    def prefetch(self, key: Key, call: Call) -> None:
        """Compile a call in the background, unless that is done or under way.

        Args:
            key: Identifies the call's function (with what it closes over) and its shapes.
            call: Returns the function and its arguments, pytrees of arrays or of `jax.ShapeDtypeStruct`;
                called only if there is something to compile.
        """
        self._executables.get(key, lambda: self._submit(self._pool, call))

    def begin(self, key: Key, call: Call) -> None:
        """Trace a call in this thread, and compile it in the background before everything that can wait.

        Threads that trace delay each other, but not one that compiles: the executable that takes longest is ready
        sooner if it is traced first.
        """
        if self._executables.knows(key):
            return
        self._awaited(key)
        try:
            lowered = _lowered(call)
        finally:
            self._awaited(None)
        self._executables.put(key, self._begin(self._urgent.submit(_executable, lowered)))

    def is_ready(self, key: Key, call: Call) -> bool:
        """Whether a call's executable is ready; if not, it is compiled in the background before all that can wait."""
        return self._executables.get(key, lambda: self._submit(self._urgent, call)).done()

    def get(self, key: Key, call: Call) -> Executable:
        """The executable of a call; if its compilation hasn't begun, it begins before all that can wait.

        Another thread always compiles, so that this one handles signals meanwhile.

        Raises:
            GivenUp: if the wait is cancelled.
        """
        future = self._executables.get(key, lambda: self._submit(self._pool, call))
        if future.done():
            return future.result()
        self._awaited(key)
        try:
            return self._awaited_result(self._compiled_at_once(key, call) if future.cancel() else future)
        finally:
            self._awaited(None)

    def give_up(self) -> None:
        """Cancel all waits; it takes no lock, so a signal's handler may call it."""
        self._is_given_up = True

    @property
    def is_busy(self) -> bool:
        """Whether something is being compiled."""
        return any(future.running() for future in tuple(self._begun))

    def _awaited_result(self, future: "Future[Executable]") -> Executable:
        while not self._is_given_up:
            with suppress(TimeoutError):
                return future.result(timeout=_HEARING)
        raise GivenUp

    def _compiled_at_once(self, key: Key, call: Call) -> "Future[Executable]":
        compiled: Future[Executable] = Future()

        def compile_() -> None:
            compiled.set_running_or_notify_cancel()
            try:
                compiled.set_result(_compile(call))
            except BaseException as error:
                compiled.set_exception(error)

        self._executables.put(key, self._begin(compiled))
        threading.Thread(target=compile_, name="compile-at-once", daemon=True).start()
        return compiled

    def close(self) -> None:
        """Cancel compilations that have not begun."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._urgent.shutdown(wait=False, cancel_futures=True)
        self._executables.next_session()

    def _submit(self, pool: ThreadPoolExecutor, call: Call) -> "Future[Executable]":
        return self._begin(pool.submit(_compile, call))

    def _begin(self, future: "Future[Executable]") -> "Future[Executable]":
        self._begun.add(future)
        future.add_done_callback(self._begun.discard)
        return future


def _compile(call: Call) -> Executable:
    return _executable(_lowered(call))


def _lowered(call: Call) -> jax.stages.Lowered:
    function, *arguments = call()
    with arithmetic():
        return jax.jit(function).lower(*jax.tree.map(_shape_of, arguments))


def _executable(lowered: jax.stages.Lowered) -> Executable:
    compiled = lowered.compile()
    _return_memory()
    return compiled


def _return_memory() -> None:
    """Return memory used for compiling to the system; glibc would keep it, hundreds of megabytes per session."""
    with suppress(OSError, AttributeError):  # elsewhere there is no such library
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def _shape_of(array: Any) -> jax.ShapeDtypeStruct:
    if isinstance(array, jax.ShapeDtypeStruct):
        return array
    array = array if hasattr(array, "dtype") else jnp.asarray(array)
    return jax.ShapeDtypeStruct(array.shape, array.dtype)


def _be_nice() -> None:
    if sys.platform == "linux":  # elsewhere a thread's number is no process's
        with suppress(OSError, AttributeError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
