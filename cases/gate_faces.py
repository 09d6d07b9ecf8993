"""Faces: whether one could be rendered from a series, and taking it away.

A volume counts as showing a face when it is cross-sectional, thin enough to be rendered, and says of the head, or
does not say of anything else. Taking the face away replaces the outer layer of the front of the head by what
surrounds it, to a depth that varies by chance from place to place, so that neither the surface nor one that lies
evenly below it is left. It is not validated against recognition software: look at the result.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from pydicom import Dataset, dcmread
from pydicom.uid import ExplicitVRLittleEndian

from cases import ImportRefusedError

FEWEST_SLICES: Final = 20
THICKEST_MM: Final = 6.0
_HEAD: Final = re.compile(
    r"head|brain|skull|cranium|cerebr|face|facial|sinus|orbit|neuro|pituitar|nasal|mandib|maxill|dental|"
    r"whole ?body|neck|kopf|sch(ä|ae)del|hirn|gesicht|tete|tête|cr[aâ]n|cabeza|testa",
    re.IGNORECASE,
)
_ELSEWHERE: Final = re.compile(
    r"chest|thora|lung|abdom|pelvi|heart|card|knee|leg|foot|ankle|hand|wrist|elbow|shoulder|hip|breast|liver|kidney|"
    r"prostat|spine|lumbar|extremit|femur|tibia|colon|bladder|uterus|pancrea|aort",
    re.IGNORECASE,
)
_DEPTH_MM: Final = (12.0, 28.0)
_PATCH_MM: Final = 22.0

Steps = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]


def shows_face(headers: Sequence[Dataset]) -> bool:
    """Tell whether a face could be rendered from the images of one series."""
    images = [header for header in headers if str(header.get("Modality", "")) in ("CT", "MR", "PT")]
    slices = sum(int(header.get("NumberOfFrames") or 1) for header in images)
    if slices < FEWEST_SLICES or _spacing_mm(images) > THICKEST_MM:
        return False
    parts = " ".join(str(header.get("BodyPartExamined", "")) for header in (images[0], images[-1]))
    words = ("StudyDescription", "SeriesDescription", "ProtocolName", "RequestedProcedureDescription")
    texts = " ".join(str(images[0].get(word, "")) for word in words)
    if _HEAD.search(parts) or _HEAD.search(texts):
        return True
    return not _ELSEWHERE.search(f"{parts} {texts}")


def _spacing_mm(images: Sequence[Dataset]) -> float:
    """Give the usual distance of neighbouring slices; the thickness where there are no positions, else 0."""
    places = [header.get("ImagePositionPatient") for header in images]
    known = np.array([[float(number) for number in place] for place in places if place is not None and len(place) == 3])
    if len(known) > 2:
        spread = known.max(axis=0) - known.min(axis=0)
        steps = np.diff(np.unique(known[:, int(np.argmax(spread))].round(2)))
        return float(np.median(steps)) if steps.size else 0.0
    return float(images[0].get("SliceThickness") or 0.0)


def deface(paths: Sequence[Path], secret: bytes) -> None:
    """Take the face out of one series of single-frame images, in place.

    Parameters
    ----------
    paths : sequence of Path
        Clean files of one series.
    secret : bytes
        Seeds the depth, so that nobody can compute it back.

    Raises
    ------
    ImportRefusedError
        The series has no place in the patient, several frames a file, or does not fit together.
    """
    headers = [dcmread(path, stop_before_pixels=True) for path in paths]
    try:
        volume, axes = _volume(paths, headers)
    except Exception as error:
        message = "the face cannot be removed from this series: its images have no common geometry. Leave it out."
        raise ImportRefusedError(message, reason="deface") from error
    values, order = volume
    _clear_front(values, axes, np.random.default_rng(np.frombuffer(secret[:16], np.uint32)))
    for index, number in enumerate(order):
        dataset = dcmread(paths[number])
        dataset.PixelData = values[index].tobytes()
        dataset["PixelData"].VR = "OW" if dataset.BitsAllocated > 8 else "OB"
        dataset["PixelData"].is_undefined_length = False
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dataset.save_as(paths[number], enforce_file_format=True)


def _volume(paths: Sequence[Path], headers: Sequence[Dataset]) -> tuple[tuple[npt.NDArray[Any], list[int]], Steps]:
    """Give (slices, rows, columns) stored values in order along the normal, and the LPS step of each index in mm."""
    orientation = np.array([float(number) for number in headers[0].ImageOrientationPatient])
    row, column = orientation[:3], orientation[3:]
    normal = np.cross(row, column)
    depths = [float(normal @ np.array([float(n) for n in header.ImagePositionPatient])) for header in headers]
    order = sorted(range(len(paths)), key=lambda number: depths[number])
    values = np.stack([dcmread(paths[number]).pixel_array for number in order])
    between_rows, between_columns = (float(number) for number in headers[0].PixelSpacing)
    step = (depths[order[-1]] - depths[order[0]]) / max(1, len(order) - 1)
    return (values, order), (normal * step, column * between_rows, row * between_columns)


def _clear_front(values: npt.NDArray[Any], axes: Steps, rng: np.random.Generator) -> None:
    """Replace the outer layer of the front of the head by its surroundings; LPS y grows towards the back."""
    front_axis = int(np.argmax([abs(step[1]) for step in axes]))
    turned = np.moveaxis(values, front_axis, 0)
    step_mm = float(axes[front_axis][1])
    if step_mm < 0:
        turned, step_mm = turned[::-1], -step_mm
    low, high = np.percentile(turned[:: max(1, turned.shape[0] // 64)], (1, 99))
    tissue = turned > low + (high - low) * 0.2
    first = np.where(tissue.any(axis=0), tissue.argmax(axis=0), turned.shape[0])
    others = [float(np.linalg.norm(axes[axis])) for axis in range(3) if axis != front_axis]
    patches = [max(2, int(size * mm / _PATCH_MM)) for size, mm in zip(first.shape, others, strict=True)]
    coarse = rng.uniform(*_DEPTH_MM, size=patches)
    rows = np.minimum((np.arange(first.shape[0]) * patches[0]) // first.shape[0], patches[0] - 1)
    columns = np.minimum((np.arange(first.shape[1]) * patches[1]) // first.shape[1], patches[1] - 1)
    depth = (coarse[np.ix_(rows, columns)] / step_mm).astype(int)
    # Only the front half of the head: the back of the skull tells nobody apart.
    middle = turned.shape[0] // 2
    index = np.arange(turned.shape[0])[:, None, None]
    turned[(index < first + depth) & (index < middle)] = values.dtype.type(low)
