"""`open`, `attach`, `replay`, `serve`: real processes where it matters."""

import asyncio
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import aiohttp
import psutil
import pytest

from sessions.messages import commands
from sessions.serving.client import Client
from sessions.session.session import Session
from sessions.specs.spec import parse_spec
from sessions.views.reading import read_view
from ticket_explorer import presets

COMMAND = str(Path(sys.executable).with_name("ticket-explorer"))


@pytest.fixture
def planned(home):
    """Make sessions that nothing has run yet."""

    def planned(name: str, generations: int) -> Path:
        table = presets.load("fashion") | {
            "task": {"name": "fashion", "batch": 64},
            "network": {"name": "mlp", "hidden": [8]},
            "trainer": {"name": "evolution", "population": 8, "generations": generations},
            "pruning": {"rounds": 2},
        }
        path = home / "sessions" / f"{name}.session"
        Session.create(parse_spec(table), path).close()
        return path

    return planned


@pytest.mark.slow
def test_open_plain_runs_a_session_to_its_end(planned, environment):
    path = planned("opened", 5)
    done = subprocess.run([COMMAND, "open", "opened", "--plain"], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Session opened: ")
    assert "Branch snr: 0 of 2 rounds" in lines
    assert sum("ends with score" in line for line in lines) == 4
    assert lines[-1].endswith("All branches are complete")
    assert all(line.isprintable() for line in lines)
    assert read_view(path).state == "finished"


@pytest.mark.slow
def test_ctrl_c_leaves_and_the_engine_goes_on(planned, environment, tell):
    path = planned("left", 100_000)
    told = subprocess.Popen([COMMAND, "open", "left", "--plain"], env=environment, stdout=-1, stderr=-1, text=True)
    with told as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for line in process.stdout:
            if "begins at" in line:
                process.send_signal(signal.SIGINT)
                break
        said = process.stderr.read()
    assert process.returncode == 130
    assert "Left; the engine goes on. Come back with: ticket-explorer attach left" in said
    assert "Traceback" not in said

    attached = subprocess.Popen(
        [COMMAND, "attach", "left", "--plain"], env=environment, stdout=-1, stderr=-1, text=True
    )
    with attached as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith("Session left: ")
        stop_engine(path)
        said = process.stderr.read()
    assert process.returncode == 2
    assert "The engine has ended: The engine was stopped." in said
    assert tell("verify", "left").exit_code == 0


def test_attach_never_starts_an_engine(planned, tell):
    planned("idle", 5)
    result = tell("attach", "idle", "--plain")
    assert result.exit_code == 2
    assert "No engine runs" in result.stderr
    assert "nothing was started" in result.stderr.replace("\n", " ")
    assert result.stdout == ""


def test_replay_plain_of_the_recorded_session(tell):
    result = tell("replay", "--plain", "--speed", "1000000000")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines()[0] == "Session recorded_fashion: SNR against magnitude and random pruning"
    assert result.stdout.count("ends with score") == 40


def test_replay_of_ones_own_session(tiny, tell):
    result = tell("replay", "tiny", "--plain", "--speed", "1000000000")
    assert result.exit_code == 0
    assert result.stdout.count("ends with score") == 4


@pytest.mark.parametrize("speed", ["0", "-1", "nan"])
def test_a_speed_that_is_none(tell, speed):
    result = tell("replay", "--plain", "--speed", speed)
    assert result.exit_code == 2
    assert "expected a number above 0" in result.stderr


@pytest.mark.parametrize("arguments", [("open", "tiny"), ("replay", "tiny")])
def test_what_is_no_terminal_is_told_of_plain(tiny, tell, arguments):
    result = tell(*arguments)
    assert result.exit_code == 2
    assert "--plain" in result.stderr


@pytest.mark.parametrize("command", ["open", "attach", "replay", "serve"])
def test_a_session_that_there_is_not(tell, command):
    result = tell(command, "nowhere")
    assert result.exit_code == 2
    assert "nowhere" in result.stderr
    assert "Traceback" not in result.stderr


def test_without_arguments_where_the_app_can_t_be_seen(environment):
    done = subprocess.run([COMMAND], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 2
    assert "--plain" in done.stderr
    assert done.stdout == ""


def test_without_arguments_no_command_is_imported():
    code = """
import json, sys
sys.argv = ["ticket-explorer"]
import widgets.cli, widgets.terminal.app
widgets.terminal.app.TicketExplorer.run = lambda self: print(json.dumps(sorted(sys.modules)))
widgets.cli.require_terminal = lambda instead: None
widgets.cli.main()
"""
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not {"typer", "click", "jax", "numpy", "plotext", "rich.progress"} & set(json.loads(printed))


def test_the_shell_can_complete_a_bare_command(environment):
    asked = {
        **environment,
        "_TICKET_EXPLORER_COMPLETE": "complete_bash",
        "COMP_WORDS": "ticket-explorer at",
        "COMP_CWORD": "1",
    }
    done = subprocess.run([COMMAND], env=asked, capture_output=True, text=True)
    assert "attach" in done.stdout.split()


def test_without_arguments_the_app_opens_in_a_terminal(environment):
    ours, theirs = pty.openpty()
    plain = {key: value for key, value in environment.items() if key not in ("CI", "TEXTUAL_DRIVER")}
    with subprocess.Popen(
        [COMMAND], stdin=theirs, stdout=theirs, stderr=theirs, env={**plain, "TERM": "xterm-256color"}
    ) as process:
        os.close(theirs)
        seen = b""
        while "Ticket Explorer" not in seen.decode(errors="replace"):
            seen += os.read(ours, 65536)
        process.terminate()
    os.close(ours)


def test_serve_names_the_extra_it_needs(tell, monkeypatch):
    monkeypatch.setattr("widgets.cli.terminal.find_spec", lambda name: None)
    result = tell("serve")
    assert result.exit_code == 2
    assert "ticket-explorer[serve]" in result.stderr


def test_the_app_is_served_to_a_browser_on_the_loopback_address_only(environment, tmp_path):
    port = free_port()
    with subprocess.Popen(
        [COMMAND, "serve", "--port", str(port)],
        env={**environment, "TICKET_EXPLORER_HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stderr is not None
            told = re.search(rf"http://127\.0\.0\.1:{port}/[\w-]{{43}}/", process.stderr.readline())
            assert told is not None
            assert listening(process.pid) == [("127.0.0.1", port)]
            assert b"No sessions yet" in asyncio.run(first_screen(told[0]))
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=20)


def test_a_port_that_is_taken_is_a_sentence(tell):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = tell("serve", "--port", str(taken.getsockname()[1]))
    assert result.exit_code == 2
    assert "address already in use. Choose another --port" in result.stderr.lower().replace("choose", "Choose")
    assert "Open http" not in result.stderr


def listening(process: int) -> list[tuple[str, int]]:
    """Where a process listens, once it does."""
    limit = time.monotonic() + 30
    while True:
        found = [one.laddr for one in psutil.Process(process).net_connections() if one.status == "LISTEN"]
        if found:
            return found
        assert time.monotonic() < limit, "it never listened"
        time.sleep(0.01)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


async def first_screen(page: str) -> bytes:
    """What a browser is sent until the app has drawn itself."""
    seen = b""
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(f"{page}ws?width=100&height=30") as socket_,
    ):
        while b"No sessions yet" not in seen:
            seen += await socket_.receive_bytes(timeout=30)
    return seen


def stop_engine(path: Path) -> None:
    async def stop() -> None:
        async with Client(path, "test") as client:
            await client.ask(commands.Stop())

    asyncio.run(stop())
