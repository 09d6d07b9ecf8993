"""From regions to one picture on which a person can check, case by case, that each outline lies on its finding.

One tile a region: the image of its centre, windowed as the case opens it, with the outline, and beside it the place
enlarged without one, so that the eye is not led. For makers of cases: learners never see it, and the browser draws
its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from viewer.decode import frame_values
from viewer.geometry import nearest_frame
from viewer.regions import Region
from viewer.windows import Window, grey

TILE = 420
"""Pixels of a tile's side."""
_GREEN = (61, 220, 151)


@dataclass(frozen=True, slots=True)
class Tile:
    """One region to look at."""

    title: str
    """What stands below it."""
    region: Region
    """Where the outline comes from."""
    window: Window
    """How the values are shown."""


def contact_sheet(tiles: Sequence[Tile], across: int = 2) -> Image.Image:
    """Draw the tiles in rows.

    Raises
    ------
    DecodeError
        When an image cannot be decoded.
    """
    sheet = Image.new("RGB", (across * 2 * TILE, max(1, ceil(len(tiles) / across)) * (TILE + 20)))
    for number, tile in enumerate(tiles):
        at = (number % across * 2 * TILE, number // across * (TILE + 20))
        whole, detail = _draw(tile)
        sheet.paste(whole, at)
        sheet.paste(detail, (at[0] + TILE, at[1]))
        ImageDraw.Draw(sheet).text((at[0] + 4, at[1] + TILE + 3), tile.title, fill="white")
    return sheet


def _draw(tile: Tile) -> tuple[Image.Image, Image.Image]:
    """Give the whole image with the outline, and the place of the outline without it."""
    series, centre = tile.region.series, tile.region.centre
    frame = centre["frame"] if centre["space"] == "image" else nearest_frame(series, centre["point"])
    image = Image.fromarray(_shown(tile, frame)).convert("RGB")
    between_rows, between_columns = series.pixel_spacing_mm or (1.0, 1.0)
    size = np.array([series.columns * between_columns, series.rows * between_rows])
    width, height = (int(side) for side in np.maximum(1, size * TILE / size.max()))
    whole = image.resize((width, height))
    scale = np.array([width / series.columns, height / series.rows])
    pen = ImageDraw.Draw(whole)
    # Pixel centres are whole numbers, and an image begins half a pixel before its first.
    outlines = [
        np.array(outline["points"]) + 0.5
        for outline in tile.region.outlines()
        if outline["frame"] == frame and outline["label"] == tile.region.label
    ]
    for points in outlines:
        corners = [(float(x), float(y)) for x, y in points * scale]
        pen.line([*corners, corners[0]], fill=_GREEN, width=2)
    return whole, _enlarged(image, np.concatenate(outlines))


def _shown(tile: Tile, frame: int) -> "np.ndarray[Any, Any]":
    series = tile.region.series
    values = frame_values(series, frame)
    if series.samples > 1:
        return values
    # As in the viewer: windows are in the unit of the values times their scale.
    return grey(values * series.value_scale, tile.window, inverted=series.photometric == "MONOCHROME1")


def _enlarged(image: Image.Image, points: "np.ndarray[Any, Any]") -> Image.Image:
    """Cut out a square of twice the outline's size around it."""
    low, high = points.min(axis=0), points.max(axis=0)
    (x, y), half = (low + high) / 2, max(12.0, float((high - low).max()))
    box = (x - half, y - half, x + half, y + half)
    return image.transform((TILE, TILE), Image.Transform.EXTENT, box, Image.Resampling.BICUBIC)
