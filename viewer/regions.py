"""From the description of a region in a case file to a region that can be asked about a mark.

One convention: a region is a set of voxels of its series. Each voxel is a box around its centre: one pixel
wide and high, and as thick as neighbouring frames are apart. The distance of a mark is that to the nearest
box, 0 inside, so it is right to within half a voxel of the outline that was drawn.

It scores nothing (``quizzes`` does) and draws nothing (the browser does).
"""

import math
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from viewer import GeometryError, RegionError
from viewer.contours import Mask, Points, ellipse_mask, trace
from viewer.geometry import (
    SAME_PLACE_MM,
    depth_mm,
    index_to_patient,
    normal_of,
)
from viewer.outlines import contour_masks, finite_numbers
from viewer.planes import masks_on, slab_of

if TYPE_CHECKING:
    from viewer.presentation import Presentation
    from viewer.series import Series

Mark = Mapping[str, Any]
Outline = dict[str, Any]

_ROUNDING: Final = 1e-9
# Every rerun of a page asks for its regions again; a structure set takes seconds to fill.
_MOST_KEPT: Final = 32


@dataclass(frozen=True)
class Region:
    """A set of voxels of one series, with the outlines it was made from."""

    name: str
    """The case's name for it."""
    label: str
    """What people are shown."""
    series_id: str
    """The case's name of the series."""
    series: "Series" = field(repr=False)
    """The series that it lies in."""
    masks: Mapping[int, Mask] = field(repr=False)
    """(rows, columns) bool by zero-based frame; at least one pixel."""
    drawn: tuple[Outline, ...] = field(default=(), repr=False)
    """The outlines as drawn, reader by reader, in pixel-centre coordinates."""
    presentation: "Presentation | None" = field(default=None, repr=False)
    """How the presentation state that it is drawn in shows the images."""

    @property
    def unit(self) -> str:
        """Unit of distance, radius and step: mm where the series has a place in the patient, else px."""
        return "mm" if self.series.orientation is not None and self.series.pixel_spacing_mm is not None else "px"

    @property
    def step(self) -> float:
        """Distance between neighbouring frames in mm; 0 for a single one or without patient geometry."""
        return self._thickness if self.unit == "mm" else 0.0

    @property
    def radius(self) -> float:
        """Radius of the sphere of the same volume; for a region on one frame, of the circle of its area."""
        count = len(self._indices)
        if self.unit == "px":
            return math.sqrt(count / len(self.masks) / math.pi)
        between_rows, between_columns = self._spacing
        area = count * between_rows * between_columns
        if len(self.masks) == 1 or not self._thickness:
            return math.sqrt(area / len(self.masks) / math.pi)
        return float((area * self._thickness * 3 / (4 * math.pi)) ** (1 / 3))

    @property
    def centre(self) -> dict[str, Any]:
        """The mark at the voxel of the region that lies nearest its centroid."""
        boxes = self._boxes
        nearest = int(np.argmin(np.linalg.norm(boxes - boxes.mean(axis=0), axis=1)))
        frame, row, column = (int(number) for number in self._indices[nearest])
        if self.unit == "px":
            return {"space": "image", "frame": frame, "point": [column, row], "series": self.series_id}
        point = index_to_patient(self.series, frame) @ np.array([column, row, 0, 1])
        return {
            "space": "patient",
            "point": [float(number) for number in point[:3]],
            "series": self.series_id,
        }

    def contains(self, mark: Mark) -> bool:
        """Tell whether a mark lies in one of the region's voxels."""
        return self.distance(mark) == 0.0

    def distance(self, mark: Mark) -> float:
        """Give the distance from a mark to the nearest voxel of the region.

        Parameters
        ----------
        mark : mapping
            ``{"space": "patient", "point": [x, y, z]}`` (LPS mm) or ``{"space": "image", "frame": zero-based,
            "point": [column, row]}`` (pixel-centre coordinates), each with an optional ``series``.

        Returns
        -------
        float
            In ``unit``; 0 inside; infinite on another series, or on another frame where there is no patient
            space.

        Raises
        ------
        RegionError
            When the mark is not made as above.
        """
        if mark.get("series") not in (None, self.series_id, self.series.uid):
            return math.inf
        point = self._point(mark)
        if point is None:
            return math.inf
        beyond = np.abs(self._boxes - point) - self._half
        # Rounding must not put a mark on a voxel's very face outside it.
        beyond[beyond < _ROUNDING] = 0.0
        return float(np.min(np.linalg.norm(beyond, axis=1)))

    def outlines(self) -> list[Outline]:
        """Give what to draw: the region's outline on each of its frames, then those that the readers drew.

        Returns
        -------
        list of dict
            ``frame`` (zero-based), ``points`` [[column, row], ...] in pixel-centre coordinates, ``closed``,
            ``label``.
        """
        return [dict(outline) for outline in (*self._traced, *self.drawn)]

    def outlines_on(self, series: "Series") -> list[Outline]:
        """Give the outline where another series of the same frame of reference cuts the region; else nothing."""
        known = self._elsewhere.get(series.digest)
        if known is None:
            known = self._elsewhere[series.digest] = self._cut(series)
        return [dict(outline) for outline in known]

    def _cut(self, series: "Series") -> list[Outline]:
        uid = self.series.frame_of_reference_uid
        placed = series.orientation is not None and series.pixel_spacing_mm is not None
        slab = slab_of(self.series, self.masks, self._thickness or series.slice_spacing_mm or 0.0)
        if slab is None or not placed or not uid or uid != series.frame_of_reference_uid:
            return []
        return outlines_of(masks_on(slab, series), self.label)

    @cached_property
    def _traced(self) -> list[Outline]:
        return outlines_of(self.masks, self.label)

    @cached_property
    def _elsewhere(self) -> dict[str, list[Outline]]:
        """By digest of the series."""
        return {}

    @cached_property
    def _indices(self) -> "np.ndarray[Any, np.dtype[np.int64]]":
        """(n, 3) frame, row, column of the voxels."""
        found = [
            np.column_stack([np.full(int(mask.sum()), frame), *np.nonzero(mask)])
            for frame, mask in sorted(self.masks.items())
        ]
        return np.concatenate(found)

    @property
    def _spacing(self) -> tuple[float, float]:
        return self.series.pixel_spacing_mm or (1.0, 1.0)

    @cached_property
    def _thickness(self) -> float:
        """Usual distance between neighbouring frames; the slice thickness of a single one."""
        orientation = self.series.orientation
        places = [frame.position_mm for frame in self.series.frames if frame.position_mm is not None]
        if orientation is None or len(places) < 2:
            return self.series.slice_thickness_mm or 0.0
        depths = [depth_mm(place, orientation) for place in places]
        gaps = [later - sooner for sooner, later in pairwise(depths) if later - sooner >= SAME_PLACE_MM]
        # The median, so that a missing slice does not make every voxel thicker.
        return float(np.median(gaps)) if gaps else self.series.slice_thickness_mm or 0.0

    @cached_property
    def _axes(self) -> "np.ndarray[Any, np.dtype[np.float64]]":
        """(3, 3) rows: the directions of rows, columns and normal; only with patient geometry."""
        orientation = self.series.orientation
        if orientation is None:
            return np.eye(3)
        return np.array([orientation[:3], orientation[3:], normal_of(orientation)])

    @cached_property
    def _boxes(self) -> Points:
        """(n, 3) centres of the voxels in mm along the image's axes, or (n, 2) column and row in pixels."""
        frames, rows, columns = self._indices.T
        if self.unit == "px":
            return np.column_stack([columns, rows]).astype(np.float64)
        between_rows, between_columns = self._spacing
        origins = {frame: self._axes @ np.array(self.series.frames[frame].position_mm) for frame in self.masks}
        centres = np.array([origins[int(frame)] for frame in frames])
        centres[:, 0] += columns * between_columns
        centres[:, 1] += rows * between_rows
        return centres

    @cached_property
    def _half(self) -> "np.ndarray[Any, np.dtype[np.float64]]":
        """Half the size of a voxel along the axes of ``_boxes``."""
        if self.unit == "px":
            return np.array([0.5, 0.5])
        between_rows, between_columns = self._spacing
        return np.array([between_columns, between_rows, self._thickness]) / 2

    def _point(self, mark: Mark) -> "np.ndarray[Any, np.dtype[np.float64]] | None":
        """Give a mark in the axes of ``_boxes``; None where it cannot be on the region's series or frame."""
        space = mark.get("space")
        point = finite_numbers(mark.get("point"), 3 if space == "patient" else 2, "mark", "point")
        if space == "patient":
            return self._axes @ np.array(point) if self.unit == "mm" else None
        frame = mark.get("frame")
        if space != "image" or not isinstance(frame, int):
            message = 'mark: expected space "patient", or "image" with a frame number.'
            raise RegionError(message, reason="bad-mark")
        if not 0 <= frame < len(self.series.frames):
            return None
        if self.unit == "px":
            return np.array(point) if frame in self.masks else None
        place = index_to_patient(self.series, frame) @ np.array([point[0], point[1], 0.0, 1.0])
        at: np.ndarray[Any, np.dtype[np.float64]] = self._axes @ place[:3]
        return at


