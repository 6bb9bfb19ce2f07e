"""An engine in this process, and clients that misbehave."""

import socket
import threading
from pathlib import Path

from sessions.messages import commands
from sessions.messages.goal import Goal
from sessions.serving.driver import Driver
from sessions.serving.listener import Listener
from sessions.serving.wire import Hello, packed
from sessions.session.session import Session
from sessions.store import SessionDirectory
from sessions.store.address import Address, read_address


class Engine:
    """A session that is served from a thread of this process."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.driver = Driver(session, Goal())
        self.listener = Listener(self.driver)
        self.thread = threading.Thread(target=self.driver.run, args=(True,))
        self.listener.start()
        self.thread.start()

    def stop(self) -> None:
        self.driver.ask(commands.Stop(), client="test")
        self.thread.join()
        self.session.close(leaving=self.listener.leave)
        self.listener.stop("The engine was stopped.")


def address(session: Path) -> Address:
    found = read_address(SessionDirectory(session).address)
    assert found is not None
    return found


def hello(session: Path, client: str) -> bytes:
    return packed(Hello(protocol=1, client=client, token=address(session).token))


def connected(session: Path) -> socket.socket:
    """A connection that nothing was said on, and that takes little at once."""
    there = address(session)
    found = socket.socket(socket.AF_UNIX if there.transport == "unix" else socket.AF_INET, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    found.connect(there.place if there.transport == "unix" else ("127.0.0.1", int(there.place)))
    return found


def mute(session: Path) -> socket.socket:
    """A client that never reads."""
    slow = connected(session)
    slow.sendall(hello(session, "slow"))
    return slow
