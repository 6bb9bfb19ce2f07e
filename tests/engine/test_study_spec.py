"""What a study's spec amounts to: which cells there are, what they are called and made from, and what is refused."""

import re
from math import prod
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessions.studies.cells import planned_cells
from sessions.studies.study_spec import parse_study
from ticket_explorer.errors import TicketError

PATHS: dict[str, list[Any]] = {
    "trainer.strategy": ["snes", "pgpe", "open_es", "sep_cma_es"],
    "trainer.population": [8, 16, 32],
    "pruning.ratio": [0.1, 0.2, 0.35],
    "network.hidden": [[8], [16, 8]],
    "task.batch": [64, 128],
}
FIT = re.compile(r"[A-Za-z0-9._+,-]+")


@st.composite
def studies(draw: Any) -> dict[str, Any]:
    """Any study of a few axes, some seeds, and a combination or two left out."""
    paths = draw(st.lists(st.sampled_from(sorted(PATHS)), unique=True, max_size=3))
    axes = [
        {
            "name": path.rpartition(".")[2],
            "path": path,
            "values": draw(st.lists(st.sampled_from(PATHS[path]), unique_by=repr, min_size=1)),
        }
        for path in paths
    ]
    table: dict[str, Any] = {"axis": axes}
    if draw(st.booleans()):
        table["seeds"] = draw(st.integers(1, 3))
    if axes:
        axis = draw(st.sampled_from(axes))
        table["leave_out"] = draw(st.sampled_from([[], [{axis["name"]: axis["values"][0]}]]))
    return table


def cells(table: dict[str, Any], directory: Path = Path()) -> dict[str, Any]:
    return {cell.name: cell for cell in planned_cells(parse_study(table), directory)}


def field(spec: dict[str, Any], path: str) -> Any:
    value: Any = spec["branch"][0]
    for key in path.split("."):
        value = value[key]
    return value


