"""From Image Position and Orientation (Patient) to order, spacing and the maps from indices to millimetres.

One convention: patient space is LPS in mm; the affine maps (column i, row j, frame k, 1), zero-based voxel
centres, to patient space, and its third column is the mean step between neighbouring frames (PS3.3
C.7.6.2.1.1).

It never fills in a value that is missing: no position, no orientation and no spacing is guessed.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from viewer import GeometryError
from viewer.notes import Note

if TYPE_CHECKING:
    from viewer.series import Series

Points = np.ndarray[Any, np.dtype[np.float64]]
Vector = tuple[float, float, float]
Orientation = tuple[float, float, float, float, float, float]

# Written with four decimals, direction cosines are off by up to 1e-4; real files reach that, no honest one
# reaches 1e-3.
_COSINE_TOLERANCE: Final = 1e-3
# Positions are written to 0.001 mm at best; below this, two frames are at one place.
SAME_PLACE_MM: Final = 0.01
_TILT_DEGREES: Final = 0.5
_UNEVEN_SHARE: Final = 0.02
_UNEVEN_MM: Final = 0.02
_SPACING_RANGE_MM: Final = (1e-4, 100.0)
# A quarter of a usual pixel; positions are written far finer.
_SIDEWAYS_MM: Final = 0.25
# Two slices are no volume: there is nothing between them to look at across.
_MPR_SLICES: Final = 3
_MPR_OBSTACLES: Final = {
    "duplicate-positions": "Several images lie at the same place, so there is no one volume to reformat.",
    "irregular-spacing": "The slices are unevenly spaced or one is missing, so a reformatted image would be distorted.",
    "gantry-tilt": "The gantry was tilted, so a reformatted image would be skewed.",
    "sideways-shift": "The slices are shifted against one another, so a reformatted image would be jagged.",
}


def orientation_of(numbers: tuple[float, ...] | None) -> Orientation | None:
    """Check direction cosines: two unit directions at a right angle (C.7.6.2.1.1); None otherwise."""
    if numbers is None or len(numbers) != 6:
        return None
    row, column = np.array(numbers[:3]), np.array(numbers[3:])
    lengths = float(np.linalg.norm(row)), float(np.linalg.norm(column))
    off = max(abs(lengths[0] - 1), abs(lengths[1] - 1), abs(float(row @ column)))
    if off > _COSINE_TOLERANCE:
        return None
    return (numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5])


def spacing_of(numbers: tuple[float, ...] | None) -> tuple[float, float] | None:
    """Check a pixel spacing: two lengths that can be those of pixels (10.7.1.1); None otherwise."""
    if numbers is None or len(numbers) != 2:
        return None
    low, high = _SPACING_RANGE_MM
    return (numbers[0], numbers[1]) if all(low <= number <= high for number in numbers) else None


def normal_of(orientation: Orientation) -> Points:
    """Give the unit normal of the image planes, turned so that its largest component is positive."""
    row, column = np.array(orientation[:3]), np.array(orientation[3:])
    normal = np.cross(row, column)
    normal /= np.linalg.norm(normal)
    turned: Points = normal * np.sign(normal[np.argmax(np.abs(normal))])
    return turned


def depth_mm(position: Vector, orientation: Orientation) -> float:
    """Give how far along the normal a position lies."""
    return float(normal_of(orientation) @ np.array(position))


def stack_notes(positions: Sequence[Vector], orientation: Orientation) -> tuple[Note, ...]:
    """Say what keeps ordered frames from being an even, upright stack.

    Parameters
    ----------
    positions : sequence of (3,) mm
        In reading order, along the normal.
    orientation : (6,)
        Shared by all frames.
    """
    normal = normal_of(orientation)
    points = np.array(positions)
    gaps = np.diff(points @ normal)
    if gaps.size == 0:
        return ()
    notes = []
    same = [number + 1 for number, gap in enumerate(gaps) if gap < SAME_PLACE_MM]
    if same:
        listed = _listed(same)
        text = f"frames {listed} lie where the next one lies; no reformatting across the slices"
        notes.append(Note("duplicate-positions", text, fault=True))
    usual = float(np.median(gaps))
    limit = max(_UNEVEN_MM, _UNEVEN_SHARE * usual)
    uneven = [number + 1 for number, gap in enumerate(gaps) if abs(gap - usual) > limit and gap >= SAME_PLACE_MM]
    if uneven:
        text = (
            f"{gaps[uneven[0] - 1]:.3f} mm behind frame {uneven[0]}, {usual:.3f} mm usual "
            f"({len(uneven)} uneven gaps); a slice may be missing"
        )
        notes.append(Note("irregular-spacing", text, fault=True))
    step = points[-1] - points[0]
    length = float(np.linalg.norm(step))
    tilt = math.degrees(math.acos(min(1.0, abs(float(step @ normal)) / length))) if length else 0.0
    if tilt > _TILT_DEGREES:
        text = f"the frames step {tilt:.1f} degrees off their normal; reformatting needs a shear correction"
        notes.append(Note("gantry-tilt", text, fault=True))
    if (aside := _sideways_mm(points, normal)) > _SIDEWAYS_MM:
        text = f"frames lie up to {aside:.2f} mm beside the line through the first and the last"
        notes.append(Note("sideways-shift", text, fault=True))
    return tuple(notes)


def _sideways_mm(points: Points, normal: Points) -> float:
    """Give how far any frame lies, within its plane, from where an even shear would put it."""
    depths = (points - points[0]) @ normal
    if depths[-1] < SAME_PLACE_MM:
        return 0.0
    expected = points[0] + np.outer(depths / depths[-1], points[-1] - points[0])
    return float(np.linalg.norm(points - expected, axis=1).max())


def mpr_obstacle(series: "Series") -> str | None:
    """Say why a series cannot be reformatted in other planes (MPR); None where it can.

    It can where grey frames of one pixel size are stacked evenly along their normal: then ``index_to_patient``
    holds for every voxel.
    """
    if series.samples != 1:
        return "Colour images are not reformatted."
    if series.orientation is None:
        return "The images have no position and orientation in the patient."
    if series.pixel_spacing_mm is None:
        return "The pixel spacing is not known or not the same in all images."
    if len(series.frames) < _MPR_SLICES:
        return f"There are too few slices: {len(series.frames)}, at least {_MPR_SLICES} are needed."
    reasons = [note.reason for note in series.notes]
    return next((text for reason, text in _MPR_OBSTACLES.items() if reason in reasons), None)


def slice_spacing_mm(positions: Sequence[Vector], orientation: Orientation) -> float | None:
    """Give the mean distance between neighbouring places along the normal; None for fewer than two."""
    depths = sorted(depth_mm(position, orientation) for position in positions)
    places = 1 + sum(later - sooner >= SAME_PLACE_MM for sooner, later in pairwise(depths))
    return (depths[-1] - depths[0]) / (places - 1) if places > 1 else None


def _listed(numbers: Sequence[int]) -> str:
    shown = ", ".join(str(number) for number in numbers[:5])
    return shown + (f" and {len(numbers) - 5} more" if len(numbers) > 5 else "")


def index_to_patient(series: "Series", frame_index: int) -> Points:
    """Give the affine from (column, row, frame step, 1) around one frame to LPS mm.

    Parameters
    ----------
    series : Series
        With orientation, spacing and positions.
    frame_index : int
        Zero-based; the affine is exact on this frame: (i, j, 0, 1) is the centre of pixel (row j, column i).

    Returns
    -------
    (4, 4) float64
        Columns: step per column, step per row, step to the next frame, position of the first pixel
        (C.7.6.2.1.1).

    Raises
    ------
    GeometryError
        When the series has no position, orientation or spacing.
    """
    position = series.frames[frame_index].position_mm
    if position is None or series.orientation is None or series.pixel_spacing_mm is None:
        message = f"series {series.uid}: no patient geometry, expected position, orientation and spacing."
        raise GeometryError(message, reason="no-geometry")
    between_rows, between_columns = series.pixel_spacing_mm
    affine = np.eye(4)
    # Along a row the column index grows, by the spacing between columns: the second value of Pixel Spacing.
    affine[:3, 0] = np.array(series.orientation[:3]) * between_columns
    affine[:3, 1] = np.array(series.orientation[3:]) * between_rows
    affine[:3, 2] = _frame_step(series)
    affine[:3, 3] = position
    return affine


def _frame_step(series: "Series") -> Points:
    """Give the mean step between neighbouring frames; a step of 1 mm along the normal for a single one."""
    first, last = series.frames[0].position_mm, series.frames[-1].position_mm
    if series.orientation is None or first is None or last is None:
        return np.zeros(3)
    if len(series.frames) < 2 or first == last:
        return normal_of(series.orientation)
    step: Points = (np.array(last) - np.array(first)) / (len(series.frames) - 1)
    return step


def patient_to_index(series: "Series", points_mm: "np.ndarray[Any, Any]", frame_index: int) -> Points:
    """Give where LPS points lie as seen from one frame.

    Parameters
    ----------
    points_mm : (..., 3) float
        LPS.
    frame_index : int
        Zero-based.

    Returns
    -------
    (..., 3) float64
        Column, row (pixel-centre coordinates) and distance off the frame's plane along the normal in mm.
    """
    affine = index_to_patient(series, frame_index)
    axes = np.column_stack([affine[:3, 0], affine[:3, 1], normal_of(_orientation(series))])
    offsets = np.asarray(points_mm, dtype=np.float64) - affine[:3, 3]
    placed: Points = offsets @ np.linalg.inv(axes).T
    return placed


def nearest_frame(series: "Series", point_mm: Sequence[float]) -> int:
    """Give the zero-based index of the frame whose plane lies nearest to an LPS point."""
    normal = normal_of(_orientation(series))
    depth = float(normal @ np.asarray(point_mm, dtype=np.float64))
    positions = [frame.position_mm for frame in series.frames]
    depths = [abs(float(normal @ np.array(place)) - depth) if place else math.inf for place in positions]
    return int(np.argmin(depths))


def _orientation(series: "Series") -> Orientation:
    if series.orientation is None:
        message = f"series {series.uid}: no Image Orientation (Patient), so no patient space."
        raise GeometryError(message, reason="no-geometry")
    return series.orientation
