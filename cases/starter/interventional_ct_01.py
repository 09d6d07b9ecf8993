"""A cropped abdominal CT volume with an aortic stent graft, and outlines of the sac drawn for teaching.

The volume is a bare array: axis order (slice, row, column), slices to the head, rows to the back, columns to
the patient's left, as the anatomy shows. It has no spacing, and its values have 33 levels 62.5 apart.
"""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from cases.starter.dicom import HTJ2K_LOSSLESS, write
from cases.starter.nifti import Volume
from cases.starter.packages import Archive, Package
from cases.starter.recipe import Origin, Recipe, write_outlines
from cases.starter.volume import ct_slices

SLUG = "interventional-ct-01"
PACKAGE = Package(
    registry="PyPI",
    name="imageio",
    version="2.3.0",
    file="imageio-2.3.0-py2.py3-none-any.whl",
    sha256="0f8281453c74433fcf4c7a1cf36801e6da9a4ba3117799fffd5a4db7d745e1b7",
)
MEMBER = "imageio/resources/images/stent.npz"

SAC = (
    (70, 64.5, 35, 36, 30, 61.5, 48.5, 23, 12),
    (75, 66.5, 35, 39, 37, 62, 47.5, 21, 11),
    (80, 68, 33.5, 42, 39, 63.5, 46.5, 20, 10.5),
    (85, 70, 34, 42, 41, 65, 46, 18.5, 9.5),
    (90, 71, 34, 43, 42, 66.5, 45.5, 18.5, 9.5),
    (100, 72, 36, 47, 42, 69, 46, 18, 10),
    (110, 72, 38, 48, 43, 70, 46.5, 18, 11),
    (132, 73, 38, 46, 41, 73.5, 48.5, 18, 13),
    (150, 75, 37, 41, 39, 76, 51, 17, 15),
    (158, 75, 36.5, 38, 38, 76, 51, 17, 14),
    (165, 74.5, 35, 35.5, 36, 76.5, 52.5, 16.5, 14),
)
"""Slice; ellipse along the calcified wall; ellipse round the graft. Each ellipse: centre column and row, half axes."""
CORNERS = 72
"""Vertices of a drawn ellipse: less than 0.05 pixels from its curve here."""


def make(archives: Mapping[str, Archive], folder: Path) -> None:
    """Write the 256 slices and the outlines of the sac."""
    with np.load(BytesIO(archives[PACKAGE.name].read(MEMBER)), allow_pickle=False) as file:
        volume = Volume(values=file["arr_0"], to_patient=np.eye(4))
    slices = ct_slices(
        SLUG,
        volume,
        study="CT ABDOMEN",
        series="Axial",
        derivation="Made from a cropped array of values; spacing 1 mm assumed, not known",
    )
    for number, new in enumerate(slices, 1):
        new.BodyPartExamined = "ABDOMEN"  # visible
        new.RescaleType = "US"  # unspecified: nothing says that the values are HU (PS3.3 C.11.1.1.2)
        write(new, folder / "dicom" / "ct" / f"{number:04d}.dcm", syntax=HTJ2K_LOSSLESS)
    write_outlines(folder, "sac", _sac())


def _sac() -> dict[str, Any]:
    """Outline the sac on every slice of the table's range, the graft left out, in LPS mm."""
    table = np.array(SAC, float)
    contours: list[dict[str, Any]] = []
    for k in range(int(table[0, 0]), int(table[-1, 0]) + 1):
        numbers = [float(np.interp(k, table[:, 0], table[:, column])) for column in range(1, 9)]
        contours.append({"points": _ellipse(numbers[:4], k)})
        contours.append({"points": _ellipse(numbers[4:], k), "inclusion": False})
    return {"readers": [{"name": "Drawn for teaching", "contours": contours}]}


def _ellipse(numbers: list[float], k: int) -> list[list[float]]:
    """Give the corners of an ellipse; what lies in front of the cropped volume is cut off."""
    column, row, half_width, half_height = numbers
    angles = np.linspace(0.0, 2 * np.pi, CORNERS, endpoint=False)
    points = zip(column + half_width * np.cos(angles), row + half_height * np.sin(angles), strict=True)
    return [[round(float(x), 2), round(max(float(y), -0.5), 2), float(k)] for x, y in points]


ORIGIN = Origin(
    source=(
        "Sample volume stent.npz of imageio, a package that reads and writes images; it describes the volume as "
        "showing a stented abdominal aorta. Where it comes from is not stated."
    ),
    members=MEMBER,
    licence="BSD-2-Clause",
    licence_url="https://opensource.org/license/bsd-2-clause",
    citation="imageio 2.3.0, sample volume stent.npz.",
    attribution=(
        "imageio 2.3.0, copyright 2014-2018 imageio contributors, BSD-2-Clause. Changed as listed in SOURCE.md. The "
        "package carries no licence file; the conditions are: Redistribution and use in source and binary forms, "
        "with or without modification, are permitted provided that the following conditions are met: "
        "(1) Redistributions of source code must retain the above copyright notice, this list of conditions and "
        "the following disclaimer. (2) Redistributions in binary form must reproduce the above copyright notice, "
        "this list of conditions and the following disclaimer in the documentation and/or other materials provided "
        'with the distribution. THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND '
        "ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF "
        "MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT "
        "HOLDER OR CONTRIBUTORS BE LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR "
        "CONSEQUENTIAL DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR SERVICES; LOSS "
        "OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER CAUSED AND ON ANY THEORY OF LIABILITY, "
        "WHETHER IN CONTRACT, STRICT LIABILITY, OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY "
        "OUT OF THE USE OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE."
    ),
    changes=(
        "Made CT images from a bare array of 256 x 128 x 128 values; the values are as they were. New UIDs; Patient "
        f"Name and ID are {SLUG}. Recorded as a derived image.",
        "Directions read from the anatomy: slices to the head, rows to the back, columns to the patient's left. "
        "The origin of the coordinates is arbitrary.",
        "Spacing of 1 mm in every direction assumed. Rescale Type is unspecified, not HU.",
        "Compressed without loss as HTJ2K.",
        "Outlines of the sac drawn as ellipses on 11 slices, interpolated between them, the graft left out.",
    ),
    flags=(
        "The volume has no spacing: sizes in mm mean nothing here.",
        "Values are cut off at 0 and 2000 and come in steps of 62.5: fat and gas cannot be told from blood, and "
        "weak enhancement cannot be excluded.",
        "Age, sex, device, date of the procedure and earlier examinations are not stated, nor whether there is a "
        "leak; the indication is written for teaching.",
        "The volume is cropped; the front of the sac lies outside it.",
        "The region is drawn from the visible finding and not verified by an expert.",
    ),
    notices=(("imageio", "imageio-2.3.0.dist-info/METADATA"),),
)

RECIPE = Recipe(slug=SLUG, packages=(PACKAGE,), origin=ORIGIN, make=make)