@settings(max_examples=40)
@given(studies())
def test_every_combination_that_is_not_left_out_is_a_cell(table: dict[str, Any]) -> None:
    sizes = [len(axis["values"]) for axis in table["axis"]]
    left_out = {name for one in table.get("leave_out", []) for name in one}
    expected = prod(sizes) * table.get("seeds", 1)
    expected -= sum(expected // len(axis["values"]) for axis in table["axis"] if axis["name"] in left_out)
    if expected == 0:
        with pytest.raises(TicketError, match=r"\$\.leave_out"):
            cells(table)
        return
    planned = planned_cells(parse_study(table), Path())
    assert len(planned) == expected
    assert len({cell.name.lower() for cell in planned}) == expected
    assert len({repr(cell.axes) for cell in planned}) == expected
    for cell in planned:
        assert FIT.fullmatch(cell.name), "fit for a directory on any system, and for a shell"
        spec = cell.spec_table()
        for axis in table["axis"]:
            value = field(spec, axis["path"])
            assert value in axis["values"]
            assert cell.axes[axis["name"]] == value or isinstance(value, list)
        assert spec["seed"] == cell.seed == cell.axes.get("seed", 0)


@settings(max_examples=20)
@given(studies(), st.data())
def test_more_seeds_and_values_leave_every_cell_as_it_is(table: dict[str, Any], data: Any) -> None:
    table.pop("leave_out", None)
    before = cells(table)
    more = {**table, "axis": [dict(axis) for axis in table["axis"]]}
    if "seeds" in more:
        more["seeds"] += 1
    if more["axis"]:
        axis = data.draw(st.sampled_from(more["axis"]))
        axis["values"] = axis["values"] + [value for value in PATHS[axis["path"]] if value not in axis["values"]]
    after = cells(more)
    for name, cell in before.items():
        assert after[name] == cell


def test_a_preset_then_tables_then_set_then_axes() -> None:
    found = cells(
        {
            "trainer": {"population": 8, "generations": 5},
            "pruning": {"ratio": 0.25},
            "set": {"trainer.generations": 6, "pruning": {"rounds": 2}},
            "axis": [
                {"name": "task", "presets": ["fashion", "mnist-snes"]},
                {"name": "length", "path": "trainer.generations", "values": [7, 8]},
            ],
        }
    )
    assert list(found) == [
        "fashion,length-7",
        "fashion,length-8",
        "mnist-snes,length-7",
        "mnist-snes,length-8",
    ]
    spec = found["fashion,length-8"].spec_table()
    trainer, pruning = field(spec, "trainer"), field(spec, "pruning")
    assert (trainer["population"], trainer["generations"]) == (8, 8)
    assert (pruning["rounds"], pruning["ratio"]) == (2, 0.25), "an unquoted path sets one field, not the whole table"
    assert [branch["name"] for branch in spec["branch"]] == ["snr", "magnitude", "random"], "the preset's own"
    assert spec["title"] == "Study: fashion,length-8"


def test_another_strategy_follows_the_rules_of_set() -> None:
    axis = [{"name": "strategy", "path": "trainer.strategy", "values": ["snes", "pgpe"]}]
    found = cells({"set": {"trainer.population": 33}, "axis": axis})
    assert field(found["snes"].spec_table(), "trainer")["population"] == 33
    assert field(found["pgpe"].spec_table(), "trainer")["population"] == 34, "made even, as --set does"
    assert any("34" in remark for remark in found["pgpe"].spec_table()["remarks"])


def test_without_anything_it_is_the_embedded_default() -> None:
    (cell,) = cells({}).values()
    assert cell.name == "cell"
    assert field(cell.spec_table(), "task")["name"] == "fashion"
    assert cell.generations == 200 * 18 * 3 - 2 * 200, "the dense round is shared"


def test_seeds_begin_at_the_specs_and_may_be_listed() -> None:
    assert [cell.seed for cell in cells({"seed": 5, "seeds": 2}).values()] == [5, 6]
    assert list(cells({"seeds": [3, 1]})) == ["seed-3", "seed-1"]
    assert next(iter(cells({"seed": 4}).values())).seed == 4


def test_labels_name_what_has_no_name_of_its_own() -> None:
    values = [{"name": "mlp", "hidden": [8]}, {"name": "mlp", "hidden": [16]}]
    axis = {"name": "network", "path": "network", "values": values}
    with pytest.raises(TicketError, match=r"^\$\.axis\[0\]\.values\[1\].*'mlp'.*`labels` gives each one"):
        cells({"axis": [axis]})
    found = cells({"axis": [{**axis, "labels": ["small", "wide"]}], "leave_out": [{"network": "wide"}]})
    assert list(found) == ["small"]
    assert found["small"].axes == {"network": "small"}


def test_paths_start_from_the_studys_own_directory(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(
        "from flax import linen as nn\n\n\nclass Net(nn.Module):\n    outputs: int = 10\n    width: int = 4\n\n"
        "    @nn.compact\n    def __call__(self, x):\n"
        "        return nn.Dense(self.outputs)(nn.Dense(self.width)(x.reshape(-1)))\n"
    )
    axis = {"name": "network", "path": "network.name", "values": ["mlp", "./net.py:Net"]}
    found = cells({"axis": [axis]}, tmp_path)
    assert list(found) == ["mlp", "net.py-Net"]
    (tmp_path / "net.py").unlink()
    assert "class Net" in field(found["net.py-Net"].spec_table(), "network")["source"], "the text is planned"


ONE = {"name": "strategy", "path": "trainer.strategy", "values": ["snes"]}


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"axes": []}, r"^\$\.axes: unknown field, expected one of title, seeds"),
        ({"seeds": 0}, r"^\$\.seeds"),
        ({"seeds": [1, 1]}, r"^\$\.seeds: \[1, 1\], expected seeds that differ"),
        ({"seed": 2**32 - 1, "seeds": 2}, r"^\$\.seeds: 2, expected seeds up to"),
        ({"seed": "a", "seeds": 2}, r"^\$\.seed: a, expected a whole number"),
        ({"threads": 0}, r"^\$\.threads: 0, expected a whole number between 1 and 1024"),
        ({"axis": [{"name": "a"}]}, r"^\$\.axis\[0\]: neither presets nor values"),
        ({"axis": [{**ONE, "presets": ["fashion"]}]}, r"^\$\.axis\[0\]: presets and values"),
        ({"axis": [{**ONE, "values": []}]}, r"^\$\.axis\[0\]\.values: none, expected at least one"),
        ({"axis": [{**ONE, "path": ""}]}, r"^\$\.axis\[0\]\.path: missing, expected the path of a field"),
        ({"axis": [{**ONE, "path": "seed"}]}, r"^\$\.axis\[0\]\.path: 'seed', .*`seeds` makes a cell for each seed"),
        ({"axis": [{**ONE, "name": "round"}]}, r"^\$\.axis\[0\]\.name: 'round', .* none of branch, cell"),
        ({"axis": [{**ONE, "name": "a b"}]}, r"^\$\.axis\[0\]\.name: 'a b'"),
        ({"axis": [{**ONE, "size": 3}]}, r"^\$\.axis\[0\]\.size: unknown field"),
        ({"axis": [ONE, ONE]}, r"^\$\.axis\[1\]\.name: 'strategy', expected a name that no other axis has"),
        ({"axis": [ONE, {**ONE, "name": "b"}]}, r"^\$\.axis\[1\]\.path"),
        ({"axis": [{**ONE, "values": ["snes", "snes"]}]}, r"^\$\.axis\[0\]\.values\[1\]: 'snes'"),
        ({"axis": [{**ONE, "labels": ["a", "b"]}]}, r"^\$\.axis\[0\]\.labels: 2 labels, expected 1"),
        ({"axis": [{**ONE, "labels": ["a/b"]}]}, r"^\$\.axis\[0\]\.labels"),
        ({"axis": [{"name": "t", "presets": ["fasion"]}]}, r"^\$\.axis\[0\]\.presets\[0\]: .* did you mean fashion"),
        ({"axis": [ONE], "leave_out": [{"strat": "snes"}]}, r"^\$\.leave_out\[0\]\.strat: unknown axis"),
        (
            {"axis": [ONE], "leave_out": [{"strategy": "sness"}]},
            r"^\$\.leave_out\[0\]\.strategy: 'sness', expected",
        ),
        ({"seeds": 2, "leave_out": [{"seed": 2}]}, r"^\$\.leave_out\[0\]\.seed: 2, expected one of 0, 1, or"),
        (
            {"axis": [{"name": "rule", "path": "pruner", "values": ["snr", "random"]}]},
            r"^\$\.axis: cells snr and random, which would be the same session, .* vary branch\.NAME\.SETTING",
        ),
        ({"seeds": 99_999, "axis": [{**ONE, "values": ["snes", "pgpe"]}]}, r"^\$\.axis: 199,998 combinations"),
        ({"axis": [{**ONE, "path": "trainer.strateg"}]}, r"^Cell snes can't work: \$\.trainer\.strateg: unknown field"),
        (
            {"axis": [{**ONE, "values": ["snes", "sness"]}], "seeds": 2},
            r"^Cell sness,seed-0 can't work: \$\.trainer\.strategy: .* did you mean snes",
        ),
        ({"axis": [{**ONE, "path": "pruning.ratio"}]}, r"^Cell snes can't work: \$\.pruning\.ratio: 'snes', expected"),
        (
            {"axis": [{**ONE, "path": "branch.b.pruner"}], "branch": [{"name": "a"}]},
            r"^Cell snes can't work: \$\.axis",
        ),
        ({"set": {"preset": "fashion"}}, r"^Cell cell can't work: \$\.set: preset=fashion"),
        ({"preset": "fasion"}, r"^Cell cell can't work: \$\.preset: unknown preset"),
    ],
)
def test_what_cant_be_is_refused_with_its_path_or_its_cell(table: dict[str, Any], said: str) -> None:
    with pytest.raises(TicketError, match=said):
        planned_cells(parse_study(table), Path())
