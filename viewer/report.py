"""From structured reports (TID 1500, PS3.16) and key object selections (TID 2010) to figures and frames of a series.

One convention: the figures and numbers of one container belong together: its tracking identifier, or else its finding,
is their label.

It takes measured values as text, and computes none.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from pydicom.dataset import Dataset

from viewer import GeometryError, RegionError
from viewer.annotations import Annotation, figure
from viewer.envelope import printable
from viewer.geometry import nearest_frame, patient_to_index
from viewer.objects import frames_of, items, numbers, read_object

if TYPE_CHECKING:
    from viewer.series import Series

SOP_CLASSES: Final = tuple(f"1.2.840.10008.5.1.4.1.1.88.{number}" for number in (11, 22, 33, 34, 35, 50))
"""Basic Text, Enhanced, Comprehensive, Comprehensive 3D, Extensible SR and Mammography CAD SR Storage."""
KEY_OBJECTS: Final = ("1.2.840.10008.5.1.4.1.1.88.59",)
"""Key Object Selection Document Storage."""
_TRACKING: Final = ("112039", "DCM")
_FINDINGS: Final = (("121071", "DCM"), ("111059", "DCM"), ("363698007", "SCT"))
_GROUP: Final = ("125007", "DCM")
_DERIVATION: Final = ("121401", "DCM")
_DESCRIPTION: Final = ("113012", "DCM")
_DEEPEST: Final = 64
# Of the distance to the next frame.
_ON_FRAME_SHARE: Final = 0.5


class KeyImages(NamedTuple):
    """Images that somebody has marked as important."""

    frames: tuple[int, ...]
    """Zero-based, in reading order."""
    title: str
    """Document title, such as "Of Interest"."""
    description: str
    """Key Object Description; empty where there is none."""


def read_key_images(path: Path, series: "Series", where: str) -> KeyImages:
    """Read which images of a series a key object selection names (PS3.3 A.35.4).

    Raises
    ------
    RegionError
        When it is damaged or names no image of the series.
    """
    ds = read_object(path, KEY_OBJECTS, where)
    content = items(ds, "ContentSequence")
    named = [image for item in content if _is(item, "IMAGE") for image in items(item, "ReferencedSOPSequence")]
    frames = sorted({index for image in named for index in _frames(image, series)})
    if not frames:
        message = f"{where}: {printable(path.name)} names no image of series {series.uid}. Name its series."
        raise RegionError(message, reason="wrong-reference")
    texts = [str(item.get("TextValue", "")) for item in content if _code(item) == _DESCRIPTION]
    return KeyImages(tuple(frames), _meaning(ds, "ConceptNameCodeSequence"), printable(" ".join(texts)))


def read_report(path: Path, series: "Series", where: str) -> tuple[Annotation, ...]:
    """Read the figures of a report that lie on a series, with what was measured.

    Raises
    ------
    RegionError
        When it is damaged or has no figure on the series.
    """
    ds = read_object(path, SOP_CLASSES, where)
    try:
        found = tuple(_in_container(ds, series, 0))
    except (AttributeError, TypeError, ValueError, GeometryError) as error:
        message = f"{where}: {printable(path.name)} is no whole report ({error}). Export it again."
        raise RegionError(message, reason="bad-region") from error
    if not found:
        message = (
            f"{where}: {printable(path.name)} draws nothing on series {series.uid}. Name the series that it measured."
        )
        raise RegionError(message, reason="wrong-reference")
    return found


def measurements(ds: Dataset) -> list[tuple[str, str]]:
    """Give every measurement group's label and text, drawn or not, such as ("Lesion1", "Volume 12.5 mm3")."""
    containers = list(_containers(ds, 0))
    groups = [one for one in containers if _code(one) == _GROUP] or containers
    return [(_label(one), text) for one in groups if (text := _measured(one))]


def _containers(item: Dataset, depth: int) -> Iterator[Dataset]:
    yield item
    for inner in items(item, "ContentSequence") if depth < _DEEPEST else ():
        if _is(inner, "CONTAINER"):
            yield from _containers(inner, depth + 1)


def _in_container(container: Dataset, series: "Series", depth: int) -> Iterator[Annotation]:
    label, measured = _label(container), _measured(container)
    for item in items(container, "ContentSequence"):
        if _is(item, "CONTAINER"):
            if depth < _DEEPEST:
                yield from _in_container(item, series, depth + 1)
        else:
            yield from _figures(item, series, label, measured, depth)


