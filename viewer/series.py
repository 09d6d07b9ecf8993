"""From files to series: frames in reading order, with geometry, unit, windows and what a reader should know.

One convention: frames run along the normal of their planes with its largest component growing (so axial
slices run from feet to head), whatever the files are called or numbered; without positions, by Instance
Number and frame number.

It decodes no pixel (``viewer.decode`` does) and guesses no spacing, orientation or window.
"""

import filecmp
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from viewer import SeriesError
from viewer.geometry import Orientation, Vector, mpr_obstacle, slice_spacing_mm, stack_notes
from viewer.header import CROSS_SECTIONS, Header, read_header
from viewer.layout import PixelLayout
from viewer.notes import Note, merge
from viewer.stacks import Placed, split
from viewer.suv import scale_of
from viewer.values import dtype_of
from viewer.windows import Window

__all__ = ["Frame", "Note", "Series", "Study", "Window", "open_series", "read_series", "read_study"]


@dataclass(frozen=True, slots=True)
class Frame:
    """One image of a series."""

    path: Path
    """The file that holds it."""
    number: int
    """Zero-based frame in that file."""
    sop_instance_uid: str
    """SOP Instance UID (0008,0018) of that file."""
    position_mm: Vector | None
    """LPS of the centre of its first pixel; None for images without a place in the patient."""
    slope: float
    """Rescale Slope (0028,1053)."""
    intercept: float
    """Rescale Intercept (0028,1052), in the series' unit."""
    windows: tuple[Window, ...]
    """The file's valid windows for this frame."""
    layout: PixelLayout
    """How to read its pixels."""
    modality_lut: tuple[int, tuple[int, ...]] | None = None
    """Modality LUT: stored value of the first entry, and the entries; instead of slope and intercept."""
    size: int = 0
    """Bytes of the file, when its header was read."""
    mtime_ns: int = 0
    """Time of the file's last change, when its header was read."""


@dataclass(frozen=True, slots=True)
class Series:
    """Images of one acquisition, in reading order."""

    uid: str
    """Series Instance UID (0020,000E)."""
    modality: str
    """Modality (0008,0060)."""
    body_part: str
    """Body Part Examined (0018,0015); empty where unknown."""
    rows: int
    """Pixels of a frame, top to bottom."""
    columns: int
    """Pixels of a frame, left to right."""
    samples: int
    """Values per pixel as decoded: 1 or 3."""
    photometric: str
    """Meaning of the decoded values: MONOCHROME1, MONOCHROME2 or RGB."""
    frames: tuple[Frame, ...]
    """In reading order; at least one."""
    orientation: Orientation | None
    """Cosines of the rows' direction, then of the columns'."""
    pixel_spacing_mm: tuple[float, float] | None
    """Between rows, between columns."""
    spacing_source: str | None
    """patient, detector, estimated; None without spacing."""
    slice_spacing_mm: float | None
    """Mean distance between neighbouring places along the normal; None for fewer than two."""
    slice_thickness_mm: float | None
    """Slice Thickness (0018,0050)."""
    patient_orientation: tuple[str, str] | None
    """Patient Orientation (0020,0020), such as ("L", "F"), where there is no orientation in space."""
    frame_of_reference_uid: str
    """Frame of Reference UID (0020,0052); empty where there is none."""
    unit: str
    """HU for CT with a valid rescale, SUVbw or Bq/mL for PET, else empty; of the values times ``value_scale``."""
    rescale_type: str
    """Rescale Type (0028,1054) as written."""
    dtype: str
    """uint8, int16, uint16 or float32: the smallest that holds every value."""
    windows: tuple[Window, ...]
    """The valid windows of the first frame."""
    frame_time_ms: float | None
    """Time from one frame to the next of a multi-frame file."""
    notes: tuple[Note, ...]
    """What a reader should know."""
    study_uid: str = ""
    """Study Instance UID (0020,000D)."""
    shutter: tuple[int, int, int, int] | None = None
    """First and last column, first and last row that are shown, zero-based; None without a Display Shutter."""
    value_scale: float = 1.0
    """What ``frame_values`` is multiplied with to be in ``unit``: for PET, SUVbw per Bq/mL, so that integers stay
    integers on their way; 1 for everything else."""

    @property
    def mpr_obstacle(self) -> str | None:
        """Why the frames cannot be reformatted in other planes, in one sentence; None where they can."""
        return mpr_obstacle(self)

    @property
    def digest(self) -> str:
        """Hex SHA-256 over what identifies the frames and their files: a cheap content address."""
        hasher = hashlib.sha256()
        for frame in self.frames:
            line = f"{frame.sop_instance_uid} {frame.number} {frame.size} {frame.mtime_ns}\n"
            hasher.update(line.encode())
        return hasher.hexdigest()


