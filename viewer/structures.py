"""From an RT Structure Set (PS3.3 A.19, C.8.8.5, C.8.8.6) to the pixels and outlines of a region of interest.

One convention: closed contours of one plane are combined by the even-odd rule, so that one inside another is a hole;
each plane is as thick as neighbouring planes are apart.

It draws nothing (``viewer.regions`` gives the outlines).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from pydicom.dataset import Dataset

from viewer import RegionError
from viewer.contours import Mask, Points, polygon_mask
from viewer.envelope import printable
from viewer.geometry import nearest_frame, patient_to_index
from viewer.objects import Belonging, check_belonging, items, numbers, read_object, texts
from viewer.planes import Plane, Slab, masks_on
from viewer.segmentation import chosen

if TYPE_CHECKING:
    from viewer.series import Series

SOP_CLASSES: Final = ("1.2.840.10008.5.1.4.1.1.481.3",)
"""RT Structure Set Storage."""
_CLOSED: Final = ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR", "CLOSED_PLANAR_XOR")
# Of the distance to the next frame, as for outlines of a case's own files.
_ON_FRAME_SHARE: Final = 0.1
_SAME_PLANE_MM: Final = 0.05
# Pixels of the planes that contours are filled on for another series: finer than that series' own.
_FINER: Final = 0.5
_MAX_SIDE: Final = 4096


@dataclass(frozen=True, slots=True)
class Contour:
    """One contour of a region of interest."""

    points: Points
    """(n, 3) LPS in mm."""
    closed: bool
    """Whether it encloses an area."""


@dataclass(frozen=True, slots=True)
class Structure:
    """One region of interest."""

    number: int
    """ROI Number (3006,0022)."""
    name: str
    """ROI Name (3006,0026)."""
    contours: tuple[Contour, ...]
    """In the order of the file."""
    belonging: Belonging
    """What it was drawn on."""


def read_structure(path: Path, wanted: object, where: str) -> Structure:
    """Read one region of interest.

    Parameters
    ----------
    wanted : int or str
        ROI Number or ROI Name.

    Raises
    ------
    RegionError
        When the file is no readable structure set, or holds no such region.
    """
    ds = read_object(path, SOP_CLASSES, where)
    try:
        regions = items(ds, "StructureSetROISequence")
        offered = tuple((int(one.ROINumber), str(one.get("ROIName", ""))) for one in regions)
        number = chosen(offered, wanted, "ROI", where)
        drawn = [one for one in items(ds, "ROIContourSequence") if one.get("ReferencedROINumber") == number]
        contours = [_contour(one, where) for roi in drawn for one in items(roi, "ContourSequence")]
        [region] = [one for one in regions if int(one.ROINumber) == number]
        return Structure(number, dict(offered)[number], tuple(contours), _belonging(ds, region, drawn))
    except (AttributeError, TypeError, ValueError) as error:
        message = f"{where}: {printable(path.name)} is no whole structure set ({error}). Export it again."
        raise RegionError(message, reason="bad-region") from error


def _contour(item: Dataset, where: str) -> Contour:
    data = numbers(item.get("ContourData"))
    if not data or len(data) % 3 or not np.isfinite(data).all():
        message = f"{where}: a contour of {len(data)} numbers, expected three finite ones for each point."
        raise RegionError(message, reason="bad-region")
    return Contour(np.array(data).reshape(-1, 3), str(item.get("ContourGeometricType", "")) in _CLOSED)


def _belonging(ds: Dataset, region: Dataset, drawn: list[Dataset]) -> Belonging:
    """Collect what a region of interest refers to, in its own frame of reference (C.8.8.5)."""
    uid = str(region.get("ReferencedFrameOfReferenceUID", "")) or str(ds.get("FrameOfReferenceUID", ""))
    frames = [one for one in items(ds, "ReferencedFrameOfReferenceSequence") if one.get("FrameOfReferenceUID") == uid]
    series = [
        one for frame in frames for one in items(frame, "RTReferencedStudySequence", "RTReferencedSeriesSequence")
    ]
    images = [
        *(image for one in series for image in items(one, "ContourImageSequence")),
        *(image for roi in drawn for image in items(roi, "ContourSequence", "ContourImageSequence")),
    ]
    return Belonging(texts(series, "SeriesInstanceUID"), texts(images, "ReferencedSOPInstanceUID"), uid)


def structure_masks(
    structure: Structure, series: "Series", where: str
) -> tuple[dict[int, Mask], tuple[dict[str, Any], ...]]:
    """Give the pixels of a region of interest by zero-based frame, and the contours that lie on a frame.

    Raises
    ------
    RegionError
        When it belongs to another series and frame of reference.
    GeometryError
        When the series has no patient geometry.
    """
    check_belonging(structure.belonging, series, where)
    placed = [(contour, *_on_frame(contour, series)) for contour in structure.contours]
    outlines = tuple(
        {
            "frame": frame,
            "points": [[round(float(x), 3), round(float(y), 3)] for x, y in pixels[:, :2]],
            "closed": contour.closed,
            "label": structure.name,
        }
        for contour, frame, pixels in placed
        if frame is not None
    )
    if any(frame is None for contour, frame, _ in placed if contour.closed):
        return _resampled(structure, series), outlines
    masks: dict[int, Mask] = {}
    for contour, frame, pixels in placed:
        if contour.closed and frame is not None:
            mask = polygon_mask(pixels[:, :2], series.rows, series.columns)
            masks[frame] = masks[frame] ^ mask if frame in masks else mask
    return masks, outlines


def _on_frame(contour: Contour, series: "Series") -> tuple[int | None, Points]:
    """Give the frame in whose plane a contour lies, None for no one, and its points there (column, row, mm off)."""
    frame = nearest_frame(series, [float(x) for x in contour.points[0]])
    pixels = patient_to_index(series, contour.points, frame)
    limit = _ON_FRAME_SHARE * (series.slice_spacing_mm or series.slice_thickness_mm or 1.0)
    return (frame if float(np.abs(pixels[:, 2]).max()) <= limit else None), pixels


def _resampled(structure: Structure, series: "Series") -> dict[int, Mask]:
    """Fill the contours on planes of their own, and look those up from the frames."""
    closed = [contour.points for contour in structure.contours if contour.closed and len(contour.points) >= 3]
    if not closed:
        return {}
    row, column, normal = _axes(max(closed, key=len))
    flat = [points @ np.column_stack([row, column, normal]) for points in closed]
    step = _FINER * min(series.pixel_spacing_mm or (1.0, 1.0))
    low = np.min([points.min(axis=0) for points in flat], axis=0)[:2] - step
    high = np.max([points.max(axis=0) for points in flat], axis=0)[:2] + step
    step = max(step, float((high - low).max()) / _MAX_SIDE)
    columns, rows = (int(side) for side in np.ceil((high - low) / step) + 1)
    filled: dict[float, Mask] = {}
    for points in flat:
        depth = float(points[:, 2].mean())
        same = next((known for known in filled if abs(known - depth) < _SAME_PLANE_MM), depth)
        mask = polygon_mask((points[:, :2] - low) / step, rows, columns)
        filled[same] = filled[same] ^ mask if same in filled else mask
    planes = tuple(Plane(mask, _vector(low[0] * row + low[1] * column + at * normal)) for at, mask in filled.items())
    gaps = np.diff(sorted(filled))
    thickness = float(np.median(gaps)) if gaps.size else series.slice_spacing_mm or series.slice_thickness_mm or 0.0
    return masks_on(Slab(planes, (*_vector(row), *_vector(column)), (step, step), thickness), series)


def _axes(points: Points) -> tuple[Points, Points, Points]:
    """Give directions in the plane of a contour and its normal, by the area that it encloses (Newell)."""
    following = np.roll(points, -1, axis=0)
    normal = np.cross(points - points[0], following - points[0]).sum(axis=0)
    length = float(np.linalg.norm(normal))
    normal = normal / length if length else np.array([0.0, 0.0, 1.0])
    # The axis that is most across the normal gives a direction in the plane.
    row = np.cross(normal, np.eye(3)[int(np.argmin(np.abs(normal)))])
    row /= np.linalg.norm(row)
    return row, np.cross(normal, row), normal


def _vector(values: Points) -> tuple[float, float, float]:
    return (float(values[0]), float(values[1]), float(values[2]))
