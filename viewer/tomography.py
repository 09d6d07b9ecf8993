"""From a reconstructed nuclear-medicine volume in one file to the place of each of its frames.

One convention: the first detector holds position and orientation of the first slice; the others follow along
the normal (rows x columns) by Spacing Between Slices, whose sign says to which side (PS3.3 C.8.4.15). The slice
of a frame is told by Slice Vector.

It fills in nothing: without detector position or spacing the frames have no place.
"""

from dataclasses import dataclass
from itertools import starmap
from typing import Final

import numpy as np

from viewer.attributes import Reader
from viewer.geometry import Orientation, Vector, orientation_of

_RECONSTRUCTED: Final = ("RECON TOMO", "RECON GATED TOMO")
_VECTORS: Final = ("RRIntervalVector", "TimeSlotVector", "EnergyWindowVector", "DetectorVector")


@dataclass(frozen=True, slots=True)
class Slices:
    """Where the frames of a file lie, and which volume each belongs to."""

    orientation: Orientation
    """Row cosines, then column cosines."""
    positions: tuple[Vector, ...]
    """LPS of the first pixel's centre, by frame."""
    volumes: tuple[tuple[int, ...], ...]
    """By frame: its interval, time slot and so on; frames of one volume share it."""


def is_reconstruction(reader: Reader) -> bool:
    """Tell whether an NM file says that it holds reconstructed slices (Image Type value 3, C.8.4.9.1.1)."""
    kinds = reader.texts("ImageType")
    return reader.text("Modality") == "NM" and len(kinds) > 2 and kinds[2] in _RECONSTRUCTED


def read_slices(reader: Reader, frames: int) -> Slices | None:
    """Give the places of a reconstruction's frames; None where the file does not tell.

    Parameters
    ----------
    reader : Reader
        A data set for which ``is_reconstruction`` holds.
    frames : int
        Number of frames.
    """
    detector = reader.item("DetectorInformationSequence")
    try:
        orientation = orientation_of(detector.numbers("ImageOrientationPatient")) if detector else None
        position = detector.numbers("ImagePositionPatient") if detector else None
        spacing = reader.number("SpacingBetweenSlices")
    except ValueError:
        return None
    numbers = reader.shorts("SliceVector") or tuple(range(1, frames + 1))
    if orientation is None or position is None or len(position) != 3 or not spacing:
        return None
    if len(numbers) != frames or min(numbers) < 1:
        return None
    # Not turned as geometry.normal_of turns it: the sign of the spacing refers to the plain cross product.
    normal = np.cross(orientation[:3], orientation[3:])
    step = normal / np.linalg.norm(normal) * spacing
    places = [np.array(position) + (number - 1) * step for number in numbers]
    vectors = [vector for vector in map(reader.shorts, _VECTORS) if len(vector) == frames]
    volumes = tuple(zip(*vectors, strict=True)) if vectors else ((),) * frames
    return Slices(orientation, tuple(starmap(_vector, places)), volumes)


def _vector(x: float, y: float, z: float) -> Vector:
    return (float(x), float(y), float(z))
