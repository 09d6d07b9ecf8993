"""Regions as experts drew them in an archive: several parts that are one answer, or outlines in a report.

Each metastasis may be a segment of its own, and marking any of them is right.

One convention: the parts lie in one series and bear one name; their voxels are put together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.regions import Region, read_region

if TYPE_CHECKING:
    from viewer.series import Series


def read_joined(parts: Sequence[tuple[Mapping[str, object], Path]], series: "Series") -> Region:
    """Read the parts of a region as one.

    Parameters
    ----------
    parts : sequence of (mapping, Path)
        Each part as :func:`viewer.regions.read_region` takes it: its table and the folder that its file lies in.

    Raises
    ------
    RegionError
        When a part cannot be read.
    """
    first, *others = [_read(spec, folder, series) for spec, folder in parts]
    masks = dict(first.masks)
    for part in others:
        for frame, mask in part.masks.items():
            masks[frame] = masks[frame] | mask if frame in masks else mask
    return replace(first, masks=masks, drawn=tuple(outline for part in (first, *others) for outline in part.drawn))


def _read(spec: Mapping[str, object], folder: Path, series: "Series") -> Region:
    if spec.get("kind") != "sr":
        return read_region(spec, folder, series)
    # Reports are read only by cases that have one.
    from viewer.reports import report_masks

    name = str(spec.get("name", ""))
    masks = report_masks(folder / str(spec.get("file", "")), series, f"region {name!r}")
    return Region(name, str(spec.get("label", name)), str(spec.get("series", "")), series, masks)
