"""Nothing is written into the images: text recognition reads them, and reads a name where one is painted in.

Every image of series up to 30, and the first, middle and last of longer ones. Allowed are side and view markers of
radiographs and mammograms: they say how the patient stood and nothing of who it is.
"""

import csv
import io
import os
import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial, reduce
from pathlib import Path
from shutil import which

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont, ImageOps
from pydicom import dcmread

LIBRARY = Path(__file__).parents[2] / "cases" / "library"
SERIES = sorted(folder.relative_to(LIBRARY).as_posix() for folder in LIBRARY.glob("*/dicom/*"))
MARKERS = {"RCC", "LCC", "RMLO", "LMLO", "MLO"}
PROJECTIONS = {"cr", "xa", "r-cc", "l-cc", "r-mlo", "l-mlo"}
NAME = "DOE JANE 1970"
SIDE = 1024
"""Longer side of a sheet in pixels: letters that a person could read are then tall enough for the recogniser."""


def frames(series: str) -> Iterator[np.ndarray]:
    """Give the images that are read, as grey levels from 0 to 255 over the range that holds nearly all values."""
    files = sorted((LIBRARY / series).glob("*.dcm"))
    for path in files if len(files) <= 30 else [files[0], files[len(files) // 2], files[-1]]:
        values = dcmread(path).pixel_array.astype(float)
        runs = values if values.ndim == 3 else values[None]
        for image in runs if len(runs) <= 30 else runs[[0, len(runs) // 2, -1]]:
            low, high = np.percentile(image, (0.5, 99.5))
            yield (np.clip((image - low) / max(high - low, 1), 0, 1) * 255).astype(np.uint8)


@cache
def sheets(series: str) -> tuple[Image.Image, ...]:
    """Lay small images four to a sheet, and bring large ones to the size of one."""
    found = [Image.fromarray(image) for image in frames(series)]
    many = 2 if max(found[0].size) <= SIDE // 2 and len(found) > 1 else 1
    made = []
    for first in range(0, len(found), many * many):
        sheet = Image.new("L", (SIDE, SIDE))
        for n, image in enumerate(found[first : first + many * many]):
            part = SIDE // many
            scale = part / max(image.size)
            size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
            sheet.paste(image.resize(size, Image.Resampling.BICUBIC), (n % many * part, n // many * part))
        made.append(sheet)
    return tuple(made)


def strokes(sheet: Image.Image, *, dark: bool) -> Image.Image:
    """Keep what is thinner than a letter's stroke and stands out from around it, as black on white."""
    bright = np.asarray(ImageOps.invert(sheet) if dark else sheet)
    around = extreme(extreme(bright, np.minimum), np.maximum)
    return Image.fromarray(np.where(bright - around > 90, 0, 255).astype(np.uint8))


def extreme(grey: np.ndarray, of: np.ufunc) -> np.ndarray:
    """Give the least or greatest of the 9 × 9 pixels around each: down the columns, then along the rows."""
    for _ in range(2):
        padded = np.pad(grey, ((4, 4), (0, 0)), mode="edge")
        grey = reduce(of, (padded[n : n + len(grey)] for n in range(9))).T
    return grey


def read_words(series: str, sheet: Image.Image) -> set[str]:
    """Words of three or more letters or digits that the recogniser is sure of, bright ones and dark ones."""
    # Behind slices the air is black; only a projection has places bright enough for dark letters.
    polarities = (False, True) if series.rpartition("/")[2] in PROJECTIONS else (False,)
    return {word for dark in polarities for word in recognised(strokes(sheet, dark=dark))}


def recognised(page: Image.Image) -> Iterator[str]:
    stream = io.BytesIO()
    page.save(stream, "PNG", compress_level=1)
    done = subprocess.run(
        ["tesseract", "-", "-", "--psm", "11", "--dpi", "100", "-c", "tessedit_do_invert=0", "tsv"],
        input=stream.getvalue(),
        capture_output=True,
        check=True,
        env={**os.environ, "OMP_THREAD_LIMIT": "1"},
    )
    rows = csv.DictReader(io.StringIO(done.stdout.decode()), delimiter="\t", quoting=csv.QUOTE_NONE)
    for row in rows:
        if float(row["conf"]) >= 60:
            yield from re.findall(r"[A-Za-z]{3,}|\d{3,}", row["text"])


@pytest.fixture(scope="module", autouse=True)
def recogniser() -> None:
    if which("tesseract") is None:
        pytest.fail("tesseract is not on the PATH: `make test` installs it.")


def painted(sheet: Image.Image) -> Image.Image:
    """Write a name into a corner, in letters of a fortieth of the image, bright on dark or dark on bright."""
    copy, size = sheet.copy(), SIDE // 40
    behind = np.asarray(sheet)[size : 3 * size, size : 10 * size].mean()
    font = ImageFont.load_default(size=size)
    ImageDraw.Draw(copy).text((size, size), NAME, fill=255 if behind < 128 else 0, font=font)
    return copy


@pytest.mark.parametrize("series", SERIES)
def test_no_text_is_read_in_an_image_but_side_and_view_markers(series):
    with ThreadPoolExecutor(2) as pool:
        words = set().union(*pool.map(partial(read_words, series), sheets(series)))
    assert words - MARKERS == set()


@pytest.mark.parametrize("series", SERIES)
def test_a_name_painted_into_the_image_is_read(series):
    assert read_words(series, painted(sheets(series)[0])) & set(NAME.split())