_read: "OrderedDict[tuple[object, ...], Region]" = OrderedDict()
_reading = threading.Lock()


def read_region(spec: Mapping[str, object], folder: Path, series: "Series") -> Region:
    """Make the region that a case file describes; asked again, give the same one while its file has not changed.

    Parameters
    ----------
    spec : mapping
        One ``[[region]]`` of a case file: ``name``, ``label``, ``series``, ``kind`` and what that kind needs.
    folder : Path
        The case's folder; a contour file lies in it.
    series : Series
        The series that the region names.

    Raises
    ------
    RegionError
        When the description is incomplete, the file is damaged, or the region is not in the image.
    """
    file = folder / str(spec.get("file", ""))
    state = (file.stat().st_mtime_ns, file.stat().st_size) if file.is_file() else ()
    key = (str(folder), repr(sorted(spec.items())), state, series.digest)
    with _reading:
        if key in _read:
            _read.move_to_end(key)
            return _read[key]
    region = _made(spec, folder, series)
    with _reading:
        _read[key] = region
        while len(_read) > _MOST_KEPT:
            _read.popitem(last=False)
    return region


def _made(spec: Mapping[str, object], folder: Path, series: "Series") -> Region:
    name = str(spec.get("name", ""))
    where = f"region {name!r}"
    kind = spec.get("kind")
    drawn: tuple[Outline, ...] = ()
    presentation = None
    if kind == "ellipse":
        masks = _ellipse_masks(spec, series, where)
    elif kind == "contours":
        masks, drawn = contour_masks(spec, folder, series, where)
    elif kind in ("seg", "rtstruct"):
        masks, drawn = _object_masks(spec, folder, series, where)
    elif kind == "annotation":
        masks, drawn, presentation = _annotated(spec, folder, series, where)
    else:
        message = f'{where}: kind is {kind!r}, expected "contours", "ellipse", "seg", "rtstruct" or "annotation".'
        raise RegionError(message, reason="bad-region")
    masks = {frame: mask for frame, mask in masks.items() if mask.any()}
    if not masks:
        message = f"{where}: takes in no pixel of its series. Check its place and size."
        raise RegionError(message, reason="region-outside-image")
    label = str(spec.get("label", name))
    return Region(name, label, str(spec.get("series", "")), series, masks, drawn, presentation)


