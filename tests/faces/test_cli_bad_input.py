"""Whatever is wrong: one sentence on stderr, exit code 2, nothing on stdout, no traceback."""

import errno
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from sessions.store import SessionDirectory, SessionLock

SCRIPT = str(Path(sys.executable).with_name("ticket-explorer"))
NOT_TO_RUN = ("run", "--rounds", "2", "--generations", "1")


def refused(result, phrase):
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    sentence = result.stderr.removesuffix("\n")
    assert "\n" not in sentence
    assert "Traceback" not in sentence
    assert phrase in sentence


@pytest.mark.parametrize(
    ("settings", "phrase"),
    [
        (["pruning.ratio=1.2"], "$.pruning.ratio: 1.2, expected a number between 0 and 1, exclusive"),
        (["pruning.ratio=0.99999"], "at least one of the 6592 prunable weights"),
        (["trainer.strategy=pgpe", "trainer.population=7"], "$.trainer.population: 7, expected an even number"),
        (["trainer.strategy=sness"], "did you mean snes?"),
        (["trainer.elite_ratio=0.5"], "$.trainer.elite_ratio: 0.5, expected none"),
        (["trainer=nope"], "known: continuous_sparsification, evolution"),
        (["task=nope"], "Known: acrobot, acrobot_swingup"),
        (["task=mnist"], "ticket-explorer data prepare mnist"),
        (["network.hidden=[]", "network.nope=1"], "$.network.nope: unknown field"),
        (["network.hidden=32"], "$.network.hidden: 32, expected a list"),
        (["branch.snr.pruner=nope"], "known: fisher, grasp, hessian_diagonal"),
        (["branch.snr.rewind=nope"], "known: early, fresh, initial"),
        (["branch.nope.pruner=snr"], "a branch among snr, magnitude, random"),
        (["branch.snr.name=[red]x"], "[red]x"),
        (["branch.snr.name=../x"], "../x"),
        (["branch.snr.name=random"], "a name that no other branch has"),
        (["seed=-1"], "$.seed: -1"),
        (["nope=1"], "$.nope: unknown field"),
        (["nope"], "path=value"),
        (["title.x=1"], "$.title"),
        (["network.hidden.0=8"], "--set"),
    ],
)
def test_a_spec_that_cannot_work(tell, settings, phrase):
    refused(tell(*NOT_TO_RUN, *(part for setting in settings for part in ("--set", setting))), phrase)


def test_no_such_preset_or_file(tell, tmp_path):
    refused(tell("run", "nope"), "unknown preset 'nope'")
    refused(tell("run", str(tmp_path / "nope.toml")), "no such file")
    (tmp_path / "bad.toml").write_text("title = \n")
    refused(tell("run", str(tmp_path / "bad.toml")), "is not valid TOML")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    refused(tell("run", str(tmp_path / "bytes.toml")), "is not text")
    refused(tell("run", str(tmp_path)), "expected a directory with one for each class")


@pytest.mark.parametrize("command", ["show", "resume", "rm", "verify"])
def test_what_is_not_a_session(tell, tmp_path, command):
    (tmp_path / "file").write_text("x")
    refused(tell(command, str(tmp_path / "nope.session")), "There is no session at")
    refused(tell(command, str(tmp_path)), "so it is not a session")
    refused(tell(command, str(tmp_path / "file")), "is a file, not a session")
    refused(tell(command, "nope"), "There is no session at")


def test_a_session_of_a_newer_version(tell, tmp_path):
    path = tmp_path / "newer.session"
    SessionDirectory.create(path, msgspec.msgpack.encode({"schema": 99}))
    for command in ("show", "resume"):
        refused(tell(command, str(path)), "newer Ticket Explorer (schema 99")


def test_a_session_that_is_in_use(tell, tiny):
    with SessionLock(SessionDirectory(tiny.path).lock):
        refused(tell("resume", "tiny"), "is open in this process already")
        refused(tell("rm", "tiny", "--yes"), "is open in this process already")
        refused(tell("branch", "tiny", "--from", "snr:0"), "is open in this process already")


def test_a_new_session_takes_no_others_place(tell, tiny, tmp_path):
    refused(tell("run", "--session", str(tiny.path)), "Continue it with: ticket-explorer resume tiny")
    (tmp_path / "file").write_text("x")
    refused(tell(*NOT_TO_RUN, "--session", str(tmp_path / "file")), "exists already")


