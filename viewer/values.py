"""Which number type holds every modality value of a series exactly.

One convention: the type follows from what the header allows (bits, sign, rescale), never from the pixels
seen, so that it is known before anything is decoded.

It converts nothing (``viewer.decode`` does).
"""

from collections.abc import Iterable
from typing import Final

from viewer.layout import PixelLayout
from viewer.stacks import Placed

_RANGES: Final = (("uint8", 0, 255), ("int16", -(1 << 15), (1 << 15) - 1), ("uint16", 0, (1 << 16) - 1))


def dtype_of(stack: Iterable[Placed], *, hounsfield: bool) -> str:
    """Give uint8, int16, uint16 or float32 for the frames of a stack.

    Values in HU take int16 even where a 16-bit sample could, with its intercept, fall below -32768 or above
    32767: no tissue and no scanner reaches there, and what a file keeps there is padding, which stays at
    the end of the range.
    """
    low, high = 0.0, 0.0
    for placed in stack:
        layout = placed.header.layout
        if layout.keyword != "PixelData":
            return "float32"
        if layout.coloured:
            high = max(high, 255)  # of each colour, whatever its samples had: screens show no more
            continue
        least, most = stored_range(layout)
        if placed.header.modality_lut is not None:
            entries = placed.header.modality_lut[1]
            least, most = min(entries), max(entries)
        frame = placed.frame
        if frame.slope != int(frame.slope) or frame.intercept != int(frame.intercept):
            return "float32"
        ends = (least * frame.slope + frame.intercept, most * frame.slope + frame.intercept)
        low, high = min(low, *ends), max(high, *ends)
    for name, least, most in _RANGES:
        if least <= low and high <= most:
            return name
    return "int16" if hounsfield and high - low < 1 << 17 else "float32"


def stored_range(layout: PixelLayout) -> tuple[int, int]:
    """Give the least and greatest stored value that the header allows (PS3.5 8.1.1)."""
    bits = layout.bits_stored
    if layout.transfer_syntax in _LOSSY and bits < layout.bits_allocated:
        # A lossy JPEG 2000 sample may overshoot Bits Stored; it is right and must not wrap.
        bits += 1
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if layout.signed else (0, (1 << bits) - 1)


_LOSSY: Final = frozenset(("1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.4.203"))
