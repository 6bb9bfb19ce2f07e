"""What commands print about a finished session: JSON by contract, text for people."""

import json
import math
import re
import shutil

import pytest
from rich.cells import cell_len

from ticket_explorer.analysis import ANALYSES
from ticket_explorer.networks import NETWORKS
from ticket_explorer.presets import names
from ticket_explorer.pruners import PRUNERS
from ticket_explorer.rewinds import REWINDS
from ticket_explorer.tasks import TASKS
from ticket_explorer.tasks.catalogue import DATA_SETS
from ticket_explorer.trainers import TRAINERS
from ticket_explorer.trainers.strategies import STRATEGIES
from widgets.shared.preset_list import DATA, GPU, READY, groups

BRANCH = {"name", "parent", "trainer", "pruner", "rewind", "rounds"}
ROUND = {
    *(
        "round",
        "density",
        "kept",
        "generations",
        "forward_passes",
        "score",
        "score_by_replicate",
        "fitness",
        "threshold",
    ),
    *("snr_magnitude_correlation", "layers", "seconds"),
}
CATALOGUES = {
    "tasks": TASKS,
    "networks": NETWORKS,
    "strategies": STRATEGIES,
    "trainers": TRAINERS,
    "pruners": PRUNERS,
    "rewinds": REWINDS,
    "analyses": ANALYSES,
}


def test_run_prints_the_contracted_json_and_nothing_else(tiny):
    assert {"session", "schema", "spec", "branches"} <= tiny.report.keys()
    assert tiny.report["session"] == str(tiny.path)
    assert [branch["name"] for branch in tiny.report["branches"]] == ["snr", "magnitude", "random"]
    for branch in tiny.report["branches"]:
        assert branch.keys() >= BRANCH
        assert [round_["round"] for round_ in branch["rounds"]] == [0, 1]
        for round_ in branch["rounds"]:
            assert round_.keys() >= ROUND
            assert round_["generations"] == 5
            assert round_["forward_passes"] == 5 * branch["trainer"]["population"]
            assert 0 <= round_["score"] <= 1
            assert round_["score_by_replicate"] == [round_["score"]]
            assert all(0 <= density <= 1 for density in round_["layers"].values())
            assert all(math.isfinite(value) for value in round_.values() if isinstance(value, float))


def test_the_dense_round_is_shared_and_pruning_is_exact(tiny):
    rounds = [branch["rounds"] for branch in tiny.report["branches"]]
    assert {dense["trained_by"] for dense, _ in rounds} == {"snr"}
    assert {dense["score"] for dense, _ in rounds} == {rounds[0][0]["score"]}
    prunable = rounds[0][0]["kept"]
    assert [sparse["kept"] for _, sparse in rounds] == [round(0.8 * prunable)] * 3


def test_what_has_no_meaning_is_null(tiny):
    assert [branch["rounds"][-1]["threshold"] for branch in tiny.report["branches"]] == [None] * 3
    assert tiny.report["branches"][0]["rounds"][0]["threshold"] is not None
    assert tiny.report["branches"][0]["parent"] is None


def test_narration_goes_to_stderr(tiny):
    assert str(tiny.path.name) in tiny.narration.replace("\n", "")
    assert len(re.findall(r"round +\d", tiny.narration)) == 4


