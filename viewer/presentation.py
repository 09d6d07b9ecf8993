"""From a presentation state (PS3.3 A.33, C.10.5, C.11.8) to what it draws on a series and how it shows it.

One convention: a figure without images of its own is drawn on every image that the state names.

It changes no image: the browser shows it as a state asks once its region is revealed, but whole, not an area of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from pydicom.dataset import Dataset

from viewer import RegionError
from viewer.annotations import Annotation, figure
from viewer.contours import Points
from viewer.envelope import printable
from viewer.luts import voi_window
from viewer.objects import frames_of, items, numbers, read_object, sop_class
from viewer.overlays import ACTIVATION, GROUPS, ROWS, overlay_annotations
from viewer.windows import Window, is_valid

if TYPE_CHECKING:
    from viewer.series import Series

SOP_CLASSES: Final = tuple(f"1.2.840.10008.5.1.4.1.1.11.{number}" for number in (1, 2, 3))
"""Grayscale, Color and Pseudo-Color Softcopy Presentation State Storage."""


@dataclass(frozen=True, slots=True)
class Presentation:
    """How one state shows a series."""

    annotations: tuple[Annotation, ...]
    """Figures, texts and overlays."""
    windows: tuple[Window, ...]
    """Its windows (Softcopy VOI LUT Sequence), the first one first; none where they are of other values."""
    inverted: bool | None
    """Whether grey is turned over against the photometric interpretation (Presentation LUT Shape); None if not said."""
    rotation: int
    """Image Rotation (0070,0042): 0, 90, 180 or 270 degrees clockwise."""
    flipped: bool
    """Image Horizontal Flip (0070,0041), after the rotation."""


def read_presentation(path: Path, series: "Series", where: str) -> Presentation:
    """Read a presentation state for the images of a series.

    Raises
    ------
    RegionError
        When it is damaged or names no image of the series.
    """
    ds = read_object(path, SOP_CLASSES, where)
    shown = [
        index
        for image in items(ds, "ReferencedSeriesSequence", "ReferencedImageSequence")
        for index in _frames(image, series)
    ]
    if not shown:
        message = f"{where}: {printable(path.name)} shows images that are not in series {series.uid}. Name its series."
        raise RegionError(message, reason="wrong-reference")
    try:
        drawn = [*_graphics(ds, series, shown), *overlay_annotations(ds, series, shown)]
        drawn += _activated(ds, series, shown, where)
        rotation = int(ds.get("ImageRotation", 0) or 0)
        if rotation not in (0, 90, 180, 270):
            raise ValueError(f"an image rotation of {rotation} degrees")
        # A state says what is bright whatever the image says (C.11.6).
        shape = str(ds.get("PresentationLUTShape", ""))
        inverted = (shape == "INVERSE") != (series.photometric == "MONOCHROME1") if shape else None
        flipped = str(ds.get("ImageHorizontalFlip", "N")) == "Y"
        windows = tuple(_windows(ds)) if _is_of_shown_values(ds, series, shown) else ()
        return Presentation(tuple(drawn), windows, inverted, rotation, flipped)
    except (AttributeError, TypeError, ValueError) as error:
        message = f"{where}: {printable(path.name)} is no whole presentation state ({error}). Export it again."
        raise RegionError(message, reason="bad-region") from error


def presentation_of(path: Path, series: "Series", where: str) -> Presentation | None:
    """Read a file as a presentation state if it is one; as :func:`read_presentation`."""
    return read_presentation(path, series, where) if sop_class(path, where) in SOP_CLASSES else None


def _frames(image: Dataset, series: "Series") -> list[int]:
    wanted = [int(one) for one in numbers(image.get("ReferencedFrameNumber"))]
    return frames_of(series, str(image.get("ReferencedSOPInstanceUID", "")), wanted)


def _graphics(ds: Dataset, series: "Series", shown: list[int]) -> Iterator[Annotation]:
    for annotation in items(ds, "GraphicAnnotationSequence"):
        named = items(annotation, "ReferencedImageSequence")
        frames = [index for image in named for index in _frames(image, series)] if named else shown
        layer = str(annotation.get("GraphicLayer", ""))
        for frame in frames:
            area = _displayed_area(ds, series, frame)
            for item in items(annotation, "GraphicObjectSequence"):
                points, closed = figure(str(item.get("GraphicType", "")), _points(item, area))
                yield Annotation(frame, _pairs(points), closed, layer)
            for item in items(annotation, "TextObjectSequence"):
                yield from _text(item, frame, area)


def _activated(ds: Dataset, series: "Series", shown: list[int], where: str) -> Iterator[Annotation]:
    """Give the images' own overlays that the state wants drawn (Overlay Activation Layer, C.11.7)."""
    groups = [group for group in GROUPS if (group, ACTIVATION) in ds and (group, ROWS) not in ds]
    for path in dict.fromkeys(series.frames[frame].path for frame in shown) if groups else ():
        image = read_object(path, (sop_class(path, where),), where)
        frames = [frame for frame in shown if series.frames[frame].path == path]
        yield from overlay_annotations(image, series, frames, groups)


