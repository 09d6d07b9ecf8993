"""From masks on planes in the patient to masks on the frames of any series of the same frame of reference.

One convention: a mask is a slab, as thick as its planes are apart, of boxes around its pixels' centres; a pixel of
another series belongs to it when its centre lies in such a box.

It reads no file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from viewer.contours import Mask, Points
from viewer.geometry import SAME_PLACE_MM, Orientation, Vector, index_to_patient, normal_of, patient_to_index

if TYPE_CHECKING:
    from viewer.series import Series

_EDGE_MM: Final = 1e-4


@dataclass(frozen=True, slots=True)
class Plane:
    """A mask somewhere in the patient."""

    mask: Mask
    """(rows, columns) bool."""
    position_mm: Vector
    """LPS of the centre of its first pixel."""


@dataclass(frozen=True, slots=True)
class Slab:
    """Parallel planes of one grid, in any order."""

    planes: tuple[Plane, ...]
    """At least one; all of one size."""
    orientation: Orientation
    """Row cosines, then column cosines."""
    spacing_mm: tuple[float, float]
    """Between rows, between columns."""
    thickness_mm: float
    """Of each plane, along the normal."""


def masks_on(slab: Slab, series: "Series") -> dict[int, Mask]:
    """Give the pixels of a series that lie in a slab, by frame; frames without any are left out.

    Parameters
    ----------
    series : Series
        With positions, orientation and spacing, in the slab's frame of reference.

    Raises
    ------
    GeometryError
        When the series has no patient geometry.
    """
    slab = _cropped(slab)
    if not slab.planes:
        return {}
    corners = _corners(slab)
    normal = normal_of(slab.orientation)
    planes = sorted(slab.planes, key=lambda plane: float(normal @ np.array(plane.position_mm)))
    voxels = _Voxels(
        np.stack([plane.mask for plane in planes]),
        np.array([plane.position_mm for plane in planes]),
        np.array([float(normal @ np.array(plane.position_mm)) for plane in planes]),
    )
    found = {}
    for frame in range(len(series.frames)):
        mask = _mask_on(slab, voxels, corners, series, frame)
        if mask is not None and mask.any():
            found[frame] = mask
    return found


class _Voxels(NamedTuple):
    """A slab's planes in the order of their depths."""

    masks: "np.ndarray[Any, np.dtype[np.bool_]]"
    """(planes, rows, columns)."""
    positions: Points
    """(planes, 3) LPS."""
    depths: Points
    """(planes,) mm along the normal."""


def _cropped(slab: Slab) -> Slab:
    """Leave out the planes without any pixel, and the rows and columns that none has a pixel in."""
    planes = [plane for plane in slab.planes if plane.mask.any()]
    if not planes:
        return Slab((), slab.orientation, slab.spacing_mm, slab.thickness_mm)
    rows = np.nonzero(np.any([plane.mask.any(axis=1) for plane in planes], axis=0))[0]
    columns = np.nonzero(np.any([plane.mask.any(axis=0) for plane in planes], axis=0))[0]
    cut = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    step = columns[0] * slab.spacing_mm[1] * np.array(slab.orientation[:3])
    step = step + rows[0] * slab.spacing_mm[0] * np.array(slab.orientation[3:])
    moved = []
    for plane in planes:
        x, y, z = (float(number) for number in np.array(plane.position_mm) + step)
        moved.append(Plane(plane.mask[cut], (x, y, z)))
    return Slab(tuple(moved), slab.orientation, slab.spacing_mm, slab.thickness_mm)


def _corners(slab: Slab) -> Points:
    """Give the corners in LPS of a box for each plane around what it holds."""
    row, column = np.array(slab.orientation[:3]), np.array(slab.orientation[3:])
    between_rows, between_columns = slab.spacing_mm
    half = normal_of(slab.orientation) * slab.thickness_mm / 2
    corners = []
    for plane in slab.planes:
        rows, columns = np.nonzero(plane.mask.any(axis=1))[0], np.nonzero(plane.mask.any(axis=0))[0]
        for j, i, side in product((rows[0] - 0.5, rows[-1] + 0.5), (columns[0] - 0.5, columns[-1] + 0.5), (-1, 1)):
            corners.append(
                np.array(plane.position_mm) + i * between_columns * row + j * between_rows * column + side * half
            )
    return np.array(corners)


def _mask_on(slab: Slab, voxels: _Voxels, corners: Points, series: "Series", frame: int) -> Mask | None:
    """Give the pixels of one frame that lie in the slab; None when none can."""
    box = patient_to_index(series, corners, frame)
    if box[:, 2].min() > SAME_PLACE_MM or box[:, 2].max() < -SAME_PLACE_MM:
        return None
    low = np.clip(np.floor(box[:, :2].min(axis=0)).astype(int), 0, None)
    high = np.minimum(np.ceil(box[:, :2].max(axis=0)).astype(int) + 1, (series.columns, series.rows))
    if np.any(low >= high):
        return None
    i, j = np.meshgrid(np.arange(low[0], high[0]), np.arange(low[1], high[1]))
    affine = index_to_patient(series, frame)
    points = affine[:3, 3] + i[..., None] * affine[:3, 0] + j[..., None] * affine[:3, 1]
    mask = np.zeros((series.rows, series.columns), dtype=np.bool_)
    mask[low[1] : high[1], low[0] : high[0]] = _inside(slab, voxels, points)
    return mask


def _inside(slab: Slab, voxels: _Voxels, points: Points) -> Mask:
    """Tell which points lie in a box of the plane that is nearest to them."""
    row, column = np.array(slab.orientation[:3]), np.array(slab.orientation[3:])
    depth, depths = points @ normal_of(slab.orientation), voxels.depths
    after = np.clip(np.searchsorted(depths, depth), 1, max(len(depths) - 1, 1))
    before = after - 1
    after = np.minimum(after, len(depths) - 1)
    nearest = np.where(depth - depths[before] <= depths[after] - depth, before, after)
    within = np.abs(depth - depths[nearest]) <= slab.thickness_mm / 2 + _EDGE_MM
    offsets = points - voxels.positions[nearest]
    i = np.rint(offsets @ row / slab.spacing_mm[1]).astype(int)
    j = np.rint(offsets @ column / slab.spacing_mm[0]).astype(int)
    _, rows, columns = voxels.masks.shape
    within &= (i >= 0) & (i < columns) & (j >= 0) & (j < rows)
    inside: Mask = within & voxels.masks[nearest, np.clip(j, 0, rows - 1), np.clip(i, 0, columns - 1)]
    return inside


def gap_mm(positions: Sequence[Vector], orientation: Orientation) -> float | None:
    """Give the least distance between neighbouring planes; None for fewer than two places."""
    normal = normal_of(orientation)
    depths = np.unique(np.round([float(normal @ np.array(position)) for position in positions], 4))
    gaps = np.diff(depths)
    gaps = gaps[gaps >= SAME_PLACE_MM]
    return float(gaps.min()) if gaps.size else None


def slab_of(series: "Series", masks: Mapping[int, Mask], thickness_mm: float) -> Slab | None:
    """Give masks on the frames of a series as a slab; None where the series has no patient geometry."""
    if series.orientation is None or series.pixel_spacing_mm is None:
        return None
    planes = [
        Plane(mask, position)
        for frame, mask in masks.items()
        if (position := series.frames[frame].position_mm) is not None
    ]
    return Slab(tuple(planes), series.orientation, series.pixel_spacing_mm, thickness_mm)
