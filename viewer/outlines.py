"""From readers' outlines in a JSON file of a case to pixels, by how many readers agree.

One convention: an outline belongs to the frame in whose plane it was drawn; one a tenth of the distance to the next
frame off is refused.

It knows of no other kind of region (``viewer.regions`` does).
"""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from viewer import GeometryError, RegionError
from viewer.contours import Mask, Points, polygon_mask
from viewer.geometry import nearest_frame, patient_to_index

if TYPE_CHECKING:
    from viewer.series import Series

Outline = dict[str, Any]

# A contour belongs to the frame it was drawn on; positions are written to 0.001 mm, and a tenth of the
# distance to the next frame can neither reach that frame nor be rounding.
_ON_FRAME_SHARE: Final = 0.1
_MAX_FILE_BYTES: Final = 16 << 20


def contour_masks(
    spec: Mapping[str, object], folder: Path, series: "Series", where: str
) -> tuple[dict[int, Mask], tuple[Outline, ...]]:
    """Give the pixels inside the outlines of at least ``agreement`` readers, and the outlines."""
    readers = _read_contours(spec, folder, where)
    agreement = spec.get("agreement", 1)
    if not isinstance(agreement, int) or not 1 <= agreement <= len(readers):
        message = f"{where}: agreement is {agreement!r}, expected 1 to {len(readers)}, the number of readers."
        raise RegionError(message, reason="bad-region")
    votes: dict[int, np.ndarray[Any, np.dtype[np.int16]]] = {}
    drawn: list[Outline] = []
    for number, reader in enumerate(readers):
        label = str(reader.get("name", f"Reader {number + 1}"))
        masks, outlines = _reader_masks(reader, series, f"{where}, {label}")
        drawn += [{**outline, "label": label} for outline in outlines]
        for frame, mask in masks.items():
            votes[frame] = votes.get(frame, np.zeros(mask.shape, dtype=np.int16)) + mask
    return {frame: count >= agreement for frame, count in votes.items()}, tuple(drawn)


def _read_contours(spec: Mapping[str, object], folder: Path, where: str) -> list[Mapping[str, Any]]:
    name = str(spec.get("file", ""))
    path = folder / name
    try:
        inside = path.resolve(strict=True).is_relative_to(folder.resolve()) and path.is_file()
        if not inside or path.stat().st_size > _MAX_FILE_BYTES:
            limit = _MAX_FILE_BYTES >> 20
            message = f"{where}: file {name!r}, expected one in the case folder, below {limit} MiB."
            raise RegionError(message, reason="bad-region")
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        message = f"{where}: file {name!r} cannot be read as JSON ({type(error).__name__})."
        raise RegionError(message, reason="bad-region") from error
    readers = content.get("readers") if isinstance(content, dict) else None
    if not isinstance(readers, list) or not readers or not all(isinstance(reader, dict) for reader in readers):
        message = f'{where}: file {name!r} holds no "readers", expected a list of them.'
        raise RegionError(message, reason="bad-region")
    return readers


def _reader_masks(reader: Mapping[str, Any], series: "Series", where: str) -> tuple[dict[int, Mask], list[Outline]]:
    """Give one reader's pixels by frame; an outline with ``"inclusion": false`` is cut out of the others."""
    added: dict[int, Mask] = {}
    cut: dict[int, Mask] = {}
    outlines: list[Outline] = []
    contours = reader.get("contours")
    if not isinstance(contours, list) or not contours:
        message = f'{where}: no "contours", expected a list of outlines.'
        raise RegionError(message, reason="bad-region")
    for contour in contours:
        points = contour.get("points") if isinstance(contour, dict) else None
        if not isinstance(points, list) or not points:
            message = f'{where}: an outline without "points".'
            raise RegionError(message, reason="bad-region")
        frame, pixels = _on_frame([finite_numbers(point, 3, where, "points") for point in points], series, where)
        mask = polygon_mask(pixels, series.rows, series.columns)
        target = cut if contour.get("inclusion") is False else added
        target[frame] = target.get(frame, np.zeros_like(mask)) | mask
        rounded = [[round(float(x), 3), round(float(y), 3)] for x, y in pixels]
        outlines.append({"frame": frame, "points": rounded, "closed": True})
    return {frame: mask & ~cut.get(frame, np.zeros_like(mask)) for frame, mask in added.items()}, outlines


def _on_frame(points: Sequence[Sequence[float]], series: "Series", where: str) -> tuple[int, Points]:
    """Give the frame that an outline was drawn on, and its points as (column, row)."""
    try:
        frame = nearest_frame(series, points[0])
        placed = patient_to_index(series, np.array(points), frame)
    except GeometryError as error:
        message = f"{where}: outlines in patient space need a series with positions and spacing ({error})"
        raise RegionError(message, reason="bad-region") from error
    limit = _ON_FRAME_SHARE * (series.slice_spacing_mm or series.slice_thickness_mm or 1.0)
    off = float(np.abs(placed[:, 2]).max())
    if off > limit:
        message = f"{where}: an outline {off:.2f} mm off the nearest frame, expected at most {limit:.2f} mm."
        raise RegionError(message, reason="region-outside-image")
    return frame, placed[:, :2]


def finite_numbers(value: object, count: int, where: str, key: str) -> list[float]:
    """Check a list of finite numbers."""
    valid = isinstance(value, Sequence) and not isinstance(value, str) and len(value) == count
    if not valid or not isinstance(value, Sequence):
        message = f"{where}: {key} is {value!r}, expected {count} numbers."
        raise RegionError(message, reason="bad-region")
    numbers = [float(part) if type(part) in (int, float) else math.nan for part in value]
    if not all(math.isfinite(number) for number in numbers):
        message = f"{where}: {key} is {value!r}, expected {count} finite numbers."
        raise RegionError(message, reason="bad-region")
    return numbers
