"""From one frame on disk to its modality values.

One convention: the values are stored value times slope plus intercept of that very frame (PS3.3 C.11.1.1.2);
MONOCHROME1 is not inverted here, colour always comes as RGB.

It applies no window, and reads one frame at a time: memory is that of one frame, whatever the file holds.
"""

import io
import logging
import threading
import warnings
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from pydicom.encaps import encapsulate
from pydicom.pixels.decoders.base import get_decoder

from viewer import DecodeError, jpeg
from viewer.codestream import checked_codestream
from viewer.envelope import open_envelope, printable
from viewer.layout import DECODERS, MAX_FRAME_BYTES, PixelLayout
from viewer.palette import Palette
from viewer.windows import Window, grey

if TYPE_CHECKING:
    from viewer.series import Frame, Series

Array = np.ndarray[Any, Any]

jpeg.install()
# Silencing warnings is not safe between threads; decoding gains nothing from several (measured).
_ONE_AT_A_TIME = threading.Lock()
# pydicom logs the traceback of every plugin that gives up; here its reason becomes a DecodeError instead.
logging.getLogger("pydicom").addFilter(lambda record: record.exc_info is None)


def frame_values(series: "Series", index: int) -> Array:
    """Decode one frame of a series.

    Parameters
    ----------
    series : Series
        As read; its files unchanged since.
    index : int
        Zero-based, in reading order.

    Returns
    -------
    (rows, columns) or (rows, columns, 3) array
        Modality values, little-endian ``series.dtype``, C order; RGB for colour.

    Raises
    ------
    DecodeError
        When the file has changed or its pixels cannot be decoded.
    """
    frame = series.frames[index]
    stored = stored_values(frame)
    return np.ascontiguousarray(_modality_values(frame, stored, np.dtype(series.dtype).newbyteorder("<")))


def stored_values(frame: "Frame", *, raw: bool = False) -> Array:
    """Decode one frame without rescale.

    Parameters
    ----------
    frame : Frame
        Of a series as read.
    raw : bool
        Keep the samples as stored: no palette, no conversion of YBR to RGB.

    Returns
    -------
    (rows, columns) or (rows, columns, 3) array
        Stored values.
    """
    where = f"{printable(frame.path.name)}, frame {frame.number + 1}"
    layout = frame.layout
    try:
        with open_envelope(frame.path) as envelope, _ONE_AT_A_TIME, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            values = _decode(envelope.stream, layout, frame.number, raw=raw)
    except DecodeError as error:
        raise DecodeError(f"{where}: {error}", reason=error.reason) from error
    except MemoryError as error:
        raise DecodeError(f"{where}: not enough memory for this frame.", reason="size-limit") from error
    except Exception as error:
        # Decoders of three libraries raise what they like on damaged data; none of it may pass.
        detail = printable(str(error).strip().splitlines()[-1].strip() if str(error).strip() else "")
        message = f"{where}: the pixel data cannot be decoded ({detail}). Copy or export the file again."
        raise DecodeError(message, reason="undecodable") from error
    shape = (layout.rows, layout.columns) if layout.samples == 1 else (layout.rows, layout.columns, 3)
    if values.shape != shape:
        message = f"{where}: decoded to {values.shape}, expected {shape}."
        raise DecodeError(message, reason="undecodable")
    return values if raw or layout.palette is None else _coloured(frame, layout.palette, values)


