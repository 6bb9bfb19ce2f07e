"""A ticket as a file that other programs read: by leaf, as flax parameters, or as a `state_dict` of PyTorch's."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Literal, Protocol

import jax
import msgspec
import numpy as np
import numpy.typing as npt

from sessions.plans.problems import plan_of
from sessions.store.files import write_atomic
from sessions.tickets.torch_names import statistic_name, torch_leaves
from ticket_explorer.errors import InvalidValue
from ticket_explorer.problems import Problem

Arrays = dict[str, npt.NDArray[Any]]
Part = Literal["mask", "start", "trained", "sigma"]
"""What a ticket consists of, each a value for every weight."""


class Savable(Protocol):
    """A ticket as a person takes it from a session; see `FoundTicket`."""

    @property
    def arrays(self) -> Arrays:
        """All arrays by part and leaf, `mask/dense_0/kernel`."""
        ...

    @property
    def origin(self) -> dict[str, Any]:
        """Session, branch, round, replicate, density, seed and plan."""
        ...

    @property
    def problem(self) -> Problem:
        """What it was trained on."""
        ...

    @property
    def state(self) -> Any:
        """What the task carried at the end."""
        ...

    @property
    def sigma(self) -> npt.NDArray[Any] | None:
        """float32 [D]; None if the trainer has none."""
        ...

    def leaves(self, part: Part = "trained") -> Arrays:
        """One of its parts, by leaf."""
        ...

    def tree(self, part: Part = "trained") -> dict[str, Any]:
        """The same, nested."""
        ...


@dataclass(frozen=True)
class Format:
    """A kind of file."""

    ending: str
    encoded: Callable[[Savable], bytes]
    summary: str


def save(ticket: Savable, out: Path, name: str | None = None) -> None:
    """Write a ticket.

    Args:
        ticket: With its origin.
        out: Where to; a file that is there is replaced.
        name: One of `FORMATS`; None: the first that has the file's ending.

    Raises:
        TicketError: if there is no such format, the ending is another one, or the file can't be written.
    """
    endings = " or ".join(dict.fromkeys(known.ending for known in FORMATS.values()))
    if name is None:
        name = next((key for key, known in FORMATS.items() if known.ending == out.suffix), None)
        if name is None:
            raise InvalidValue("--out", out, f"a file name that ends in {endings} for ticket")
    if name not in FORMATS:
        raise InvalidValue("--format", name, f"one of {', '.join(FORMATS)}")
    if out.suffix != FORMATS[name].ending:
        raise InvalidValue("--out", out, f"a file name that ends in {FORMATS[name].ending} for {name}")
    write_atomic(out, FORMATS[name].encoded(ticket))


def _safetensors(ticket: Savable, arrays: Arrays | None = None, **more: str) -> bytes:
    from safetensors.numpy import save as encoded

    origin = {key: msgspec.json.encode(value).decode() for key, value in ticket.origin.items()}
    return bytes(encoded(ticket.arrays if arrays is None else arrays, metadata={**origin, **more}))


def _npz(ticket: Savable) -> bytes:
    content = BytesIO()
    np.savez_compressed(content, **ticket.arrays)  # type: ignore[arg-type]
    return content.getvalue()


def _msgpack(ticket: Savable) -> bytes:
    arrays = {name: _packed(array) for name, array in ticket.arrays.items()}
    return msgspec.msgpack.encode({"schema": 1, "origin": ticket.origin, "arrays": arrays})


def _flax(ticket: Savable) -> bytes:
    from flax.serialization import msgpack_serialize

    trees: dict[str, Any] = {"params": ticket.tree("trained"), "start": ticket.tree("start")}
    trees["mask"] = ticket.tree("mask")
    if ticket.sigma is not None:
        trees["sigma"] = ticket.tree("sigma")
    if isinstance(ticket.state, Mapping):
        trees["batch_stats"] = jax.tree.map(np.asarray, ticket.state)
    return bytes(msgpack_serialize(trees))


def _torch(ticket: Savable) -> bytes:
    from flax.traverse_util import flatten_dict

    plan = plan_of(ticket.origin["plan"])
    trained, mask = ticket.leaves("trained"), ticket.leaves("mask")
    arrays: Arrays = {}
    for turned in torch_leaves(ticket.problem.layout.leaves, plan):
        arrays[turned.name] = turned.to_torch(trained[turned.leaf.name])
        if turned.leaf.prunable:
            arrays[turned.mask_name] = turned.to_torch(mask[turned.leaf.name]).astype(np.float32)
    if isinstance(ticket.state, Mapping):
        arrays |= {statistic_name(path): np.asarray(array) for path, array in flatten_dict(ticket.state).items()}
    return _safetensors(ticket, arrays, format="torch")


def _packed(array: npt.NDArray[Any]) -> dict[str, object]:
    return {"dtype": array.dtype.str, "shape": array.shape, "data": array.tobytes()}


FORMATS: Mapping[str, Format] = {
    "safetensors": Format(".safetensors", _safetensors, "mask, start, trained weights and σ, leaf by leaf"),
    "npz": Format(".npz", _npz, "the same for NumPy"),
    "msgpack": Format(".msgpack", _msgpack, "the same with what they are from"),
    "flax": Format(".msgpack", _flax, "nested parameters for `flax.serialization.msgpack_restore`"),
    "torch": Format(".safetensors", _torch, "a state_dict for PyTorch, with masks for torch.nn.utils.prune"),
}
"""By name; a file's ending means the first one that has it."""
