"""Between outlines and pixels: what a polygon or ellipse takes in, and the outline of a set of pixels.

One convention: coordinates are (column, row) of pixel centres, so pixel (0, 0) covers -0.5 to 0.5 on both
axes.

It knows nothing of patients and millimetres (``viewer.regions`` does).
"""

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

Mask = np.ndarray[Any, np.dtype[np.bool_]]
Points = np.ndarray[Any, np.dtype[np.float64]]

# Outlines are stored to 0.001 mm: read back, a vertex on a pixel centre is off by up to about 0.002 pixels.
ON_OUTLINE_PX: Final = 0.01


def polygon_mask(points: Points, rows: int, columns: int) -> Mask:
    """Give the pixels whose centre lies strictly inside a closed polygon.

    Parameters
    ----------
    points : (n, 2) float
        (column, row) of the vertices; the last is joined to the first.
    rows, columns : int
        Size of the image.

    Returns
    -------
    (rows, columns) bool
        A pixel whose centre lies on the outline is outside: LIDC's outlines run just outside the lesion.
    """
    mask = np.zeros((rows, columns), dtype=np.bool_)
    low = np.clip(np.floor(points.min(axis=0)).astype(int), 0, None)
    high = np.minimum(np.ceil(points.max(axis=0)).astype(int) + 1, (columns, rows))
    if len(points) < 3 or np.any(low >= high):
        return mask
    shifted = points - low
    size = (int(high[1] - low[1]), int(high[0] - low[0]))
    mask[low[1] : high[1], low[0] : high[0]] = _even_odd(shifted, size) & ~_touched(shifted, size)
    return mask


def _even_odd(points: Points, size: tuple[int, int]) -> Mask:
    """Give the pixels from which a ray to the right crosses an odd number of edges; a vertex counts once."""
    starts, ends = points, np.roll(points, -1, axis=0)
    crossings = np.zeros((size[0], size[1] + 1), dtype=np.int32)
    lower, upper = np.minimum(starts[:, 1], ends[:, 1]), np.maximum(starts[:, 1], ends[:, 1])
    first = np.clip(np.ceil(lower), 0, size[0]).astype(int)
    last = np.clip(np.ceil(upper), 0, size[0]).astype(int)
    spans = last - first
    edge = np.repeat(np.arange(len(points)), spans)
    row = np.arange(spans.sum()) - np.repeat(np.cumsum(spans) - spans, spans) + first[edge]
    slope = (ends[edge, 0] - starts[edge, 0]) / (ends[edge, 1] - starts[edge, 1])
    crossing = starts[edge, 0] + (row - starts[edge, 1]) * slope
    # Columns 0 to n - 1 lie left of a crossing at n: it is counted where they end.
    np.add.at(crossings, (row, np.clip(np.ceil(crossing), 0, size[1]).astype(int)), 1)
    to_the_right = np.cumsum(crossings[:, ::-1], axis=1)[:, ::-1][:, 1:]
    inside: Mask = to_the_right % 2 == 1
    return inside


def _touched(points: Points, size: tuple[int, int]) -> Mask:
    """Give the pixels whose centre lies on an edge."""
    touched = np.zeros(size, dtype=np.bool_)
    for (ax, ay), (bx, by) in zip(points.tolist(), np.roll(points, -1, axis=0).tolist(), strict=True):
        i0, i1 = max(0, math.ceil(min(ax, bx) - ON_OUTLINE_PX)), math.floor(max(ax, bx) + ON_OUTLINE_PX) + 1
        j0, j1 = max(0, math.ceil(min(ay, by) - ON_OUTLINE_PX)), math.floor(max(ay, by) + ON_OUTLINE_PX) + 1
        if i0 >= i1 or j0 >= j1:
            continue
        x, y = np.meshgrid(np.arange(i0, i1), np.arange(j0, j1))
        length_squared = (bx - ax) ** 2 + (by - ay) ** 2
        along = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length_squared if length_squared else 0.0 * x
        along = np.clip(along, 0.0, 1.0)
        off = np.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay))
        cut = touched[j0:j1, i0:i1]
        cut |= (off <= ON_OUTLINE_PX)[: cut.shape[0], : cut.shape[1]]
    return touched