def _figures(item: Dataset, series: "Series", label: str, measured: str, depth: int) -> Iterator[Annotation]:
    """Give the figures of a content item and of what it was inferred from."""
    if _is(item, "SCOORD"):
        yield from _on_images(item, series, label, measured)
    elif _is(item, "SCOORD3D"):
        yield from _in_space(item, series, label, measured)
    for inner in items(item, "ContentSequence") if depth < _DEEPEST else ():
        yield from _figures(inner, series, label, measured, depth + 1)


def _on_images(item: Dataset, series: "Series", label: str, measured: str) -> Iterator[Annotation]:
    """Give a figure in pixels on the images that it was selected from (C.18.6)."""
    points = np.array(numbers(item.get("GraphicData"))).reshape(-1, 2) - 0.5
    line, closed = figure(str(item.get("GraphicType", "")), points)
    for image in items(item, "ContentSequence", "ReferencedSOPSequence"):
        for frame in _frames(image, series):
            yield Annotation(frame, tuple((float(x), float(y)) for x, y in line), closed, label, measured)


def _in_space(item: Dataset, series: "Series", label: str, measured: str) -> Iterator[Annotation]:
    """Give a figure in the patient on the frame in whose slice it lies (C.18.9)."""
    if str(item.get("ReferencedFrameOfReferenceUID", "")) != series.frame_of_reference_uid:
        return
    points = np.array(numbers(item.get("GraphicData"))).reshape(-1, 3)
    kind = str(item.get("GraphicType", ""))
    parts = [points[n : n + 1] for n in range(len(points))] if kind in ("POINT", "MULTIPOINT") else [points]
    for part in parts:
        line, closed = figure("POINT" if len(part) == 1 else kind, part)
        frame = nearest_frame(series, [float(x) for x in line.mean(axis=0)])
        pixels = patient_to_index(series, line, frame)
        reach = _ON_FRAME_SHARE * (series.slice_spacing_mm or series.slice_thickness_mm or 1.0)
        if float(np.abs(pixels[:, 2]).max()) <= reach + 1e-6:
            yield Annotation(frame, tuple((float(x), float(y)) for x, y, _ in pixels), closed, label, measured)


def _frames(image: Dataset, series: "Series") -> list[int]:
    wanted = [int(one) for one in numbers(image.get("ReferencedFrameNumber"))]
    return frames_of(series, str(image.get("ReferencedSOPInstanceUID", "")), wanted)


def _is(item: Dataset, kind: str) -> bool:
    return str(item.get("ValueType", "")) == kind


def _code(item: Dataset, keyword: str = "ConceptNameCodeSequence") -> tuple[str, str] | None:
    for code in items(item, keyword):
        return str(code.get("CodeValue", "")), str(code.get("CodingSchemeDesignator", ""))
    return None


def _meaning(item: Dataset, keyword: str) -> str:
    return next((printable(str(code.get("CodeMeaning", ""))) for code in items(item, keyword)), "")


def _label(container: Dataset) -> str:
    """Give a container's tracking identifier, or else its finding, or else its own name."""
    content = items(container, "ContentSequence")
    for item in content:
        if _code(item) == _TRACKING and item.get("TextValue"):
            return printable(str(item.TextValue))
    for item in content:
        if _code(item) in _FINDINGS and _is(item, "CODE"):
            return _meaning(item, "ConceptCodeSequence")
    return _meaning(container, "ConceptNameCodeSequence")


def _measured(container: Dataset) -> str:
    """Give a container's numbers with their names and units."""
    texts = []
    for item in items(container, "ContentSequence"):
        for value in items(item, "MeasuredValueSequence") if _is(item, "NUM") else ():
            unit = next((str(code.get("CodeValue", "")) for code in items(value, "MeasurementUnitsCodeSequence")), "")
            kinds = [one for one in items(item, "ContentSequence") if _code(one) == _DERIVATION]
            parts = (
                _meaning(item, "ConceptNameCodeSequence"),
                *(_meaning(one, "ConceptCodeSequence") for one in kinds),
            )
            name = " ".join(parts)
            texts.append(f"{name} {value.get('NumericValue', '')} {'' if unit == '1' else unit}".strip())
    return ", ".join(texts)
