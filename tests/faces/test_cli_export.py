"""Exports, read back."""

import csv
import json
import re
import shutil

import msgspec
import numpy as np
import pytest
from pyarrow import parquet
from safetensors import safe_open

from sessions.store import SessionDirectory
from sessions.store.round_file import decode_round

ROWS = 4 * 5
"""Four rounds were trained, the dense one once."""


@pytest.fixture
def sparse(tiny):
    directory = SessionDirectory(tiny.path)
    return decode_round(directory.read_round("snr", 1), "")


def test_metrics_as_csv(tiny, tell, tmp_path):
    out = tmp_path / "metrics.csv"
    assert tell("export", "tiny", "metrics", "--out", str(out)).exit_code == 0
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == ROWS
    last = [float(row["fitness_mean"]) for row in rows if (row["branch"], row["round"]) == ("random", "1")][-1]
    assert last == pytest.approx(tiny.report["branches"][2]["rounds"][1]["fitness"])


def test_metrics_as_json_and_parquet_agree(tiny, tell, tmp_path):
    for name in ("metrics.json", "metrics.parquet"):
        assert tell("export", "tiny", "metrics", "--out", str(tmp_path / name)).exit_code == 0
    rows = json.loads((tmp_path / "metrics.json").read_text())
    assert len(rows) == ROWS
    assert parquet.read_table(tmp_path / "metrics.parquet").to_pylist() == rows


def test_a_ticket_as_msgpack_is_the_round(tiny, tell, tmp_path, sparse):
    ticket = _msgpack(tell, tmp_path)
    arrays = {name: _array(packed) for name, packed in ticket["arrays"].items()}
    for kind, stored in (("mask", sparse.mask), ("trained", sparse.mean), ("sigma", sparse.std)):
        flat = np.concatenate([array.ravel() for name, array in arrays.items() if name.startswith(f"{kind}/")])
        np.testing.assert_array_equal(flat, stored[0])
    start = np.concatenate([array.ravel() for name, array in arrays.items() if name.startswith("start/")])
    assert not start[~sparse.mask[0]].any()
    assert arrays["mask/dense_0/kernel"].shape == (196, 8)
    assert (ticket["origin"]["branch"], ticket["origin"]["round"]) == ("snr", 1)


def test_a_ticket_as_safetensors_is_the_same(tiny, tell, tmp_path):
    out = tmp_path / "ticket.safetensors"
    assert tell("export", "tiny", "ticket", "--from", "snr:1", "--out", str(out)).exit_code == 0
    expected = _msgpack(tell, tmp_path)
    with safe_open(out, framework="numpy") as file:
        assert set(file.keys()) == set(expected["arrays"])
        for name, packed in expected["arrays"].items():
            np.testing.assert_array_equal(file.get_tensor(name), _array(packed))
        assert {key: json.loads(value) for key, value in file.metadata().items()} == expected["origin"]


def test_a_ticket_as_npz_is_the_same(tiny, tell, tmp_path):
    out = tmp_path / "ticket.npz"
    assert tell("export", "tiny", "ticket", "--from", "snr:1", "--out", str(out)).exit_code == 0
    expected = _msgpack(tell, tmp_path)
    with np.load(out) as arrays:
        assert set(arrays) == set(expected["arrays"])
        for name, packed in expected["arrays"].items():
            np.testing.assert_array_equal(arrays[name], _array(packed))


def test_without_a_round_the_sparsest_is_taken(tiny, tell, tmp_path):
    out = tmp_path / "ticket.msgpack"
    assert tell("export", "tiny", "ticket", "--out", str(out)).exit_code == 0
    assert msgspec.msgpack.decode(out.read_bytes())["origin"]["round"] == 1


def _msgpack(tell, tmp_path):
    out = tmp_path / "ticket.msgpack"
    result = tell("export", "tiny", "ticket", "--from", "snr:1", "--out", str(out))
    assert result.exit_code == 0, result.output
    return msgspec.msgpack.decode(out.read_bytes())


