"""Arrays as bytes, bit for bit, for checkpoints: msgpack of dtype, shape and raw memory.

A dtype that NumPy doesn't know, such as bfloat16, comes back as raw memory of its size (`V2`): view it as the dtype of
the array it replaces.
"""

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np
import numpy.typing as npt

from sessions.store.errors import UNREADABLE, Damaged, NewerSchema

_SCHEMA = 1
_DTYPE = re.compile(r"[<>|][biufcV][0-9]{1,3}")
_Size = Annotated[int, msgspec.Meta(ge=0, le=2**48)]


class _Array(msgspec.Struct, frozen=True, array_like=True):
    dtype: str
    shape: tuple[_Size, ...]
    data: bytes


class _Arrays(msgspec.Struct, frozen=True):
    schema: int
    arrays: list[_Array]


def encode_arrays(arrays: Sequence[npt.NDArray[Any]]) -> bytes:
    """Bytes that `decode_arrays` turns back into the same arrays.

    Raises:
        ValueError: if an array holds anything but booleans, numbers or raw memory.
    """
    return msgspec.msgpack.encode(_Arrays(_SCHEMA, [_encode(array) for array in arrays]))


def decode_arrays(data: bytes, path: Path | str = "the checkpoint") -> list[npt.NDArray[Any]]:
    """The arrays that `encode_arrays` was given, writable and in C order.

    Args:
        data: The bytes that `encode_arrays` returned.
        path: The file that the bytes come from, for the message.

    Raises:
        Damaged: if the bytes are not what it returned.
        NewerSchema: if a newer version wrote them.
    """
    try:
        decoded = msgspec.msgpack.decode(data, type=_Arrays)
    except UNREADABLE as error:
        raise Damaged(path, f"it doesn't hold arrays ({error})") from error
    if decoded.schema > _SCHEMA:
        raise NewerSchema(path, decoded.schema, _SCHEMA)
    return [_decode(array, path) for array in decoded.arrays]


def _encode(array: npt.NDArray[Any]) -> _Array:
    if not _DTYPE.fullmatch(array.dtype.str) or array.dtype.hasobject:
        raise ValueError(f"arrays of {array.dtype} can't be stored")
    return _Array(array.dtype.str, array.shape, array.tobytes())


def _decode(array: _Array, path: Path | str) -> npt.NDArray[Any]:
    try:
        if not _DTYPE.fullmatch(array.dtype):
            raise ValueError(f"unknown dtype {array.dtype!r}")
        dtype = np.dtype(array.dtype)
        if len(array.data) != math.prod(array.shape) * dtype.itemsize:
            raise ValueError(f"{len(array.data)} bytes for {array.shape} of {dtype}")
        return np.ndarray(array.shape, dtype, bytearray(array.data))
    except (ValueError, TypeError) as error:
        raise Damaged(path, str(error)) from error
