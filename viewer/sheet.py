"""From regions to one picture on which a person can check, case by case, that each outline lies on its finding.

One tile a region: the image of its centre, windowed as the case opens it, with the outline. For makers of cases:
learners never see it, and the browser draws its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

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


def contact_sheet(tiles: Sequence[Tile], across: int = 4) -> Image.Image:
    """Draw the tiles in rows.

    Raises
    ------
    DecodeError
        When an image cannot be decoded.
    """
    sheet = Image.new("RGB", (across * TILE, max(1, ceil(len(tiles) / across)) * (TILE + 20)))
    for number, tile in enumerate(tiles):
        at = (number % across * TILE, number // across * (TILE + 20))
        sheet.paste(_draw(tile), at)
        ImageDraw.Draw(sheet).text((at[0] + 4, at[1] + TILE + 3), tile.title, fill="white")
    return sheet


def _draw(tile: Tile) -> Image.Image:
    series, centre = tile.region.series, tile.region.centre
    frame = centre["frame"] if centre["space"] == "image" else nearest_frame(series, centre["point"])
    values = frame_values(series, frame)
    if series.samples == 1:
        values = grey(values, tile.window, inverted=series.photometric == "MONOCHROME1")
    between_rows, between_columns = series.pixel_spacing_mm or (1.0, 1.0)
    size = np.array([series.columns * between_columns, series.rows * between_rows])
    width, height = (int(side) for side in np.maximum(1, size * TILE / size.max()))
    image = Image.fromarray(values).convert("RGB").resize((width, height))
    scale = np.array([width / series.columns, height / series.rows])
    pen = ImageDraw.Draw(image)
    for outline in tile.region.outlines():
        if outline["frame"] == frame and outline["label"] == tile.region.label:
            points = [(float(x), float(y)) for x, y in (np.array(outline["points"]) + 0.5) * scale]
            pen.line([*points, points[0]], fill=_GREEN, width=2)
    return image
