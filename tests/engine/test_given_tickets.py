"""Tickets as files: what is written loads elsewhere, and comes back as the ticket that a branch begins with."""

import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import flax.linen as nn
import jax.numpy as jnp
import numpy as np
import pytest
import safetensors
from flax.serialization import msgpack_restore
from safetensors.numpy import load_file, save_file

import ticket_explorer as tx
from sessions.session.session import Session
from sessions.specs.spec import parse_spec, spec_table
from sessions.tickets.ticket_formats import FORMATS
from ticket_explorer.errors import InvalidValue, TicketError

pytestmark = pytest.mark.thorough

CNN = {"task": {"name": "fashion", "batch": 16}, "network": {"name": "cnn", "filters": [3, 4]}}


@pytest.fixture(scope="module")
def tickets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A found ticket of an MLP and of a CNN, both sparse."""
    found = {}
    for name, tables in (("mlp", {"network": {"name": "mlp", "hidden": [8]}}), ("cnn", CNN)):
        trainer = {"name": "evolution", "population": 8, "generations": 5}
        spec = parse_spec({"pruner": "magnitude", "pruning": {"ratio": 0.5, "rounds": 2}, "trainer": trainer, **tables})
        with Session.create(spec, tmp_path_factory.mktemp("found") / f"{name}.session") as session:
            session.run()
            found[name] = session.ticket("magnitude", 1)
    return found


def plan(network: str, **tables: Any) -> dict[str, Any]:
    given = CNN if network == "cnn" else {"network": {"name": "mlp", "hidden": [8]}}
    trainer = {"name": "evolution", "population": 8, "generations": 2}
    return {"pruner": "magnitude", **given, "trainer": trainer, "pruning": {"rounds": 2}, **tables}


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("network", ["mlp", "cnn"])
def test_what_is_written_comes_back(tmp_path: Path, lab: Any, tickets: dict[str, Any], kind: str, network: str) -> None:
    ticket = tickets[network]
    file = tmp_path / f"mine{FORMATS[kind].ending}"
    ticket.save(file, kind)
    with Session.create(parse_spec(plan(network, ticket={"path": str(file)})), lab.path()) as session:
        session.run()
        back, pruned = session.ticket("magnitude", 0), session.ticket("magnitude", 1)
        remarks = [remark.text for remark in session.view.remarks]
        density = session.view.branches["magnitude"].rounds[0].density
    assert (back.mask == ticket.mask).all()
    assert (back.start == (ticket.trained if kind == "torch" else ticket.start)).all()
    prunable = ticket.problem.layout.prunable
    assert density == ticket.mask[prunable].mean()
    assert pruned.mask[prunable].sum() == pytest.approx(0.8 * ticket.mask[prunable].sum(), abs=2)
    assert not (pruned.mask & ~ticket.mask).any()
    assert any("Branch magnitude: its ticket is that of" in text for text in remarks)
    lab.assert_whole(session.path)


def test_it_resumes_without_the_file_bit_for_bit(tmp_path: Path, lab: Any, tickets: dict[str, Any]) -> None:
    tickets["mlp"].save(file := tmp_path / "mine.npz")
    spec = parse_spec(plan("mlp", ticket={"path": str(file)}))
    with Session.create(spec, lab.path("one")) as session:
        session.run()
    with Session.create(spec, lab.path("other")) as session:
        session.step(1)
    file.unlink()
    with Session.open(lab.path("other")) as session:
        session.run()
    lab.assert_same(lab.path("one"), lab.path("other"))


def test_weights_may_be_the_trained_or_fresh_ones(tmp_path: Path, lab: Any, tickets: dict[str, Any]) -> None:
    ticket = tickets["mlp"]
    ticket.save(file := tmp_path / "mine.safetensors")
    branches = [{"name": kind, "ticket": {"path": str(file), "weights": kind}} for kind in ("trained", "fresh")]
    with Session.create(parse_spec(plan("mlp", branch=[*branches, {"name": "dense"}])), lab.path()) as session:
        session.run()
        trained, fresh, dense = (session.ticket(name, 0) for name in ("trained", "fresh", "dense"))
    assert (trained.start == ticket.trained).all()
    assert (fresh.mask == ticket.mask).all()
    assert (fresh.start[fresh.mask] == dense.start[fresh.mask]).all(), "those that the session draws"
    assert dense.mask.all()


def test_a_spec_names_a_file_relative_to_itself(tmp_path: Path, lab: Any, tickets: dict[str, Any]) -> None:
    tickets["mlp"].save(tmp_path / "mine.safetensors")
    (tmp_path / "spec.toml").write_text(
        'pruner = "magnitude"\nticket = "mine.safetensors"\nnetwork = { name = "mlp", hidden = [8] }\n'
    )
    spec = tx.spec(tmp_path / "spec.toml")
    assert spec.branches[0].ticket is not None
    assert spec.branches[0].ticket.path == str(tmp_path / "mine.safetensors")
    assert parse_spec(spec_table(spec)) == spec


def test_flax_loads_it(tmp_path: Path, tickets: dict[str, Any]) -> None:
    ticket = tickets["cnn"]
    ticket.save(file := tmp_path / "mine.msgpack", "flax")
    trees = msgpack_restore(file.read_bytes())
    x = jnp.asarray(ticket.problem.test_set()[0][:20])

    class Mine(nn.Module):
        @nn.compact
        def __call__(self, units: Any) -> Any:
            for depth, filters in enumerate((3, 4)):
                units = nn.relu(nn.Conv(filters, (5, 5), name=f"conv_{depth}")(units))
                units = nn.max_pool(units, (2, 2), (2, 2))
            return nn.Dense(10, name="dense_0")(units.reshape(len(units), -1))

    outputs = Mine().apply({"params": trees["params"]}, x)
    assert np.allclose(outputs, ticket.apply(x), atol=1e-5)
    assert trees["mask"]["dense_0"]["kernel"].dtype == bool


TORCH = """
import sys, numpy as np, torch
from torch.nn.utils import prune
sys.path.insert(0, sys.argv[4])
from safetensors.torch import load_file

