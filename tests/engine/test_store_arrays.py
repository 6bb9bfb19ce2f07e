"""Rounds and checkpoints come back bit for bit, small, or not at all."""

import random
from typing import Any

import ml_dtypes
import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from sessions.store.arrays import decode_arrays, encode_arrays
from sessions.store.errors import Damaged, NewerSchema
from sessions.store.round_file import RoundArrays, decode_round, encode_round
from sessions.store.seals import Seal, seal
from ticket_explorer.errors import TicketError

FLOATS = st.floats(width=32) | st.sampled_from([0.0, -0.0, float("nan"), float("-inf")])
DTYPES = st.sampled_from(["<f4", "<f8", "<f2", "<i4", "<u4", "<i8", "|u1", "|b1", "<c8", ">f4"])
ANY_ARRAY = DTYPES.flatmap(
    lambda dtype: arrays_of.arrays(np.dtype(dtype), arrays_of.array_shapes(min_dims=0, min_side=0))
)


def same(left: np.ndarray[Any, Any], right: np.ndarray[Any, Any]) -> bool:
    return (left.dtype, left.shape, left.tobytes()) == (right.dtype, right.shape, right.tobytes())


@st.composite
def rounds(draw: st.DrawFn) -> RoundArrays:
    shape = draw(arrays_of.array_shapes(min_dims=2, max_dims=2, max_side=20))
    mask = draw(arrays_of.arrays(np.bool_, shape))
    weights = arrays_of.arrays(np.float32, shape, elements=FLOATS)
    mean, std = (np.where(mask, draw(weights), np.float32(0)) for _ in range(2))
    return RoundArrays(mask, mean, draw(st.sampled_from([std, None])), tuple(draw(st.lists(ANY_ARRAY, max_size=3))))


def example(replicates: int = 2, dimension: int = 1000, density: float = 0.3) -> RoundArrays:
    chance = np.random.default_rng(0)
    mask = chance.random((replicates, dimension)) < density
    mean, std = (np.where(mask, chance.normal(size=mask.shape), 0).astype(np.float32) for _ in range(2))
    return RoundArrays(mask, mean, std, (np.arange(3.0),))


@given(st.lists(ANY_ARRAY, max_size=5))
def test_arrays_come_back_bit_for_bit(arrays: list[np.ndarray[Any, Any]]) -> None:
    back = decode_arrays(encode_arrays(arrays))
    assert len(back) == len(arrays)
    assert all(map(same, back, arrays))
    assert all(array.flags.writeable for array in back)


def test_a_dtype_that_numpy_lacks_comes_back_as_raw_memory() -> None:
    array = np.array([1.5, -0.0, np.nan], ml_dtypes.bfloat16)
    (back,) = decode_arrays(encode_arrays([array]))
    assert back.dtype.str == "|V2"
    assert same(back.view(ml_dtypes.bfloat16), array)


def test_arrays_of_objects_are_our_own_mistake() -> None:
    for array in (np.array([None]), np.array(["text"]), np.array(["2020"], "datetime64[D]")):
        with pytest.raises(ValueError, match="can't be stored"):
            encode_arrays([array])


def test_an_array_in_another_order_keeps_its_values() -> None:
    array = np.arange(24, dtype=np.int32).reshape(2, 3, 4).transpose(2, 0, 1)[::2]
    np.testing.assert_array_equal(decode_arrays(encode_arrays([array]))[0], array)


@given(rounds())
def test_a_round_comes_back_bit_for_bit(arrays: RoundArrays) -> None:
    back = decode_round(encode_round(arrays), "here")
    assert same(back.mask, arrays.mask)
    assert same(back.mean, arrays.mean)
    assert (back.std is None) == (arrays.std is None)
    assert back.std is None or arrays.std is None or same(back.std, arrays.std)
    assert len(back.problem_state) == len(arrays.problem_state)
    assert all(map(same, back.problem_state, arrays.problem_state))


