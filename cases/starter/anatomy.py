"""The chest CT of thoracic-ct-01 becomes organs: which tissue each voxel is, for painting activity into it.

One convention: arrays are (k, j, i), slices from the feet, rows to the back, columns to the patient's left. Organs
are found by thresholds inside boxes and by growing from seeds; boxes and seeds were chosen by eye on this very
CT, and the result was looked at. It fits no other examination.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Final

import numpy as np
import numpy.typing as npt
from pydicom import Dataset, dcmread

from cases.starter.packages import Archive
from cases.starter.thoracic_ct_01 import IMAGES, MEMBERS

Mask = npt.NDArray[np.bool_]
Values = npt.NDArray[np.int16]

REDUCTION: Final = 2
"""Pixels of the CT that become one, in both directions of a slice: 0.70 mm to 1.41 mm."""

LABELS: Final = (
    "air", "lung", "fat", "soft tissue", "bone marrow", "blood pool", "myocardium", "liver", "spleen", "kidney",
    "renal pelvis",
)  # fmt: skip
"""What a voxel can be; its number is its place here."""


@dataclass(frozen=True, slots=True)
class Chest:
    """The CT, reduced in its slices."""

    hu: Values
    """(k, j, i) in HU."""
    first_mm: tuple[float, float, float]
    """LPS of the centre of the first voxel."""
    spacing_mm: tuple[float, float, float]
    """Between slices, rows, columns."""
    headers: tuple[Dataset, ...]
    """The source's slices, in the same order."""

    def to_patient(self) -> npt.NDArray[np.float64]:
        """Give the (4, 4) map from (column, row, slice, 1) to LPS mm; the axes are the patient's."""
        return grid(self.first_mm, self.spacing_mm)


def grid(first_mm: tuple[float, float, float], spacing_mm: tuple[float, float, float]) -> npt.NDArray[np.float64]:
    """Give the (4, 4) map from (column, row, slice, 1) to LPS mm of a grid along the patient's axes."""
    affine = np.diag([*reversed(spacing_mm), 1.0])
    affine[:3, 3] = first_mm
    return affine