def _ellipse_masks(spec: Mapping[str, object], series: "Series", where: str) -> dict[int, Mask]:
    """Draw an ellipse on one frame or a range of them; frame numbers of case files count from 1."""
    centre = finite_numbers(spec.get("centre"), 2, where, "centre")
    radii = finite_numbers(spec.get("radii"), 2, where, "radii")
    rotation = finite_numbers([spec.get("rotation_deg", 0)], 1, where, "rotation_deg")[0]
    frames = spec.get("frames", [spec.get("frame", 1)])
    whole = isinstance(frames, Sequence) and bool(frames) and all(type(number) is int for number in frames)
    if not whole or not isinstance(frames, Sequence) or min(radii) <= 0:
        message = f"{where}: expected frame = 1 or frames = [first, last], and radii above 0."
        raise RegionError(message, reason="bad-region")
    first, last = frames[0], frames[-1]
    if not 1 <= first <= last <= len(series.frames):
        message = f"{where}: frames {first} to {last}, the series has 1 to {len(series.frames)}."
        raise RegionError(message, reason="region-outside-image")
    if not (0 <= centre[0] <= series.columns - 1 and 0 <= centre[1] <= series.rows - 1):
        message = f"{where}: centre {centre}, the image is {series.columns} x {series.rows} pixels."
        raise RegionError(message, reason="region-outside-image")
    mask = ellipse_mask((centre[0], centre[1]), (radii[0], radii[1]), rotation, series.rows, series.columns)
    return {number - 1: mask for number in range(first, last + 1)}


