"""A head MR volume of a radiomics package's test data, with its label and what the label leaves out."""

import json
from collections.abc import Mapping
from pathlib import Path

from cases.starter.dicom import HTJ2K_LOSSLESS, write
from cases.starter.mr import mr_slices
from cases.starter.nrrd import read_nrrd
from cases.starter.packages import Archive, Package
from cases.starter.recipe import Origin, Recipe
from cases.starter.volume import axial, mask_outlines

SLUG = "neuro-mr-02"
PACKAGE = Package(
    registry="PyPI",
    name="pyradiomics",
    version="3.0.1",
    file="pyradiomics-3.0.1.tar.gz",
    sha256="47c57f441d6cb7973fa3b2ea48d3948df78e3348e1c69e1e2ff19001601fc2f5",
)
IMAGE = "pyradiomics-3.0.1/data/brain2_image.nrrd"
LABEL = "pyradiomics-3.0.1/data/brain2_label.nrrd"
FIRST_SLICE = 5
"""Lowest slice that is kept, from 0: those below show the face."""
DRAWN_SLICE = 7
DRAWN = ((208, 77), (216, 77), (220, 86), (225, 92), (223, 100), (212, 102), (203, 98), (203, 90), (208, 86))
"""What shows one slice below the label, outlined for teaching: (column, row) of pixel centres, rows reversed."""


def make(archives: Mapping[str, Archive], folder: Path) -> None:
    """Write 18 slices and the outline of the label."""
    image, label = (axial(read_nrrd(archives[PACKAGE.name].read(member))) for member in (IMAGE, LABEL))
    slices = mr_slices(
        SLUG,
        image,
        first=FIRST_SLICE,
        study="MR HEAD",
        series="Axial, every 6.5 mm",
        derivation="Rows reversed to run from front to back; the 5 lowest slices are not kept",
    )
    for new in slices:
        write(new, folder / "dicom" / "mr" / f"{new.InstanceNumber:04d}.dcm", syntax=HTJ2K_LOSSLESS)
    outlines = mask_outlines(label.values > 0, label.to_patient, "Label of the package")
    points = [label.to_patient @ [column, row, DRAWN_SLICE, 1] for column, row in DRAWN]
    drawn = {"points": [[round(float(number), 4) for number in point[:3]] for point in points]}
    outlines["readers"].append({"name": "Drawn for teaching, below the label", "contours": [drawn]})
    path = folder / "regions" / "label.json"
    path.parent.mkdir()
    path.write_text(json.dumps(outlines, separators=(",", ":")) + "\n", encoding="utf-8", newline="\n")


ORIGIN = Origin(
    source=(
        "Test data of PyRadiomics 3.0.1: head MR volume brain2 and its label. The package does not say whose "
        "images these are or who drew the label."
    ),
    members=f"{IMAGE}; {LABEL}",
    licence="BSD-3-Clause",
    licence_url="https://opensource.org/license/bsd-3-clause",
    citation=(
        "PyRadiomics 3.0.1, test data. van Griethuysen JJM, Fedorov A, Parmar C, et al. Computational "
        "radiomics system to decode the radiographic phenotype. Cancer Res 2017;77(21):e104-e107."
    ),
    attribution=(
        "PyRadiomics 3.0.1 test data, copyright 2017 Harvard Medical School, BSD-3-Clause. Changed as listed "
        "in SOURCE.md; the notice follows."
    ),
    changes=(
        "Converted from NRRD to DICOM (MR Image Storage) with headers written anew and new UIDs; Patient Name "
        f"and ID are {SLUG}. Recorded as a derived image.",
        "Rows reversed, because the volume's second axis runs from back to front; values and columns are as they were.",
        "The 5 lowest of 23 slices, which show the face, left out.",
        "Compressed without loss as HTJ2K; 12 bits stored.",
        "The label's voxels outlined along their edges, in patient coordinates in mm (LPS). One outline drawn for "
        "teaching added on the slice below, where the label stops although the finding goes on.",
    ),
    flags=(
        "The package has a licence; its images carry none of their own, and whose they are is not stated.",
        "Who drew the label, and how expertly, is not stated. No diagnosis, age, sex or history is stated.",
        "Sequence, echo and repetition time, field strength and contrast agent are not in the file: T1 weighting "
        "after contrast is read from the image. Scanning Sequence RM stands for not known.",
        "Sides rest on the orientation that the file states; a brain has no organ on one side to check it by.",
        "The indication is written for teaching.",
    ),
    notices=(("pyradiomics", "pyradiomics-3.0.1/LICENSE.txt"),),
)

RECIPE = Recipe(slug=SLUG, packages=(PACKAGE,), origin=ORIGIN, make=make)
