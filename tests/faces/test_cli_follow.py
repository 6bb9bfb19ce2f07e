"""Metrics as TensorBoard's event files, and files that grow with a session: each number once, whatever happens."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

from sessions.reports.generation_rows import metric_rows
from sessions.store import SessionDirectory, SessionLock, read_records
from sessions.views.reading import decoded, read_view
from widgets.cli import event_files

COMMAND = [str(Path(sys.executable)), "-m", "ticket_explorer"]
UNLIMITED = {"scalars": 0, "tensors": 0}


def accumulated(run: Path) -> EventAccumulator:
    found = EventAccumulator(str(run), size_guidance=UNLIMITED)
    found.Reload()
    return found


def scalars(run: Path, tag: str) -> list[tuple[int, float]]:
    return [(event.step, event.value) for event in accumulated(run).Scalars(tag)]


def contents(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def exported(tell, session: Path, out: Path, *more: str) -> None:
    result = tell("export", str(session), "metrics", "--format", "tensorboard", "--out", str(out), *more)
    assert result.exit_code == 0, result.output
    assert f"Wrote {out}." in result.stderr.replace("\n", " ")


@pytest.fixture(scope="session")
def whole(tiny, tell, tmp_path_factory) -> Path:
    """The event files of the tiny session."""
    out = tmp_path_factory.mktemp("whole") / "runs"
    exported(tell, tiny.path, out)
    return out


def test_another_reader_finds_every_number_once(tiny, whole):
    assert sorted(path.name for path in whole.iterdir()) == ["magnitude", "random", "snr"]
    rows = list(metric_rows(read_view(tiny.path)))
    for branch, first in (("snr", 1), ("magnitude", 6), ("random", 6)):
        expected = [row for row in rows if row["branch"] == branch]
        for tag, column in (("mean", "fitness_mean"), ("best", "fitness_best"), ("std", "fitness_std")):
            found = scalars(whole / branch, f"fitness/{tag}")
            assert [step for step, _ in found] == list(range(first, 11)), "a branch goes on where its parent stood"
            assert [value for _, value in found] == [row[column] for row in expected]
        assert [value for _, value in scalars(whole / branch, "sigma")] == [row["sigma"] for row in expected]


def test_what_a_round_tells_stands_at_its_last_generation(tiny, whole):
    rounds = tiny.report["branches"][0]["rounds"]
    for tag, expected in (
        ("round", [0, 1]),
        ("score", [round_["score"] for round_ in rounds]),
        ("density", [1.0, 0.8]),
        ("correlation/pearson", [round_["snr_magnitude_correlation"] for round_ in rounds]),
    ):
        assert [step for step, _ in scalars(whole / "snr", tag)] == [5, 10]
        assert [value for _, value in scalars(whole / "snr", tag)] == pytest.approx(expected, rel=1e-6)
    finished = read_view(tiny.path).branches["snr"].rounds[1].finished
    assert finished is not None
    for leaf in ("dense_0/kernel", "dense_1/kernel"):
        assert scalars(whole / "snr", f"density/{leaf}")[1] == (10, pytest.approx(finished.leaves[leaf].density))
    assert "density/dense_0/bias" not in accumulated(whole / "snr").Tags()["scalars"]


def test_the_time_is_when_the_journal_got_them(tiny, whole):
    journal = SessionDirectory(tiny.path).journal
    told = [
        event for event in decoded(read_records(journal).payloads, journal) if getattr(event, "branch", "") == "snr"
    ]
    blocks = [event for event in told if type(event).__name__ == "Generations"]
    expected = [event.at for event in blocks for _ in range(event.count)]
    assert [event.wall_time for event in accumulated(whole / "snr").Scalars("fitness/mean")] == expected


def test_plans_and_settings_are_told(tiny, whole):
    found = accumulated(whole / "random")
    text = found.Tensors("plan/text_summary")[0].tensor_proto.string_val[0].decode()
    assert json.loads(text.removeprefix("```json").removesuffix("```"))["pruner"] == {"name": "random"}
    metadata = found.SummaryMetadata("_hparams_/session_start_info")
    settings = HParamsPluginData.FromString(metadata.plugin_data.content).session_start_info.hparams
    assert settings["trainer.strategy"].string_value == "snes"
    assert settings["trainer.population"].number_value == 8


def test_replicates_are_runs_of_their_own(golden, tell, root, tmp_path):
    exported(tell, root / "tests" / "engine" / "golden" / "schema_1", tmp_path / "runs")
    metrics = golden.branches["snr"].rounds[1].metrics()
    for replicate in (0, 1):
        found = dict(scalars(tmp_path / "runs" / "snr" / f"replicate-{replicate}", "fitness/mean"))
        assert [found[step] for step in range(7, 13)] == metrics[:, replicate, 0].tolist()


def test_no_file_tells_where_it_was_written(whole):
    import socket

    for name, content in contents(whole).items():
        assert socket.gethostname() not in name
        assert str(whole).encode() not in content


@pytest.mark.parametrize("cut", [0, 7, 100, -1])
def test_what_was_cut_short_is_made_whole(tiny, whole, tell, tmp_path, cut):
    out = shutil.copytree(whole, tmp_path / "runs")
    file = next((out / "snr").iterdir())
    file.write_bytes(file.read_bytes()[:cut])
    next((out / "random").iterdir()).unlink()
    exported(tell, tiny.path, out)
    assert contents(out) == contents(whole)


def test_what_no_journal_tells_is_taken_away(tiny, whole, tell, tmp_path):
    out = shutil.copytree(whole, tmp_path / "runs")
    file = next((out / "snr").iterdir())
    file.write_bytes(file.read_bytes() + file.read_bytes()[-100:])
    changed = bytearray(next((out / "random").iterdir()).read_bytes())
    changed[-50] ^= 1
    next((out / "random").iterdir()).write_bytes(changed)
    shutil.copytree(out / "snr", out / "undone")
    exported(tell, tiny.path, out)
    assert contents(out) == contents(whole)


def test_another_sessions_directory_is_refused(tiny, tell, root, tmp_path):
    out = tmp_path / "runs"
    (out / "snr").mkdir(parents=True)
    (out / "snr" / "events.out.tfevents.1.theirs").write_bytes(b"theirs")
    result = tell("export", "tiny", "metrics", "--format", "tensorboard", "--out", str(out), COLUMNS="300")
    assert result.exit_code == 2
    assert "holds events that this session did not tell (events.out.tfevents.1.theirs). Choose" in result.stderr
    assert (out / "snr" / "events.out.tfevents.1.theirs").read_bytes() == b"theirs"


def test_without_the_library_a_sentence_says_how_to_get_it(tiny, tell, tmp_path, monkeypatch):
    monkeypatch.setattr(event_files, "find_spec", lambda name: None)
    result = tell("export", "tiny", "metrics", "--format", "tensorboard", "--out", str(tmp_path), COLUMNS="300")
    assert (result.exit_code, "pip install 'ticket-explorer[tensorboard]'" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "phrase"),
    [
        (("metrics", "--out", "x"), "--out: x, expected a file name that ends in .csv or .parquet or .json"),
        (("metrics", "--out", "x.csv", "--format", "parquet"), "--format: parquet, expected csv, as the name of x.csv"),
        (("metrics", "--out", "x.csv", "--format", "tensorboard"), "the name of a directory"),
        (("metrics", "--out", "x", "--format", "xml"), "--format: xml, expected csv or parquet or json or tensorboard"),
        (("analysis", "--out", "x", "--format", "tensorboard"), "expected csv or parquet or json for analysis"),
        (("metrics", "--out", "x.json", "--follow"), "--follow: json, expected tensorboard or csv: a file of json is"),
        (("metrics", "--out", "x.parquet", "--follow"), "--follow: parquet"),
        (("analysis", "--out", "x.csv", "--follow"), "--follow: analysis, expected metrics"),
    ],
)
def test_formats_that_contradict(tiny, tell, arguments, phrase):
    result = tell("export", "tiny", *arguments, COLUMNS="300")
    assert (result.exit_code, phrase in result.stderr) == (2, True), result.stderr


def test_a_format_stands_for_an_ending(tiny, tell, tmp_path):
    for name, more in (("a.csv", ()), ("b.txt", ("--format", "csv"))):
        assert tell("export", "tiny", "metrics", "--out", str(tmp_path / name), *more).exit_code == 0
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.txt").read_bytes()


def started(arguments: list[str], environment: dict[str, str]) -> "subprocess.Popen[str]":
    return subprocess.Popen([*COMMAND, *arguments], stderr=subprocess.PIPE, text=True, env=environment)


def follower(session: Path, out: Path, environment: dict[str, str]) -> "subprocess.Popen[str]":
    arguments = ["export", str(session), "metrics", "--format", "tensorboard", "--out", str(out), "--follow"]
    return started(arguments, environment)


def test_ctrl_c_stops_following_and_all_is_whole(tiny, whole, tell, tmp_path, environment):
    session, out = shutil.copytree(tiny.path, tmp_path / "mine.session"), tmp_path / "runs"
    journal = SessionDirectory(session).journal
    complete = journal.read_bytes()
    journal.write_bytes(complete[: len(complete) // 2])
    with follower(session, out, environment) as process:
        _until(process, "Following mine.session: ")
        _until(process, "No process runs the session; to go on: ticket-explorer resume")
        process.send_signal(signal.SIGINT)
        _until(process, f"Stopped following; {out} is whole. The same command goes on with it.")
    assert process.returncode == 0
    journal.write_bytes(complete)
    exported(tell, session, out, "--follow")
    assert contents(out) == contents(whole)


def test_following_needs_no_jax_and_no_lock(tiny, tmp_path, environment):
    code = (
        "import sys; from widgets.cli.commands import app\n"
        "try: app(sys.argv[1:])\n"
        "finally: print(sorted({'jax', 'textual', 'tensorflow', 'torch'} & set(sys.modules)))"
    )
    session = shutil.copytree(tiny.path, tmp_path / "mine.session")
    arguments = ["export", str(session), "metrics", "--format", "tensorboard", "--out", str(tmp_path / "r"), "--follow"]
    with SessionLock(SessionDirectory(session).lock):
        before = contents(session)
        done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, env=environment)
        assert contents(session) == before
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr


@pytest.mark.slow
def test_a_session_that_is_killed_and_resumed_is_followed_to_its_end(tell, tiny_settings, tmp_path, environment):
    session, out = tmp_path / "followed.session", tmp_path / "runs"
    run = ["run", *tiny_settings, "--rounds", "2", "--generations", "400", "--session", str(session)]
    with started(run, environment) as running:
        _until(running, "compiling generations")
        with follower(session, out, environment) as following:
            _until(running, "snr          round   0")
            running.kill()
            _until(following, "snr:0 ends")
            following.kill()
    with follower(session, out, environment) as following:
        _until(following, "No process runs the session")
        assert tell("branch", str(session), "--from", "snr:0", "--name", "late").exit_code == 0
        assert tell("resume", str(session)).exit_code == 0
        _until(following, "Branch late after snr:0")
        _until(following, "The session is finished. Wrote")
    assert following.returncode == 0
    exported(tell, session, tmp_path / "at-once")
    assert contents(out) == contents(tmp_path / "at-once")
    assert [step for step, _ in scalars(out / "snr", "fitness/mean")] == list(range(1, 801))
    assert [step for step, _ in scalars(out / "late", "fitness/mean")] == list(range(401, 801))


def _until(process: "subprocess.Popen[str]", phrase: str) -> None:
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if phrase in line:
            return
    pytest.fail(f"{phrase!r} was not said: {said}")