@dataclass(frozen=True, slots=True)
class Study:
    """What a set of files holds."""

    series: tuple[Series, ...]
    """Each stack of images that belongs together; a file series with localisers or phases makes several."""
    refused: tuple[tuple[Path, SeriesError], ...]
    """Files that cannot be shown, with the reason."""
    notes: tuple[Note, ...]
    """What holds for the files together."""


def read_series(paths: Sequence[Path]) -> Series:
    """Read files that make exactly one series.

    Raises
    ------
    SeriesError
        When a file is refused, or the files hold none or several stacks of images.
    """
    study = read_study(paths)
    if study.refused:
        raise study.refused[0][1]
    return _only(study, len(paths))


def open_series(paths: Sequence[Path]) -> Series:
    """Read files that make one series, and leave out those that cannot be shown, each told in a note.

    Raises
    ------
    SeriesError
        When no file can be shown, or they make several stacks of images.
    """
    study = read_study(paths)
    if study.refused and not study.series:
        raise study.refused[0][1]
    series = _only(study, len(paths))
    notes = tuple(Note("refused-file", f"left out: {error}", fault=True) for _, error in study.refused)
    return replace(series, notes=notes + series.notes)


def _only(study: Study, files: int) -> Series:
    """Give the one series of a study."""
    if not study.series:
        raise SeriesError("no image among the files, expected one series.", reason="no-pixel-data")
    if len(study.series) > 1:
        notes = (*study.notes, *(note for series in study.series for note in series.notes))
        known = [note for note in notes if note.fault]
        reason = known[0].reason if known else "several-series"
        message = f"{len(study.series)} stacks of images among {files} files, expected one series."
        raise SeriesError(message, reason=reason)
    return study.series[0]


def read_study(paths: Sequence[Path]) -> Study:
    """Read files of any number of series; a bad file never takes the others down.

    Returns
    -------
    Study
        Series in the order of their first file's name.
    """
    headers: list[Header] = []
    refused: list[tuple[Path, SeriesError]] = []
    for path in sorted(paths):
        try:
            headers.append(read_header(path))
        except SeriesError as error:
            refused.append((path, error))
    headers, twice = _without_duplicates(headers)
    refused += twice
    by_series: dict[str, list[Header]] = defaultdict(list)
    for header in headers:
        by_series[header.series_uid].append(header)
    series = tuple(part for group in by_series.values() for part in _assemble(group))
    return Study(series, tuple(sorted(refused, key=lambda pair: pair[0])), _study_notes(headers))


def _without_duplicates(headers: list[Header]) -> tuple[list[Header], list[tuple[Path, SeriesError]]]:
    """Refuse files that share a SOP Instance UID, but for one of identical copies (PS3.5 9)."""
    groups: dict[str, list[Header]] = defaultdict(list)
    for header in headers:
        groups[header.sop_instance_uid].append(header)
    refused = []
    for group in groups.values():
        same = all(filecmp.cmp(group[0].path, other.path, shallow=False) for other in group[1:])
        for header in group[1:] if same else group if len(group) > 1 else ():
            kind = "a copy of another file" if same else "a different image than another file of this name"
            message = f"{header.path.name}: {kind}: both have SOP Instance UID {header.sop_instance_uid}."
            refused.append((header.path, SeriesError(message, reason="duplicate-sop-uid")))
    gone = {path for path, _ in refused}
    return [header for header in headers if header.path not in gone], refused


