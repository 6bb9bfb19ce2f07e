"""Ctrl-C in a real process: it pauses, keeps everything, says how to go on; and going on reaches the end."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sessions.views.reading import read_view

pytestmark = pytest.mark.thorough

COMMAND = str(Path(sys.executable).with_name("ticket-explorer"))


@pytest.fixture
def interrupted(home, environment, tiny_settings):
    """A session that was interrupted in its second round, what it said, and with which exit code."""
    path = home / "sessions" / "interrupted.session"
    arguments = ["run", *tiny_settings, "--rounds", "2", "--generations", "2000", "--session", str(path), "--json"]
    with subprocess.Popen(
        [COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stderr is not None
        assert process.stdout is not None
        said = []
        for line in process.stderr:
            said.append(line)
            if "round   0" in line:
                process.send_signal(signal.SIGINT)
        printed = process.stdout.read()
    return path, "".join(said), printed, process.returncode


def test_it_pauses_and_resumes_to_the_end(interrupted, tell):
    path, said, printed, code = interrupted
    assert code == 130, said
    assert printed == ""
    assert "; everything is kept. Continue with: ticket-explorer resume interrupted" in said
    assert "Traceback" not in said
    view = read_view(path)
    assert view.state == "paused"
    assert tell("verify", "interrupted").exit_code == 0

    resumed = tell("resume", "interrupted", "--json")
    assert resumed.exit_code == 0, resumed.output
    report = json.loads(resumed.stdout)
    assert report["state"] == "finished"
    assert [len(branch["rounds"]) for branch in report["branches"]] == [2, 2, 2]