def read_chest(archives: Mapping[str, Archive]) -> Chest:
    """Read the CT and average pixels, as a low-dose CT for a hybrid scanner is reconstructed coarser."""
    slices = [dcmread(BytesIO(archives[IMAGES.name].read(member))) for member in MEMBERS]
    slices.sort(key=lambda source: float(source.ImagePositionPatient[2]))
    stored = np.stack([np.maximum(source.pixel_array, 0) for source in slices]).astype(np.int32)
    count, rows, columns = stored.shape
    blocks = stored.reshape(count, rows // REDUCTION, REDUCTION, columns // REDUCTION, REDUCTION)
    # Whole numbers, rounded half up: the same on every machine.
    mean = (2 * blocks.sum(axis=(2, 4)) + REDUCTION**2) // (2 * REDUCTION**2)
    x, y, z = map(float, slices[0].ImagePositionPatient)
    row_mm, column_mm = map(float, slices[0].PixelSpacing)
    half = (REDUCTION - 1) / 2
    return Chest(
        hu=(mean + int(slices[0].RescaleIntercept)).astype(np.int16),
        first_mm=(x + half * column_mm, y + half * row_mm, z),
        spacing_mm=(
            float(slices[1].ImagePositionPatient[2]) - z,
            row_mm * REDUCTION,
            column_mm * REDUCTION,
        ),
        headers=tuple(slices),
    )


def organs(chest: Chest) -> npt.NDArray[np.uint8]:
    """Give the number of its label for every voxel of the reduced CT."""
    hu, smooth = chest.hu, _averaged(chest.hu)
    body, lungs = _body(hu)
    labels = np.zeros(hu.shape, np.uint8)

    def paint(mask: Mask, label: str) -> None:
        labels[mask & body] = LABELS.index(label)

    chambers = [(58, 104, 157), (78, 101, 120)]
    blood = _grown(smooth > 230, chambers, _HEART) | (_aorta(hu.shape) & (smooth > 200))
    heart = _grown(smooth > 150, chambers, _HEART) | blood
    kidney = _grown(smooth > 110, [(10, 143, 76), (10, 143, 190)], _KIDNEYS)
    spleen = _grown(smooth > 110, [(40, 146, 198)], _SPLEEN) & ~kidney
    liver = _compact((smooth > 45) & (smooth < 165) & ~kidney & ~heart, [(44, 105, 68)], _LIVER)
    paint(body, "soft tissue")
    paint(hu < -30, "fat")
    paint(lungs, "lung")
    paint(_closed(smooth > 150) & (hu > 20) & ~_no_bone(hu.shape), "bone marrow")
    paint(heart, "blood pool")
    paint(ellipsoid(hu.shape, _LEFT_VENTRICLE) & (smooth > 30) & ~blood, "myocardium")
    paint(liver, "liver")
    paint(spleen, "spleen")
    paint(kidney, "kidney")
    for pelvis in _PELVES:
        paint(ellipsoid(hu.shape, pelvis), "renal pelvis")
    return labels


# Where a growing organ stays, (k, j, i); the heart's box ends in front of the spine and behind the sternum.
_HEART: Final = (np.s_[48:112, 76:148, 85:200],)
_KIDNEYS: Final = (np.s_[0:28, 115:172, 60:104], np.s_[0:36, 110:172, 152:208])
_ROOM: Final = (1, 3, 3)
"""Half the block (k, j, i) that a compact organ has room for: 7.5 x 10 x 10 mm."""
_NO_BONE: Final = (np.s_[0:48, 55:116, 70:195], np.s_[0:60, 105:158, 158:205], np.s_[0:30, 105:150, 70:108])
_GAP: Final = 2
_SPLEEN: Final = (np.s_[30:60, 108:180, 165:225],)
_LIVER: Final = (np.s_[10:72, 50:180, 35:128], np.s_[32:54, 50:116, 128:190])
# Centre and half axes (k, j, i).
_LEFT_VENTRICLE: Final = ((60.0, 104.0, 165.0), (12.0, 24.0, 25.0))
_PELVES: Final = (((8.0, 141.0, 92.0), (3.0, 4.0, 4.0)), ((8.0, 142.0, 172.0), (3.0, 4.0, 4.0)))
_AORTA: Final = (
    (0, 112, 141), (10, 120, 142), (20, 122, 141), (28, 132, 140), (34, 137, 138), (40, 140, 138), (46, 144, 136),
    (52, 149, 136), (62, 159, 135), (72, 164, 134), (86, 162, 133), (94, 156, 132), (104, 130, 128),
)  # fmt: skip
"""Points (k, j, i) on the axis of the descending aorta."""
_AORTA_RADIUS: Final = 10.0


def _aorta(shape: tuple[int, ...]) -> Mask:
    """Give a tube around the descending aorta, wide enough for it and too narrow for the spine."""
    k, j, i = np.array(_AORTA, float).T
    slices = np.arange(shape[0])
    rows, columns = np.ogrid[: shape[1], : shape[2]]
    off_row = rows - np.interp(slices, k, j)[:, None, None]
    off_column = columns - np.interp(slices, k, i)[:, None, None]
    tube: Mask = (off_row**2 + off_column**2 <= _AORTA_RADIUS**2) & (slices <= k[-1])[:, None, None]
    return tube


def _body(hu: Values) -> tuple[Mask, Mask]:
    """Tell the body from the air and the table around it, and the lungs within it."""
    body = _connected(hu > -300, [(70, 175, 118)])
    outside = np.zeros(hu.shape, np.bool_)
    outside[:, [0, -1], :] = ~body[:, [0, -1], :]
    outside[:, :, [0, -1]] = ~body[:, :, [0, -1]]
    outside = _spread(outside, ~body, axes=(1, 2))
    inside = ~outside
    lungs = _connected(inside & (hu < -300), [(90, 130, 70), (90, 130, 190)])
    return inside, lungs


def _grown(allowed: Mask, seeds: Sequence[tuple[int, int, int]], boxes: Sequence[tuple[slice, slice, slice]]) -> Mask:
    """Grow from seeds within boxes, in the smallest box around all of them."""
    starts = [min(box[axis].start for box in boxes) for axis in range(3)]
    around = tuple(slice(starts[axis], max(box[axis].stop for box in boxes)) for axis in range(3))
    within = np.zeros(allowed.shape, np.bool_)
    grown = np.zeros(allowed.shape, np.bool_)
    for box in boxes:
        within[box] = allowed[box]
    k0, j0, i0 = starts
    grown[around] = _connected(within[around], [(k - k0, j - j0, i - i0) for k, j, i in seeds])
    return grown


def _compact(allowed: Mask, seeds: Sequence[tuple[int, int, int]], boxes: Sequence[tuple[slice, slice, slice]]) -> Mask:
    """Grow where there is room for a block of `_ROOM`, so that nothing leaks through thin bridges."""
    core = allowed
    for axis, half in enumerate(_ROOM):
        core = _and_along(core, axis, half)
    core = _grown(core, seeds, boxes)
    for axis, half in enumerate(_ROOM):
        core = ~_and_along(~core, axis, half)
    return core & allowed


def _closed(mask: Mask) -> Mask:
    """Fill gaps narrower than 2 * `_GAP` + 1 voxels within the slices: the marrow between cortices."""
    for axis in (1, 2):
        mask = ~_and_along(~mask, axis, _GAP)
    for axis in (1, 2):
        mask = _and_along(mask, axis, _GAP)
    return mask


def _no_bone(shape: tuple[int, ...]) -> Mask:
    """Give where what is bright is a vessel, a clip, bowel or an organ's rim."""
    mask = np.zeros(shape, np.bool_)
    for box in _NO_BONE:
        mask[box] = True
    return mask


def _and_along(mask: Mask, axis: int, half: int) -> Mask:
    """Keep what is true over a whole run of 2 * half + 1 voxels; beyond the ends counts as true."""
    padded = np.pad(np.moveaxis(mask, axis, 0), [(half, half), (0, 0), (0, 0)], constant_values=True)
    runs = [padded[n : n + mask.shape[axis]] for n in range(2 * half + 1)]
    kept: Mask = np.moveaxis(np.logical_and.reduce(runs), 0, axis)
    return kept


def _connected(allowed: Mask, seeds: Sequence[tuple[int, int, int]]) -> Mask:
    """Give the allowed voxels that seeds reach through faces."""
    reached = np.zeros(allowed.shape, np.bool_)
    for seed in seeds:
        reached[seed] = allowed[seed]
    return _spread(reached, allowed, axes=(0, 1, 2))


def _spread(reached: Mask, allowed: Mask, axes: tuple[int, ...]) -> Mask:
    """Grow through faces until nothing changes; whole lines at a time, so that few rounds are enough."""
    while True:
        before = int(reached.sum())
        for axis in axes:
            lines, open_ = np.moveaxis(reached, axis, 0), np.moveaxis(allowed, axis, 0)
            for k in range(1, len(lines)):
                lines[k] |= lines[k - 1] & open_[k]
            for k in range(len(lines) - 2, -1, -1):
                lines[k] |= lines[k + 1] & open_[k]
        if int(reached.sum()) == before:
            return reached


def _averaged(hu: Values) -> Values:
    """Average 3 x 3 x 3 voxels, in whole numbers."""
    total = np.pad(hu.astype(np.int32), 1, mode="edge")
    for axis in range(3):
        lines = np.moveaxis(total, axis, 0)
        total = np.moveaxis(lines[:-2] + lines[1:-1] + lines[2:], 0, axis)
    return (total // 27).astype(np.int16)


def ellipsoid(
    shape: tuple[int, ...], centre_and_axes: tuple[tuple[float, float, float], tuple[float, float, float]]
) -> Mask:
    """Give the voxels within an ellipsoid along the axes: centre and half axes (k, j, i)."""
    places = np.ogrid[: shape[0], : shape[1], : shape[2]]
    parts = zip(places, *centre_and_axes, strict=True)
    k, j, i = (((place - middle) / axis) ** 2 for place, middle, axis in parts)
    inside: Mask = k + j + i <= 1
    return inside
