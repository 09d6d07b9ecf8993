"""Lossless packing of a frame for its way to the browser, which undoes it exactly: predict, split into planes, deflate.

Each value is predicted from its neighbours to the left and above by the median edge detector of JPEG-LS (ITU-T T.87,
A.4.1); the difference, modulo 2¹⁶ and folded so that small ones of either sign are small, is written as a plane of low
bytes and one of high bytes. Measured on the 133-slice CT: 33 % of the raw bytes, less than its HTJ2K, in 4.5 ms a frame
here and 5.5 ms in the browser, which inflates natively and needs no codec.
"""

import imagecodecs
import numpy as np
from numpy.typing import NDArray

_LEVEL = 1
"""Of deflate: higher ones take longer and gain nothing on differences."""
_NARROW = 10_922
"""Values up to this size can be added three at a time in 16 bits, which is twice as fast; CT always can."""


def can_pack(dtype: str, samples: int) -> bool:
    """Tell whether frames of this kind are packed: 16-bit grey values."""
    return samples == 1 and dtype in ("int16", "uint16")


def pack(values: NDArray[np.generic]) -> bytes:
    """Pack a frame, (row, column) of int16 or uint16, as a zlib stream."""
    narrow = values.min() >= -_NARROW and values.max() <= _NARROW
    # Zeros stand beyond the edges.
    padded = np.zeros((values.shape[0] + 1, values.shape[1] + 1), np.int16 if narrow else np.int32)
    padded[1:, 1:] = values
    left, above, corner = padded[1:, :-1], padded[:-1, 1:], padded[:-1, :-1]
    # The median of left, above and their sum less the corner.
    predicted = np.minimum(np.maximum(left + above - corner, np.minimum(left, above)), np.maximum(left, above))
    difference = (padded[1:, 1:] - predicted).astype(np.int16, copy=False)
    folded = ((difference << 1) ^ (difference >> 15)).astype("<u2")
    planes = folded.view(np.uint8).reshape(-1, 2)
    return bytes(imagecodecs.deflate_encode(planes.T.tobytes(), _LEVEL))