def _study_notes(headers: Iterable[Header]) -> tuple[Note, ...]:
    studies = {header.study_uid for header in headers}
    if len(studies) < 2:
        return ()
    text = f"{len(studies)} studies among the files; each series is shown by itself"
    return (Note("several-studies", text, fault=True),)


def _assemble(headers: list[Header]) -> list[Series]:
    """Turn the files of one Series Instance UID into stacks."""
    placed = [Placed(header, number, frame) for header in headers for number, frame in enumerate(header.frames)]
    stacks, notes = split(placed)
    return [_series(stack, notes) for stack in stacks]


def _series(stack: list[Placed], notes: tuple[Note, ...]) -> Series:
    first, details = stack[0].header, stack[0].frame
    orientation = details.orientation
    positions = [placed.frame.position_mm for placed in stack]
    known = [position for position in positions if position is not None]
    spatial = orientation is not None and len(known) == len(stack)
    if orientation is not None and spatial:
        notes += stack_notes(known, orientation)
    elif first.modality in CROSS_SECTIONS:
        text = "no position or orientation in the patient; ordered by Instance Number"
        notes += (Note("no-position", text, fault=False),)
    files = dict.fromkeys(placed.header.path for placed in stack)
    of_files = {placed.header.path: placed.header for placed in stack}
    notes = merge((path.name, note) for path in files for note in of_files[path].notes) + notes
    scale, unit, reason = _scale(stack)
    notes += (reason,) if reason else ()
    spacings = {placed.frame.spacing_mm for placed in stack}
    colour = first.layout.coloured
    return Series(
        uid=first.series_uid,
        modality=first.modality,
        body_part=first.body_part,
        rows=first.layout.rows,
        columns=first.layout.columns,
        samples=3 if colour else 1,
        photometric="RGB" if colour else first.layout.photometric,
        frames=tuple(_frame(placed, spatial=spatial) for placed in stack),
        orientation=orientation if spatial else None,
        pixel_spacing_mm=details.spacing_mm if len(spacings) == 1 else None,
        spacing_source=first.spacing_source if details.spacing_mm and len(spacings) == 1 else None,
        slice_spacing_mm=slice_spacing_mm(known, orientation) if orientation and spatial else None,
        slice_thickness_mm=details.thickness_mm,
        patient_orientation=first.patient_orientation,
        frame_of_reference_uid=first.frame_of_reference_uid,
        unit=unit,
        rescale_type=first.rescale_type,
        dtype=dtype_of(stack, hounsfield=_in_hounsfield(stack)),
        windows=details.windows,
        frame_time_ms=first.frame_time_ms,
        notes=notes,
        study_uid=first.study_uid,
        shutter=first.shutter,
        value_scale=scale,
    )


def _scale(stack: list[Placed]) -> tuple[float, str, Note | None]:
    """Give what the values are multiplied with, their unit then, and why PET is not in SUV."""
    emissions = [placed.header.emission for placed in stack if placed.header.emission is not None]
    if len(emissions) == len(stack):
        return scale_of(emissions)
    return 1.0, "HU" if _in_hounsfield(stack) else "", None


def _in_hounsfield(stack: list[Placed]) -> bool:
    """Tell whether the values are HU: CT, rescaled, of no other declared type (PS3.3 C.8.2.1)."""
    return all(
        placed.header.modality == "CT"
        and not placed.header.layout.coloured
        and placed.header.rescaled
        and placed.header.rescale_type in ("", "HU", "HU_MOD")
        for placed in stack
    )


def _frame(placed: Placed, *, spatial: bool) -> Frame:
    header, frame = placed.header, placed.frame
    return Frame(
        path=header.path,
        number=placed.number,
        sop_instance_uid=header.sop_instance_uid,
        position_mm=frame.position_mm if spatial else None,
        slope=frame.slope,
        intercept=frame.intercept,
        windows=frame.windows,
        layout=header.layout,
        modality_lut=header.modality_lut,
        size=header.size,
        mtime_ns=header.mtime_ns,
    )
