"""The file of a finished round: masks as bits, and only the kept weights.

A round of R replicates takes R·D / 8 bytes for its masks and 4 or 8 bytes per kept entry. Entries that a mask does not
keep are zero by definition, and are read as zero.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np
import numpy.typing as npt

from sessions.store.arrays import decode_arrays, encode_arrays
from sessions.store.errors import UNREADABLE, Damaged, NewerSchema

_SCHEMA = 1
_FLOAT = np.dtype("<f4")
_Size = Annotated[int, msgspec.Meta(ge=1, le=2**40)]


@dataclass(frozen=True)
class RoundArrays:
    """The arrays of a finished round. R replicates, D entries of θ."""

    mask: npt.NDArray[np.bool_]
    """[R, D], true = kept."""
    mean: npt.NDArray[np.float32]
    """[R, D], zero where `mask` is false."""
    std: npt.NDArray[np.float32] | None
    """[R, D], zero where `mask` is false; None if the trainer has no search distribution."""
    problem_state: tuple[npt.NDArray[Any], ...] = ()
    """Small arrays of the task's own, such as observation statistics."""
    way: tuple[npt.NDArray[Any], ...] = ()
    """The fields of `ticket_explorer.analysis.way.Way` in order, if the way was sampled; its components [R, 2, D] are
    zero where `mask` is false."""


class _Round(msgspec.Struct, frozen=True, omit_defaults=True):
    schema: int
    replicates: _Size
    dimension: _Size
    mask: bytes
    mean: bytes
    std: bytes | None
    problem_state: bytes
    way: bytes | None = None


def encode_round(arrays: RoundArrays) -> bytes:
    """Bytes that `decode_round` turns back into the same arrays.

    Raises:
        ValueError: if shapes or dtypes disagree, or a weight that is not kept is not zero.
    """
    mask = arrays.mask
    if mask.dtype != np.bool_ or mask.ndim != 2 or not mask.size:
        raise ValueError(f"a mask is bool [R, D], not {mask.dtype} {mask.shape}")
    replicates, dimension = mask.shape
    std = None if arrays.std is None else _pack(arrays.std, mask)
    bits, mean, state = np.packbits(mask).tobytes(), _pack(arrays.mean, mask), encode_arrays(arrays.problem_state)
    way = encode_arrays(arrays.way) if arrays.way else None
    return msgspec.msgpack.encode(_Round(_SCHEMA, replicates, dimension, bits, mean, std, state, way))


def decode_round(data: bytes, path: Path | str) -> RoundArrays:
    """The arrays that `encode_round` was given.

    Args:
        data: The bytes that `encode_round` returned.
        path: The file that the bytes come from, for the message.

    Raises:
        Damaged: if the bytes are not what it returned, or their sizes don't fit the mask.
        NewerSchema: if a newer version wrote them.
    """
    try:
        packed = msgspec.msgpack.decode(data, type=_Round)
    except UNREADABLE as error:
        raise Damaged(path, f"it doesn't hold a round ({error})") from error
    if packed.schema > _SCHEMA:
        raise NewerSchema(path, packed.schema, _SCHEMA)
    mask = _unpack_mask(packed, path)
    std = None if packed.std is None else _unpack(packed.std, mask, path)
    state = tuple(decode_arrays(packed.problem_state, path))
    way = tuple(decode_arrays(packed.way, path)) if packed.way is not None else ()
    return RoundArrays(mask, _unpack(packed.mean, mask, path), std, state, way)


def _pack(values: npt.NDArray[np.float32], mask: npt.NDArray[np.bool_]) -> bytes:
    if values.dtype != np.float32 or values.shape != mask.shape:
        raise ValueError(f"weights are float32 {mask.shape}, not {values.dtype} {values.shape}")
    if values[~mask].any():
        raise ValueError("weights that are not kept are zero")
    return values[mask].astype(_FLOAT, copy=False).tobytes()


def _unpack_mask(packed: _Round, path: Path | str) -> npt.NDArray[np.bool_]:
    size = packed.replicates * packed.dimension
    if len(packed.mask) != (size + 7) // 8:
        raise Damaged(path, f"{len(packed.mask)} bytes of mask for {packed.replicates} × {packed.dimension} entries")
    bits = np.unpackbits(np.frombuffer(packed.mask, np.uint8))
    if bits[size:].any():
        raise Damaged(path, "its mask has more entries than weights")
    return bits[:size].astype(bool).reshape(packed.replicates, packed.dimension)


def _unpack(data: bytes, mask: npt.NDArray[np.bool_], path: Path | str) -> npt.NDArray[np.float32]:
    kept = int(mask.sum())
    if len(data) != kept * _FLOAT.itemsize:
        raise Damaged(path, f"{len(data)} bytes of weights for {kept} kept entries")
    values = np.zeros(mask.shape, np.float32)
    values[mask] = np.frombuffer(data, _FLOAT)
    return values
