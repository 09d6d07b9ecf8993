"""From one DICOM file to its checked header: identity, pixel layout, geometry, rescale and windows by frame.

One convention: what would make the image wrong refuses the file (``SeriesError`` with a reason class); what
only takes something away from it (no spacing, no window) becomes a ``Note`` and the value stays empty.

It orders nothing and joins no files (``viewer.series`` does), and never reads the pixels.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydicom.charset import python_encoding
from pydicom.config import IGNORE
from pydicom.uid import UID

from viewer import SeriesError
from viewer.attributes import WANTED, Reader
from viewer.elements import walk
from viewer.envelope import is_little_endian, open_envelope, printable
from viewer.framing import FrameHeader, read_frames
from viewer.geometry import spacing_of
from viewer.layout import PixelLayout, read_layout
from viewer.luts import read_modality_lut
from viewer.notes import Note
from viewer.suv import Emission, read_emission

PROJECTIONS: Final = frozenset(("CR", "DX", "MG", "RF", "XA", "IO", "PX", "RG"))
"""Modalities whose spacing is that of the detector unless calibrated (PS3.3 10.7.1.3)."""
CROSS_SECTIONS: Final = frozenset(("CT", "MR", "PT"))
"""Modalities that are useless to measure without spacing: a missing one is a fault."""

# The limit is 64 characters; some writers overrun it by a few digits, and those are safe to read.
_LONG_UID: Final = 80
_UID: Final = re.compile(r"[0-9]+(\.[0-9]+)*")
_VOLUME_KEYS: Final = (
    "AcquisitionNumber",
    "TemporalPositionIdentifier",
    "EchoNumbers",
    "EchoTime",
    "DiffusionBValue",
    "TriggerTime",
    "AcquisitionTime",
    "ContentTime",
)


@dataclass(frozen=True, slots=True)
class Header:
    """One readable file."""

    path: Path
    """Where it lies."""
    size: int
    """Bytes."""
    mtime_ns: int
    """Time of its last change."""
    sop_instance_uid: str
    """SOP Instance UID (0008,0018)."""
    study_uid: str
    """Study Instance UID (0020,000D)."""
    series_uid: str
    """Series Instance UID (0020,000E)."""
    modality: str
    """Modality (0008,0060); OT where there is none."""
    body_part: str
    """Body Part Examined (0018,0015)."""
    frame_of_reference_uid: str
    """Frame of Reference UID (0020,0052)."""
    instance_number: float
    """Instance Number (0020,0013); 0 where there is none."""
    volume_keys: tuple[float | None, ...]
    """Acquisition, time point, echo and so on: what tells volumes at one place apart."""
    patient_orientation: tuple[str, str] | None
    """Patient Orientation (0020,0020): directions of the rows and of the columns."""
    layout: PixelLayout
    """How to read the pixels."""
    frames: tuple[FrameHeader, ...]
    """One per frame of the file."""
    modality_lut: tuple[int, tuple[int, ...]] | None
    """Modality LUT (PS3.3 C.11.1): stored value of the first entry, and the entries."""
    rescaled: bool
    """Whether a valid rescale was there."""
    rescale_type: str
    """Rescale Type (0028,1054)."""
    spacing_source: str | None
    """patient, detector, or None without spacing."""
    frame_time_ms: float | None
    """Time from one frame to the next."""
    shutter: tuple[int, int, int, int] | None
    """Rectangular Display Shutter: first and last column, first and last row that are shown, zero-based."""
    notes: tuple[Note, ...]
    """What a reader should know."""
    emission: Emission | None = None
    """Units, dose, weight and times of a PET image."""


_TWO_DIMENSIONAL: Final = 1
_CENTIMETRES: Final = 3


def read_header(path: Path) -> Header:
    """Read and check the header of one file; its pixels stay on disk.

    Raises
    ------
    SeriesError
        One line and a reason class, when the file cannot be shown.
    """
    try:
        with open_envelope(path) as envelope:
            notes = list(envelope.notes)
            found = walk(
                envelope.stream,
                start=envelope.start,
                size=envelope.size,
                implicit=envelope.implicit,
                little_endian=is_little_endian(envelope.transfer_syntax),
                wanted=WANTED,
            )
            reader = Reader(found.attributes)
            if found.trailing:
                text = f"{found.trailing} bytes behind the data set that are not DICOM"
                notes.append(Note("trailing-bytes", text, fault=True))
            syntax = envelope.transfer_syntax
            layout = read_layout(reader, found.pixels, envelope.stream, envelope.size, syntax, notes)
        return _header(path, reader, layout, notes)
    except SeriesError as error:
        raise type(error)(f"{printable(path.name)}: {error}", reason=error.reason) from error
    except ValueError as error:
        message = f"{printable(path.name)}: {error} is not the number that it must be. Export the file again."
        raise SeriesError(message, reason="bad-vr") from error


def _header(path: Path, reader: Reader, layout: PixelLayout, notes: list[Note]) -> Header:
    uids = _uids(reader, notes)
    modality = printable(reader.text("Modality"))
    if not modality:
        notes.append(Note("missing-attribute", "no Modality (0008,0060), shown as OT", fault=True))
        modality = "OT"
    _check_sop_class(reader, notes)
    _check_charset(reader, notes)
    lut = read_modality_lut(reader, layout, notes)
    slope, intercept, rescaled = _rescale(reader, modality, layout, notes, has_lut=lut is not None)
    spacing, source = _spacing(reader, modality, notes)
    frames = read_frames(reader, layout, spacing, (slope, intercept), notes)
    if source is None and all(frame.spacing_mm for frame in frames):
        source = "patient"
    if not all(frame.spacing_mm for frame in frames) and not _has(notes, "no-calibration"):
        text = "no pixel spacing; lengths are in pixels"
        notes.append(Note("no-calibration", text, fault=modality in CROSS_SECTIONS))
    status = path.stat()
    return Header(
        path=path,
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        sop_instance_uid=uids[0],
        study_uid=uids[1],
        series_uid=uids[2],
        modality=modality,
        body_part=printable(reader.text("BodyPartExamined")),
        frame_of_reference_uid=printable(reader.text("FrameOfReferenceUID")),
        instance_number=reader.order("InstanceNumber") or 0.0,
        volume_keys=tuple(reader.order(keyword) for keyword in _VOLUME_KEYS),
        patient_orientation=_patient_orientation(reader),
        layout=layout,
        frames=frames,
        modality_lut=lut,
        rescaled=rescaled or (_has_group_rescale(reader) and not _has(notes, "bad-rescale")),
        rescale_type=printable(reader.text("RescaleType")),
        spacing_source=source,
        frame_time_ms=_frame_time_ms(reader) if layout.frames > 1 else None,
        shutter=_shutter(reader, layout),
        notes=tuple(notes),
        emission=read_emission(reader) if modality == "PT" else None,
    )


def _has(notes: list[Note], reason: str) -> bool:
    return any(note.reason == reason for note in notes)


def _uids(reader: Reader, notes: list[Note]) -> list[str]:
    """Give SOP Instance, Study Instance and Series Instance UID.

    A secondary capture of no study and series is a picture by itself. Anything acquired must say what it belongs
    to, or images of two series would be stacked on one another.
    """
    instance = _uid(reader, "SOPInstanceUID")
    belongs = [reader.raw(f"{level}InstanceUID") is not None for level in ("Study", "Series")]
    if not any(belongs) and "Secondary Capture" in UID(reader.text("SOPClassUID"), IGNORE).name:
        text = "no Study and Series Instance UID; shown as a picture by itself"
        notes.append(Note("missing-uid", text, fault=True))
        return [instance] * 3
    return [instance, _uid(reader, "StudyInstanceUID"), _uid(reader, "SeriesInstanceUID")]


def _uid(reader: Reader, keyword: str) -> str:
    """Check a UID: digits and dots, at most 64 (PS3.5 9.1); it may become part of a name or an address."""
    text = reader.text(keyword)
    if not text:
        message = f"no {keyword}, expected a UID. Export the file again."
        raise SeriesError(message, reason="missing-uid")
    if len(text) > _LONG_UID or not _UID.fullmatch(text):
        message = f"{keyword} is {printable(text)!r}, expected digits and dots, at most 64. Export the file again."
        raise SeriesError(message, reason="bad-uid")
    return text


def _check_sop_class(reader: Reader, notes: list[Note]) -> None:
    text = reader.text("SOPClassUID")
    uid = UID(text, IGNORE)
    if text and uid.name == text:
        note = Note("unknown-sop-class", f"SOP class {printable(text)} is not one of DICOM's", fault=True)
        notes.append(note)


def _check_charset(reader: Reader, notes: list[Note]) -> None:
    unknown = [term for term in reader.texts("SpecificCharacterSet") if term not in python_encoding]
    if unknown:
        text = f"character set {printable(unknown[0])} is unknown; texts may read wrongly"
        notes.append(Note("bad-charset", text, fault=True))


def _rescale(
    reader: Reader,
    modality: str,
    layout: PixelLayout,
    notes: list[Note],
    *,
    has_lut: bool,
) -> tuple[float, float, bool]:
    """Read Rescale Slope and Intercept; identity, and a note, where they are no use (PS3.3 C.11.1.1.2)."""
    if layout.samples > 1 or has_lut:
        return 1.0, 0.0, False
    try:
        slope, intercept = reader.number("RescaleSlope"), reader.number("RescaleIntercept")
    except ValueError:
        slope, intercept = 0.0, 0.0
    in_groups = _has_group_rescale(reader)
    if slope is None and intercept is None:
        if modality == "CT" and not in_groups:
            text = "no rescale slope and intercept; the values are not Hounsfield units"
            notes.append(Note("no-rescale", text, fault=True))
        return 1.0, 0.0, False
    if not slope or intercept is None:
        text = "rescale slope or intercept is zero or no number; the stored values are shown"
        notes.append(Note("bad-rescale", text, fault=True))
        return 1.0, 0.0, False
    return slope, intercept, True


def _has_group_rescale(reader: Reader) -> bool:
    shared = reader.items("SharedFunctionalGroupsSequence")
    own = reader.items("PerFrameFunctionalGroupsSequence")
    keyword = "PixelValueTransformationSequence"
    return any(group.item(keyword) for group in shared) or (bool(own) and all(group.item(keyword) for group in own))


def _spacing(reader: Reader, modality: str, notes: list[Note]) -> tuple[tuple[float, float] | None, str | None]:
    """Read the pixel spacing and where it holds: in the patient or at the detector (PS3.3 10.7.1.3)."""
    found: dict[str, tuple[float, float] | None] = {}
    for keyword in ("PixelSpacing", "ImagerPixelSpacing"):
        try:
            numbers = reader.numbers(keyword)
        except ValueError:
            numbers = (0.0,)
        found[keyword] = spacing_of(numbers)
        if numbers is not None and found[keyword] is None:
            text = f"{keyword} holds no usable lengths; measurements are in pixels"
            notes.append(Note("no-calibration", text, fault=True))
    patient, detector = found["PixelSpacing"], found["ImagerPixelSpacing"]
    calibrated = bool(reader.text("PixelSpacingCalibrationType")) or (
        detector is not None and patient is not None and patient != detector
    )
    if patient and (modality not in PROJECTIONS or calibrated):
        return patient, "patient"
    if patient or detector:
        text = "spacing at the detector; lengths in the patient are shorter by the magnification"
        notes.append(Note("detector-plane-calibration", text, fault=False))
        return patient or detector, "detector"
    if (ultrasound := _region_spacing(reader)) is not None:
        text = "calibrated by its ultrasound region; lengths hold within the tissue image"
        notes.append(Note("region-calibration", text, fault=False))
        return ultrasound, "patient"
    return None, None


def _region_spacing(reader: Reader) -> tuple[float, float] | None:
    """Give the spacing that all tissue images of an ultrasound image agree on, if all are in cm (PS3.3 C.8.5.5)."""
    found = set()
    for region in reader.items("SequenceOfUltrasoundRegions"):
        if region.order("RegionSpatialFormat") != _TWO_DIMENSIONAL:
            continue
        deltas = [region.order(f"PhysicalDelta{axis}") for axis in "YX"]
        units = {region.order(f"PhysicalUnits{axis}Direction") for axis in "YX"}
        found.add(spacing_of(tuple(abs(delta or 0) * 10 for delta in deltas)) if units == {_CENTIMETRES} else None)
    return found.pop() if len(found) == 1 else None


def _frame_time_ms(reader: Reader) -> float | None:
    """Give the time between frames from Frame Time, or from a display rate (PS3.3 C.7.6.5)."""
    time = reader.order("FrameTime")
    rate = reader.order("RecommendedDisplayFrameRate") or reader.order("CineRate")
    if time is not None and time > 0:
        return time
    return 1000.0 / rate if rate is not None and rate > 0 else None


def _shutter(reader: Reader, layout: PixelLayout) -> tuple[int, int, int, int] | None:
    """Give a rectangular Display Shutter (PS3.3 C.7.6.11), cut to the image; None for one that hides everything."""
    if "RECTANGULAR" not in reader.texts("ShutterShape"):
        return None
    sides = ("LeftVertical", "RightVertical", "UpperHorizontal", "LowerHorizontal")
    edges = [reader.order(f"Shutter{side}Edge") for side in sides]
    if None in edges:
        return None
    # The edges are numbered from 1, and the pixels between left and right are shown, both included.
    left, right, top, bottom = (int(edge or 0) - 1 for edge in edges)
    shown = max(left, 0), min(right, layout.columns - 1), max(top, 0), min(bottom, layout.rows - 1)
    return shown if shown[0] < shown[1] and shown[2] < shown[3] else None


def _patient_orientation(reader: Reader) -> tuple[str, str] | None:
    parts = reader.texts("PatientOrientation")
    valid = len(parts) == 2 and all(re.fullmatch(r"[APLRHFEDC]{1,3}[TBMVDIROLUN]?[A-Z]?", part) for part in parts)
    return (parts[0], parts[1]) if valid else None
