"""What experts drew, as it came from the archive: which file and which part of it is a region, from inside the file.

Two conventions: an annotation belongs to a series only when it refers to it by Series Instance UID, and a part is
chosen by the words of its own label. The archive's descriptions and numbers are not believed. Contours and voxels are
for ``viewer`` to read.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from pydicom import Dataset, dcmread
from pydicom.errors import InvalidDicomError

from cases import SeriesUnavailableError
from cases.case import Case, Region

_REFERENCES: Final = (
    "ReferencedSeriesSequence",
    "ReferencedFrameOfReferenceSequence",
    "CurrentRequestedProcedureEvidenceSequence",
)
_PARTS: Final = ("SegmentSequence", "StructureSetROISequence")
_UNNAMED: Final = frozenset(["segment", "segmentation", "label", "roi", "mask", "contour", "annotation", "structure"])
"""Words of labels that programs give when nobody names a part."""


class _Part(NamedTuple):
    """One segment or region of interest."""

    number: int
    label: str
    """Its own name, in plain words."""
    meaning: str
    """What it is by its code, in plain words; empty without."""


def region_specs(case: Case, region: Region) -> list[tuple[Mapping[str, object], Path]]:
    """Give what the viewer needs to read a region: a table and the folder that its file lies in, for each part.

    Raises
    ------
    SeriesUnavailableError
        For a region of the archive: its file is not on this machine, none of them refers to the region's series,
        or no part of it bears one of the region's names.
    """
    wanted, names = region.spec.get("annotation"), region.spec.get("names")
    if not isinstance(wanted, list) or not isinstance(names, list):
        return [(region.spec, case.folder)]
    file = _file(case, region, wanted)
    if region.spec["kind"] == "sr":  # it has no parts: all that it draws is the region
        return [({**region.spec, "file": file.name}, file.parent)]
    key = "segment" if region.spec["kind"] == "seg" else "roi"
    numbers = _chosen(_drawn(file)[1], {_plain(str(name)) for name in names})
    if not numbers:
        raise SeriesUnavailableError(f"{region.name}: {file.name} holds no part of that name. It is left out.")
    return [({**region.spec, "file": file.name, key: number}, file.parent) for number in numbers]


def _file(case: Case, region: Region, wanted: list[str]) -> Path:
    uid = next((one.archive.uid for one in case.series if one.id == region.series and one.archive), "")
    offered = [one.archive for one in case.annotations if one.id in wanted and one.archive.on_machine]
    if not offered:
        raise SeriesUnavailableError(f"{region.name}: its outline is not on this machine. Download the case again.")
    files = [file for one in offered for file in sorted(one.folder.glob("*.dcm"))]
    found = [file for file in files if uid in _drawn(file)[0]]
    if len(found) != 1:
        message = f"{region.name}: {len(found)} of {len(files)} files refer to its series, expected 1. It is left out."
        raise SeriesUnavailableError(message)
    return found[0]


def _chosen(parts: Sequence[_Part], names: set[str]) -> list[int]:
    """Choose the parts that bear a name; else those described by one; else the only one, if it has no name at all."""
    exact = [part.number for part in parts if part.label in names]
    worded = [part.number for part in parts if set(f"{part.label} {part.meaning}".split()) & names]
    unnamed = [part.number for part in parts if all(word in _UNNAMED or word.isdigit() for word in part.label.split())]
    return exact or worded or (unnamed if len(parts) == 1 else [])


def _plain(label: str) -> str:
    return " ".join(re.findall(r"[a-z]+|\d+", label.casefold()))


@lru_cache(maxsize=256)
def _drawn(file: Path) -> tuple[frozenset[str], tuple[_Part, ...]]:
    """Give the Series Instance UIDs that a SEG or RTSTRUCT refers to, and its parts.

    References
    ----------
    PS3.3 C.12.4 (Common Instance Reference), C.8.8.5 (Structure Set), C.8.20.2 (Segmentation Image).
    """
    try:
        header = dcmread(file, stop_before_pixels=True, specific_tags=[*_REFERENCES, *_PARTS])
        series = frozenset(uid for name in _REFERENCES for item in header.get(name) or () for uid in _uids(item))
        return series, tuple(part for name in _PARTS for item in header.get(name) or () for part in _part(item))
    except (InvalidDicomError, OSError, ValueError, KeyError, NotImplementedError, AttributeError, TypeError):
        return frozenset(), ()


def _part(item: Dataset) -> Iterator[_Part]:
    if "SegmentNumber" in item:
        types = item.get("SegmentedPropertyTypeCodeSequence") or ()
        meaning = " ".join(str(one.get("CodeMeaning", "")) for one in types)
        yield _Part(int(item.SegmentNumber), _plain(str(item.get("SegmentLabel", ""))), _plain(meaning))
    elif "ROINumber" in item:
        yield _Part(int(item.ROINumber), _plain(str(item.get("ROIName", ""))), "")


def _uids(item: Dataset) -> Iterator[str]:
    """Walk through studies, frames of reference and series; identifiers of instances do not count."""
    if uid := item.get("SeriesInstanceUID"):
        yield str(uid)
    for name in ("ReferencedSeriesSequence", "RTReferencedStudySequence", "RTReferencedSeriesSequence"):
        for inner in item.get(name) or ():
            yield from _uids(inner)
