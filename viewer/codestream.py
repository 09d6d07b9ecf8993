"""Whether a compressed frame is what the header says it is, before a decoder allocates anything for it.

One convention: a decoder only ever sees a frame whose own header agrees with the DICOM header in size, so
what it allocates is bounded by what ``viewer.layout`` has let through.

It decodes nothing (the codecs behind pydicom do).
"""

import struct
from itertools import pairwise
from typing import Final

from pydicom.uid import JPEG2000TransferSyntaxes, RLELossless

from viewer import DecodeError
from viewer.layout import PixelLayout

# OpenJPEG keeps some 6 kB for each tile, whatever the tile's size; images are cut into tens of tiles at most.
MAX_TILES: Final = 4096
_SOC_SIZ: Final = b"\xff\x4f\xff\x51"
# ISO/IEC 10918-1 B.1.1.3: the frame headers SOF0 to SOF15 without DHT, JPG and DAC; 14495-1 C.1.1: SOF55.
_FRAME_HEADERS: Final = frozenset({*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC})


def checked_codestream(data: bytes, layout: PixelLayout) -> bytes:
    """Compare a compressed frame's own header with the DICOM header.

    Parameters
    ----------
    data : bytes
        One frame, its fragments joined.
    layout : PixelLayout
        What the DICOM header says.

    Returns
    -------
    bytes
        What to hand to the decoder: the frame, for JPEG 2000 from its first marker on.

    Raises
    ------
    DecodeError
        When there is no codestream, or it claims another size.
    """
    if layout.transfer_syntax == RLELossless:
        _check_rle(data, layout)
        return data
    if layout.transfer_syntax in JPEG2000TransferSyntaxes:
        # PS3.5 A.4.4 wants the bare codestream; some writers wrap it in the boxes of a JP2 file.
        data = data[max(data.find(_SOC_SIZ), 0) :]
        found = _jpeg_2000_claim(data)
    else:
        found = _jpeg_claim(data)
    if found is None:
        message = "no compressed image in the pixel data."
        raise DecodeError(message, reason="undecodable")
    expected = (layout.rows, layout.columns, layout.samples)
    if found != expected:
        message = f"the compressed image claims {_size(found)}, the header {_size(expected)}."
        raise DecodeError(message, reason="undecodable")
    return data


def _size(claim: tuple[int, int, int]) -> str:
    return f"{claim[0]} x {claim[1]} pixels of {claim[2]} samples"


def _jpeg_2000_claim(data: bytes) -> tuple[int, int, int] | None:
    """Give (rows, columns, components) from the SIZ segment (ISO/IEC 15444-1 A.5.1)."""
    if not data.startswith(_SOC_SIZ) or len(data) < 42:
        return None
    width, height, left, top, tile_width, tile_height = struct.unpack(">6I", data[8:32])
    (components,) = struct.unpack(">H", data[40:42])
    if not tile_width or not tile_height:
        return None
    if -(-width // tile_width) * -(-height // tile_height) > MAX_TILES:
        message = f"the compressed image is cut into more than {MAX_TILES} tiles."
        raise DecodeError(message, reason="size-limit")
    return height - top, width - left, components


def _jpeg_claim(data: bytes) -> tuple[int, int, int] | None:
    """Give (rows, columns, components) from the frame header of a JPEG or JPEG-LS stream."""
    position = 2
    while data.startswith(b"\xff\xd8") and position + 10 <= len(data) and data[position] == 0xFF:
        marker, length = data[position + 1], int.from_bytes(data[position + 2 : position + 4], "big")
        if marker in _FRAME_HEADERS:
            rows, columns, components = struct.unpack(">HHB", data[position + 5 : position + 10])
            return rows, columns, components
        # A marker may be preceded by any number of fill bytes FF.
        position += 1 if marker == 0xFF else 2 + length
    return None


def _check_rle(data: bytes, layout: PixelLayout) -> None:
    """Count what the RLE segments would expand to (PS3.5 G.3): a run of two bytes stands for up to 128."""
    if len(data) < 64:
        raise DecodeError("RLE frame without its header.", reason="truncated")
    count, *offsets = struct.unpack("<16I", data[:64])
    expected = layout.samples * layout.bits_allocated // 8
    ordered = [*offsets[:count], len(data)] if count <= 15 else []
    if count != expected or ordered != sorted(ordered) or ordered[0] < 64:
        message = f"RLE frame with {count} segments, expected {expected}, one behind the other."
        raise DecodeError(message, reason="undecodable")
    pixels = layout.rows * layout.columns
    for start, end in pairwise(ordered):
        # One pair of spare bytes may pad a segment to an even length.
        if _expanded(data, start, end, pixels + 256) > pixels + 256:
            message = f"RLE segment that expands beyond the {pixels} pixels of the image."
            raise DecodeError(message, reason="size-limit")


def _expanded(data: bytes, position: int, end: int, limit: int) -> int:
    """Give the bytes that a PackBits segment stands for, or more than ``limit``."""
    total = 0
    while position < end and total <= limit:
        control = data[position]
        if control < 128:
            total += control + 1
            position += control + 2
        else:
            # 128 is no operation (PS3.5 G.3.1), and 257 - 128 must not be counted for it.
            total += 257 - control if control > 128 else 0
            position += 2 if control > 128 else 1
    return total
