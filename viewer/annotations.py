"""What an accompanying object draws on images, as outlines of frames; the seam to everything that draws.

One convention: points are (column, row) of pixel centres. DICOM counts from the corner of the first pixel instead
(PS3.3 C.10.5.1.2, C.18.6.1.2), which is half a pixel before its centre.

It reads no file but through ``viewer.presentation``, ``report`` and ``overlays``.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from viewer import RegionError
from viewer.contours import Mask, Points, polygon_mask

if TYPE_CHECKING:
    from viewer.series import Series

_CURVE_STEPS: Final = 72
_BETWEEN_POINTS: Final = 8


@dataclass(frozen=True, slots=True)
class Annotation:
    """One figure on one frame."""

    frame: int
    """Zero-based, in reading order."""
    points: tuple[tuple[float, float], ...]
    """(column, row) of pixel centres; a single one is a point."""
    closed: bool
    """Whether it encloses an area."""
    label: str
    """What it is called: tracking identifier, text, overlay label."""
    measured: str = ""
    """What was measured, as text with units; empty for nothing."""

    def outline(self) -> dict[str, Any]:
        """Give it as :meth:`viewer.regions.Region.outlines` does."""
        points = [[round(x, 3), round(y, 3)] for x, y in self.points]
        label = f"{self.label}: {self.measured}" if self.measured else self.label
        return {"frame": self.frame, "points": points, "closed": self.closed, "label": label}


def read_annotations(path: Path, series: "Series", where: str) -> tuple[Annotation, ...]:
    """Read what a presentation state, a structured report or an image's overlays draw on a series.

    Raises
    ------
    RegionError
        When the file is none of these, is damaged, or belongs to other images.
    """
    from viewer import overlays, presentation, report
    from viewer.objects import sop_class

    if state := presentation.presentation_of(path, series, where):
        return state.annotations
    if sop_class(path, where) in report.SOP_CLASSES:
        return report.read_report(path, series, where)
    found = overlays.read_overlays(path, series, where)
    if not found:
        message = f"{where}: {path.name} is no presentation state or report and has no overlay. Name another file."
        raise RegionError(message, reason="bad-region")
    return found


def annotation_masks(annotations: tuple[Annotation, ...], series: "Series") -> dict[int, Mask]:
    """Give the pixels inside the closed figures by frame; of lines and points, the pixels that they touch."""
    masks: dict[int, Mask] = {}
    closed = [one for one in annotations if one.closed]
    for one in closed or annotations:
        points = np.array(one.points)
        inside = polygon_mask(points, series.rows, series.columns) if one.closed else _touched(points, series)
        masks[one.frame] = masks[one.frame] | inside if one.frame in masks else inside
    return masks


def _touched(points: Points, series: "Series") -> Mask:
    mask = np.zeros((series.rows, series.columns), dtype=np.bool_)
    for start, end in zip(points, points[1:] if len(points) > 1 else points, strict=False):
        steps = 2 + 2 * int(np.abs(end - start).max())
        i, j = np.rint(np.linspace(start, end, steps)).astype(int).T
        there = (i >= 0) & (i < series.columns) & (j >= 0) & (j < series.rows)
        mask[j[there], i[there]] = True
    return mask


def figure(kind: str, points: Points) -> tuple[Points, bool]:
    """Turn the points of a DICOM graphic into a line to draw, and tell whether it is closed (C.10.5.1.2, C.18.6.1.1).

    Parameters
    ----------
    kind : str
        Graphic Type (0070,0023): POINT, MULTIPOINT, POLYLINE, POLYGON, INTERPOLATED, CIRCLE or ELLIPSE.
    points : (n, 2) or (n, 3)
        In any coordinates.

    Raises
    ------
    ValueError
        When the points do not make such a figure.
    """
    if kind == "CIRCLE" and len(points) == 2:
        return _ellipse(points[0], points[1] - points[0], _across(points[1] - points[0])), True
    if kind == "ELLIPSE" and len(points) == 4:
        # The ends of the long axis, then those of the short one.
        return _ellipse(points[:2].mean(axis=0), (points[1] - points[0]) / 2, (points[3] - points[2]) / 2), True
    if kind == "INTERPOLATED" and len(points) > 2:
        ring = bool(np.allclose(points[0], points[-1]))
        return _curve(points, closed=ring), ring
    if kind in ("POINT", "MULTIPOINT", "POLYLINE", "POLYGON", "INTERPOLATED") and len(points):
        ring = kind == "POLYGON" or (kind != "MULTIPOINT" and len(points) > 3 and np.allclose(points[0], points[-1]))
        return points[:-1] if len(points) > 3 and np.allclose(points[0], points[-1]) else points, bool(ring)
    raise ValueError(f"{kind or 'no graphic type'} of {len(points)} points")


def _across(vector: Points) -> Points:
    if len(vector) != 2:
        raise ValueError("a circle in space has no plane")
    return np.array([-vector[1], vector[0]])


def _ellipse(centre: Points, first: Points, second: Points) -> Points:
    angles = np.linspace(0, 2 * np.pi, _CURVE_STEPS, endpoint=False)[:, None]
    ring: Points = centre + np.cos(angles) * first + np.sin(angles) * second
    return ring


def _curve(points: Points, *, closed: bool) -> Points:
    """Give a smooth line through points (Catmull-Rom); the standard leaves its kind open."""
    inner = points[:-1] if closed else points
    before = np.roll(inner, 1, axis=0) if closed else np.vstack([inner[:1], inner[:-1]])
    after = np.roll(inner, -1, axis=0) if closed else np.vstack([inner[1:], inner[-1:]])
    later = np.roll(inner, -2, axis=0) if closed else np.vstack([inner[2:], inner[-1:], inner[-1:]])
    t = np.linspace(0, 1, _BETWEEN_POINTS, endpoint=False)[None, :, None]
    p0, p1, p2, p3 = (part[:, None] for part in (before, inner, after, later))
    smooth = 0.5 * (
        2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3
    )
    line: Points = smooth.reshape(-1, points.shape[1])
    return line if closed else np.vstack([line[: -_BETWEEN_POINTS + 1], points[-1:]])
