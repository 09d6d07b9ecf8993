"""What the two chest CTs of PyRadiomics' test data have in common: package, images, outline, origin."""

import json
from collections.abc import Mapping
from pathlib import Path

from cases.starter.dicom import HTJ2K_LOSSLESS, write
from cases.starter.nrrd import read_nrrd
from cases.starter.packages import Archive, Package
from cases.starter.recipe import Origin
from cases.starter.volume import axial, ct_slices, mask_outlines

PACKAGE = Package(
    registry="PyPI",
    name="pyradiomics",
    version="3.0.1",
    file="pyradiomics-3.0.1.tar.gz",
    sha256="47c57f441d6cb7973fa3b2ea48d3948df78e3348e1c69e1e2ff19001601fc2f5",
)
DATA = "pyradiomics-3.0.1/data"


def make_chest(slug: str, scan: str, region: str, archives: Mapping[str, Archive], folder: Path) -> None:
    """Write the slices of one scan (``lung1`` or ``lung2``) and the outline of its label."""
    archive = archives[PACKAGE.name]
    image = axial(read_nrrd(archive.read(f"{DATA}/{scan}_image.nrrd")))
    label = axial(read_nrrd(archive.read(f"{DATA}/{scan}_label.nrrd")))
    slices = ct_slices(
        slug,
        image,
        study="CT CHEST",
        series="Axial, slices 5 mm apart",
        derivation="Made from an NRRD volume; values within -1024 to 3071 HU kept as they are",
        body_part="CHEST",
    )
    for number, new in enumerate(slices, 1):
        write(new, folder / "dicom" / "ct" / f"{number:04d}.dcm", syntax=HTJ2K_LOSSLESS)
    outline = mask_outlines(label.values == 1, image.to_patient, "Package label")
    path = folder / "regions" / f"{region}.json"
    path.parent.mkdir()
    path.write_text(json.dumps(outline, separators=(",", ":")) + "\n", encoding="utf-8", newline="\n")


def origin(slug: str, scan: str) -> Origin:
    """Say where one scan comes from."""
    return Origin(
        source=(
            f"Scan {scan} of the test data in the source archive of PyRadiomics, a package that computes features "
            "of outlined lesions. Where the images come from and who drew the label is not stated."
        ),
        members=f"{DATA}/{scan}_image.nrrd; {DATA}/{scan}_label.nrrd",
        licence="BSD-3-Clause",
        licence_url="https://opensource.org/license/bsd-3-clause",
        citation=(
            f"PyRadiomics 3.0.1, test data ({scan}). van Griethuysen JJM, Fedorov A, Parmar C, et al. Computational "
            "radiomics system to decode the radiographic phenotype. Cancer Res 2017;77:e104-e107."
        ),
        attribution=(
            "PyRadiomics 3.0.1 test data, copyright 2017 Harvard Medical School, BSD-3-Clause. Changed as listed "
            "in SOURCE.md; the notice follows."
        ),
        changes=(
            "NRRD volume written as CT images: the NRRD holds grid and values only, so there was no header to "
            "clean. Its space is the patient's left, back and head already: nothing flipped or resampled.",
            f"New UIDs; Patient Name and ID are {slug}. Thickness, kVp, kernel and scanner are not in the source "
            "and are left empty; 5 mm is the distance between slices.",
            "Stored as 12 bits with an intercept of -1024, every value as it was, without loss as HTJ2K.",
            "Label 1 outlined along the edges of its pixels, in patient coordinates in mm (LPS).",
        ),
        flags=(
            "Where the images come from is not stated; the licence is the package's.",
            "Who drew the outline, and with what training, is not stated.",
            "No diagnosis is documented. Age and sex are not stated; the indication is written for teaching.",
            "That no contrast medium was given is read from the image.",
        ),
        notices=((PACKAGE.name, "pyradiomics-3.0.1/LICENSE.txt"),),
    )