def _decode(stream: BinaryIO, layout: PixelLayout, number: int, *, raw: bool) -> Array:
    source: BinaryIO = stream
    index, frames, plugin = number, layout.frames, ""
    if layout.spans:
        # One frame, wrapped anew: a wrong offset table or other frames cannot mislead the decoder.
        data = checked_codestream(_compressed_frame(stream, layout.spans[number]), layout)
        source, index, frames = io.BytesIO(encapsulate([data], has_bot=False)), 0, 1
        plugin = DECODERS[layout.transfer_syntax]
    else:
        stream.seek(layout.offset)
    options: dict[str, Any] = {
        "rows": layout.rows,
        "columns": layout.columns,
        "number_of_frames": frames,
        "samples_per_pixel": layout.samples,
        "bits_allocated": layout.bits_allocated,
        "bits_stored": layout.bits_stored,
        "photometric_interpretation": layout.photometric,
        "pixel_representation": int(layout.signed),
        "planar_configuration": layout.planar,
        "pixel_keyword": layout.keyword,
        "pixel_vr": layout.vr,
    }
    decoder = get_decoder(layout.transfer_syntax)
    values, _ = decoder.as_array(source, index=index, raw=raw, decoding_plugin=plugin, **options)
    return values


def _compressed_frame(stream: BinaryIO, spans: tuple[tuple[int, int], ...]) -> bytes:
    if sum(length for _, length in spans) > MAX_FRAME_BYTES:
        raise DecodeError("compressed frame above the size limit.", reason="size-limit")
    parts = []
    for offset, length in spans:
        stream.seek(offset)
        parts.append(stream.read(length))
    return b"".join(parts)


def _coloured(frame: "Frame", palette: Palette, values: Array) -> Array:
    """Give the colours of stored values; of a grey image, those that its supplemental palette is for (C.7.6.23)."""
    entries = np.clip(values.astype(np.int32) - palette.first, 0, len(palette.colours) - 1)
    colours: Array = palette.colours[entries]
    if frame.layout.photometric != "PALETTE COLOR":
        # The values below the palette's first are grey, through the image's own window: there is no other to choose.
        rescaled = values * frame.slope + frame.intercept
        lowest = min(0.0, float(frame.intercept))
        whole = Window((palette.first + lowest) / 2, palette.first - lowest, "", "LINEAR_EXACT")
        below = grey(rescaled, (*frame.windows, whole)[0], inverted=False)
        colours = np.where((values < palette.first)[..., None], below[..., None], colours)
    return colours


def _modality_values(frame: "Frame", stored: Array, dtype: "np.dtype[Any]") -> Array:
    """Apply slope and intercept, or the Modality LUT, of one frame (PS3.3 C.11.1.1)."""
    if frame.modality_lut is not None and stored.ndim == 2:
        first, entries = frame.modality_lut
        table = np.array(entries)
        return table[np.clip(stored.astype(np.int64) - first, 0, len(table) - 1)].astype(dtype)
    if stored.ndim == 3 and stored.dtype.itemsize > 1:
        return (stored >> max(0, frame.layout.bits_stored - 8)).astype(dtype)
    if stored.ndim == 3 or (frame.slope == 1 and frame.intercept == 0):
        return _fitted(stored, dtype)
    if dtype.kind == "f":
        # In double precision first: 32-bit stored values would lose their last digits before the rescale.
        return (stored.astype(np.float64) * frame.slope + frame.intercept).astype(dtype)
    # 16 bits times a 14-bit slope stay within 32 bits, which are twice as fast as 64.
    narrow = stored.dtype.itemsize <= 2 and abs(frame.slope) < 1 << 14 and abs(frame.intercept) < 1 << 29
    values = stored.astype(np.int32 if narrow else np.int64)
    if frame.slope != 1:
        np.multiply(values, int(frame.slope), out=values)
    np.add(values, int(frame.intercept), out=values)
    return _fitted(values, dtype)


def _fitted(values: Array, dtype: "np.dtype[Any]") -> Array:
    """Convert to the series' type; what lies beyond its ends stays there (see ``viewer.values``)."""
    if dtype.kind == "f" or np.can_cast(values.dtype, dtype):
        return values.astype(dtype, copy=False)
    limits = np.iinfo(dtype)
    if values.min() < limits.min or values.max() > limits.max:
        values = np.clip(values, limits.min, limits.max)
    return values.astype(dtype)
