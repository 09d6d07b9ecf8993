"""Decodes the JPEG of 12 bits and the lossless JPEG: a plugin for pydicom's decoders, on libjpeg-turbo.

One convention: the samples come as they were stored; whether they are YBR or RGB is pydicom's to decide.

It reads no DICOM, and is handed only frames whose own size agrees with the header (``viewer.codestream``).
"""

from typing import Any, Final

import numpy as np
from pydicom.pixels.decoders.base import DecodeRunner, get_decoder
from pydicom.uid import JPEGExtended12Bit, JPEGLossless, JPEGLosslessSV1

PLUGIN: Final = "readout"
"""What pydicom's decoders know it by."""
SYNTAXES: Final = (JPEGExtended12Bit, JPEGLossless, JPEGLosslessSV1)
"""The transfer syntaxes that it decodes: JPEG processes 2 and 4, 14, and 14 with selection value 1."""
DECODER_DEPENDENCIES: Final = dict.fromkeys(SYNTAXES, ("numpy", "imagecodecs>=2025.3"))
"""For pydicom."""

_START_OF_SCAN: Final = b"\xff\xda"


def is_available(uid: str) -> bool:
    """Tell pydicom whether a transfer syntax can be decoded."""
    return uid in SYNTAXES


def install() -> None:
    """Make the plugin known to pydicom, once."""
    for uid in SYNTAXES:
        decoder = get_decoder(uid)
        if PLUGIN not in decoder.available_plugins:
            decoder.add_plugin(PLUGIN, (__name__, "decode_frame"))


def decode_frame(source: bytes, runner: DecodeRunner) -> bytearray:
    """Give the samples of one frame, little-endian, colour by pixel.

    Raises
    ------
    ValueError
        When the frame is not what its transfer syntax says.
    """
    import imagecodecs

    if runner.transfer_syntax == JPEGExtended12Bit:
        _check_scan(source, runner.samples_per_pixel)
    colour = "RGB" if runner.samples_per_pixel == 3 else None
    samples: np.ndarray[Any, Any] = imagecodecs.jpeg_decode(source, colorspace=colour, outcolorspace=colour)
    runner.set_option("bits_allocated", 8 * samples.dtype.itemsize)
    if colour:
        runner.set_option("planar_configuration", 0)
    return bytearray(samples.astype(samples.dtype.newbyteorder("<"), copy=False).tobytes())


def _check_scan(source: bytes, samples: int) -> None:
    """Refuse a sequential scan that does not hold all 64 coefficients (ISO/IEC 10918-1 B.2.3).

    Decoders disagree on what such a frame shows; the right values cannot be known from it.
    """
    # FF DA, length (2), number of components (1), two bytes for each, then Ss, Se, Ah and Al.
    start = source.find(_START_OF_SCAN) + 5
    components = source[start - 1]
    selection = source[start + 2 * components : start + 2 * components + 3]
    if components <= samples and selection != b"\x00\x3f\x00":
        raise ValueError(f"spectral selection {selection.hex(' ')} in a sequential JPEG, expected 00 3f 00")
