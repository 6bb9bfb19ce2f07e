"""What an engine takes of the machine: measured by the system's own files, and shown on a key."""

import os
import shutil
from pathlib import Path

import pytest

from sessions.serving import usage
from sessions.serving.usage import Meter, Usage
from sessions.store import SessionDirectory, SessionLock
from tests.faces.conftest import GOLDEN
from widgets.terminal import status


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the system has no /proc")
def test_the_process_that_has_the_session_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = Path(shutil.copytree(GOLDEN, tmp_path / "golden.session"))
    meter = Meter(session)
    assert meter.look() is None
    monkeypatch.setattr(usage, "_gpu_memory", lambda processes: 5 * 10**9 if os.getpid() in processes else None)
    with SessionLock(SessionDirectory(session).lock):
        first = meter.look()
        assert first is not None
        assert (first.cores, first.gpu_memory) == (None, 5 * 10**9)
        assert 10**7 < first.memory < 10**11
        before = usage._seconds(os.getpid())
        while usage._seconds(os.getpid()) < before + 0.2:
            sum(range(100_000))
        second = meter.look()
    assert second is not None
    assert second.cores is not None
    assert 0 < second.cores < 1 + (os.cpu_count() or 1)


def test_nvidia_smi_tells_of_the_engines_processes_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tool := tmp_path / "nvidia-smi").write_text("#!/bin/sh\necho '7, 100'\necho '8, 50'\necho '9, [N/A]'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert usage._gpu_memory([7, 9]) == 100 * 1024**2
    tool.write_text("#!/bin/sh\nexit 9\n")
    assert usage._gpu_memory([7]) is None
    monkeypatch.setenv("PATH", "")
    assert usage._gpu_memory([7]) is None


def test_it_is_said_with_units() -> None:
    assert status.usage(None) == "no engine to measure"
    assert status.usage(Usage(None, 740_000_000, None)) == "740 MB"
    assert status.usage(Usage(1.93, 740_000_000, 2_100_000_000)) == "1.9 cores, 740 MB, GPU 2.1 GB"
