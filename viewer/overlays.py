"""From overlay planes (PS3.3 C.9.2), of an image or a presentation state, to the outlines of what they mark.

One convention: a plane lies where its Overlay Origin says, counted from 1, also partly outside the image. Planes in
unused bits of the pixels (retired) are read from uncompressed images.

It draws nothing.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from pydicom.dataset import Dataset

from viewer import RegionError
from viewer.annotations import Annotation
from viewer.contours import Mask, trace
from viewer.envelope import printable
from viewer.objects import frames_of, read_object, sop_class

if TYPE_CHECKING:
    from viewer.series import Series

GROUPS: Final = range(0x6000, 0x6020, 2)
"""Groups of overlay planes."""
ROWS, ACTIVATION = 0x10, 0x1001
"""Elements: Overlay Rows, which each plane has, and Overlay Activation Layer of a presentation state."""
_COLUMNS, _FRAMES, _DESCRIPTION, _ORIGIN, _FIRST_FRAME = 0x11, 0x15, 0x22, 0x50, 0x51
_BIT_POSITION, _LABEL, _DATA = 0x102, 0x1500, 0x3000


def read_overlays(path: Path, series: "Series", where: str) -> tuple[Annotation, ...]:
    """Read the overlays of an image of a series.

    Raises
    ------
    RegionError
        When the image is damaged or not of the series.
    """
    ds = read_object(path, (sop_class(path, where),), where)
    shown = frames_of(series, str(ds.get("SOPInstanceUID", "")))
    if not shown:
        message = f"{where}: {printable(path.name)} is not an image of series {series.uid}. Name one of its images."
        raise RegionError(message, reason="wrong-reference")
    try:
        return tuple(overlay_annotations(ds, series, shown))
    except (AttributeError, TypeError, ValueError) as error:
        message = f"{where}: {printable(path.name)} has a damaged overlay ({error}). Export it again."
        raise RegionError(message, reason="bad-region") from error


def overlay_annotations(
    ds: Dataset, series: "Series", shown: Sequence[int], groups: Sequence[int] = GROUPS
) -> Iterator[Annotation]:
    """Give the outlines of the overlay planes of a data set on the frames that they are for."""
    for group in groups:
        if (group, ROWS) not in ds:
            continue
        label = str(_value(ds, group, _LABEL) or _value(ds, group, _DESCRIPTION) or "Overlay")
        planes = _planes(ds, group)
        first = int(_value(ds, group, _FIRST_FRAME) or 1) - 1
        for frame in shown:
            number = series.frames[frame].number - first if len(planes) > 1 else 0
            if 0 <= number < len(planes):
                for outline in trace(_on_image(planes[number], _value(ds, group, _ORIGIN), series)):
                    yield Annotation(frame, tuple(outline), closed=True, label=printable(label))


def _value(ds: Dataset, group: int, element: int) -> Any:  # noqa: ANN401
    return ds[group, element].value if (group, element) in ds else None


def _planes(ds: Dataset, group: int) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    """Give (frames, rows, columns) bool."""
    rows, columns = int(_value(ds, group, ROWS)), int(_value(ds, group, _COLUMNS))
    count = int(_value(ds, group, _FRAMES) or 1)
    size = rows * columns * count
    if (group, _DATA) in ds:
        data = np.frombuffer(_value(ds, group, _DATA), np.uint8)
        bits = np.unpackbits(data, bitorder="little")
    else:
        bits = _embedded(ds, int(_value(ds, group, _BIT_POSITION) or 0))
    if size < 1 or len(bits) < size:
        raise ValueError(f"overlay of {size} pixels with {len(bits)} bits")
    return bits[:size].reshape(count, rows, columns).astype(np.bool_)


def _embedded(ds: Dataset, position: int) -> "np.ndarray[Any, np.dtype[np.uint8]]":
    """Give one bit of each pixel (C.9.2, retired in 2004)."""
    syntax = ds.file_meta.TransferSyntaxUID
    if "PixelData" not in ds or syntax.is_encapsulated or ds.get("SamplesPerPixel", 1) != 1:
        raise ValueError("overlay bits that are not there")
    order = "<" if syntax.is_little_endian else ">"
    words = np.frombuffer(ds.PixelData, f"{order}u{int(ds.BitsAllocated) // 8}")
    bits: np.ndarray[Any, np.dtype[np.uint8]] = ((words >> position) & 1).astype(np.uint8)
    return bits


def _on_image(plane: Mask, origin: Any, series: "Series") -> Mask:  # noqa: ANN401
    """Place a plane on the image; what lies outside is cut off."""
    top, left = (int(number) - 1 for number in (origin or (1, 1)))
    mask = np.zeros((series.rows, series.columns), dtype=np.bool_)
    target = mask[max(top, 0) : top + plane.shape[0], max(left, 0) : left + plane.shape[1]]
    target |= plane[max(-top, 0) :, max(-left, 0) :][: target.shape[0], : target.shape[1]]
    return mask
