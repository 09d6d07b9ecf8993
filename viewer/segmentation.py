"""From a Segmentation (PS3.3 A.51, C.8.20) to the pixels of a segment on the frames of a series.

One convention: a voxel belongs to a segment of a fractional segmentation from half of its maximum on; of a labelmap
where its value is the segment's number.

It draws nothing (``viewer.regions`` gives the outlines).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from pydicom.dataset import Dataset

from viewer import RegionError, SeriesError
from viewer.contours import Mask
from viewer.decode import stored_values
from viewer.envelope import printable
from viewer.header import Header, read_header
from viewer.objects import Belonging, check_belonging, frames_of, items, numbers, read_object, texts
from viewer.planes import Plane, Slab, gap_mm, masks_on

if TYPE_CHECKING:
    from viewer.series import Series

SOP_CLASSES: Final = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
"""Segmentation Storage and Label Map Segmentation Storage."""
_FROM: Final = 0.5


@dataclass(frozen=True, slots=True)
class Segmentation:
    """A segmentation whose pixels are still on disk."""

    header: Header
    """Layout, and the place of each frame."""
    data: Dataset
    """Everything else."""
    kind: str
    """BINARY, FRACTIONAL or LABELMAP."""
    segments: tuple[tuple[int, str], ...]
    """Segment Number and Segment Label."""
    belonging: Belonging
    """What it was made on."""


def read_segmentation(path: Path, where: str) -> Segmentation:
    """Read what a segmentation holds, but for its pixels.

    Raises
    ------
    RegionError
        When the file is no readable segmentation.
    """
    ds = read_object(path, SOP_CLASSES, where)
    try:
        header = read_header(path)
        segments = tuple((int(one.SegmentNumber), str(one.SegmentLabel)) for one in items(ds, "SegmentSequence"))
        sources = [
            *items(ds, "ReferencedSeriesSequence", "ReferencedInstanceSequence"),
            *items(ds, "PerFrameFunctionalGroupsSequence", "DerivationImageSequence", "SourceImageSequence"),
        ]
        belonging = Belonging(
            texts(items(ds, "ReferencedSeriesSequence"), "SeriesInstanceUID"),
            texts(sources, "ReferencedSOPInstanceUID"),
            str(ds.get("FrameOfReferenceUID", "")),
        )
        return Segmentation(header, ds, str(ds.SegmentationType), segments, belonging)
    except SeriesError as error:
        raise RegionError(f"{where}: {error}", reason=error.reason) from error
    except (AttributeError, TypeError, ValueError) as error:
        message = f"{where}: {printable(path.name)} is no whole segmentation ({error}). Export it again."
        raise RegionError(message, reason="bad-region") from error


def segment_masks(found: Segmentation, wanted: object, series: "Series", where: str) -> dict[int, Mask]:
    """Give the pixels of a segment by zero-based frame of a series.

    Parameters
    ----------
    wanted : int or str
        Segment Number (0062,0004) or Segment Label (0062,0005).
    series : Series
        One that the segmentation was made on, or any in its frame of reference.

    Raises
    ------
    RegionError
        When there is no such segment, or the series is another one.
    """
    number = chosen(found.segments, wanted, "segment", where)
    check_belonging(found.belonging, series, where)
    frames = list(_frames_of_segment(found, number))
    placed = all(found.header.frames[frame].position_mm and found.header.frames[frame].spacing_mm for frame in frames)
    if not placed or series.orientation is None:
        return _by_reference(found, number, frames, series, where)
    return masks_on(_slab(found, number, frames, series), series) if frames else {}


def chosen(offered: tuple[tuple[int, str], ...], wanted: object, word: str, where: str) -> int:
    """Give the number of what is named by number or by name.

    Raises
    ------
    RegionError
        When it is not there, or several bear the name.
    """
    matches = [number for number, name in offered if wanted in (number, name)]
    if len(matches) != 1:
        listed = ", ".join(f"{number} {printable(name)!r}" for number, name in offered[:12])
        found = "several are" if matches else "none is"
        message = f"{where}: {word} {wanted!r}: {found} there; the file holds: {listed}."
        raise RegionError(message, reason="bad-region")
    return matches[0]


def _frames_of_segment(found: Segmentation, number: int) -> Iterator[int]:
    """Give the zero-based frames that hold a segment; a labelmap holds all in each."""
    groups = items(found.data, "PerFrameFunctionalGroupsSequence")
    shared = items(found.data, "SharedFunctionalGroupsSequence", "SegmentIdentificationSequence")
    for frame in range(len(found.header.frames)):
        own = items(groups[frame], "SegmentIdentificationSequence") if frame < len(groups) else []
        if found.kind == "LABELMAP" or any(
            number in numbers(item.get("ReferencedSegmentNumber")) for item in own or shared
        ):
            yield frame


def _mask(found: Segmentation, number: int, frame: int) -> Mask:
    from viewer.series import Frame

    header, details = found.header, found.header.frames[frame]
    values = stored_values(
        Frame(
            path=header.path,
            number=frame,
            sop_instance_uid=header.sop_instance_uid,
            position_mm=details.position_mm,
            slope=1.0,
            intercept=0.0,
            windows=(),
            layout=header.layout,
        ),
        raw=True,
    )
    if found.kind == "LABELMAP":
        return np.asarray(values == number)
    most = float(found.data.get("MaximumFractionalValue", 1)) if found.kind == "FRACTIONAL" else 1.0
    return np.asarray(values >= max(_FROM * most, np.finfo(float).tiny))


def _slab(found: Segmentation, number: int, frames: list[int], series: "Series") -> Slab:
    all_frames = found.header.frames
    first = all_frames[frames[0]]
    if first.orientation is None or first.spacing_mm is None:
        raise RegionError(f"{found.header.path.name}: no orientation or pixel spacing.", reason="bad-region")
    positions = [frame.position_mm for frame in all_frames if frame.position_mm is not None]
    thickness = _spacing_mm(found.data) or gap_mm(positions, first.orientation) or first.thickness_mm
    planes = [
        Plane(_mask(found, number, frame), place)
        for frame in frames
        if (place := all_frames[frame].position_mm) is not None
    ]
    return Slab(tuple(planes), first.orientation, first.spacing_mm, thickness or series.slice_spacing_mm or 0.0)


def _spacing_mm(ds: Dataset) -> float | None:
    """Give Spacing Between Slices (0018,0088), which tells the distance also where empty frames are left out."""
    for group in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        for measures in items(ds, group, "PixelMeasuresSequence"):
            for spacing in numbers(measures.get("SpacingBetweenSlices")):
                if abs(spacing) > 0:
                    return abs(spacing)
    return None


def _by_reference(found: Segmentation, number: int, frames: list[int], series: "Series", where: str) -> dict[int, Mask]:
    """Give the masks of frames that have no place in the patient, on the images that they name."""
    if (found.header.layout.rows, found.header.layout.columns) != (series.rows, series.columns):
        message = f"{where}: has no place in the patient and another size than the images. Export it again."
        raise RegionError(message, reason="bad-region")
    groups = items(found.data, "PerFrameFunctionalGroupsSequence")
    masks: dict[int, Mask] = {}
    for frame in frames:
        for source in items(groups[frame], "DerivationImageSequence", "SourceImageSequence"):
            wanted = [int(one) for one in numbers(source.get("ReferencedFrameNumber"))]
            for index in frames_of(series, str(source.get("ReferencedSOPInstanceUID", "")), wanted):
                mask = _mask(found, number, frame)
                masks[index] = masks[index] | mask if index in masks else mask
    return masks
