"""`analyse`: charts and tables for people, JSON for scripts, sentences for what can't be."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from sessions.views.reading import read_view

pytestmark = pytest.mark.thorough

SMALL = ("--set", "examples=50", "--set", "points=5")


@pytest.fixture(scope="module")
def mine(tiny: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(tiny.path, tmp_path_factory.mktemp("analyse") / "mine.session"))


def test_every_number_as_json(tell: Any, mine: Path) -> None:
    told = tell("analyse", str(mine), "curvature", "--from", "all", *SMALL, "--set", "directions=2", "--json")
    assert told.exit_code == 0, told.output
    found = json.loads(told.stdout)
    assert [(one["branch"], one["round"]) for one in found] == [("snr", 0), ("snr", 1), ("magnitude", 1), ("random", 1)]
    assert [len(found[0]["results"]["loss"][0][0]), len(found[0]["results"]["sharpness"][0])] == [5, 2]
    assert [known.id for known in read_view(mine).analyses[-4:]] == [one["id"] for one in found]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("curvature", ["Curvature · random, round 1", "sharpness"]),
        ("connectivity", ["Connectivity · snr, instability", "loss barrier"]),
        ("surface", ["Loss surface · snr, round 1"]),
        ("snr", ["correlation", "Spearman", "overlap"]),
        ("layers", ["Layers across rounds · snr"]),
        ("comparison", ["Ticket curve", "Comparison · snr", "less random", "difference", "80%"]),
    ],
)
def test_a_chart_and_a_table(tell: Any, mine: Path, kind: str, words: list[str]) -> None:
    given = SMALL if kind in ("curvature", "connectivity", "surface") else ()
    given = ("--from", "snr", "--set", "other=random") if kind == "comparison" else given
    told = tell("analyse", str(mine), kind, *given, COLUMNS="100")
    assert told.exit_code == 0, told.output
    assert [word for word in words if word not in told.stdout] == []


def test_branches_of_any_sessions_lie_in_one_curve(tell: Any, mine: Path, tmp_path: Path) -> None:
    other = shutil.copytree(mine, tmp_path / "other.session")
    rows = json.loads(tell("compare", str(mine), str(other), "--overlay", "--json").stdout)
    names = list(dict.fromkeys(row["series"] for row in rows))
    assert len(names) == 2 * len(read_view(mine).branches)
    one = names[0].partition(":")[2]
    picture = tmp_path / "overlay.svg"
    told = tell("compare", str(mine), "--baseline", one, "--normalised", "--out", str(picture), COLUMNS="120")
    assert told.exit_code == 0, told.output
    assert "difference" in told.stdout
    assert f"less {one}" in picture.read_text(encoding="utf-8")
    rows = json.loads(
        tell("compare", str(mine), str(other), "--baseline", names[0], "--branches", one, "--json").stdout
    )
    assert {row["series"] for row in rows} == {f"{stem}:{one}" for stem in (mine.stem, "other")}
    assert {row["difference"] for row in rows if row["series"].startswith("other")} == {0.0}
    refused = tell("compare", str(mine), "--baseline", "nope")
    assert refused.exit_code == 2
    assert "nope" in refused.stderr
    assert one in refused.stderr


def test_sessions_are_compared_on_one_scale(tell: Any, mine: Path) -> None:
    other = shutil.copytree(mine, mine.with_name("other.session"))
    told = tell("compare", str(mine), str(other), "--json")
    assert told.exit_code == 0, told.output
    rows = json.loads(told.stdout)
    assert {(row["branch"], round(row["density"], 1)) for row in rows} >= {("snr", 1.0), ("random", 0.8)}
    assert {value for row in rows for value in row["by_session"].values()} >= {0.0, 1.0}
    assert all(row["standard_error"] == 0 for row in rows)
    table = tell("compare", str(mine), COLUMNS="100")
    assert [word for word in ("branch", "snr", "80%", "1.000") if word not in table.stdout] == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("curve",), "unknown analysis 'curve'; did you mean curvature?"),
        (("curvature", "--from", "sn"), "--from: sn, expected a branch among snr, magnitude, random"),
        (("curvature", "--from", "snr:9"), "Round 9 of branch 'snr' is not finished"),
        (("curvature", "--set", "point=5"), "$.point: unknown field, expected one of directions, points"),
    ],
)
def test_bad_input_is_a_sentence(tell: Any, mine: Path, arguments: tuple[str, ...], sentence: str) -> None:
    told = tell("analyse", str(mine), *arguments, COLUMNS="400")
    assert (told.exit_code, told.stdout) == (2, "")
    assert sentence in told.stderr


@pytest.fixture(scope="module")
def noisy(tell: Any, tmp_path_factory: pytest.TempPathFactory, tiny_settings: tuple[str, ...]) -> Path:
    """A session of two trainings of the same tickets under different noise, scored amid its rounds."""
    spec = tmp_path_factory.mktemp("noisy") / "noisy.toml"
    spec.write_text(
        'preset = "fashion"\nanalysis = { score_every = 2 }\n[[branch]]\nname = "snr"\n'
        '[[branch]]\nname = "again"\nnoise_seed = 1\ntransfer = { branch = "snr" }\n'
    )
    path = spec.with_suffix(".session")
    told = tell("run", str(spec), *tiny_settings, "--rounds", "2", "--generations", "5", "--session", str(path))
    assert told.exit_code == 0, told.output
    return path


def test_two_trainings_are_joined(tell: Any, noisy: Path) -> None:
    told = tell("analyse", str(noisy), "instability", *SMALL, COLUMNS="100")
    assert told.exit_code == 0, told.output
    words = ("Between two trainings", "Instability from step k", "Instability", "again", "80%", "score of the ends")
    assert [word for word in words if word not in told.stdout] == []
    assert "Skipped (no second training of their tickets under different noise)" in told.stderr


def test_what_a_score_took_to_reach(tell: Any, noisy: Path, tmp_path: Path) -> None:
    shown = tell("show", str(noisy), "--target", "0.0", "--json")
    round_ = json.loads(shown.stdout)["branches"][0]["rounds"][0]
    assert [point["generation"] for point in round_["scores"]] == [2, 4, 5]
    assert round_["to_reach"]["generations"] == [2]
    assert round_["to_reach"]["forward_passes"] == [16]
    table = tell("show", str(noisy), "--target", "1.01", COLUMNS="100").stdout
    assert [word for word in ("To reach 1.01", "reached by", "0 of 1", "–") if word not in table] == []
    rows = json.loads(tell("compare", str(noisy), "--target", "0", "--json").stdout)
    assert [(row["branch"], row["round"], row["generations"]) for row in rows][:2] == [("snr", 0, [2]), ("snr", 1, [2])]
    told = tell("compare", str(noisy), "--target", "0", COLUMNS="100")
    assert [word for word in ("To reach 0", "forward passes", "16", "1 of 1") if word not in told.stdout] == []
    refused = tell("compare", str(noisy), "--target", "0", "--out", str(tmp_path / "a.png"), COLUMNS="200")
    assert (refused.exit_code, "--out: " in refused.stderr) == (2, True)
    figure = ("export", str(noisy), "figure", "--out", str(tmp_path / "learning.png"), "--show")
    assert tell(*figure, "learning", "--against", "generations").exit_code == 0
    told = tell(*figure, "fitness", "--against", "generations", COLUMNS="200")
    assert (told.exit_code, "with --show learning" in told.stderr) == (2, True)
