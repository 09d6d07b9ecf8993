"""A volume of a research format becomes CT slices and outlines.

One convention: `axial` comes first. It turns the grid, by reversing axes only, so that columns run to the
patient's left, rows to the back and slices to the head; everything here relies on that. Values are never
resampled.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom import Dataset
from pydicom.uid import CTImageStorage

from cases.starter.dicom import CLEAN_DESCRIPTORS, deidentified, derived_uid, new_instance, set_pixels_lossless
from cases.starter.nifti import Volume

CT_LOWEST_HU, CT_HIGHEST_HU = -1024, 3071
"""What 12 bits hold with an intercept of -1024."""


def axial(volume: Volume) -> Volume:
    """Reverse the axes that run to the patient's right, front or feet.

    Raises
    ------
    ValueError
        The grid's axes are not i, j, k along x, y, z: it would have to be turned.
    """
    steps = volume.to_patient[:3, :3]
    if not np.allclose(steps, np.diag(np.diag(steps)), atol=1e-4):
        raise ValueError("the axes of the volume are not those of the patient")
    values, affine = volume.values, volume.to_patient.copy()
    for axis in range(3):
        if affine[axis, axis] < 0:
            values = np.flip(values, 2 - axis)  # values are (k, j, i)
            affine[:3, 3] += affine[:3, axis] * (values.shape[2 - axis] - 1)
            affine[axis, axis] *= -1
    return Volume(values=np.ascontiguousarray(values), to_patient=affine)


def ct_slices(
    slug: str, volume: Volume, *, study: str, series: str, derivation: str, body_part: str = ""
) -> Sequence[Dataset]:
    """Make the slices of an axial CT volume as clean CT images (PS3.3 A.3), lowest first.

    Parameters
    ----------
    slug
        The case.
    volume
        In HU, as `axial` gives it; clipped to 12 bits.
    study, series
        Neutral descriptions.
    derivation
        What was done to the values, for Derivation Description (0008,2111).
    body_part
        Body Part Examined (0018,0015); empty when the caller sets it.
    """
    stored = (np.clip(volume.values, CT_LOWEST_HU, CT_HIGHEST_HU) - CT_LOWEST_HU).astype(np.uint16)
    return [
        _slice(slug, volume, k, stored[k], study=study, series=series, derivation=derivation, body_part=body_part)
        for k in range(len(stored))
    ]


def _slice(
    slug: str,
    volume: Volume,
    k: int,
    stored: npt.NDArray[np.uint16],
    *,
    study: str,
    series: str,
    derivation: str,
    body_part: str,
) -> Dataset:
    source = Dataset()  # a research format has no identifiers: names of the parts stand for them
    source.StudyInstanceUID, source.SeriesInstanceUID = (derived_uid(slug, part) for part in ("study", "series"))
    source.SOPInstanceUID = derived_uid(slug, f"slice {k}")
    source.SOPClassUID = CTImageStorage
    source.Modality = "CT"
    source.InstanceNumber = k + 1
    new = new_instance(slug, source, study=study, series=series)
    deidentified(new, [CLEAN_DESCRIPTORS])
    new.FrameOfReferenceUID = derived_uid(slug, "frame of reference")
    new.PositionReferenceIndicator = ""
    new.Manufacturer = ""
    if body_part:
        new.BodyPartExamined = body_part
    new.PatientPosition = ""  # the format gives axes, not how the patient lay
    i_mm, j_mm, k_mm = (round(number, 6) for number in volume.spacing_mm)
    new.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    new.ImagePositionPatient = [round(float(number), 4) for number in (volume.to_patient @ [0, 0, k, 1])[:3]]
    new.PixelSpacing = [j_mm, i_mm]
    new.SliceThickness = None  # not in the format; the distance of slices is in their positions
    new.SpacingBetweenSlices = k_mm
    new.KVP = None
    new.AcquisitionNumber = None
    new.ImageType = ["DERIVED", "PRIMARY", "AXIAL"]
    new.DerivationDescription = derivation
    new.PhotometricInterpretation = "MONOCHROME2"
    new.RescaleIntercept, new.RescaleSlope, new.RescaleType = CT_LOWEST_HU, 1, "HU"
    set_pixels_lossless(new, stored, bits=12)
    return new


def mask_outlines(mask: npt.NDArray[np.bool_], to_patient: npt.NDArray[np.float64], reader: str) -> dict[str, Any]:
    """Outline a label mask along the edges of its pixels, so that exactly its pixel centres are inside.

    Parameters
    ----------
    mask
        (k, j, i), on the grid of an axial series.
    to_patient
        (4, 4), as in `Volume`.
    reader
        Who drew it, as the case says.

    Returns
    -------
    dict
        Content of a ``regions/*.json`` file, LPS mm; holes carry ``"inclusion": false``.
    """
    contours: list[dict[str, Any]] = []
    for k in np.flatnonzero(mask.any(axis=(1, 2))).tolist():
        inside, holes = np.zeros((2, *mask.shape[1:]), np.bool_)
        for corners in _outlines(mask[k]):
            hole = _turns_left(corners)
            (holes if hole else inside)[:] |= _filled(corners, mask.shape[1:])
            points = [to_patient @ [column, row, k, 1] for column, row in corners]
            contour = {"points": [[round(float(number), 4) for number in point[:3]] for point in points]}
            contours.append(contour | ({"inclusion": False} if hole else {}))
        if not np.array_equal(inside & ~holes, mask[k]):
            raise ValueError(f"slice {k} of the label has an island in a hole, which contours cannot say")
    return {"readers": [{"name": reader, "contours": contours}]}


def _outlines(mask: npt.NDArray[np.bool_]) -> list[list[tuple[float, float]]]:
    """Walk round the pixels clockwise as shown; corners lie at half pixels."""
    padded = np.pad(mask, 1)
    ahead: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for row, column in np.argwhere(mask).tolist():
        corners = ((column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1))
        for number, (down, right) in enumerate(((-1, 0), (0, 1), (1, 0), (0, -1))):
            if not padded[row + 1 + down, column + 1 + right]:
                ahead.setdefault(corners[number], []).append(corners[(number + 1) % 4])
    outlines = []
    while ahead:
        start = vertex = min(ahead)
        before, walked = (start[0], start[1] + 1), []
        while True:
            # Where two pixels touch at a corner, the right turn stays with the same pixel.
            turned = (vertex[0] + before[1] - vertex[1], vertex[1] + vertex[0] - before[0])
            ends = ahead[vertex]
            after = ends.pop(ends.index(turned) if turned in ends else 0)
            if not ends:
                del ahead[vertex]
            if (after[0] - vertex[0], after[1] - vertex[1]) != (vertex[0] - before[0], vertex[1] - before[1]):
                walked.append((vertex[0] - 0.5, vertex[1] - 0.5))
            before, vertex = vertex, after
            if vertex == start:
                break
        outlines.append(walked)
    return outlines


def _turns_left(corners: Sequence[tuple[float, float]]) -> bool:
    """Tell a hole, walked the other way round, by the sign of its area."""
    turned = zip(corners, [*corners[1:], corners[0]], strict=True)
    return sum(ax * by - bx * ay for (ax, ay), (bx, by) in turned) < 0


def _filled(corners: Sequence[tuple[float, float]], shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Fill one outline: a pixel is inside when an odd number of upright edges lie to its left."""
    crossings = np.zeros((shape[0], shape[1] + 1), int)
    for (ax, ay), (bx, by) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if ax == bx:
            low, high = sorted((ay, by))
            crossings[int(low + 0.5) : int(high + 0.5), int(ax + 0.5)] += 1
    inside: npt.NDArray[np.bool_] = np.cumsum(crossings, axis=1)[:, :-1] % 2 == 1
    return inside