def _object_masks(
    spec: Mapping[str, object], folder: Path, series: "Series", where: str
) -> tuple[dict[int, Mask], tuple[Outline, ...]]:
    """Give the pixels of a segment or region of interest of a DICOM file, and what is drawn of it."""
    # What they need is loaded only for cases that have such a file.
    from viewer.segmentation import read_segmentation, segment_masks
    from viewer.structures import read_structure, structure_masks

    path = _inside(spec, folder, where)
    try:
        if spec.get("kind") == "seg":
            return segment_masks(read_segmentation(path, where), spec.get("segment"), series, where), ()
        return structure_masks(read_structure(path, spec.get("roi"), where), series, where)
    except GeometryError as error:
        raise _needs_space(where, error) from error


def _annotated(
    spec: Mapping[str, object], folder: Path, series: "Series", where: str
) -> tuple[dict[int, Mask], tuple[Outline, ...], "Presentation | None"]:
    """Give the pixels of annotations of a DICOM file, what is drawn of them, and the state that they are drawn in."""
    # What they need is loaded only for cases that have such a file.
    from viewer.annotations import annotation_masks, read_annotations
    from viewer.presentation import presentation_of

    path = _inside(spec, folder, where)
    try:
        state = presentation_of(path, series, where)
        found = state.annotations if state else read_annotations(path, series, where)
        wanted = spec.get("item")
        chosen = tuple(one for one in found if wanted in (None, one.label))
        if not chosen:
            listed = ", ".join(sorted({repr(one.label) for one in found})[:12])
            message = f"{where}: item {wanted!r} is not there; the file holds: {listed}."
            raise RegionError(message, reason="bad-region")
        return annotation_masks(chosen, series), tuple(one.outline() for one in chosen), state
    except GeometryError as error:
        raise _needs_space(where, error) from error


def _needs_space(where: str, error: GeometryError) -> RegionError:
    message = f"{where}: a region in patient space needs a series with positions and spacing ({error})"
    return RegionError(message, reason="bad-region")


def _inside(spec: Mapping[str, object], folder: Path, where: str) -> Path:
    """Give the file that a region names, which lies in the case folder."""
    name = str(spec.get("file", ""))
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
        message = f"{where}: file {name!r}, expected one in the case folder."
        raise RegionError(message, reason="bad-region")
    return path


def outlines_of(masks: Mapping[int, Mask], label: str) -> list[Outline]:
    """Give the outlines of masks by frame, as :meth:`Region.outlines` does."""
    return [
        {"frame": frame, "points": [list(point) for point in points], "closed": True, "label": label}
        for frame, mask in sorted(masks.items())
        for points in trace(mask)
    ]