class Net(torch.nn.Module):
    def __init__(self, cnn):
        super().__init__()
        if cnn:
            self.conv_0 = torch.nn.Conv2d(1, 3, 5, padding="same")
            self.conv_1 = torch.nn.Conv2d(3, 4, 5, padding="same")
            self.dense_0 = torch.nn.Linear(4 * 3 * 3, 10)
        else:
            self.dense_0, self.dense_1 = torch.nn.Linear(14 * 14, 8), torch.nn.Linear(8, 10)

    def forward(self, x):
        if hasattr(self, "conv_0"):
            for conv in (self.conv_0, self.conv_1):
                x = torch.max_pool2d(torch.relu(conv(x)), 2)
            return self.dense_0(x.flatten(1))
        return self.dense_1(torch.relu(self.dense_0(x.flatten(1))))

state, data = load_file(sys.argv[1]), np.load(sys.argv[2])
net = Net("conv_0.weight" in state)
net.load_state_dict({name: value for name, value in state.items() if not name.endswith("_mask")})
x = torch.from_numpy(data["x"]).permute(0, 3, 1, 2)
logits = net(x)
for name, module in net.named_children():
    prune.custom_from_mask(module, "weight", state[f"{name}.weight_mask"])
assert torch.equal(net(x), logits), "the mask prunes nothing that is not pruned"
np.savez(sys.argv[3], logits=logits.detach().numpy())
"""


def torch_python() -> str | None:
    """A Python that has PyTorch: this one, or the one that TICKET_EXPLORER_TORCH_PYTHON names."""
    if find_spec("torch") is not None:
        return sys.executable
    return os.environ.get("TICKET_EXPLORER_TORCH_PYTHON")


@pytest.mark.slow
@pytest.mark.parametrize("network", ["mlp", "cnn"])
def test_pytorch_gives_equal_logits(tmp_path: Path, tickets: dict[str, Any], network: str) -> None:
    python = torch_python()
    if python is None:
        pytest.skip("PyTorch is not installed; TICKET_EXPLORER_TORCH_PYTHON may name a Python that has it")
    ticket = tickets[network]
    ticket.save(tmp_path / "mine.safetensors", "torch")
    x = np.asarray(ticket.problem.test_set()[0][:50])
    np.savez(tmp_path / "x.npz", x=x)
    beside = str(Path(safetensors.__file__).parents[1])
    files = [str(tmp_path / name) for name in ("mine.safetensors", "x.npz", "logits.npz")]
    subprocess.run([python, "-c", TORCH, *files, beside], check=True, timeout=280)
    assert np.allclose(np.load(tmp_path / "logits.npz")["logits"], ticket.apply(x), atol=1e-5)


def test_a_state_dict_of_a_pruned_module_is_a_ticket(tmp_path: Path, lab: Any) -> None:
    """`torch.nn.utils.prune` leaves `weight_orig` and `weight_mask`."""
    random = np.random.default_rng(0)
    arrays = {
        "dense_0.weight_orig": random.normal(size=(8, 196)).astype(np.float32),
        "dense_0.weight_mask": (random.random((8, 196)) < 0.5).astype(np.float32),
        "dense_0.bias": np.zeros(8, np.float32),
        "dense_1.weight_orig": random.normal(size=(10, 8)).astype(np.float32),
        "dense_1.weight_mask": np.ones((10, 8), np.float32),
        "dense_1.bias": np.zeros(10, np.float32),
    }
    save_file(arrays, tmp_path / "theirs.safetensors")
    with Session.create(
        parse_spec(plan("mlp", ticket={"path": str(tmp_path / "theirs.safetensors")})), lab.path()
    ) as s:
        s.run_round()
        leaves = s.ticket("magnitude", 0).leaves("mask")
    assert (leaves["dense_0/kernel"] == arrays["dense_0.weight_mask"].T.astype(bool)).all()


def changed(file: Path, change: Callable[[dict[str, Any]], object]) -> None:
    arrays = load_file(file)
    change(arrays)
    save_file(arrays, file)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda a: a.pop("start/dense_0/kernel"), "without start/dense_0/kernel"),
        (lambda a: a.update({"mask/dense_0/kernel": np.zeros((3, 3), bool)}), r"of shape \(3, 3\)"),
        (lambda a: a["start/dense_0/kernel"].fill(np.nan), "NaN, infinity or no numbers in dense_0/kernel"),
        (lambda a: a.update({"mask/dense_0/kernel": np.full((196, 8), 2)}), "only 0 and 1"),
        (lambda a: [a[f"mask/dense_{i}/kernel"].fill(False) for i in (0, 1)], "a mask that keeps some"),
        (lambda a: [a.pop(name) for name in list(a)] and a.update(x=np.zeros(3)), "with x, expected a ticket"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_before_the_session_begins(
    tmp_path: Path, lab: Any, tickets: dict[str, Any], change: Callable[[dict[str, Any]], object], said: str
) -> None:
    tickets["mlp"].save(file := tmp_path / "mine.safetensors")
    changed(file, change)
    with pytest.raises(TicketError, match=said):
        Session.create(parse_spec(plan("mlp", ticket={"path": str(file)})), lab.path())
    assert not lab.path().exists()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("no.safetensors", None, "no such file"),
        ("mine.safetensors", b"junk", "which can't be read"),
        ("mine.npz", b"junk", "which can't be read"),
        ("mine.msgpack", b"\xc1", "which can't be read"),
        ("mine.pt", b"", "since pickles can run code"),
        ("mine.txt", b"", "expected a ticket"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, lab: Any, name: str, content: bytes | None, said: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(TicketError, match=said):
        Session.create(parse_spec(plan("mlp", ticket={"path": str(tmp_path / name)})), lab.path())


def test_pickled_arrays_are_never_loaded(tmp_path: Path, lab: Any) -> None:
    np.savez(tmp_path / "evil.npz", **{"mask/dense_0/kernel": np.array([{}], object)})
    with pytest.raises(TicketError, match="which can't be read"):
        Session.create(parse_spec(plan("mlp", ticket={"path": str(tmp_path / "evil.npz")})), lab.path())


def test_a_transferred_branch_takes_no_file(tmp_path: Path) -> None:
    branches = [{"name": "a"}, {"name": "b", "transfer": {"branch": "a"}, "ticket": {"path": "x.npz"}}]
    with pytest.raises(InvalidValue, match="transferred tickets"):
        parse_spec(plan("mlp", branch=branches))


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("a.txt", None, "ends in .safetensors"),
        ("a.npz", "torch", "ends in .safetensors for torch"),
        ("a.npz", "x", "one of"),
    ],
)
def test_a_format_and_an_ending_agree(
    tmp_path: Path, tickets: dict[str, Any], name: str, kind: str | None, said: str
) -> None:
    with pytest.raises(TicketError, match=said):
        tickets["mlp"].save(tmp_path / name, kind)
