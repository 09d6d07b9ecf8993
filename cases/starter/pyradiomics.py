"""What the chest CTs and head MRs of PyRadiomics' test data have in common: package, images, outline, origin."""

from collections.abc import Callable, Mapping
from pathlib import Path

from cases.starter.dicom import HTJ2K_LOSSLESS, write
from cases.starter.mr import mr_slices
from cases.starter.nifti import Volume
from cases.starter.nrrd import read_nrrd
from cases.starter.packages import Archive, Package
from cases.starter.recipe import Origin, write_outlines
from cases.starter.volume import axial, ct_slices, mask_outlines

PACKAGE = Package(
    registry="PyPI",
    name="pyradiomics",
    version="3.0.1",
    file="pyradiomics-3.0.1.tar.gz",
    sha256="47c57f441d6cb7973fa3b2ea48d3948df78e3348e1c69e1e2ff19001601fc2f5",
)
DATA = "pyradiomics-3.0.1/data"
ATTRIBUTION = (
    "PyRadiomics 3.0.1 test data, copyright 2017 Harvard Medical School, BSD-3-Clause. Changed as listed in SOURCE.md; "
    "the notice follows."
)


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
    write_outlines(folder, region, outline)


def make_head(
    slug: str,
    scan: str,
    first: int,
    added: Callable[[Volume], list[Mapping[str, object]]],
    archives: Mapping[str, Archive],
    folder: Path,
) -> None:
    """Write the slices of one scan (``brain1`` or ``brain2``) from `first` on, and the outline of its label.

    Parameters
    ----------
    slug, scan
        The case and its scan.
    first
        Lowest slice that is kept, from 0: those below show the face.
    added
        Gives what is outlined besides, reader by reader, for the label's grid.
    archives, folder
        As a recipe takes them.
    """
    archive = archives[PACKAGE.name]
    image, label = (axial(read_nrrd(archive.read(f"{DATA}/{scan}_{kind}.nrrd"))) for kind in ("image", "label"))
    slices = mr_slices(
        slug,
        image,
        first=first,
        study="MR HEAD",
        series="Axial, every 6.5 mm",
        derivation=f"Rows reversed to run from front to back; the {first} lowest slices are not kept",
    )
    for new in slices:
        write(new, folder / "dicom" / "mr" / f"{new.InstanceNumber:04d}.dcm", syntax=HTJ2K_LOSSLESS)
    outlines = mask_outlines(label.values > 0, label.to_patient, "Label of the package")
    outlines["readers"] += added(label)
    write_outlines(folder, "label", outlines)


def head_origin(slug: str, scan: str, left_out: str, outlined: str) -> Origin:
    """Say where one head scan comes from, which slices were left out and what was outlined."""
    return Origin(
        source=(
            f"Test data of PyRadiomics 3.0.1: head MR volume {scan} and its label. The package does not say whose "
            "images these are or who drew the label."
        ),
        members=f"{DATA}/{scan}_image.nrrd; {DATA}/{scan}_label.nrrd",
        licence="BSD-3-Clause",
        licence_url="https://opensource.org/license/bsd-3-clause",
        citation=(
            "PyRadiomics 3.0.1, test data. van Griethuysen JJM, Fedorov A, Parmar C, et al. Computational "
            "radiomics system to decode the radiographic phenotype. Cancer Res 2017;77(21):e104-e107."
        ),
        attribution=ATTRIBUTION,
        changes=(
            "Converted from NRRD to DICOM (MR Image Storage) with headers written anew and new UIDs; Patient Name "
            f"and ID are {slug}. Recorded as a derived image.",
            "Rows reversed, because the volume's second axis runs from back to front; values and columns are as they "
            "were.",
            left_out,
            "Compressed without loss as HTJ2K; 12 bits stored.",
            outlined,
        ),
        flags=(
            "The package has a licence; its images carry none of their own, and whose they are is not stated.",
            "Who drew the label, and how expertly, is not stated. No diagnosis, age, sex or history is stated.",
            "Sequence, echo and repetition time, field strength and contrast agent are not in the file: T1 weighting "
            "after contrast is read from the image. Scanning Sequence RM stands for not known.",
            "Sides rest on the orientation that the file states; a brain has no organ on one side to check it by.",
            "The indication is written for teaching.",
        ),
        notices=((PACKAGE.name, "pyradiomics-3.0.1/LICENSE.txt"),),
    )


def chest_origin(slug: str, scan: str) -> Origin:
    """Say where one chest scan comes from."""
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
        attribution=ATTRIBUTION,
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
