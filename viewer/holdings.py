"""From an object that accompanies images to the names in it: what a case file can ask for.

It reads no pixels and checks no reference.
"""

from pathlib import Path
from typing import Final

from viewer import SeriesError, presentation, report, segmentation, structures
from viewer.envelope import printable
from viewer.objects import items, read_object, sop_class

_MOST: Final = 24
_LONGEST: Final = 200


def holdings(path: Path) -> str:
    """Say what an object holds: segments, regions of interest, measurements, figures; empty for anything else."""
    try:
        kind = sop_class(path, path.name)
        found = _names(path, kind)
    except (SeriesError, AttributeError, TypeError, ValueError):
        return ""
    more = f" and {len(found) - _MOST} more" if len(found) > _MOST else ""
    text = ", ".join(found[:_MOST]) + more
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"


def _names(path: Path, kind: str) -> list[str]:
    if kind in segmentation.SOP_CLASSES:
        ds = read_object(path, (kind,), path.name)
        named = [(one.SegmentNumber, one.SegmentLabel) for one in items(ds, "SegmentSequence")]
        return [f"segment {number} {printable(str(label))!r}" for number, label in named]
    if kind in structures.SOP_CLASSES:
        ds = read_object(path, (kind,), path.name)
        named = [(one.ROINumber, one.get("ROIName", "")) for one in items(ds, "StructureSetROISequence")]
        return [f"ROI {number} {printable(str(name))!r}" for number, name in named]
    if kind in report.SOP_CLASSES:
        measured = report.measurements(read_object(path, (kind,), path.name))
        return [f"{label!r}: {text}" for label, text in measured]
    if kind in presentation.SOP_CLASSES:
        ds = read_object(path, (kind,), path.name)
        figures = items(ds, "GraphicAnnotationSequence", "GraphicObjectSequence")
        texts = items(ds, "GraphicAnnotationSequence", "TextObjectSequence")
        return [f"{len(figures)} figures", f"{len(texts)} texts"]
    if kind in report.KEY_OBJECTS:
        ds = read_object(path, (kind,), path.name)
        images = [one for one in items(ds, "ContentSequence") if one.get("ValueType") == "IMAGE"]
        return [f"{len(images)} key images"]
    return []