def _points(item: Dataset, area: tuple[Points, Points]) -> Points:
    """Give the points of a graphic object as (column, row) of pixel centres."""
    points = np.array(numbers(item.get("GraphicData"))).reshape(-1, 2)
    return _placed(points, str(item.get("GraphicAnnotationUnits", "PIXEL")), area)


def _placed(points: Points, units: str, area: tuple[Points, Points]) -> Points:
    """Take points in pixels, or in parts of the displayed area, to pixel centres (C.10.5.1.2)."""
    if units == "DISPLAY":
        corner, size = area
        points = corner + points * size
    elif units != "PIXEL":
        raise ValueError(f"graphics in units of {units}")
    return points - 0.5


def _displayed_area(ds: Dataset, series: "Series", frame: int) -> tuple[Points, Points]:
    """Give the corner and size of the displayed area of a frame, from the corner of the first pixel (C.10.4)."""
    for item in items(ds, "DisplayedAreaSelectionSequence"):
        named = items(item, "ReferencedImageSequence")
        if not named or any(frame in _frames(image, series) for image in named):
            first = np.array(numbers(item.get("DisplayedAreaTopLeftHandCorner"))) - 1
            return first, np.array(numbers(item.get("DisplayedAreaBottomRightHandCorner"))) - first
    return np.zeros(2), np.array([series.columns, series.rows], dtype=np.float64)


def _text(item: Dataset, frame: int, area: tuple[Points, Points]) -> Iterator[Annotation]:
    """Give a text at its anchor, or else at the corner of its box."""
    for place, units in (
        ("AnchorPoint", "AnchorPointAnnotationUnits"),
        ("BoundingBoxTopLeftHandCorner", "BoundingBoxAnnotationUnits"),
    ):
        if place in item:
            points = _placed(np.array(numbers(item.get(place))).reshape(1, 2), str(item.get(units, "PIXEL")), area)
            yield Annotation(frame, _pairs(points), closed=False, label=printable(str(item.UnformattedTextValue)))
            return


def _pairs(points: Points) -> tuple[tuple[float, float], ...]:
    return tuple((float(x), float(y)) for x, y in points)


def _is_of_shown_values(ds: Dataset, series: "Series", shown: list[int]) -> bool:
    """Tell whether a state's windows are of the values that are shown: its rescaling is that of its images (C.11.1)."""
    rescaling = float(ds.get("RescaleSlope", 1) or 1), float(ds.get("RescaleIntercept", 0) or 0)
    frames = (series.frames[frame] for frame in shown)
    return series.value_scale == 1 and all((frame.slope, frame.intercept) == rescaling for frame in frames)


def _windows(ds: Dataset) -> Iterator[Window]:
    """Give the state's windows; none where it also has LUTs before or behind them, which are not applied here."""
    if "ModalityLUTSequence" in ds or "PresentationLUTSequence" in ds:
        return
    for item in items(ds, "SoftcopyVOILUTSequence"):
        for lut in items(item, "VOILUTSequence"):
            count, first, bits = (int(number) for number in lut.LUTDescriptor)
            name = printable(str(lut.get("LUTExplanation", "")))
            yield voi_window(first, bits, [int(entry) for entry in lut.LUTData][: count or 1 << 16], name)
        function = str(item.get("VOILUTFunction", "LINEAR"))
        pairs = zip(numbers(item.get("WindowCenter")), numbers(item.get("WindowWidth")), strict=False)
        for center, width in pairs:
            window = Window(center, width, "", function)
            if is_valid(window):
                yield window
