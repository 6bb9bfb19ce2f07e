"""Plug-ins: distributions that add to families load in any order, and one that fails costs the others nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

GOOD = """
from ticket_explorer.pruners.settings import PrunerSettings
from ticket_explorer.networks.settings import NetworkSettings
from ticket_explorer.trainers import TRAINERS  # another family, whole
from ticket_explorer.pruners import PRUNERS  # its own

assert "snr" in PRUNERS
assert "evolution" in TRAINERS

class Mine(PrunerSettings, frozen=True, kw_only=True, tag="mine"):
    \"\"\"Keep the largest.\"\"\"

    implementation = "ticket_explorer.pruners.magnitude:score"

class MyNet(NetworkSettings, frozen=True, kw_only=True, tag="my_net"):
    \"\"\"A network.\"\"\"
"""
LIST = "from widgets.cli import main; main()"


def installed(place: Path, name: str, module: str, points: str) -> None:
    """A distribution as pip leaves it."""
    (place / f"{name}.py").write_text(module)
    info = place / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(points)


@pytest.fixture
def plug_ins(tmp_path: Path) -> Path:
    """One that is good, one that raises, one that exits, one whose name is taken, one that adds no settings."""
    installed(
        tmp_path,
        "good",
        GOOD,
        "[ticket_explorer.pruners]\nmine = good:Mine\n[ticket_explorer.networks]\nmy_net = good:MyNet\n",
    )
    installed(tmp_path, "raising", "1 / 0", "[ticket_explorer.pruners]\nbroken = raising:X\n")
    installed(tmp_path, "quitting", "import sys; sys.exit()", "[ticket_explorer.pruners]\nquits = quitting:X\n")
    installed(tmp_path, "shadowing", GOOD, "[ticket_explorer.pruners]\nsnr = shadowing:Mine\n")
    installed(tmp_path, "nothing", "X = 3", "[ticket_explorer.pruners]\nthree = nothing:X\n")
    return tmp_path


def run(place: Path, *arguments: str, code: str = LIST) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PYTHONPATH": str(place)}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)


def test_what_works_is_listed_and_what_fails_is_one_line_each(plug_ins: Path) -> None:
    ended = run(plug_ins, "pruners")
    assert ended.returncode == 0, ended.stderr
    assert "mine" in ended.stdout
    assert "magnitude_increase" in ended.stdout
    told = sorted(line for line in ended.stderr.splitlines() if line)
    failed = "raising:X can't be imported: ZeroDivisionError: division by zero."
    assert told == [
        f"ticket-explorer: The plug-in 'broken' of raising is left out of pruners: {failed}",
        "ticket-explorer: The plug-in 'quits' of quitting is left out of pruners: quitting:X can't be imported: "
        "SystemExit.",
        "ticket-explorer: The plug-in 'snr' of shadowing is left out of pruners: there is another one of that name.",
        "ticket-explorer: The plug-in 'three' of nothing is left out of pruners: nothing:X is not a class of settings "
        "whose tag is 'three'.",
    ]


@pytest.mark.parametrize(
    "code",
    [
        "import good",
        "import ticket_explorer.pruners",
        "import ticket_explorer.networks, good",
        "from sessions.specs.spec import parse_spec; print(parse_spec({'pruner': 'mine'}).branches[0].plan.pruner)",
    ],
)
def test_families_load_in_any_order(plug_ins: Path, code: str) -> None:
    ended = run(plug_ins, code=code)
    assert ended.returncode == 0, ended.stderr


def test_our_own_names_import_no_plug_in(plug_ins: Path) -> None:
    code = (
        "import sys; from ticket_explorer.pruners import PRUNERS; PRUNERS['snr']; assert 'raising' not in sys.modules"
    )
    assert run(plug_ins, code=code).returncode == 0