def test_show_prints_the_same_json(tiny, tell):
    result = tell("show", "tiny", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == tiny.report


def test_resuming_what_is_finished_shows_it(tiny, tell):
    result = tell("resume", str(tiny.path), "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["branches"] == tiny.report["branches"]


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_show_fits_the_terminal(tiny, tell, columns):
    result = tell("show", "tiny", COLUMNS=str(columns))
    assert result.exit_code == 0
    for name in ("snr", "magnitude", "random", "weights kept"):
        assert name in result.stdout
    assert max(cell_len(line) for line in result.stdout.splitlines()) <= columns
    assert "\x1b" not in result.stdout


def test_list_shows_every_session(tiny, tell):
    result = tell("list")
    assert result.exit_code == 0
    assert "tiny" in result.stdout
    assert "finished" in result.stdout
    known = {one["name"]: one for one in json.loads(tell("list", "--json").stdout)}
    assert known["tiny"]["rounds_done"] == known["tiny"]["rounds_planned"] == 4


def test_names_are_never_markup(tiny, tell):
    strange = shutil.copytree(tiny.path, tiny.path.with_name("[bold]x.session"))
    try:
        assert "[bold]x" in tell("list").stdout
        assert tell("show", str(strange), "--json").exit_code == 0
    finally:
        shutil.rmtree(strange)


def test_verify_finds_nothing(tiny, tell):
    result = tell("verify", "tiny")
    assert result.exit_code == 0
    assert "DAMAGED" not in result.stdout
    assert all(finding["ok"] for finding in json.loads(tell("verify", "tiny", "--json").stdout))


def test_verify_names_the_damaged_file(tiny, tell, tmp_path):
    damaged = shutil.copytree(tiny.path, tmp_path / "damaged.session")
    file = damaged / "rounds" / "snr" / "001.msgpack"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    result = tell("verify", str(damaged))
    assert result.exit_code == 1
    assert re.search(r"DAMAGED +rounds/snr/001.msgpack", result.stdout)


def test_rm_asks_and_removes(tiny, tell, tmp_path):
    copy = shutil.copytree(tiny.path, tmp_path / "copy.session")
    assert tell("rm", str(copy), stdin="n\n").exit_code != 0
    assert copy.exists()
    assert tell("rm", str(copy), "--yes").exit_code == 0
    assert not copy.exists()


def test_branch_then_resume(tiny, tell, tmp_path):
    copy = str(shutil.copytree(tiny.path, tmp_path / "copy.session"))
    made = tell("branch", copy, "--from", "snr:0", "--set", "pruner=movement", "--name", "moved")
    assert (made.exit_code, made.stdout) == (0, "moved\n"), made.stderr
    assert "ticket-explorer resume" in made.stderr
    resumed = tell("resume", copy, "--json")
    assert resumed.exit_code == 0
    report = json.loads(resumed.stdout)["branches"][-1]
    assert (report["name"], report["parent"], report["pruner"]) == ("moved", "snr:0", "movement")
    assert len(report["rounds"]) == 2


@pytest.mark.parametrize("command", CATALOGUES)
def test_catalogues(tell, command):
    known = json.loads(tell(command, "--json").stdout)
    assert list(known) == list(CATALOGUES[command])
    assert all(known.values())
    lines = tell(command).stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(known)


def test_presets_stand_under_what_they_need(tell):
    known = json.loads(tell("presets", "--json").stdout)
    assert list(known) == list(names())
    lines = tell("presets").stdout.splitlines()
    assert sorted(line.split()[0] for line in lines if line.startswith("  ")) == sorted(known)
    assert lines[0] == READY
    assert lines[1].startswith("  fashion ")


def test_presets_are_grouped_by_what_is_missing_here(monkeypatch, tmp_path):
    def found(has_gpu=False):
        return {name: group.title for group in groups(has_gpu=has_gpu) for name in group.names}

    monkeypatch.setattr("ticket_explorer.tasks.catalogue.data_dir", lambda: tmp_path)
    monkeypatch.setattr("widgets.shared.preset_list.find_spec", lambda name: None if name == "brax" else object())
    assert found()["fashion"] == found()["pendulum"] == READY
    assert found()["mnist-snes"] == found()["fashion-mnist-to-mnist"] == DATA
    assert found()["ant"] == "Need an extra: pip install 'ticket-explorer[control]'"
    monkeypatch.setattr("widgets.shared.preset_list.find_spec", lambda name: object())
    assert (found()["ant"], found(has_gpu=True)["ant"]) == (GPU, READY)
    for data in (DATA_SETS["mnist"], DATA_SETS["cifar10"]):
        data.records.mkdir(parents=True)
        (data.records / "dataset_info.json").write_text("{}")
    assert found()["mnist-snes"] == READY
    assert found()["fashion-mnist-to-mnist"] == DATA  # it needs both
    assert (found()["gd-conv-6"], found(has_gpu=True)["gd-conv-6"]) == (GPU, READY)


def test_presets_that_some_words_fit(tell):
    assert list(json.loads(tell("presets", "Ant", "pgpe", "--json").stdout)) == ["ant-pgpe"]
    assert {"fetch", "hopper", "pendulum"} <= set(json.loads(tell("presets", "snes", "--json").stdout))
    nothing = tell("presets", "ant", "gravity")
    assert nothing.exit_code == 2
    assert "No preset has 'ant' and 'gravity'; without words, all are listed." in nothing.stderr


def test_data_list(tell):
    known = json.loads(tell("data", "list", "--json").stdout)
    assert {one["name"] for one in known} == {"mnist", "fashion_mnist", "kmnist", "cifar10"}
    assert {one["disk_size"] for one in known} == {0}
    assert "kmnist" in tell("data", "list").stdout


def test_show_says_in_which_fields_specs_differ(tell, tiny):
    rows = json.loads(tell("show", "tiny", "--diff", "fashion", "--json").stdout)
    found = {row["field"]: (row["here"], row["there"]) for row in rows}
    assert found["branch.snr.network.hidden"] == ([8], [32])
    between = tell("show", "tiny", "--diff", "snr:magnitude", COLUMNS="100").stdout
    assert [word for word in ("pruner.name", "snr", "magnitude") if word not in between] == []
    assert "are equal" in tell("show", "tiny", "--diff", "tiny").stdout
    refused = tell("show", "tiny", "--diff", "nowhere")
    assert refused.exit_code == 2
    assert "snr:magnitude" in refused.stderr