def ellipse_mask(
    centre: tuple[float, float], radii: tuple[float, float], rotation_deg: float, rows: int, columns: int
) -> Mask:
    """Give the pixels whose centre lies in or on an ellipse.

    Parameters
    ----------
    centre : (column, row)
        Pixel-centre coordinates.
    radii : (first, second)
        Half axes in pixels, along the columns' axis and the rows' before turning.
    rotation_deg : float
        From the column axis towards the row axis: clockwise as shown.
    """
    angle = math.radians(rotation_deg)
    x, y = np.meshgrid(np.arange(columns) - centre[0], np.arange(rows) - centre[1])
    first = x * math.cos(angle) + y * math.sin(angle)
    second = y * math.cos(angle) - x * math.sin(angle)
    mask: Mask = (first / radii[0]) ** 2 + (second / radii[1]) ** 2 <= 1.0
    return mask


def trace(mask: Mask) -> list[list[tuple[float, float]]]:
    """Give the outlines of a set of pixels, along the pixels' edges.

    Returns
    -------
    list of closed polygons
        (column, row) corners at half pixels; outer outlines clockwise as shown, holes the other way round.
        Pixels that touch only at a corner get outlines of their own.
    """
    leaving = _edges(mask)
    outlines = []
    while leaving:
        start = next(iter(leaving))
        outline, vertex = [start], leaving[start][0]
        leaving[start].remove(vertex)
        previous = start
        while vertex != start:
            outline.append(vertex)
            ahead = _turn(previous, vertex, leaving[vertex])
            leaving[vertex].remove(ahead)
            previous, vertex = vertex, ahead
        leaving = {vertex: ends for vertex, ends in leaving.items() if ends}
        outlines.append(_corners(outline))
    return outlines


_Vertex = tuple[int, int]


def _edges(mask: Mask) -> dict[_Vertex, list[_Vertex]]:
    """Give the edges between inside and outside by start corner, the inside to the right hand."""
    leaving: dict[_Vertex, list[_Vertex]] = {}
    padded = np.pad(mask, 1)
    # Of a large organ most pixels have all their neighbours, and no edge.
    within = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    for row, column in zip(*(indices.tolist() for indices in np.nonzero(mask & ~within)), strict=True):
        corners = ((column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1))
        beside = (
            padded[row, column + 1],
            padded[row + 1, column + 2],
            padded[row + 2, column + 1],
            padded[row + 1, column],
        )
        for number, inside in enumerate(beside):
            if not inside:
                leaving.setdefault(corners[number], []).append(corners[(number + 1) % 4])
    return leaving


def _turn(previous: _Vertex, vertex: _Vertex, ends: Sequence[_Vertex]) -> _Vertex:
    """Choose the next edge: where two pixels touch at a corner, the one that stays with the same pixel."""
    if len(ends) == 1:
        return ends[0]
    dx, dy = vertex[0] - previous[0], vertex[1] - previous[1]
    # Clockwise round a pixel with rows running down, a right turn takes (dx, dy) to (-dy, dx).
    right = (vertex[0] - dy, vertex[1] + dx)
    return right if right in ends else ends[0]


def _corners(outline: list[_Vertex]) -> list[tuple[float, float]]:
    """Drop the vertices inside a straight run, and move from corner numbers to pixel coordinates."""
    kept = []
    for number, vertex in enumerate(outline):
        before, after = outline[number - 1], outline[(number + 1) % len(outline)]
        straight = (vertex[0] - before[0], vertex[1] - before[1]) == (
            after[0] - vertex[0],
            after[1] - vertex[1],
        )
        if not straight:
            kept.append((vertex[0] - 0.5, vertex[1] - 0.5))
    return kept
