"""From the attributes that describe the pixels to a checked plan for reading them, frame by frame.

One convention: every claim of the header is checked against the bytes that are there before anything is
allocated.

It decodes nothing (``viewer.decode`` does).
"""

import struct
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO, Final

from pydicom.config import IGNORE
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    UID,
    DeflatedExplicitVRLittleEndian,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from viewer import DecodeError, SeriesError, jpeg
from viewer.attributes import Reader
from viewer.elements import UNDEFINED, PixelElement
from viewer.envelope import is_little_endian, printable
from viewer.notes import Note
from viewer.palette import Palette, read_palette

MAX_FRAME_BYTES: Final = 256 << 20
MAX_FRAMES: Final = 100_000
NO_IMAGE: Final = "no-image-object"
"""Reason class of sound objects that hold no image: reports, plans, presentation states (PS3.4 B.5)."""
_IMAGE_CLASSES: Final = ("Image", "Segmentation", "Parametric Map", "Dose")
MAX_DEFLATED_WORK: Final = 1 << 30

DECODERS: Final[dict[str, str]] = {
    RLELossless: "pydicom",
    JPEGBaseline8Bit: "pillow",
    JPEGExtended12Bit: jpeg.PLUGIN,
    JPEGLossless: jpeg.PLUGIN,
    JPEGLosslessSV1: jpeg.PLUGIN,
    # Named because pydicom would prefer a plugin three times slower where that is installed, too.
    JPEGLSLossless: "pyjpegls",
    JPEGLSNearLossless: "pyjpegls",
    JPEG2000Lossless: "pylibjpeg",
    JPEG2000: "pylibjpeg",
    HTJ2KLossless: "pylibjpeg",
    HTJ2KLosslessRPCL: "pylibjpeg",
    HTJ2K: "pylibjpeg",
}
"""The decoding plugin of pydicom for each compressed transfer syntax that can be read."""

_SAMPLES: Final = {
    "MONOCHROME1": 1,
    "MONOCHROME2": 1,
    "PALETTE COLOR": 1,
    "RGB": 3,
    "YBR_FULL": 3,
    "YBR_FULL_422": 3,
    "YBR_ICT": 3,
    "YBR_RCT": 3,
}


@dataclass(frozen=True, slots=True)
class PixelLayout:
    """Everything that reading one frame of a file needs, checked."""

    transfer_syntax: str
    """Transfer Syntax UID."""
    keyword: str
    """PixelData, FloatPixelData or DoubleFloatPixelData."""
    vr: str
    """VR of the pixel element: OB or OW."""
    offset: int
    """First byte of the value in the data set's stream."""
    rows: int
    """Pixels, 1..65535."""
    columns: int
    """Pixels, 1..65535."""
    samples: int
    """Samples per pixel as stored: 1 or 3."""
    photometric: str
    """Photometric Interpretation (0028,0004) as stored."""
    planar: int
    """Planar Configuration (0028,0006)."""
    bits_allocated: int
    """1, 8, 16, 32 or 64."""
    bits_stored: int
    """1..bits_allocated."""
    signed: bool
    """Pixel Representation (0028,0103) is 1."""
    frames: int
    """Frames of the file, 1..100 000."""
    spans: tuple[tuple[tuple[int, int], ...], ...] = ()
    """(offset, length) of the fragments of each frame of compressed data; empty for native data."""
    palette: Palette | None = None
    """The colour table of PALETTE COLOR; of a grey image its supplemental one."""

    @property
    def coloured(self) -> bool:
        """Whether decoded values are red, green and blue."""
        return self.samples == 3 or self.palette is not None


