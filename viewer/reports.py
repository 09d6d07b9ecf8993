"""From a structured report's drawn coordinates (PS3.3 C.18.6, SCOORD) to the pixels of a region.

One convention: coordinates count from the upper left corner of the upper left pixel, so a pixel's centre is at 0.5;
inside Readout pixel centres are whole numbers. Closed polylines count, one for each image; all of them together are
the region. The report's words and measurements are not read.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from pydicom import Dataset, dcmread

from viewer import RegionError
from viewer.contours import Mask, polygon_mask

if TYPE_CHECKING:
    from viewer.series import Series

_MOST_BYTES: Final = 4 << 20
_DEEPEST: Final = 20


def report_masks(path: Path, series: "Series", where: str) -> dict[int, Mask]:
    """Give the pixels inside a report's polylines by zero-based frame of a series.

    Raises
    ------
    RegionError
        The file is no readable report, draws nothing, or draws on images of another series.
    """
    frames = {frame.sop_instance_uid: index for index, frame in enumerate(series.frames)}
    masks: dict[int, Mask] = {}
    strangers = 0
    for uid, points in _drawn(path, where):
        if uid not in frames:
            strangers += 1
            continue
        index = frames[uid]
        mask = polygon_mask(points - 0.5, series.rows, series.columns)
        masks[index] = masks[index] | mask if index in masks else mask
    if not masks or strangers:
        message = f"{where}: {len(masks)} outlines on the series and {strangers} on other images, expected all on it."
        raise RegionError(message, reason="bad-region")
    return masks


def _drawn(path: Path, where: str) -> list[tuple[str, "np.ndarray[tuple[int, int], np.dtype[np.float64]]"]]:
    """Give (SOP Instance UID of the image, (n, 2) column and row) of each closed polyline."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise RegionError(f"{where}: a report of more than 4 MB, expected a few kB.", reason="bad-region")
        found = []
        for item in _items(dcmread(path), _DEEPEST):
            if item.get("ValueType") != "SCOORD" or item.get("GraphicType") != "POLYLINE":
                continue
            points = np.array(item.GraphicData, dtype=np.float64).reshape(-1, 2)
            images = [str(one.ReferencedSOPSequence[0].ReferencedSOPInstanceUID) for one in _images(item)]
            if len(points) >= 3 and len(images) == 1 and np.isfinite(points).all():
                found.append((images[0], points))
    except RegionError:
        raise
    except Exception as error:  # pydicom raises many kinds on damaged files
        message = f"{where}: the report cannot be read ({type(error).__name__})."
        raise RegionError(message, reason="bad-region") from error
    return found


def _items(item: Dataset, depth: int) -> Iterator[Dataset]:
    yield item
    for inner in item.get("ContentSequence") or () if depth else ():
        yield from _items(inner, depth - 1)


def _images(item: Dataset) -> Iterator[Dataset]:
    """Give the images that coordinates were selected from (PS3.3 C.18.6.1.1)."""
    for inner in item.get("ContentSequence") or ():
        if inner.get("ValueType") == "IMAGE" and inner.get("ReferencedSOPSequence"):
            yield inner