@pytest.mark.parametrize("density", [0.0, 0.01, 0.3, 1.0])
@pytest.mark.parametrize(("replicates", "dimension"), [(1, 7), (1, 6634), (5, 50_001)])
def test_a_round_is_small(replicates: int, dimension: int, density: float) -> None:
    arrays = example(replicates, dimension, density)
    bound = 8 * int(arrays.mask.sum()) + replicates * (dimension / 8 + 4096)
    assert len(seal(encode_round(arrays), Seal("", "round"))) <= bound


def test_what_is_no_round_is_our_own_mistake() -> None:
    whole = example()
    stray = whole.mean.copy()
    stray[~whole.mask] = 1
    for mask, mean, what in [
        (whole.mask, stray, "not kept"),
        (whole.mask, whole.mean[:1], "float32"),
        (whole.mask, whole.mean.astype(np.float64), "float32"),
        (whole.mask[0], whole.mean[0], "bool"),
        (whole.mask.astype(np.int8), whole.mean, "bool"),
    ]:
        with pytest.raises(ValueError, match=what):
            encode_round(RoundArrays(mask, mean, None))


def test_a_round_whose_seal_was_bypassed_is_still_checked() -> None:
    fields = msgspec.msgpack.decode(encode_round(example()))
    for change in (
        {"replicates": 1},
        {"dimension": 2**40},
        {"dimension": 0},
        {"mask": fields["mask"][:-1]},
        {"mask": b"\xff" + fields["mask"][1:]},
        {"mean": fields["mean"] + bytes(4)},
        {"std": fields["std"][:-1]},
        {"problem_state": b""},
        {"schema": "one"},
    ):
        with pytest.raises(Damaged):
            decode_round(msgspec.msgpack.encode({**fields, **change}), "here")
    with pytest.raises(NewerSchema, match="Update it"):
        decode_round(msgspec.msgpack.encode({**fields, "schema": 2}), "here")


def test_a_round_with_a_newer_field_still_opens() -> None:
    fields = msgspec.msgpack.decode(encode_round(example()))
    back = decode_round(msgspec.msgpack.encode({**fields, "added_later": 1}), "here")
    assert same(back.mean, example().mean)


def test_mask_bits_beyond_the_last_entry_are_noticed() -> None:
    fields = msgspec.msgpack.decode(encode_round(example(1, 3, 0.0)))
    with pytest.raises(Damaged, match="more entries"):
        decode_round(msgspec.msgpack.encode({**fields, "mask": b"\x01"}), "here")


@pytest.mark.parametrize(
    "array",
    [
        ["O", [1], bytes(8)],
        ["<f3", [1], bytes(3)],
        ["(3,)f4", [1], bytes(12)],
        ["<f4", [2**48, 2**48], b""],
        ["<f4", [0, 2**48, 2**48, 2**48], b""],
        ["<f4", [0] * 100, b""],
        ["<f4", [-1], b""],
        ["<f4", [2], bytes(7)],
        ["<f4"],
    ],
)
def test_forged_arrays_are_refused_and_allocate_nothing(array: list[Any]) -> None:
    with pytest.raises(Damaged):
        decode_arrays(msgspec.msgpack.encode({"schema": 1, "arrays": [array]}))
    with pytest.raises(NewerSchema):
        decode_arrays(msgspec.msgpack.encode({"schema": 2, "arrays": []}))


@pytest.mark.parametrize("decode", [decode_arrays, lambda data: decode_round(data, "here")])
def test_unsealed_noise_is_a_sentence(decode: Any) -> None:
    chance = random.Random(0)
    whole = encode_round(example(1, 30))
    for _ in range(400):
        changed = bytearray(whole if chance.random() < 0.5 else encode_arrays([np.arange(5)]))
        changed[chance.randrange(len(changed))] = chance.randrange(256)
        try:
            decode(bytes(changed))
        except TicketError:
            continue