def _array(packed):
    return np.frombuffer(packed["data"], packed["dtype"]).reshape(packed["shape"])


def test_analyses_as_csv_and_parquet(tiny, tell, tmp_path):
    mine = shutil.copytree(tiny.path, tmp_path / "mine.session")
    refused = tell("export", str(mine), "analysis", "--out", str(tmp_path / "a.csv"))
    assert (refused.exit_code, "has no analysis yet" in refused.stderr) == (2, True)
    for kind in ("snr", "layers"):
        assert tell("analyse", str(mine), kind, "--from", "snr").exit_code == 0
    for name in ("a.csv", "a.parquet"):
        assert tell("export", str(mine), "analysis", "--out", str(tmp_path / name)).exit_code == 0
    rows = parquet.read_table(tmp_path / "a.parquet").to_pylist()
    with (tmp_path / "a.csv").open(newline="") as file:
        assert [row["quantity"] for row in csv.DictReader(file)] == [row["quantity"] for row in rows]
    pearson = [row["value"] for row in rows if row["quantity"] == "pearson"]
    expected = [r["snr_magnitude_correlation"] for r in tiny.report["branches"][0]["rounds"]]
    assert pearson == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("ending", "magic"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml")])
def test_figures_for_papers(tiny, tell, tmp_path, ending, magic):
    out = tmp_path / f"curve.{ending}"
    assert tell("export", "tiny", "figure", "--out", str(out)).exit_code == 0
    assert out.read_bytes().startswith(magic)


@pytest.mark.parametrize("kind", ["fitness", "sparsity", "snr_magnitude", "surface"])
def test_every_kind_of_figure_can_be_drawn(tiny, tell, tmp_path, kind):
    out = tmp_path / "figure.png"
    assert tell("export", "tiny", "figure", "--show", kind, "--from", "snr:1", "--out", str(out)).exit_code == 0
    assert out.stat().st_size > 1000


def test_a_report_is_whole_and_asks_nobody(tiny, tell, tmp_path):
    out = tmp_path / "report.html"
    assert tell("export", "tiny", "report", "--out", str(out)).exit_code == 0
    text = out.read_text(encoding="utf-8")
    assert not re.search(r"(src|href)\s*=|@import|url\(|<script|<link", text)
    assert set(re.findall(r'https?://[^"\s<]+', text)) <= {"http://www.w3.org/2000/svg"}
    for expected in (
        "<svg",
        "Ticket curve",
        "Layers across rounds",
        "jaxlib",
        "&quot;population&quot;",
        "Branch magnitude",
    ):
        assert expected in text
    scores = [f"{r['score']:.3f}" for branch in tiny.report["branches"] for r in branch["rounds"]]
    assert [score for score in scores if score not in text] == []


def test_a_figure_that_there_is_not(tiny, tell, tmp_path):
    told = tell("export", "tiny", "figure", "--show", "curve", "--out", str(tmp_path / "a.png"), COLUMNS="300")
    assert (told.exit_code, "--show: curve, expected one of ticket_curve" in told.stderr) == (2, True)


def test_a_rollout_of_a_replicate_that_is_not_played(tiny, tell, tmp_path):
    result = tell("export", "tiny", "rollout", "--replicate", "3", "--out", str(tmp_path / "a.gif"))
    assert result.exit_code == 2
    assert "--replicate: 3, expected 0" in result.stderr


@pytest.mark.parametrize(
    ("name", "form", "said"),
    [
        ("t.safetensors", "torch", ""),
        ("t.msgpack", "flax", ""),
        ("t.npz", "torch", "ends in .safetensors"),
        ("t.torch", None, "ends in .safetensors or .msgpack or .npz for ticket"),
    ],
)
def test_a_ticket_goes_to_other_programs(tiny, tell, tmp_path, name, form, said):
    more = () if form is None else ("--format", form)
    ended = tell("export", str(tiny.path), "ticket", "--out", str(tmp_path / name), *more)
    assert ended.exit_code == (2 if said else 0), ended.output
    assert said in ended.output
    assert (tmp_path / name).exists() is not bool(said)