@pytest.mark.parametrize(
    ("arguments", "phrase"),
    [
        (["--from", "snr"], "BRANCH:ROUND"),
        (["--from", "nope:0"], "known: magnitude, random, snr"),
        (["--from", "snr:7"], "finished are 0 to 1"),
        (["--from", "snr:0", "--name", "[red]x"], "[red]x"),
        (["--from", "snr:0", "--name", "random"], "A branch 'random' already exists"),
        (["--from", "snr:0", "--set", "pruning.ratio=2"], "pruning.ratio: 2"),
        (["--from", "snr:0", "--set", "nope=2"], "$.nope: unknown field"),
    ],
)
def test_a_branch_that_cannot_be(tell, tiny, arguments, phrase):
    refused(tell("branch", "tiny", *arguments), phrase)


@pytest.mark.parametrize(
    ("kind", "name", "rest", "phrase"),
    [
        ("metrics", "x.txt", [], ".csv or .parquet or .json"),
        ("ticket", "x.csv", [], ".safetensors or .msgpack or .npz"),
        ("metrics", "nowhere/x.csv", [], "no such file or directory"),
        ("metrics", "nowhere/x.parquet", [], "no such file or directory"),
        ("metrics", "nowhere/x.json", [], "no such file or directory"),
        ("ticket", "nowhere/x.msgpack", [], "no such file or directory"),
        ("ticket", "x.msgpack", ["--from", "nope:0"], "a branch among snr, magnitude, random"),
        ("ticket", "x.msgpack", ["--from", "snr:9"], "not finished"),
        ("ticket", "x.msgpack", ["--replicate", "3"], "no replicate 3"),
    ],
)
def test_an_export_that_cannot_be(tell, tiny, tmp_path, kind, name, rest, phrase):
    refused(tell("export", "tiny", kind, "--out", str(tmp_path / name), *rest), phrase)
    assert not (tmp_path / name).exists()


def test_an_unknown_data_set(tell):
    refused(tell("data", "prepare", "nope"), "nope")


@pytest.mark.parametrize("arguments", [["nope"], ["run", "--nope"], ["show"], ["export", "tiny", "nope", "--out", "x"]])
def test_usage(tell, arguments):
    result = tell(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    "command",
    [
        ("show", "{}"),
        ("run", "{}"),
        ("run", "--session", "{}"),
        ("resume", "{}"),
        ("verify", "{}"),
        ("rm", "{}", "--yes"),
        ("replay", "{}", "--plain"),
        ("analyse", "{}", "layers"),
        ("export", "{}", "metrics", "--out", "x.csv"),
        ("adopt", "{}", "{}", "--from", "snr:0"),
        ("data", "prepare", "{}"),
        ("run", "--set", "task.name={}"),
    ],
    ids=" ".join,
)
def test_a_name_that_no_file_system_takes(tell, command):
    told = tell(*(part.format("x" * 5000) for part in command))
    refused(told, "xxx")
    assert len(told.stderr) < 2000


@pytest.mark.parametrize("command", ["--help", "presets"])
def test_an_output_that_takes_nothing(command):
    with Path("/dev/full").open("w") as full:
        told = subprocess.run([SCRIPT, command], stdout=full, stderr=subprocess.PIPE, text=True, timeout=120)
    assert told.returncode == 1
    assert told.stderr.startswith("ticket-explorer: The disk that holds the output is full.")
    assert told.stderr.count("\n") == 1


def test_a_mistake_of_ours_is_a_sentence_and_its_details_are_kept(tell, monkeypatch, tmp_path):
    monkeypatch.setenv("TICKET_EXPLORER_HOME", str(tmp_path))
    monkeypatch.setattr("widgets.cli.listing.Listing", lambda: 1 / 0)
    told = tell("list")
    assert told.exit_code == 1
    assert "Unexpected error, ZeroDivisionError" in told.stderr
    assert "1 / 0" in (tmp_path / "cache" / "app-errors.log").read_text()


def test_no_descriptor_is_left(tell, monkeypatch):
    def none_left():
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr("widgets.cli.listing.Listing", none_left)
    assert "too many files are open already" in tell("list").stderr
