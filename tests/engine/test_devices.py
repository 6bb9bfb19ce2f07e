"""Which GPUs there are, by what the driver's tool prints; and the form that fits into what is free."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import sessions.engine.engine
import sessions.engine.memory
import sessions.session.session
from sessions.messages import events
from sessions.plans import cost, devices
from sessions.plans.problems import Problems
from sessions.views.reading import read_view
from ticket_explorer.errors import TicketError
from ticket_explorer.own_process import SHARING, settle

pytestmark = pytest.mark.thorough

GPUS = "0, NVIDIA H200, 143771, 143156, GPU-a\n1, NVIDIA RTX 4070, 12282, 1024, GPU-b\n"
MEBIBYTE = 2**20


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts a driver's tool on the path, which prints what it is told to."""
    for name in ("CUDA_VISIBLE_DEVICES", "JAX_PLATFORMS"):
        monkeypatch.delenv(name, raising=False)

    def install(printed: str = GPUS, processes: str = "", code: int = 0) -> None:
        tool = tmp_path / "nvidia-smi"
        tool.write_text(
            f"#!/bin/sh\ncase $1 in *compute*) printf '{processes}';; *) printf '{printed}';; esac\nexit {code}\n"
        )
        tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    return install


def test_gpus_with_who_is_on_them(driver: Any) -> None:
    driver(processes=f"GPU-b, 17\nGPU-b, {os.getpid()}\n")
    first, second = devices.gpus()
    assert (first.index, first.name, first.total, first.free) == (
        0,
        "NVIDIA H200",
        143771 * MEBIBYTE,
        143156 * MEBIBYTE,
    )
    assert first.words == "NVIDIA H200, 150.1 of 150.8 GB free, no other process on it"
    assert second.words == "NVIDIA RTX 4070, 1.1 of 12.9 GB free, 1 process on it"


@pytest.mark.parametrize("printed", ["", "garbage\n", "No devices were found\n", "0, x, [N/A], [N/A], u\n"])
def test_a_driver_that_knows_of_none(driver: Any, printed: str) -> None:
    driver(printed)
    assert devices.gpus() == []
    assert devices.device_words().startswith("CPU, ")


def test_a_driver_that_fails(driver: Any) -> None:
    driver(code=9)
    assert devices.gpus() == []


def test_those_that_this_process_may_see(driver: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    driver()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    assert [gpu.index for gpu in devices.visible(devices.gpus())] == [1]
    assert devices.device_words().startswith("NVIDIA RTX 4070")


@pytest.mark.parametrize(
    ("given", "platform", "seen"), [("cpu", "cpu", None), ("gpu", "cuda", None), ("gpu:1", "cuda", "1")]
)
def test_a_device_is_taken_for_this_process_and_its_children(
    driver: Any, monkeypatch: pytest.MonkeyPatch, given: str, platform: str, seen: str | None
) -> None:
    driver()
    with monkeypatch.context() as patch:
        patch.setattr(os, "environ", dict(os.environ))
        devices.take(given)
        assert (os.environ["JAX_PLATFORMS"], os.environ.get("CUDA_VISIBLE_DEVICES")) == (platform, seen)


@pytest.mark.parametrize("given", ["gpu:2", "gpu:", "gpu:x", "tpu", "GPU", ""])
def test_a_device_that_is_not_there(driver: Any, given: str) -> None:
    driver()
    expected = r"expected cpu, gpu:0 \(NVIDIA H200, .*\); gpu:1 \(NVIDIA RTX 4070, .* free, no other process on it\)"
    with pytest.raises(TicketError, match=rf"--device: .*{expected}"):
        devices.take(given)


def test_a_gpu_where_none_is_known(driver: Any) -> None:
    driver("")
    with pytest.raises(TicketError, match="--device: gpu, expected cpu: no GPU is known here"):
        devices.take("gpu")


def test_memory_is_taken_as_it_is_needed_unless_the_shell_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    (name,) = SHARING
    for given, expected in ((None, "false"), ("true", "true")):
        with monkeypatch.context() as patch:
            patch.setattr(
                os, "environ", {k: v for k, v in os.environ.items() if k != name} | ({name: given} if given else {})
            )
            settle()
            assert os.environ[name] == expected


def test_a_gpu_has_a_speed_of_its_own(driver: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICKET_EXPLORER_HOME", str(tmp_path))
    devices._gpu_name.cache_clear()
    assert cost.speed() == cost.SLOW
    driver()
    devices._gpu_name.cache_clear()
    assert cost.speed() == cost.SLOW_GPU
    assert cost._speed_file().name == "speed-NVIDIA-H200.msgpack"
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    assert cost.speed() == cost.SLOW
    devices._gpu_name.cache_clear()


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Has a GPU with so many bytes free."""
    monkeypatch.setattr(sessions.session.session, "Problems", Problems)

    def set_(size: int) -> None:
        monkeypatch.setattr(sessions.engine.memory, "free_bytes", lambda: size)

    return set_


def groups(path: Path) -> list[int]:
    told = (event for event in read_view(path).history if isinstance(event, events.FormChosen))
    return [event.form.group for event in told]


LARGE: dict[str, Any] = {"task": {"name": "fashion", "batch": 4000}, "network": {"name": "mlp", "hidden": [256]}}
"""An individual's units take 7 MB, everything else of a generation about 14."""


@pytest.mark.parametrize(("room", "group"), [(200_000_000, 16), (60_000_000, 4), (30_000_000, 1)])
def test_groups_shrink_until_they_fit_into_what_is_free(lab: Any, free: Any, room: int, group: int) -> None:
    free(room)
    with lab.create(**LARGE) as session:
        session.step(1)
    assert groups(session.path) == [group]


def test_where_nothing_fits_nothing_is_begun(lab: Any, free: Any) -> None:
    free(5_000_000)
    with lab.create(**LARGE) as session, pytest.raises(TicketError, match=r"needs \d+\.\d MB .*, and 5\.0 MB are free"):
        session.step(1)
    assert groups(session.path) == []
    lab.assert_whole(session.path)
