"""Anybody's ticket from a file: its mask and weights, leaf by leaf, checked against a network and taken in.

Read are the files that `export ticket` writes, and those that hold the same names: a `state_dict` of PyTorch's with
masks as `torch.nn.utils.prune` calls them, or nested parameters of flax's. Nothing is ever unpickled.
"""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import jax.numpy as jnp
import msgspec
import numpy as np
import numpy.typing as npt

from sessions.messages import events
from sessions.plans.problems import Problems
from sessions.specs.given_ticket import GivenTicket
from sessions.specs.spec import Plan
from sessions.store.errors import UNREADABLE
from sessions.tickets.torch_names import TorchLeaf, torch_leaves
from ticket_explorer.errors import InvalidValue, TicketError
from ticket_explorer.layout import Leaf
from ticket_explorer.tickets import Ticket

Array = npt.NDArray[Any]
Arrays = Mapping[str, Array]
Part = Literal["mask", "start", "trained"]
PATH = "$.ticket.path"
EXPECTED = "a ticket: .safetensors, .npz or .msgpack with mask/LEAF and start/LEAF, or a state_dict as .safetensors"


@dataclass(frozen=True)
class GivenArrays:
    """One ticket of D entries of θ."""

    mask: Array
    """bool [D]."""
    weights: Array | None
    """float32 [D]; None: they are to be fresh."""
    told: events.Given

    def ticket(self, fresh: Array) -> Ticket:
        """For all replicates.

        Args:
            fresh: Initial weights [R, D], for a ticket that has none.
        """
        weights = fresh if self.weights is None else np.broadcast_to(self.weights, fresh.shape)
        mask = jnp.broadcast_to(jnp.asarray(self.mask), fresh.shape)
        return Ticket(mask, jnp.asarray(weights), jnp.asarray(weights))


def given_arrays(given: GivenTicket, plan: Plan, problems: Problems) -> GivenArrays:
    """Read a ticket for a plan's network.

    Raises:
        TicketError: if the file can't be read, or what it holds doesn't fit the network.
    """
    layout, place = problems.of(plan).layout, Path(given.path)
    file = _File(place.name, _read(place), {turned.leaf.name: turned for turned in torch_leaves(layout.leaves, plan)})
    if not any(file.has(part) for part in ("mask", "start", "trained")):
        names = ", ".join(list(file.arrays)[:5]) or "nothing"
        raise InvalidValue(PATH, f"{place.name} with {names}", EXPECTED)
    mask = np.concatenate([_mask_of(file, leaf) for leaf in layout])
    kind, weights = _weights_of(file, given, layout.leaves)
    if not (kept := int(mask[layout.prunable].sum())):
        raise InvalidValue(PATH, f"{place.name}, whose mask keeps no weights", "a mask that keeps some")
    if weights is not None:
        weights = np.where(mask, weights, np.float32(0.0))
    return GivenArrays(mask, weights, events.Given(path=given.path, density=kept / layout.prunable_size, weights=kind))


@dataclass(frozen=True)
class _File:
    name: str
    arrays: Arrays
    turned: Mapping[str, TorchLeaf]

    def has(self, part: Part) -> bool:
        """Whether it has this part of any leaf."""
        return any(self._find(part, turned) is not None for turned in self.turned.values())

    def leaf(self, part: Part, leaf: Leaf) -> Array:
        """A part of a leaf, in the leaf's shape.

        Raises:
            TicketError: if it is not there, of another shape, or no number.
        """
        turned = self.turned[leaf.name]
        found = self._find(part, turned)
        if found is None:
            raise InvalidValue(PATH, f"{self.name} without {part}/{leaf.name}", "a ticket of this network")
        array, is_torch = found
        expected = turned.to_torch(np.broadcast_to(np.float32(0), leaf.shape)).shape if is_torch else leaf.shape
        if array.shape != expected:
            raise InvalidValue(PATH, f"{self.name} with {leaf.name} of shape {array.shape}", f"{expected}")
        if array.dtype.kind not in "bfiu" or not np.isfinite(array).all():
            raise InvalidValue(PATH, f"{self.name} with NaN, infinity or no numbers in {leaf.name}", "finite numbers")
        return turned.from_torch(array) if is_torch else array

    def _find(self, part: Part, turned: TorchLeaf) -> tuple[Array, bool] | None:
        """The array, and whether it is as PyTorch has it."""
        own = self.arrays.get(f"{part}/{turned.leaf.name}")
        if own is not None:
            return own, False
        names = [turned.mask_name] if part == "mask" else [f"{turned.name}_orig", turned.name]
        there = next((self.arrays[name] for name in names if name in self.arrays), None)
        return None if there is None else (there, True)


