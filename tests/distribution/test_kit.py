"""The offline kit: what it refuses; and that a fresh environment installs from it, and from nothing else."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from widgets.cli import kit as kits
from widgets.cli.commands import app


def refusal(*arguments: str) -> str:
    told = CliRunner(env={"COLUMNS": "80"}).invoke(app, ["kit", *arguments])
    assert told.exit_code == 2
    return told.stderr.replace("\n", " ")


def test_bad_input_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("there")
    assert "is empty" in refusal(str(tmp_path))
    assert "is empty" in refusal(str(tmp_path / "file"))
    assert ".whl" in refusal(str(tmp_path / "new"), "--wheel", str(tmp_path / "file"))
    monkeypatch.setattr(kits, "find_spec", lambda name: None)
    assert "ensurepip" in refusal(str(tmp_path / "new"))
    assert not (tmp_path / "new").exists()


def test_what_pip_says_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        return subprocess.CompletedProcess(
            command, 1, "", "WARNING: slow\nERROR: No matching distribution found for x\n"
        )

    monkeypatch.setattr(kits, "find_spec", lambda name: object())
    monkeypatch.setattr(kits.subprocess, "run", run)
    said = refusal(str(tmp_path / "new"), "--platform", "win_amd64", "--python", "3.12")
    assert said.strip().endswith("ERROR: No matching distribution found for x")
    assert {"--platform=win_amd64", "--python-version=3.12", "--only-binary=:all:", "colorama"} <= set(asked[0])


def test_a_linux_platform_takes_wheels_for_older_ones() -> None:
    assert kits._accepted("") == []
    assert kits._accepted("macosx_14_0_arm64") == ["macosx_14_0_arm64"]
    found = kits._accepted("manylinux_2_28_x86_64")
    assert found[0] == "manylinux_2_28_x86_64"
    assert {"manylinux_2_17_x86_64", "manylinux2014_x86_64"} < set(found)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_fresh_environment_installs_from_it_without_an_index(
    theirs: Path, wheel: Path, environment_variables: dict[str, str], tmp_path: Path
) -> None:
    directory, fresh = tmp_path / "kit", tmp_path / "fresh"
    command = [str(theirs / "bin" / "ticket-explorer"), "kit", str(directory), "--wheel", str(wheel)]
    line = subprocess.run(command, env=environment_variables, check=True, capture_output=True, text=True).stdout.strip()
    assert line in (directory / "README.txt").read_text()
    for row in (directory / "SHA256SUMS").read_text().splitlines():
        digest, _, name = row.partition("  ")
        assert hashlib.sha256((directory / name).read_bytes()).hexdigest() == digest
    subprocess.run([sys.executable, "-m", "venv", str(fresh)], check=True)
    install = line.replace("python", str(fresh / "bin" / "python"), 1)
    subprocess.run(install, shell=True, cwd=directory, env=environment_variables | {"PIP_NO_INDEX": "1"}, check=True)
    run = [str(fresh / "bin" / "ticket-explorer"), "run", "--rounds", "1", "--generations", "5"]
    assert subprocess.run(run, cwd=tmp_path, env=environment_variables).returncode == 0
    assert len(list((directory / "lessons").glob("*.ipynb"))) >= 6
