"""From a data set to what each of its frames says for itself: place, spacing, rescale, windows, volume.

One convention: a frame's functional group stands before the shared one, and that before the attributes of the whole
file (PS3.3 C.7.6.16.1.1).

It refuses nothing: what cannot be used becomes a ``Note``.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

from viewer.attributes import Reader
from viewer.envelope import printable
from viewer.geometry import Orientation, Vector, orientation_of, spacing_of
from viewer.layout import PixelLayout
from viewer.luts import read_voi_luts
from viewer.notes import Note
from viewer.tomography import is_reconstruction, read_slices
from viewer.windows import Window, is_valid

_VOLUME_GROUPS: Final = (
    ("FrameContentSequence", "TemporalPositionIndex"),
    ("MREchoSequence", "EffectiveEchoTime"),
    ("MRDiffusionSequence", "DiffusionBValue"),
    ("CardiacSynchronizationSequence", "NominalCardiacTriggerDelayTime"),
)
_TYPE_GROUPS: Final = (
    ("MRImageFrameTypeSequence", "FrameType"),
    ("CTImageFrameTypeSequence", "FrameType"),
    ("FrameContentSequence", "StackID"),
)


@dataclass(frozen=True, slots=True)
class FrameHeader:
    """What the header says about one frame."""

    position_mm: Vector | None
    """Image Position (Patient): LPS of the first pixel's centre."""
    orientation: Orientation | None
    """Row cosines, then column cosines."""
    spacing_mm: tuple[float, float] | None
    """Between rows, between columns."""
    thickness_mm: float | None
    """Slice Thickness (0018,0050)."""
    slope: float
    """Rescale Slope; 1 where there is none."""
    intercept: float
    """Rescale Intercept; 0 where there is none."""
    windows: tuple[Window, ...]
    """The file's valid windows."""
    volume: tuple[float | str | None, ...] = ()
    """What tells frames of one file at one place apart: gate, time slot, echo and so on."""


def read_frames(
    reader: Reader,
    layout: PixelLayout,
    spacing: tuple[float, float] | None,
    rescale: tuple[float, float],
    notes: list[Note],
) -> tuple[FrameHeader, ...]:
    """Read what each frame says for itself, from the functional groups or from the file's own attributes."""
    plain = FrameHeader(
        position_mm=_position(reader, notes) if layout.frames == 1 else None,
        orientation=_orientation(reader, notes),
        spacing_mm=spacing,
        thickness_mm=_positive(reader, "SliceThickness"),
        slope=rescale[0],
        intercept=rescale[1],
        windows=_windows(reader, notes, signed=_may_be_negative(layout, rescale)),
    )
    own = reader.items("PerFrameFunctionalGroupsSequence")
    shared = reader.item("SharedFunctionalGroupsSequence")
    if shared is not None:
        plain = _grouped(plain, shared, layout, notes)
    if not own:
        return _slices(reader, plain, notes, layout.frames) or (plain,) * layout.frames
    frames = [_grouped(plain, group, layout, notes) for group in own[: layout.frames]]
    return (*frames, *(plain,) * (layout.frames - len(frames)))


def _slices(reader: Reader, plain: FrameHeader, notes: list[Note], frames: int) -> tuple[FrameHeader, ...] | None:
    """Place the frames of a nuclear-medicine reconstruction; None for anything else."""
    if not is_reconstruction(reader):
        return None
    slices = read_slices(reader, frames)
    if slices is None:
        text = "the file does not say where its reconstructed slices lie; no directions are shown"
        notes.append(Note("no-position", text, fault=False))
        return None
    placed = zip(slices.positions, slices.volumes, strict=True)
    return tuple(
        replace(plain, position_mm=position, orientation=slices.orientation, volume=volume)
        for position, volume in placed
    )