def read_layout(
    reader: Reader, element: PixelElement | None, stream: BinaryIO, size: int, syntax: UID, notes: list[Note]
) -> PixelLayout:
    """Check what the header says about the pixels against the bytes that are there (PS3.3 C.7.6.3).

    Raises
    ------
    SeriesError
        With the reason class of the first contradiction.
    """
    if element is None:
        raise _no_pixels(reader)
    float_kind = element.keyword != "PixelData"
    rows = _dimension(reader, "Rows")
    columns = _dimension(reader, "Columns")
    photometric = reader.text("PhotometricInterpretation")
    if not photometric:
        raise _missing("PhotometricInterpretation (0028,0004)")
    if photometric not in _SAMPLES:
        message = f"Photometric Interpretation {printable(photometric)} is not one that can be shown."
        raise SeriesError(message, reason="unsupported-photometric")
    samples = reader.integer("SamplesPerPixel") or 1
    if samples != _SAMPLES[photometric]:
        message = f"{photometric} with {samples} samples per pixel, expected {_SAMPLES[photometric]}."
        raise SeriesError(message, reason="inconsistent-photometric")
    allocated, stored, signed = _bits(reader, float_kind=float_kind, keyword=element.keyword)
    frames = _frame_count(reader, notes)
    if rows * columns * samples * -(-allocated // 8) > MAX_FRAME_BYTES or frames > MAX_FRAMES:
        message = (
            f"the header claims {rows} x {columns} pixels in {frames} frame(s), more than the limit "
            f"of {MAX_FRAMES} frames and {MAX_FRAME_BYTES >> 20} MiB a frame."
        )
        raise SeriesError(message, reason="size-limit")
    layout = PixelLayout(
        transfer_syntax=str(syntax),
        keyword=element.keyword,
        vr=element.vr,
        offset=element.offset,
        rows=rows,
        columns=columns,
        samples=samples,
        photometric=photometric,
        planar=reader.integer("PlanarConfiguration") or 0,
        bits_allocated=allocated,
        bits_stored=stored,
        signed=signed,
        frames=frames,
        spans=_spans(reader, element, stream, syntax, frames),
        palette=_palette(reader, photometric, syntax),
    )
    if syntax == DeflatedExplicitVRLittleEndian and frames * size > MAX_DEFLATED_WORK:
        # Each frame of a deflated file costs inflating the whole of it.
        message = f"deflated file of {frames} frames: too much to inflate. Export it without deflating."
        raise SeriesError(message, reason="size-limit")
    if not syntax.is_encapsulated:
        _check_native_length(layout, element, size, notes)
    return layout


def _palette(reader: Reader, photometric: str, syntax: UID) -> Palette | None:
    """Read the colours of PALETTE COLOR, or those of the upper values of a grey image (PS3.3 C.7.6.23)."""
    supplemental = (
        photometric == "MONOCHROME2"
        and reader.text("PixelPresentation") in ("COLOR", "MIXED")
        and reader.raw("RedPaletteColorLookupTableDescriptor") is not None
    )
    if photometric == "PALETTE COLOR" or supplemental:
        return read_palette(reader, is_little=is_little_endian(syntax))
    return None


def _no_pixels(reader: Reader) -> SeriesError:
    """Tell a report, plan or presentation state, which never has pixels, from an image that lost them."""
    text = reader.text("SOPClassUID")
    name = UID(text, IGNORE).name
    if text and name != text and not any(word in name for word in _IMAGE_CLASSES):
        return SeriesError(f"{name}: an object without an image; nothing to show.", reason=NO_IMAGE)
    return SeriesError("no pixel data, expected an image. Export the file again.", reason="no-pixel-data")


def _missing(what: str) -> SeriesError:
    return SeriesError(f"no {what}, expected a value. Export the file again.", reason="missing-attribute")


def _dimension(reader: Reader, keyword: str) -> int:
    value = reader.integer(keyword)
    if value is None:
        raise _missing(keyword)
    if value < 1:
        raise SeriesError(f"{keyword} is {value}, expected at least 1.", reason="bad-geometry")
    return value


def _bits(reader: Reader, *, float_kind: bool, keyword: str) -> tuple[int, int, bool]:
    """Give bits allocated, bits stored and signedness (PS3.5 8.1.1)."""
    allocated = reader.integer("BitsAllocated")
    if allocated is None:
        raise _missing("BitsAllocated (0028,0100)")
    if float_kind:
        expected = 32 if keyword == "FloatPixelData" else 64
        if allocated != expected:
            message = f"{keyword} with BitsAllocated {allocated}, expected {expected}."
            raise SeriesError(message, reason="bad-bits")
        return allocated, allocated, True
    if allocated not in (1, 8, 16, 32):
        message = f"BitsAllocated {allocated}: only 1, 8, 16 and 32 can be read."
        raise SeriesError(message, reason="unsupported-bits")
    stored = reader.integer("BitsStored")
    if stored is None:
        raise _missing("BitsStored (0028,0101)")
    if not 1 <= stored <= allocated:
        message = f"BitsStored {stored} with BitsAllocated {allocated}, expected at most as many."
        raise SeriesError(message, reason="bad-bits")
    representation = reader.integer("PixelRepresentation")
    if representation is None:
        raise _missing("PixelRepresentation (0028,0103)")
    if representation not in (0, 1):
        raise SeriesError(f"PixelRepresentation {representation}, expected 0 or 1.", reason="bad-bits")
    return allocated, stored, representation == 1


def _frame_count(reader: Reader, notes: list[Note]) -> int:
    try:
        frames = reader.integer("NumberOfFrames")
    except ValueError as error:
        text = printable(reader.text("NumberOfFrames"))
        message = f"NumberOfFrames (0028,0008) is {text!r}, expected a whole number."
        raise SeriesError(message, reason="bad-vr") from error
    if frames is not None and frames < 0:
        raise SeriesError(f"NumberOfFrames is {frames}, expected at least 1.", reason="bad-frame-count")
    if frames == 0:
        notes.append(Note("bad-frame-count", "NumberOfFrames is 0, read as 1", fault=True))
    return frames or 1


def _check_native_length(layout: PixelLayout, element: PixelElement, size: int, notes: list[Note]) -> None:
    """Compare the bytes that the header claims with those declared and those present."""
    bits = layout.rows * layout.columns * layout.samples * layout.bits_allocated * layout.frames
    if layout.photometric == "YBR_FULL_422":
        # PS3.3 C.7.6.3.1.2: two pixels share one pair of colour samples, so 4 samples stand for 6.
        bits = bits * 2 // 3
    expected = -(-bits // 8)
    present = min(element.length, size - element.offset)
    if element.length > present and expected >= present:
        message = f"pixel data: {present} bytes present, {element.length} declared. Copy the file again."
        raise SeriesError(message, reason="truncated")
    if element.length > present:
        message = f"pixel data: {element.length} bytes declared, {present} present. Copy the file again."
        raise SeriesError(message, reason="truncated")
    if present < expected:
        message = f"pixel data: {present} bytes, expected {expected} for the size that the header claims."
        raise SeriesError(message, reason="pixel-length-mismatch")
    if present > expected + 1:
        text = f"pixel data: {present} bytes, expected {expected}; the rest is not read"
        notes.append(Note("pixel-length-mismatch", text, fault=False))


def _spans(
    reader: Reader, element: PixelElement, stream: BinaryIO, syntax: UID, frames: int
) -> tuple[tuple[tuple[int, int], ...], ...]:
    """Give the fragments of each frame of compressed pixel data; nothing for native data (PS3.5 A.4)."""
    if not syntax.is_encapsulated:
        if element.length == UNDEFINED:
            message = f"pixel data: compressed, though the transfer syntax is {syntax.name}."
            raise SeriesError(message, reason="wrong-transfer-syntax")
        return ()
    if element.length != UNDEFINED:
        message = f"pixel data: not compressed, though the transfer syntax is {syntax.name}. Export the file again."
        raise SeriesError(message, reason="pixel-data-not-encapsulated")
    if syntax not in DECODERS:
        message = f"{syntax.name}: no decoder for this compression here. Export the images in another one."
        raise DecodeError(message, reason="unsupported-transfer-syntax")
    if not element.closed:
        message = "pixel data: the compressed frames end without their delimiter. Copy the file again."
        raise DecodeError(message, reason="undecodable")
    fragments = element.fragments
    if len(fragments) < frames:
        message = f"pixel data: {frames} frames claimed, {len(fragments)} compressed fragments present."
        raise SeriesError(message, reason="frame-count-mismatch")
    if len(fragments) == frames:
        return tuple((fragment,) for fragment in fragments)
    if frames == 1:
        return (fragments,)
    starts = _table_starts(reader, element) or _codestream_starts(element, stream)
    if len(starts) != frames:
        message = f"pixel data: {frames} frames claimed, {len(starts)} found among {len(fragments)} fragments."
        raise SeriesError(message, reason="frame-count-mismatch")
    bounds = [*starts, len(fragments)]
    return tuple(fragments[first:last] for first, last in pairwise(bounds))


def _table_starts(reader: Reader, element: PixelElement) -> list[int]:
    """Give the index of each frame's first fragment from the offset tables; empty where they do not fit."""
    table = reader.raw("ExtendedOffsetTable") or b""
    offsets = struct.unpack(f"<{len(table) // 8}Q", table[: len(table) // 8 * 8])
    if not offsets:
        table = element.offset_table
        offsets = struct.unpack(f"<{len(table) // 4}I", table[: len(table) // 4 * 4])
    # Offsets count from the first fragment's item tag, 8 bytes before its value.
    base = element.fragments[0][0] - 8
    index = {offset - 8 - base: number for number, (offset, _) in enumerate(element.fragments)}
    starts = [index.get(offset, -1) for offset in offsets]
    valid = starts[:1] == [0] and all(first < second for first, second in pairwise(starts))
    return starts if valid else []


def _codestream_starts(element: PixelElement, stream: BinaryIO) -> list[int]:
    """Give the index of each frame's first fragment: behind one that ends an image (EOI, EOC)."""
    starts = [0]
    for number, (offset, length) in enumerate(element.fragments[:-1]):
        tail = min(length, 10)
        stream.seek(offset + length - tail)
        if b"\xff\xd9" in stream.read(tail):
            starts.append(number + 1)
    return starts
