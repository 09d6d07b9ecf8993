"""Packed frames come back exactly, undone here step by step as the format says and not by our own code."""

import zlib

import numpy as np
import pytest

from viewer.packing import can_pack, pack


def unpacked(data: bytes, rows: int, columns: int, dtype: str) -> np.ndarray:
    planes = np.frombuffer(zlib.decompress(data), np.uint8).reshape(2, rows, columns).astype(int)
    folded = planes[0] + 256 * planes[1]
    values = np.zeros((rows + 1, columns + 1), dtype)
    for row in range(rows):
        for column in range(columns):
            a, b, c = (int(one) for one in (values[row + 1, column], values[row, column + 1], values[row, column]))
            guess = min(a, b) if c >= max(a, b) else max(a, b) if c <= min(a, b) else a + b - c
            fold = int(folded[row, column])
            difference = -(fold + 1) // 2 if fold % 2 else fold // 2
            values[row + 1, column + 1] = np.array(guess + difference).astype(dtype)
    return values[1:, 1:]


@pytest.mark.parametrize("dtype", ["int16", "uint16"])
def test_every_value_of_the_range_comes_back_exactly(dtype):
    ends = np.iinfo(dtype)
    values = np.random.default_rng(7).integers(ends.min, ends.max, (19, 23), dtype, endpoint=True)
    values[0, :3] = [ends.min, ends.max, ends.min]
    assert np.array_equal(unpacked(pack(values), 19, 23, dtype), values)


def test_a_smooth_image_becomes_small():
    rows, columns = np.mgrid[:64, :64]
    values = (1000 * np.sin(rows / 9) + 900 * np.cos(columns / 7)).astype(np.int16)
    assert np.array_equal(unpacked(pack(values), 64, 64, "int16"), values)
    assert len(pack(values)) < 0.4 * values.nbytes


def test_only_grey_of_sixteen_bits_is_packed():
    assert can_pack("int16", 1)
    assert can_pack("uint16", 1)
    assert not can_pack("uint16", 3)
    assert not can_pack("uint8", 1)
    assert not can_pack("float32", 1)


@pytest.mark.parametrize("most", [10_922, 10_923])
def test_sums_beyond_sixteen_bits_are_no_trouble(most):
    values = np.random.default_rng(3).choice(np.array([-most, most], np.int16), (17, 19))
    assert np.array_equal(unpacked(pack(values), 17, 19, "int16"), values)