def _grouped(plain: FrameHeader, group: Reader, layout: PixelLayout, notes: list[Note]) -> FrameHeader:
    """Replace what a functional group says otherwise (PS3.3 C.7.6.16.1.1)."""
    changes: dict[str, Any] = {}
    if (plane := group.item("PlanePositionSequence")) is not None:
        changes["position_mm"] = _position(plane, notes)
    if (turn := group.item("PlaneOrientationSequence")) is not None:
        changes["orientation"] = _orientation(turn, notes)
    if (measures := group.item("PixelMeasuresSequence")) is not None:
        changes["spacing_mm"] = spacing_of(_tolerant(measures, "PixelSpacing")) or plain.spacing_mm
        changes["thickness_mm"] = _positive(measures, "SliceThickness") or plain.thickness_mm
    if (transform := group.item("PixelValueTransformationSequence")) is not None:
        slope, intercept = transform.order("RescaleSlope"), transform.order("RescaleIntercept")
        if slope and intercept is not None:
            changes["slope"], changes["intercept"] = slope, intercept
        else:
            notes.append(Note("bad-rescale", "a frame's rescale is zero or no number", fault=True))
    if (voi := group.item("FrameVOILUTSequence")) is not None:
        rescale = changes.get("slope", plain.slope), changes.get("intercept", plain.intercept)
        changes["windows"] = _windows(voi, notes, signed=_may_be_negative(layout, rescale))
    volume = _volume(group)
    if any(volume):
        changes["volume"] = volume
    return replace(plain, **changes) if changes else plain


def _volume(group: Reader) -> tuple[float | str | None, ...]:
    """Give what tells the volumes of an enhanced file apart: time, echo, b-value, phase, kind (C.7.6.16.2)."""
    times = [item.order(keyword) if (item := group.item(name)) else None for name, keyword in _VOLUME_GROUPS]
    kinds = [item.text(keyword) if (item := group.item(name)) else "" for name, keyword in _TYPE_GROUPS]
    return (*times, *kinds)


def _may_be_negative(layout: PixelLayout, rescale: tuple[float, float]) -> bool:
    return layout.signed or rescale[1] < 0 or rescale[0] < 0


def _tolerant(reader: Reader, keyword: str) -> tuple[float, ...] | None:
    """Give numbers; none at all for a value that is there and is not made of numbers."""
    try:
        return reader.numbers(keyword)
    except ValueError:
        return ()


def _position(reader: Reader, notes: list[Note]) -> Vector | None:
    """Read Image Position (Patient) (PS3.3 C.7.6.2.1.1)."""
    numbers = _tolerant(reader, "ImagePositionPatient")
    if numbers is None:
        return None
    if len(numbers) != 3:
        text = "Image Position (Patient) is not three numbers; the image has no place in the patient"
        notes.append(Note("bad-position", text, fault=True))
        return None
    return (numbers[0], numbers[1], numbers[2])


def _orientation(reader: Reader, notes: list[Note]) -> Orientation | None:
    numbers = _tolerant(reader, "ImageOrientationPatient")
    orientation = orientation_of(numbers)
    if numbers is not None and orientation is None:
        text = "Image Orientation (Patient) is not two unit directions at a right angle; no directions are shown"
        notes.append(Note("bad-orientation", text, fault=True))
    return orientation


def _positive(reader: Reader, keyword: str) -> float | None:
    number = reader.order(keyword)
    return number if number is not None and number > 0 else None


def _windows(reader: Reader, notes: list[Note], *, signed: bool) -> tuple[Window, ...]:
    """Read VOI LUTs, then the valid windows (PS3.3 C.11.2); note the others."""
    luts = read_voi_luts(reader, notes, signed=signed)
    centers, widths = _tolerant(reader, "WindowCenter"), _tolerant(reader, "WindowWidth")
    if centers is None and widths is None:
        return luts
    names = reader.texts("WindowCenterWidthExplanation")
    function = reader.text("VOILUTFunction") or "LINEAR"
    pairs = list(zip(centers or (), widths or (), strict=False))
    windows = [
        Window(center, width, printable(names[number]) if number < len(names) else "", function)
        for number, (center, width) in enumerate(pairs)
    ]
    valid = tuple(window for window in windows if function != "LUT" and is_valid(window))
    if len(valid) < max(len(centers or ()), len(widths or ()), 1):
        text = "a window centre or width is no usable number, or its function unknown; that window is not offered"
        notes.append(Note("bad-window", text, fault=True))
    return luts + valid