def _mask_of(file: _File, leaf: Leaf) -> Array:
    """Where the mask is not told, and where nothing can be pruned, all is kept: zeros say nothing."""
    if not leaf.prunable or not file.has("mask"):
        return np.ones(leaf.size, bool)
    mask = file.leaf("mask", leaf)
    if not np.isin(mask, (0, 1)).all():
        raise InvalidValue(PATH, f"{file.name} with a mask of {leaf.name} that has other values", "only 0 and 1")
    return mask.astype(bool).reshape(-1)


def _weights_of(file: _File, given: GivenTicket, leaves: tuple[Leaf, ...]) -> tuple[str, Array | None]:
    parts: list[Part] = [part for part in ("start", "trained") if file.has(part)]
    if given.weights == "fresh" or not parts:
        return "fresh", None
    part = given.weights if given.weights in parts else parts[0]
    return part, np.concatenate([file.leaf(part, leaf).astype(np.float32).reshape(-1) for leaf in leaves])


def _read(place: Path) -> Arrays:
    reader = _READERS.get(place.suffix)
    if reader is None:
        pickled = place.suffix in (".pt", ".pth", ".bin", ".pkl")
        remedy = "; from PyTorch: safetensors.torch.save_file(module.state_dict(), ...), since pickles can run code"
        raise InvalidValue(PATH, place.name, f"{EXPECTED}{remedy if pickled else ''}")
    try:
        return reader(place)
    except OSError as error:
        raise InvalidValue(PATH, f"{place} ({(error.strerror or str(error)).lower()})", EXPECTED) from None
    except (*UNREADABLE, ValueError, TypeError, KeyError, AttributeError, EOFError, zipfile.BadZipFile) as error:
        what = f"{type(error).__name__}: {error}".splitlines()[0]
        raise InvalidValue(PATH, f"{place.name}, which can't be read ({what})", EXPECTED) from None


def _safetensors(place: Path) -> Arrays:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        return dict(load(place.read_bytes()))
    except SafetensorError as error:
        raise ValueError(str(error)) from None


def _npz(place: Path) -> Arrays:
    with np.load(place, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def _msgpack(place: Path) -> Arrays:
    """Our own, or flax's: nested arrays under `params`, `start` and `mask`."""
    content = place.read_bytes()
    table = msgspec.msgpack.decode(content)
    if isinstance(table, dict) and "arrays" in table:
        return {name: _unpacked(packed) for name, packed in table["arrays"].items()}
    from flax.serialization import msgpack_restore
    from flax.traverse_util import flatten_dict

    trees: Any = msgpack_restore(content)
    parts = {"trained" if part == "params" else part: tree for part, tree in trees.items()}
    return {name: np.asarray(array) for name, array in flatten_dict(parts, sep="/").items()}


def _unpacked(packed: Mapping[str, Any]) -> Array:
    dtype = np.dtype(packed["dtype"])
    if dtype.hasobject:
        raise TicketError("It holds Python objects.")
    return np.frombuffer(packed["data"], dtype).reshape(packed["shape"])


_READERS = {".safetensors": _safetensors, ".npz": _npz, ".msgpack": _msgpack}
